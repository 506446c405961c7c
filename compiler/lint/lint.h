/* Findings about recipes that compile and yet prove less than they seem to (docs/language.md 6). They look at checked trees, and at one
 * file: what a recipe uses is looked at when that file is checked. Inside compiler/lint/ only, but for lint(). */
#ifndef AOT_COMPILER_LINT_H
#define AOT_COMPILER_LINT_H
#include "base/vector.h"
#include "compiler/symbol.h"

/* Adds findings about the file that was asked for to the diagnostics of `checked`, which must have no error. */
void lint(struct checked *checked);

/* What surrounds a node. */
struct lint_place {
    const struct node *section; /* SETUP, RUN, TEARDOWN, ASSERT, ASSUME, FUNCTION, SERVICE …; NULL at top level */
    const struct node *phase;   /* innermost */
    const struct node *load;    /* innermost LOAD_RATE or LOAD_WORKERS whose body it stands in */
    const struct node *formula; /* innermost time word of a claim, or the plain claim */
    bool in_branch;             /* behind an `if` */
};

/* A name that is read. */
struct lint_use {
    const struct symbol *symbol;
    const struct node *node; /* the NAME */
    const struct node
        *field; /* the FIELD that is taken of it, selections like `during` in between looked through; NULL */
    const struct node *call;     /* the CALL that gets it as it is; NULL */
    const struct node *where;    /* the condition of a `where` over it; NULL */
    const struct node *interval; /* the phase expression of a `during` over it; NULL */
    bool in_call;                /* somewhere inside the arguments of a call */
    bool is_handed_on;           /* to a `let`, a list, a loop: who gets it may look at anything */
    struct lint_place place;
};

/* `# aot: allow W404 reason` */
struct lint_allowance {
    struct span span;
    uint32_t line; /* whose findings it silences: its own, or, standing alone, that of the next code */
    enum diagnostic_code code;
    bool is_used;
};

struct linter {
    struct checked *checked;
    const struct module *module;
    const struct node *file;
    struct VECTOR(struct lint_use) uses; /* in order of the text */

    struct VECTOR(struct lint_use) sorted;       /* of loads and handles, by symbol (lint_evidence) */
    struct VECTOR(const struct node *) loads;    /* LOAD_RATE, LOAD_WORKERS in order of the text */
    struct VECTOR(const struct node *) locals;   /* what declares a name inside a block, a loop or a list */
    struct VECTOR(const struct node *) phases;   /* PHASE */
    struct VECTOR(const struct node *) claims;   /* ASSERT and ASSUME */
    struct VECTOR(const struct node *) statuses; /* `orders.status == 500` of a load, under `never` */
    struct VECTOR(struct lint_allowance) allowances;
    struct VECTOR(const struct node *) parents; /* of the node at hand, outermost first */
    struct lint_place place;                    /* of the node at hand */
    const struct node *first_size;              /* a literal in KB, MiB … */
    bool has_matrix, has_free_version;          /* a matrix; one with an axis of versions that nothing uses */
    size_t report_count;
    size_t call_depth; /* calls around the node at hand */
};

/* ---- saying (lint.c) ---- */
/* NULL when it is allowed, or was said already; lint_note and lint_help take that. */
struct diagnostic *lint_report(struct linter *linter, enum diagnostic_code code, struct span span, const char *format,
                               ...) __attribute__((format(printf, 4, 5)));
void lint_note(struct diagnostic *diagnostic, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lint_help(struct diagnostic *diagnostic, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- asking (lint_ask.c) ---- */
/* The symbol that a NAME stands for; NULL for anything else. */
const struct symbol *lint_symbol(const struct node *node);
/* Whether it calls the native of this name, "http.post". */
bool lint_calls(const struct linter *linter, const struct node *node, const char *name);
/* The native's name; NULL when it is no call of one. */
const char *lint_native(const struct linter *linter, const struct node *node);
/* The argument for the parameter of this name as it is written; NULL when it is not given. */
const struct node *lint_argument(const struct node *call, const char *name);
/* The same without inputs: what is said of it holds in every run. For errors. */
bool lint_constant(const struct node *node, double *value);
/* What a number, duration (ns), size (bytes), rate (per second) or ratio comes to with the defaults of inputs; false when that is not known. */
bool lint_number(const struct node *node, double *value);
/* The text of a literal without `${}`. */
bool lint_text(const struct node *node, struct text *text);
/* Both say the same and do nothing. */
bool lint_same(const struct node *a, const struct node *b);
/* The first node below (itself included) for which `is` holds; NULL. */
const struct node *lint_find(struct linter *linter, const struct node *node,
                             bool (*is)(struct linter *, const struct node *));
/* The name of a type of the tables: "process", "response"; empty for others. Streams and signals: of their elements. */
struct text lint_type_name(const struct node *node);
/* The phase that a `during` names; NULL. */
const struct node *lint_phase_of(const struct node *interval);
/* The first clause of that kind of a formula, which may be NULL. */
const struct node *lint_clause(const struct node *formula, enum node_kind kind);
/* The phase in which a claim looks at what it reads; NULL: none, or not one alone. */
const struct node *lint_phase_looked_at(const struct lint_use *use);
/* For lint_find: a call of `uuid()`. */
bool lint_is_uuid(struct linter *linter, const struct node *node);
/* The file's first item of that kind; NULL. */
const struct node *lint_item(const struct linter *linter, enum node_kind kind);
enum { LINT_MOST_STEPS = 5000000 }; /* of a search that could be made slow: then it is given up */
static inline uint32_t lint_end(const struct node *node) {
    return node->span.start + node->span.length;
}

/* ---- the groups: each is given every node once, in order of the text, or the whole file ---- */
void lint_conditions(struct linter *linter, const struct node *node);  /* claims that hold whatever happens */
void lint_steps(struct linter *linter, const struct node *node);       /* statements: waits, watches, clauses */
void lint_programs(struct linter *linter, const struct node *node);    /* processes, shell, services */
void lint_repetitions(struct linter *linter, const struct node *node); /* identity: keys, retries, loads */
void lint_values(struct linter *linter, const struct node *node);      /* units, equality of what is measured */
void lint_time(struct linter *linter, const struct node *node);        /* lengths, deadlines, counts */
void lint_matrix(struct linter *linter, const struct node *node);      /* cells that are not there */
void lint_timeline(struct linter *linter);                             /* the limit, loads that are over */
void lint_recipe(struct linter *linter);                               /* rules, titles, assertions */
void lint_evidence(struct linter *linter); /* loads, phases, faults, watches: is what they show looked at? */
void lint_names(struct linter *linter);    /* what is declared and not used, or hides another */
#endif
