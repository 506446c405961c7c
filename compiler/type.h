/* The types of the language, hash-consed on the compilation's arena: equal types are one pointer. */
#ifndef AOT_COMPILER_TYPE_H
#define AOT_COMPILER_TYPE_H
#include "base/arena.h"
#include "base/buffer.h"

enum type_kind {
    TYPE_POISON,    /* an error was reported here already: fits everything */
    TYPE_ANY,       /* natives' `any` */
    TYPE_NOTHING,   /* of `none` alone, and of natives that give nothing */
    TYPE_BOOL, TYPE_INT,
    TYPE_QUANTITY,  /* number when both powers are 0; duration (1,0), size (0,1), rate (-1,0), bandwidth (-1,1) */
    TYPE_RATIO, TYPE_INSTANT, TYPE_VERSION, TYPE_STRING, TYPE_BYTES, TYPE_REGEX, TYPE_URL, TYPE_PATH, TYPE_LABEL,
    TYPE_SQL, TYPE_SHELL, TYPE_JSON,
    TYPE_WORDS,     /* a closed set of words: "a"|"b" */
    TYPE_LIST, TYPE_MAP, TYPE_OPTIONAL, TYPE_RECORD,
    TYPE_HANDLE,    /* of the tables: process, db … */
    TYPE_STREAM, TYPE_SIGNAL, TYPE_WINDOW,
    TYPE_INTERVAL,  /* a phase, a task */
    TYPE_MODULE,    /* what `use` names, or `http` before its dot */
    TYPE_VARIABLE,  /* T in a signature; never in a checked tree */
    TYPE_SERIES,    /* `series<T>` in a signature: a stream or a signal; never in a checked tree */
    TYPE_EACH       /* `each<T>` in a signature; never in a checked tree */
};
struct type_field { struct text name; const struct type *type; };
struct type {
    enum type_kind kind;
    int8_t time_power, byte_power;    /* QUANTITY */
    struct text name;                 /* RECORD of the tables ("response"), HANDLE, VARIABLE; empty for structural records */
    const struct type *element;       /* LIST, MAP, OPTIONAL, STREAM, SIGNAL, WINDOW */
    struct type_field *fields;        /* RECORD; a load's events: the body's fields and those of the load */
    struct text *words;               /* WORDS */
    uint32_t count;                   /* of fields or words */
    bool is_load;                     /* STREAM of a load: has intended sent end late request latency at */
    const struct type *load_body;     /* then: the type of the body's value */
};
void type_print(const struct type *type, struct buffer *out); /* as the author writes it: [string], duration?, stream<response> */
#endif
