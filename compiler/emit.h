/* Lowering: what the parts of the emitter share. A checked tree becomes units of code, one function a construct;
 * each file is one group of constructs. Nothing here reports what an author did wrong: the checker did, except for
 * what grew too large. */
#ifndef AOT_COMPILER_EMIT_H
#define AOT_COMPILER_EMIT_H
#include "bytecode/builder.h"
#include "compiler/regs.h"
#include "compiler/symbol.h"

/* One unit of code while it is emitted. */
struct frame {
    struct frame *outer; /* the unit that this one stands in; NULL for the outermost */
    struct assembly code;
    struct registers registers;
    uint32_t unit; /* its index */
    enum unit_kind kind;
    uint16_t parameter_count;
    uint16_t context;         /* the series that `.f` is a field of; NO_REGISTER outside a `where` */
    uint16_t self;            /* the replica, in a service's units; NO_REGISTER elsewhere */
    uint16_t block_start;     /* the instant when the innermost block with an `at` began */
    uint32_t open_scopes;     /* how many SCOPE_ENTER wait for their SCOPE_JOIN here: `return` joins them */
    const struct node *place; /* whose span all instructions get, while defaults of natives are emitted; else NULL */
};

struct shape_entry {
    const struct type *type;
    uint32_t shape;
};

struct emitter {
    struct checked *checked;
    struct builder *builder;
    struct frame *frame;                      /* the unit at hand */
    struct VECTOR(struct symbol *) functions; /* called so far; emitted from the first to the last */
    struct VECTOR(struct symbol *) templates; /* likewise services */
    struct shape_entry *shapes;               /* types that have a shape: open addressing, 2^n slots */
    uint32_t shape_capacity, shape_count;
    struct VECTOR(struct site) sites; /* of the claim at hand */
    uint32_t quiet;                   /* no sites are noted while it is above 0; it is 1 outside claims */
    uint32_t assertion;               /* at hand; UINT32_MAX outside */
    uint32_t phase;                   /* at hand; UINT32_MAX outside */
    bool too_large;                   /* reported; the program is given up */
};

/* ---- emit.c: units ---- */
void frame_begin(struct emitter *emitter, struct frame *frame, enum unit_kind kind, uint32_t unit);
void frame_end(struct emitter *emitter, struct frame *frame);
/* A new unit's index, or 0 after "too large". */
uint32_t emit_unit(struct emitter *emitter, enum unit_kind kind, struct text name, struct span span);
void emit_too_large(struct emitter *emitter, struct span span, const char *what);
void emit_op(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint16_t b, uint16_t c);
void emit_wide(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint32_t wide);
void emit_jump(struct emitter *emitter, const struct node *node, enum op op, uint16_t a, uint16_t b, struct label to);
struct label emit_label(struct emitter *emitter);
void emit_place(struct emitter *emitter, struct label label);
uint16_t emit_take(struct emitter *emitter, uint32_t count);
uint32_t emit_mark(const struct emitter *emitter);
void emit_release(struct emitter *emitter, uint32_t mark);
/* The unit ends with the value of an expression. */
void emit_return(struct emitter *emitter, struct node *expression);

/* ---- emit_global.c: names ---- */
uint32_t emit_global(struct emitter *emitter, struct symbol *symbol);
/* For the instructions that hold a global in 16 bits. */
uint16_t emit_narrow_global(struct emitter *emitter, struct symbol *symbol);
void emit_bind_local(struct symbol *symbol, uint16_t index);
bool emit_is_local(const struct symbol *symbol); /* bound to a register of the unit at hand */
uint16_t emit_local(const struct symbol *symbol);
uint32_t emit_shape(struct emitter *emitter, const struct type *type);
uint16_t emit_narrow_shape(struct emitter *emitter, const struct node *node, const struct type *type);

/* ---- constants.c ---- */
/* The constant that a literal is; false for anything else. */
bool constant_of(struct emitter *emitter, const struct node *node, struct constant *constant);
bool node_is_literal(const struct node *node); /* nothing in it is computed from names */
void emit_text_constant(struct emitter *emitter, const struct node *node, uint16_t target, struct text text);
uint32_t emit_text_index(struct emitter *emitter, struct text text);

/* ---- emit_expression.c ---- */
/* Into a register that nothing else reads yet. */
void emit_into(struct emitter *emitter, struct node *node, uint16_t target);
/* In whatever register it is: a local's own, or a new one. */
uint16_t emit_value(struct emitter *emitter, struct node *node);
void emit_into_quietly(struct emitter *emitter, struct node *node, uint16_t target); /* without sites */
uint16_t emit_value_quietly(struct emitter *emitter, struct node *node);
void emit_get_field(struct emitter *emitter, const struct node *node, uint16_t target, uint16_t from, struct text key);

/* ---- emit_data.c: texts, lists, records, comprehensions ---- */
void emit_string(struct emitter *emitter, struct node *node, uint16_t target);
void emit_list(struct emitter *emitter, struct node *node, uint16_t target);
/* Fields of a RECORD, or of a SERVICE but for those that are asked of the running replica. */
void emit_record(struct emitter *emitter, const struct node *node, struct node *fields, uint16_t target);
void emit_comprehension(struct emitter *emitter, struct node *node, uint16_t target);

/* ---- emit_call.c: calls, properties, selections of streams ---- */
void emit_call(struct emitter *emitter, struct node *node, const struct call *call, uint16_t target);
void emit_element_field(struct emitter *emitter, struct node *node, uint16_t target);
void emit_selection(struct emitter *emitter, struct node *node, uint16_t target);

/* ---- emit_statement.c ---- */
enum block_use {
    BLOCK_SCOPE, /* its names end with it */
    BLOCK_OPEN,  /* a phase's, an `at`'s: its names outlive it, so they keep their registers */
    BLOCK_VALUE  /* a load's: a last expression is what the unit gives */
};
void emit_block(struct emitter *emitter, struct node *block, enum block_use use);
void emit_statement(struct emitter *emitter, struct node *statement);
void emit_retry(struct emitter *emitter, struct node *node, uint16_t target);
/* Polls the condition; `message` ends the run if it never came true. */
void emit_wait_until(struct emitter *emitter, struct node *node, struct node *condition, struct node *clauses,
                     struct text message);
bool node_is_expression(const struct node *node);

/* ---- emit_task.c: what runs beside its block ---- */
void emit_spawn(struct emitter *emitter, struct node *node);
void emit_parallel(struct emitter *emitter, struct node *node);
void emit_parallel_for(struct emitter *emitter, struct node *node);
void emit_load(struct emitter *emitter, struct node *node);
void emit_watch(struct emitter *emitter, struct node *node);

/* ---- emit_service.c ---- */
uint32_t emit_service_unit(struct emitter *emitter, struct symbol *symbol);
void emit_service(struct emitter *emitter, struct symbol *symbol); /* the code of the units */
bool node_is_asked_later(const struct node *field); /* of a SERVICE: evaluated again and again, not at its start */

/* ---- emit_claim.c: assertions, and what claims and `expect` share ---- */
void emit_assertion(struct emitter *emitter, struct node *node);
void emit_expect(struct emitter *emitter, struct node *node);
/* A claim's entry; sites are noted and no register is given back until it ends. */
uint32_t emit_claim_begin(struct emitter *emitter, struct span span, struct text text);
void emit_claim_end(struct emitter *emitter, uint32_t claim);
void emit_note_site(struct emitter *emitter, const struct node *node, uint16_t index);
/* A value that may read the world, so that judging again finds it in the record. */
void emit_kept(struct emitter *emitter, struct node *node, struct span span, uint16_t target);

/* ---- emit_formula.c ---- */
void emit_formula(struct emitter *emitter, struct node *node);

/* ---- emit_live.c ---- */
/* Whether judging again cannot evaluate it from the record: it probes, or asks a handle for something. */
bool node_is_live(const struct emitter *emitter, const struct node *node);

/* ---- emit_text.c ---- */
/* The source text, comments dropped, blanks single. */
struct text emit_canonical(struct emitter *emitter, struct span span);
/* A STRING that is not evaluated: its text, with `${…}` as written. */
struct text emit_static_text(struct emitter *emitter, const struct node *string);
#endif
