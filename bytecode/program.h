/* A compiled recipe: plain data, one owner, nothing of the tree or of the machine in it. Made by the compiler,
 * verified before every execution, read by the machine, the judge and the command line. */
#ifndef AOT_BYTECODE_PROGRAM_H
#define AOT_BYTECODE_PROGRAM_H
#include "base/buffer.h"
#include "base/diagnostic.h"
#include "base/source.h"
#include "bytecode/native.h"
#include "bytecode/op.h"

/* ---- constants ---- */
enum constant_kind {
    CONSTANT_INTEGER,
    CONSTANT_NUMBER,
    CONSTANT_DURATION,
    CONSTANT_SIZE,
    CONSTANT_QUANTITY, /* number with the dimension time^time_power * bytes^byte_power, in seconds and bytes */
    CONSTANT_RATIO,
    CONSTANT_TEXT,
    CONSTANT_LABEL,
    CONSTANT_VERSION,
    CONSTANT_PATH,
    CONSTANT_REGEX,
    CONSTANT_JSON, /* text, parsed when loaded */
    CONSTANT_KEYS  /* a record's keys, each with a NUL behind it in `text`; empty: no keys; "\0": one empty key */
};
struct constant {
    enum constant_kind kind;
    int8_t time_power, byte_power; /* QUANTITY only */
    union {
        int64_t integer;  /* INTEGER, DURATION (ns), SIZE (bytes) */
        double number;    /* NUMBER, QUANTITY, RATIO */
        struct text text; /* the others; a PATH opens from the working folder */
    };
};

/* ---- types at run time: for inputs, `as`, and printing ---- */
enum shape_kind {
    SHAPE_ANY,
    SHAPE_BOOL,
    SHAPE_INTEGER,
    SHAPE_NUMBER,
    SHAPE_DURATION,
    SHAPE_SIZE,
    SHAPE_RATE,
    SHAPE_BANDWIDTH,
    SHAPE_RATIO,
    SHAPE_INSTANT,
    SHAPE_VERSION,
    SHAPE_STRING,
    SHAPE_BYTES,
    SHAPE_REGEX,
    SHAPE_URL,
    SHAPE_PATH,
    SHAPE_LABEL,
    SHAPE_JSON,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_RECORD,
    SHAPE_OPTIONAL,
    SHAPE_HANDLE,
    SHAPE_STREAM
};
struct shape {
    enum shape_kind kind;
    uint32_t element;     /* LIST, MAP, OPTIONAL, STREAM: index in shapes */
    uint32_t first_field; /* RECORD: index in shape_fields */
    uint32_t field_count;
    struct text name; /* as the author reads it: "[version]", "string?"; for HANDLE its name */
};
struct shape_field {
    struct text name;
    uint32_t shape;
};

/* ---- units of code ---- */
enum unit_kind {
    UNIT_WORLD,   /* inputs, lets and services of the top level, in file order (libraries first) */
    UNIT_AXIS,    /* returns the list of an axis' values; runs after inputs, before the world */
    UNIT_EXCLUDE, /* returns bool, with the axes bound */
    UNIT_INCLUDE, /* returns a record of axes */
    UNIT_LIMIT,   /* returns a duration */
    UNIT_INPUTS,  /* inputs alone: what the axes may read */
    UNIT_SETUP,
    UNIT_RUN,
    UNIT_TEARDOWN,
    UNIT_ASSERT,
    UNIT_FUNCTION,
    UNIT_SPAWN,
    UNIT_PARALLEL,
    UNIT_LOAD,
    UNIT_WATCH,
    UNIT_SERVICE
};
struct unit {
    enum unit_kind kind;
    struct text name; /* "run", "component.smoke", "load queries" */
    struct span span;
    uint32_t entry;  /* index of the first instruction in `code` */
    uint32_t length; /* instructions */
    uint16_t register_count;
    uint16_t parameter_count; /* arguments or captures, in R[0] .. */
};

enum global_kind {
    GLOBAL_INPUT,
    GLOBAL_SECRET,
    GLOBAL_LET,
    GLOBAL_AXIS,
    GLOBAL_SERVICE,
    GLOBAL_SETUP,
    GLOBAL_RUN,
    GLOBAL_PHASE,
    GLOBAL_MARK,
    GLOBAL_LOAD,
    GLOBAL_WATCH,
    GLOBAL_TASK
};
struct global {
    enum global_kind kind;
    struct text name; /* "blocked_limit", "component.window" */
    struct span span;
    uint32_t shape;
};
struct input {
    uint32_t global;
    struct text name;         /* bare */
    struct text alias;        /* of the library in this recipe; empty in the recipe itself */
    struct text library_path; /* empty in the recipe itself */
    uint32_t shape;
    bool is_secret;
    bool has_default;
    struct span span;
};
struct axis {
    uint32_t global;
    uint32_t unit;
    struct text name;
    struct span span;
};
struct exclusion {
    uint32_t unit;
    struct text because;
    struct text until;
    struct span span;
};
struct inclusion {
    uint32_t unit;
    struct span span;
};
enum cover_kind { COVER_ALL, COVER_PAIRWISE };
struct cover {
    enum cover_kind kind;
    bool has_minimum;
    bool minimum_is_ratio;
    double minimum;
    struct span span;
};
struct phase_entry {
    struct text name;
    uint32_t global;
    struct span span;
    bool has_fault;
    uint32_t outer; /* index, or UINT32_MAX */
};

/* A service template: what MAKE_SERVICE's unit belongs to. All its units have the same parameters: the template's,
 * then self. */
struct service {
    uint32_t unit;         /* returns a record of its plain fields, for the replica `self` */
    uint32_t ready_unit;   /* polls until the replica is ready; UINT32_MAX: none */
    uint32_t version_unit; /* asks the replica for its version; UINT32_MAX: none */
    uint32_t app;          /* which parameter is `app`, what a roll changes; UINT32_MAX: none */
    struct text name;
    struct span span;
};

/* ---- claims ---- */
enum formula_kind {
    FORMULA_PLAIN,
    FORMULA_ALWAYS,
    FORMULA_NEVER,
    FORMULA_EVENTUALLY,
    FORMULA_SETTLES,
    FORMULA_WHENEVER,
    FORMULA_UNTIL
};
#define NO_REGISTER UINT16_MAX
#define NO_FORMULA UINT32_MAX
/* All operands are registers of the assert's frame, filled before CLAIM. Conditions are series of bool (recorded, or
 * the polled samples of a live claim) or, for PLAIN, one value (under a time word a PLAIN child holds the series). */
struct formula {
    enum formula_kind kind;
    struct span span;
    uint16_t condition;                                         /* PLAIN: the value; WHENEVER: the trigger; UNTIL: a */
    uint16_t ending;                                            /* UNTIL: b */
    uint32_t body;                                              /* the formula right of the colon, or NO_FORMULA */
    uint16_t within, within_of, hold, during, from, to, before; /* registers or NO_REGISTER; `hold` is `for D` */
    uint16_t every;                                             /* live only: its register */
    bool live; /* the condition was polled in the assert, not read; without one of its own: its body's was */
};
/* A place in the text whose value helps to explain a verdict. */
struct site {
    struct span span;
    uint16_t register_index;
    bool is_literal; /* written as a constant: not worth showing */
};
struct claim {
    uint32_t assertion; /* UINT32_MAX: of an `expect` */
    uint32_t formula;   /* its root; NO_FORMULA: an `expect`, or a value in an assert that CLAIM_KEEP writes down */
    struct text text;   /* canonical: "always during migrate: blocked <= 100ms" */
    struct span span;
    uint32_t first_site, site_count;
    uint16_t result; /* PLAIN root: the register of its value */
    bool live;       /* it probes: judged again only from what was recorded */
};
struct assertion {
    bool is_assume;
    bool allow_empty;
    struct text title;
    struct text because;
    uint32_t first_rule, rule_count; /* in rule_names */
    uint32_t unit;
    struct span span;
};

struct program {
    struct source_set *sources; /* borrowed; outlives the program */
    struct instruction *code;
    uint32_t code_count;
    struct span *spans; /* one for each instruction */
    struct constant *constants;
    uint32_t constant_count;
    struct shape *shapes;
    uint32_t shape_count;
    struct shape_field *shape_fields;
    uint32_t shape_field_count;
    struct unit *units;
    uint32_t unit_count;
    struct global *globals;
    uint32_t global_count;
    struct input *inputs;
    uint32_t input_count;
    struct axis *axes;
    uint32_t axis_count;
    struct exclusion *exclusions;
    uint32_t exclusion_count;
    struct inclusion *inclusions;
    uint32_t inclusion_count;
    struct cover cover;
    struct phase_entry *phases;
    uint32_t phase_count;
    struct service *services;
    uint32_t service_count;
    struct formula *formulas;
    uint32_t formula_count;
    struct site *sites;
    uint32_t site_count;
    struct claim *claims;
    uint32_t claim_count;
    struct assertion *assertions;
    uint32_t assertion_count;
    struct text *rule_names;
    uint32_t rule_name_count; /* of assertions, shared */
    struct text id, title;    /* "T4"; empty for a library */
    struct text *rules;
    uint32_t rule_count; /* of the header */
    struct text *tags;
    uint32_t tag_count;
    struct text *needs;
    uint32_t need_count;
    struct text path;                                                                  /* of the recipe */
    uint32_t limit_unit, inputs_unit, world_unit, setup_unit, run_unit, teardown_unit; /* UINT32_MAX: none */
    bool uses_load_or_watch;                                                           /* such cells run alone */
    struct arena *arena; /* owns all texts and arrays above */
};

void program_free(struct program *program);
const char *unit_kind_name(enum unit_kind kind);         /* "run" */
const char *global_kind_name(enum global_kind kind);     /* "input" */
const char *formula_kind_name(enum formula_kind kind);   /* "always" */
const char *constant_kind_name(enum constant_kind kind); /* "text" */
bool constant_is_text(enum constant_kind kind);          /* its content stands in `text` */
/* The keys of a KEYS constant: their number, and one after the other from *offset = 0; false behind the last. */
uint32_t keys_count(struct text keys);
bool keys_next(struct text keys, size_t *offset, struct text *key);

/* Checks every operand of every instruction by its kind, jumps, unit ends, table indices. One linear pass. Returns
 * true, or false with one sentence in `error`. Whatever the program holds, this neither crashes nor reads outside
 * it. */
bool program_verify(const struct program *program, const struct native_catalogue *natives, struct buffer *error);
/* A listing, with the source lines, for `aot dump bytecode`. */
void program_dump(const struct program *program, const struct native_catalogue *natives, struct buffer *out);
#endif
