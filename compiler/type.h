/* The types of the language, hash-consed on the compilation's arena: equal types are one pointer. */
#ifndef AOT_COMPILER_TYPE_H
#define AOT_COMPILER_TYPE_H
#include "base/arena.h"
#include "base/buffer.h"

enum type_kind {
    TYPE_POISON,  /* an error was reported here already: fits everything */
    TYPE_ANY,     /* natives' `any`; the elements of an empty list literal: fits everything */
    TYPE_NOTHING, /* of `none` alone, and of natives that give nothing */
    TYPE_BOOL,
    TYPE_INT,
    TYPE_QUANTITY, /* number when both powers are 0; duration (1,0), size (0,1), rate (-1,0), bandwidth (-1,1) */
    TYPE_RATIO,
    TYPE_INSTANT,
    TYPE_VERSION,
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_REGEX,
    TYPE_URL,
    TYPE_PATH,
    TYPE_LABEL,
    TYPE_SQL,
    TYPE_SHELL,
    TYPE_COMMAND, /* of a parameter: a list of strings or a shell text */
    TYPE_JSON,
    TYPE_WORDS, /* a closed set of words: "a"|"b" */
    TYPE_LIST,
    TYPE_MAP,
    TYPE_OPTIONAL,
    TYPE_RECORD,
    TYPE_HANDLE, /* of the tables: process, db … */
    TYPE_STREAM,
    TYPE_SIGNAL,
    TYPE_WINDOW,
    TYPE_INTERVAL, /* a phase, a task */
    TYPE_MODULE,   /* what `use` names, or `http` before its dot */
    TYPE_VARIABLE, /* T in a signature; never in a checked tree */
    TYPE_SERIES,   /* `series<T>` in a signature: a stream or a signal; never in a checked tree */
    TYPE_EACH      /* `each<T>` in a signature; never in a checked tree */
};
struct type_field {
    struct text name;
    const struct type *type;
};
struct type {
    enum type_kind kind;
    int8_t time_power, byte_power; /* QUANTITY */
    struct text name;           /* RECORD of the tables ("response"), HANDLE, VARIABLE; empty for structural records */
    const struct type *element; /* LIST, MAP, OPTIONAL, STREAM, SIGNAL, WINDOW */
    struct type_field *fields;  /* RECORD; a load's events: the body's fields and those of the load */
    struct text *words;         /* WORDS */
    uint32_t count;             /* of fields or words */
    bool is_load;               /* STREAM of a load: has intended sent end late request latency at */
    const struct type *load_body; /* then: the type of the body's value (also `element`) */
    bool is_data;                 /* could be written down as JSON or text: no handle, series or interval is in it */
    bool has_variable;            /* a VARIABLE, SERIES or EACH is in it: a type of a signature */
};
void type_print(const struct type *type,
                struct buffer *out); /* as the author writes it: [string], duration?, stream<response> */

/* ---- making types: equal arguments give one pointer ---- */
struct type_table; /* lives on the arena */
struct type_table *type_table_new(struct arena *arena);
const struct type *type_simple(const struct type_table *table,
                               enum type_kind kind); /* kinds without parts; `number` for QUANTITY */
const struct type *type_quantity(struct type_table *table, int time_power, int byte_power);
/* LIST, MAP, STREAM, SIGNAL, WINDOW, SERIES, EACH of an element; OPTIONAL of an optional, of none or of poison is that itself. */
const struct type *type_of(struct type_table *table, enum type_kind kind, const struct type *element);
const struct type *type_load(struct type_table *table, const struct type *body);
const struct type *type_record(struct type_table *table, const struct type_field *fields, uint32_t count);
const struct type *type_words(struct type_table *table, const struct text *words, uint32_t count);
const struct type *type_variable(struct type_table *table, struct text name);
/* A record or handle of the tables: a new type each time; its fields may be filled in later, then type_complete is called. */
struct type *type_named(struct type_table *table, enum type_kind kind, struct text name);
void type_complete(struct type *record);

/* ---- asking ---- */
static inline bool type_is_series(const struct type *type) {
    return type->kind == TYPE_STREAM || type->kind == TYPE_SIGNAL;
}
static inline bool type_is_unknown(const struct type *type) {
    return type->kind == TYPE_POISON || type->kind == TYPE_ANY;
}
/* Without the `?`. */
static inline const struct type *type_present(const struct type *type) {
    return type->kind == TYPE_OPTIONAL ? type->element : type;
}
bool type_is_number(const struct type *type); /* int or number */
bool type_is_quantity(const struct type *type, int time_power, int byte_power);
bool type_is_text(const struct type *type);                                            /* string, url, path, words */
const struct type_field *type_find_field(const struct type *record, struct text name); /* NULL when it has none */

/* ---- relating (type_fit.c) ---- */
enum { TYPE_MISFIT = -1, TYPE_VARIABLE_LIMIT = 4 };
/* Whether a value of type `from` may stand where `to` is wanted: 0 as it is, more by implicit conversions (the sum of their costs). */
int type_fit(const struct type *from, const struct type *to);
/* The type that holds both; NULL if there is none. */
const struct type *type_join(struct type_table *table, const struct type *a, const struct type *b);
/* Whether `==` between them can ever be true. */
bool type_comparable(const struct type *a, const struct type *b);
/* What the variables of a signature stand for. */
struct type_bindings {
    const struct type *variable[TYPE_VARIABLE_LIMIT]; /* VARIABLE types, NULL from the first unused on */
    const struct type *bound[TYPE_VARIABLE_LIMIT];    /* what each stands for */
};
/* Like type_fit, for a pattern with variables, which it binds. */
int type_match(struct type_table *table, const struct type *from, const struct type *pattern,
               struct type_bindings *bindings);
/* The pattern with its variables replaced; those unbound become `any`. */
const struct type *type_substitute(struct type_table *table, const struct type *pattern,
                                   const struct type_bindings *bindings);
#endif
