/* What the parts of the checker share: its state, what surrounds the place at hand, and who checks what.
 * Inside compiler/check*.c only; the rest of the compiler sees compiler/symbol.h. */
#ifndef AOT_COMPILER_CHECK_H
#define AOT_COMPILER_CHECK_H
#include "compiler/compile.h"
#include "compiler/module.h"
#include "compiler/scope.h"
#include "compiler/signature.h"
#include "compiler/symbol.h"
#include "grammar/token.h"

/* What of the world an expression reads: decides where it can be computed. */
enum reach { REACH_NOTHING, REACH_INPUT, REACH_AXIS, REACH_WORLD, REACH_RUN };
enum progress { PROGRESS_NEW, PROGRESS_OPEN, PROGRESS_DONE };
enum { CALL_DEPTH_LIMIT = 200, SUGGESTION_LIMIT = 20 };

/* What surrounds the place being checked. A body that is checked in between starts a new one. */
struct context {
    struct context *outer;            /* of the declaration whose check led here */
    struct symbol *function;          /* the function or template whose body this is; NULL outside */
    struct node *section;             /* SETUP, RUN, TEARDOWN, ASSERT, ASSUME; NULL at top level */
    const struct type *wanted_result; /* what the function says that it gives; NULL: to be inferred */
    const struct type *result;        /* what its `return`s gave so far; NULL: none yet */
    struct node *element_base;        /* the series whose elements `.f` speaks of; NULL: none */
    const struct type *element_type;  /* its type, always a stream or signal */
    const struct type *input_type;    /* inside an input's default: what `env.X` is read as; NULL: not known yet */
    bool in_default;        /* inside an input's or secret's default: `env` may be read, paths need not exist */
    bool has_env;           /* that default reads `env` */
    bool is_early;          /* before the world: whoever set it reports what reaches too far */
    bool in_task;           /* inside a load, spawn or parallel body: no `return` */
    bool in_ready;          /* checks a service's fields: `self` is there */
    uint32_t load_depth;    /* scope depth of the load's body; 0 outside */
    uint32_t scope_count;   /* real scopes open inside the section: if, for, load … */
    enum effect effect;     /* of everything so far */
    enum reach reach;       /* likewise */
    struct span reach_span; /* the name that reached that far */
    uint32_t call_depth;    /* of the deepest call so far */
};

/* An item of the file at hand. */
struct item {
    struct node *node;
    uint16_t kind; /* of it */
};

struct checker {
    struct checked *out;             /* takes the result */
    struct arena *arena;             /* of the compilation */
    struct diagnostics *diagnostics; /* takes the findings */
    const struct compile_options *options;
    struct type_table *types;
    struct signature_table *natives;
    struct module *module;            /* being checked */
    struct VECTOR(struct item) items; /* of the module, in the order of the file */
    struct scopes scopes;
    struct context context;
    struct keywords keywords;       /* words that nothing may be called */
    const struct type **type_names; /* by name index: the type it names, once looked up */
    uint32_t type_name_capacity;    /* of it */
    uint32_t *marked;               /* by name index: the round in which the name was last seen */
    uint32_t marked_capacity;       /* of it */
    uint32_t mark_round;            /* the round that is going on */
    uint32_t depth;                 /* of trees being walked, through functions checked in between */
    uint32_t suggestions;           /* given so far: they cost a look at every name */
    bool has_secrets;               /* some module declares one */
};

/* ---- small things (check.c) ---- */
const struct type *simple(struct checker *checker, enum type_kind kind);
/* The node is wrong and that was reported: it fits everywhere from here on. */
const struct type *poison(struct checker *checker, struct node *node);
/* A type as the author writes it, on the arena. */
const char *type_text(struct checker *checker, const struct type *type);
/* The node's own text, shortened, on the arena. */
const char *source_text(struct checker *checker, const struct node *node);
static inline void raise_effect(struct node *node, const struct node *child) {
    if (child && child->effect > node->effect) node->effect = child->effect;
}
void note_effect(struct checker *checker, enum effect effect);
void note_reach(struct checker *checker, enum reach reach, struct span span);

/* ---- names (check_name.c) ---- */
/* A new symbol, bound in the innermost scope. Reports words that cannot be names and names that are taken. */
struct symbol *declare(struct checker *checker, enum symbol_kind kind, struct node *declaration,
                       const struct type *type);
const struct type *check_name(struct checker *checker, struct node *node);
void report_unknown_name(struct checker *checker, struct node *node, const char *what);
/* Reading it from here: marks it used, its reach, and what a load may not capture. */
void use_symbol(struct checker *checker, struct node *node, const struct binding *binding);
const struct type *check_type(struct checker *checker, struct node *node);
/* The first node of the chain whose name stood in it before is reported; all names are looked at once, without a pair-wise search. */
void check_distinct(struct checker *checker, struct node *first, const char *what);
struct symbol *new_symbol(struct checker *checker, enum symbol_kind kind, struct node *declaration,
                          const struct type *type);

/* ---- expressions ---- */
/* `expected`: what the place wants, or NULL; only literals look at it. Never NULL. */
const struct type *check_expression(struct checker *checker, struct node *node, const struct type *expected);
const struct type *check_binary(struct checker *checker, struct node *node, const struct type *expected);
const struct type *check_unary(struct checker *checker, struct node *node);
const struct type *check_text(struct checker *checker, struct node *node);
const struct type *check_field(struct checker *checker, struct node *node);
const struct type *check_element_field(struct checker *checker, struct node *node);
const struct type *check_call(struct checker *checker, struct node *node);
const struct type *check_selection(struct checker *checker, struct node *node);
const struct type *check_comprehension(struct checker *checker, struct node *node, const struct type *expected);
const struct type *check_environment(struct checker *checker, struct node *node);
/* What a loop over the type runs through; NULL when it cannot be run through. */
const struct type *iterated(struct checker *checker, const struct type *type);

/* ---- fitting (check_fit.c) ---- */
/* Whether the checked node may stand where `to` is wanted. What is wrong inside a literal is reported here. */
bool check_fits(struct checker *checker, struct node *node, const struct type *to);
void report_misfit(struct checker *checker, struct node *node, const struct type *to, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Checks the node for a place that wants `to`; `what` names the place: "the limit". */
const struct type *check_wanted(struct checker *checker, struct node *node, const struct type *to, const char *what);
/* A plain bool (or json that may be one). */
void check_condition(struct checker *checker, struct node *node, const char *what);
/* A value, not a series; reports otherwise. */
bool check_plain(struct checker *checker, struct node *node, const char *what);
void check_duration(struct checker *checker, struct node *node, const char *what);
void check_instant(struct checker *checker, struct node *node, const char *what);
void check_interval(struct checker *checker, struct node *node);

/* ---- calls (check_call.c, check_bind.c) ---- */
struct call *native_property(struct checker *checker, struct node *node, struct node *receiver, uint32_t row,
                             bool lifted);

/* ---- effects (effect.c) ---- */
/* No action in what is evaluated again and again. `what`: "a `watch`". */
void check_repeatable(struct checker *checker, struct node *node, const char *what);
/* The first node below that has at least this effect of its own, or NULL. */
struct node *effect_source(struct node *node, enum effect effect);
/* What the elements of a series node are the elements of: equal roots combine, others do not. */
bool effect_same_root(const struct checker *checker, const struct node *a, const struct node *b);

/* ---- text literals (check_tag.c) ---- */
void check_tag(struct checker *checker, struct node *node);
void check_url(struct checker *checker, struct node *node);
/* Whether a secret flows into the node; its first place. */
struct node *secret_source(struct checker *checker, struct node *node);
/* The text of a literal without `${}`; false for anything else. */
bool literal_text(const struct node *node, struct text *text);

/* ---- declarations and statements ---- */
void check_block(struct checker *checker, struct node *block);
void check_statement(struct checker *checker, struct node *node);
void check_let(struct checker *checker, struct node *node);
void check_function(struct checker *checker, struct symbol *symbol);
/* Its parameters and result; the body is checked when it is first called, or at the end. */
void check_signature(struct checker *checker, struct symbol *symbol);
void check_service(struct checker *checker, struct symbol *symbol);
void check_input(struct checker *checker, struct node *node);
void check_matrix(struct checker *checker, struct node *node);
/* A loop over nothing, which says nothing. */
const struct type *check_loop(struct checker *checker, struct node *source);
void check_assertion(struct checker *checker, struct node *node);
void check_clauses(struct checker *checker, struct node *first, const char *owner);
void check_module(struct checker *checker, struct module *module);
#endif
