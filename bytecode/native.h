/* The native tables as data. The compiler reads names, signatures and effects; the machine finds the function by index.
 * Rows come from stdlib/<module>/<module>.def; nothing here knows any third-party library. */
#ifndef AOT_BYTECODE_NATIVE_H
#define AOT_BYTECODE_NATIVE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum effect { EFFECT_CONST, EFFECT_RECORDED, EFFECT_PROBE, EFFECT_ACTION };

/* Row flags: one effect word, and any of the others. */
enum native_flag {
    NATIVE_CONST = 0,    /* same answer each time, touches nothing; lifted over series */
    NATIVE_RECORDED = 1, /* reads the record: its result is or holds a stream */
    NATIVE_PROBE = 2,    /* looks at the world; may be repeated */
    NATIVE_ACTION = 3,   /* changes the world; may not be repeated */
    NATIVE_EFFECT_MASK = 3,
    NATIVE_WAITS = 4,     /* may park its fiber */
    NATIVE_PROPERTY = 8,  /* called without parentheses: `db.waits` */
    NATIVE_SERIES = 16,   /* takes whole streams, signals, windows: never lifted */
    NATIVE_OBSERVER = 32, /* its stream is evidence by having been alive, not by having events (settled.md 2) */
    NATIVE_WORKER = 128,  /* may be called on the thread of a load; rows that are constant may be anyway */
    NATIVE_NOT_BUILT = 64 /* declared only: a run that reaches it ends with "not built yet", exit 4 */
};

/* A row. The name is "http.get" for a function of a module, "len" for a plain one, and "db.query" with a first parameter
 * `self: db` for a method or property of a type. Several rows may share a name (overloads, tried in order).
 * The signature: `url: url, headers: {string: string} = {}, timeout: duration = 10s -> response`. Types as in the language, and
 *   T (any type, the same wherever it stands)   Q (the same, a number or quantity)   O (the same, what `<` orders)
 *    stream<T>  signal<T>  window<T>  series<T> (stream or signal)
 *   each<T>   an expression over the elements of the first argument, `.ok`; arrives as a list or series of T
 *   "a"|"b"   one of these words   any   sql   shell   command (a list of strings or a shell text)   db, process …: handle and record types of the tables
 *   `...T` as the last parameter's type: any number of arguments, arriving as one list. */
struct native_row {
    const char *function; /* the C name, "http_get" */
    const char *name;
    const char *signature;
    uint32_t flags;
    const char *documentation; /* one or two sentences */
};

/* A type of the tables: a record type with its fields, or a handle (fields NULL). */
struct native_type_row {
    const char *name;   /* "response" */
    const char *fields; /* "status: int?, latency: duration, text: string" or NULL: a handle */
    const char *documentation;
};

struct native_catalogue {
    const struct native_row *rows;
    size_t row_count;
    const struct native_type_row *types;
    size_t type_count;
};

/* How many parameters a row's signature has: the registers that a call of it reads. */
uint32_t native_parameter_count(const struct native_row *row);
#endif
