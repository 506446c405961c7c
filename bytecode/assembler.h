/* One unit's code while it is written: instructions, their places in the text, labels and the jumps to them. Used by
 * the compiler and by programs that are assembled by hand. A 16-bit jump that turns out too short is lengthened. */
#ifndef AOT_BYTECODE_ASSEMBLER_H
#define AOT_BYTECODE_ASSEMBLER_H
#include "base/source.h"
#include "base/vector.h"
#include "bytecode/op.h"

struct label {
    uint32_t index; /* in the assembly's labels */
};
struct pending_jump {
    uint32_t at;    /* the instruction that jumps */
    uint32_t label; /* where to */
};
struct assembly {
    struct VECTOR(struct instruction) code;
    struct VECTOR(struct span) spans; /* one for each instruction */
    struct VECTOR(uint32_t) labels;   /* the instruction that each stands before; UINT32_MAX until it is placed */
    struct VECTOR(struct pending_jump) jumps; /* in order of `at` */
    struct span span;                         /* given to every instruction from here on */
};

void assembly_emit(struct assembly *assembly, enum op op, uint16_t a, uint16_t b, uint16_t c);
/* For the 32-bit operands: constant, global, unit, integer. */
void assembly_emit_wide(struct assembly *assembly, enum op op, uint16_t a, uint32_t wide);
/* A jump: J over b and c, or j in c (then `b` is its register or index). */
void assembly_jump(struct assembly *assembly, enum op op, uint16_t a, uint16_t b, struct label target);
struct label assembly_label(struct assembly *assembly);
void assembly_place(struct assembly *assembly, struct label label); /* before what comes next */
struct label assembly_here(struct assembly *assembly);              /* a label, placed */
/* Resolves the jumps: every label that is used must have been placed, and something must stand behind it. */
void assembly_finish(struct assembly *assembly);
void assembly_done(struct assembly *assembly);
#endif
