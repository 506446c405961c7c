/* A program while it grows: the tables, the pool of constants (equal ones once), the units' code. At the end
 * everything moves into one arena. The compiler fills it; so do tests and benchmarks that assemble by hand. */
#ifndef AOT_BYTECODE_BUILDER_H
#define AOT_BYTECODE_BUILDER_H
#include "base/arena.h"
#include "bytecode/assembler.h"
#include "bytecode/program.h"

/* Constants without duplicates. */
struct constant_pool {
    struct VECTOR(struct constant) constants;
    uint32_t *slots;     /* open addressing: index + 1, or 0 */
    uint32_t slot_count; /* a power of two */
};

struct builder {
    struct program *program;     /* on its own arena; what is not a table is set here directly */
    struct constant_pool narrow; /* those that 16-bit operands name; they come first in the program */
    struct constant_pool wide;   /* all others */
    struct VECTOR(struct instruction) code;
    struct VECTOR(struct span) spans;
    struct VECTOR(struct shape) shapes;
    struct VECTOR(struct shape_field) shape_fields;
    struct VECTOR(struct unit) units;
    struct VECTOR(struct global) globals;
    struct VECTOR(struct input) inputs;
    struct VECTOR(struct axis) axes;
    struct VECTOR(struct exclusion) exclusions;
    struct VECTOR(struct inclusion) inclusions;
    struct VECTOR(struct phase_entry) phases;
    struct VECTOR(struct service) services;
    struct VECTOR(struct formula) formulas;
    struct VECTOR(struct site) sites;
    struct VECTOR(struct claim) claims;
    struct VECTOR(struct assertion) assertions;
    struct VECTOR(struct text) rule_names, rules, tags, needs;
};

struct builder *builder_new(struct source_set *sources);
struct text builder_text(struct builder *builder, struct text text); /* a copy that the program owns */
/* The index for OP_LOAD_CONSTANT and its like; texts are copied. It is final only in the finished program. */
uint32_t builder_constant(struct builder *builder, struct constant constant);
/* For a 16-bit operand (GET_FIELD, MAKE_RECORD, WAIT_UNTIL_END); false when 65,536 are taken. */
bool builder_narrow_constant(struct builder *builder, struct constant constant, uint16_t *index);
/* A unit's index, before its code exists. */
uint32_t builder_unit(struct builder *builder, enum unit_kind kind, struct text name, struct span span);
/* Its code, finished. */
void builder_unit_code(struct builder *builder, uint32_t unit, const struct assembly *assembly, uint16_t register_count,
                       uint16_t parameter_count);
/* The program; the builder is gone. */
struct program *builder_finish(struct builder *builder);
/* Gives everything up, program included. */
void builder_abandon(struct builder *builder);
#endif
