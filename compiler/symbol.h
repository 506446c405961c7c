/* What names stand for, and how calls were understood: the annotations that checking leaves on the tree for the emitter.
 *   NODE_NAME.resolved                    struct symbol *        (also INPUT, SECRET, LET, AXIS, PHASE, MARK, LOAD_*, WATCH, SPAWN, FOR,
 *                                                                 PARALLEL_FOR, COMPREHENSION, CLAIM_FOR, PARAMETER, FUNCTION, SERVICE, USE: the one declared)
 *   NODE_CALL.resolved                    struct call *
 *   NODE_FIELD.resolved                   struct call * when the field is a native property or a whole native name (`http.get`);
 *                                         struct symbol * when it names something of an import (`component.window`) or an instant of a phase (`p.start`, kind
 *                                         SYMBOL_PHASE); NULL for a plain field of a record, JSON or the events' own times
 *   NODE_WHERE, arguments of type each<T> the condition is checked with `.f` meaning a field of the element; ELEMENT_FIELD.resolved is a
 *                                         struct call * for native properties, else NULL. Emit them over the series itself (lifted), not in a loop.
 * Every expression node has `type` and `effect` after checking. A node whose type is STREAM, SIGNAL or WINDOW is emitted with series operations. */
#ifndef AOT_COMPILER_SYMBOL_H
#define AOT_COMPILER_SYMBOL_H
#include "bytecode/native.h"
#include "bytecode/program.h"
#include "compiler/type.h"
#include "grammar/tree.h"

enum symbol_kind {
    SYMBOL_INPUT,
    SYMBOL_SECRET,
    SYMBOL_LET, /* a LET at top level, in setup or run (outside scopes) is global; else local */
    SYMBOL_AXIS,
    SYMBOL_PARAMETER,
    SYMBOL_VARIABLE /* of for, parallel for, comprehension */,
    SYMBOL_PHASE,
    SYMBOL_MARK,
    SYMBOL_LOAD,
    SYMBOL_WATCH,
    SYMBOL_TASK,
    SYMBOL_FUNCTION,
    SYMBOL_SERVICE,
    SYMBOL_IMPORT,
    SYMBOL_MODULE,
    SYMBOL_SELF
};
struct module;    /* one source file being compiled: the recipe or a library */
struct signature; /* compiler/signature.h */
struct symbol {
    enum symbol_kind kind;
    const struct name *name;
    struct span span; /* where it is declared */
    struct node *declaration;
    const struct type *type; /* FUNCTION: its result; SERVICE template: the handle it makes */
    enum effect effect;      /* of reading it; FUNCTION: of calling it */
    struct module *module;   /* that declares it; IMPORT: the imported one */
    bool is_global;          /* has a slot in program.globals */
    bool is_used;
    struct node *section; /* SETUP, RUN, ASSERT … it was declared in; NULL at top level */
    uint32_t slot;        /* for the emitter: global index, register, unit … */
    uint32_t unit;        /* for the emitter: FUNCTION, SERVICE */
    /* of the checker alone */
    struct signature *signature; /* FUNCTION, SERVICE template: what it takes and gives */
    uint8_t progress;            /* enum progress: whether the declaration was checked */
    uint8_t reach;               /* enum reach: what of the world it reads, through everything it calls */
    uint16_t call_depth;         /* FUNCTION, SERVICE template: how deep its calls nest */
    bool is_secret;              /* its value comes from a secret */
    bool is_template;            /* SERVICE with parameters */
};
enum call_kind { CALL_NATIVE, CALL_FUNCTION, CALL_SERVICE };
struct call {
    enum call_kind kind;
    uint32_t native;         /* row index */
    struct symbol *function; /* FUNCTION, SERVICE */
    struct node *
        *arguments; /* one for each parameter, in the parameters' order; for a method the receiver is arguments[0];
                                    NULL: the default. A variadic parameter gets a LIST_OF node. */
    uint32_t count;
    struct node **
        defaults; /* one for each parameter: the default's checked expression (parsed from the signature for natives), or NULL */
    bool lifted; /* a CONST native over a series argument: element by element */
    uint32_t
        lifted_argument; /* which of them; CALL_LIFTED wants it first: emit swaps only when it is 0, others are refused by the checker */
};

/* A file of the compilation. */
struct module {
    struct tree *tree;
    struct text path;
    struct text alias; /* in the recipe; empty for the recipe itself. A library used by a library: "outer.inner" */
    bool is_library;
    struct symbol **symbols; /* top-level declarations in file order */
    uint32_t symbol_count;
    struct module **imports; /* each before its user; the whole list is in order of initialisation */
    uint32_t import_count;
    struct node **uses;       /* the `use` of each import */
    struct symbol **members;  /* of the checker: the symbols by name; open addressing, 2^n slots */
    uint32_t member_capacity; /* slots */
    struct node *user;        /* of the checker: the `use` that first named it; NULL for the recipe */
    struct module *used_by;   /* of the checker: where that stands */
    bool is_open;             /* of the checker: its imports are being read */
};

/* The checked compilation: what checking hands to the emitter. */
struct checked {
    struct arena *arena; /* of the compilation */
    struct source_set *sources;
    struct name_table *names;
    struct diagnostics *diagnostics;
    const struct native_catalogue *natives;
    struct module **modules; /* libraries first, in order of initialisation; the recipe last */
    uint32_t module_count;
};
/* Parses, imports, names and types everything; findings go to the diagnostics. Never NULL; emit only if no errors were found. */
struct checked *check(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                      const struct native_catalogue *natives, struct diagnostics *diagnostics);
/* The same with the callbacks and switches of compile(). */
struct compile_options;
struct checked *check_with(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                           const struct compile_options *options, struct diagnostics *diagnostics);
/* Lowers a checked recipe to a program (compiler/emit). NULL when something outgrew the machine (reported). */
struct program *emit(struct checked *checked);
#endif
