/* Values: 16 bytes, tagged, immutable, reference-counted. Arguments are borrowed, results are owned.
 * Immutable values make no cycles, so counting is complete. Depth is capped where a container is built. */
#ifndef AOT_VM_VALUE_H
#define AOT_VM_VALUE_H
#include "base/buffer.h"
#include "base/source.h"

enum value_kind {
    /* held in the value itself */
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_NUMBER,   /* double, with the dimension time^time_power * bytes^byte_power in seconds and bytes */
    VALUE_DURATION, /* integer, nanoseconds */
    VALUE_SIZE,     /* integer, bytes */
    VALUE_RATIO,    /* number, 0.8 for 80% */
    VALUE_INSTANT,  /* integer, nanoseconds of the run's monotonic clock */
    VALUE_UNBOUND,  /* a global before its binding; never seen by bytecode (GET_GLOBAL gives no data) */
    /* counted; VALUE_TEXT is the first of them */
    VALUE_TEXT, /* string, url, path, label: UTF-8 or not */
    VALUE_BYTES,
    VALUE_NUMERAL /* a JSON number that no int64 holds, as its text */,
    VALUE_VERSION,
    VALUE_REGEX,
    VALUE_SQL,
    VALUE_SHELL,
    VALUE_LIST,
    VALUE_RECORD /* records, maps, JSON objects: ordered keys */,
    VALUE_RANGE,
    VALUE_INTERVAL, /* a phase, a task's life: start, end, reached, cut */
    VALUE_STREAM,   /* something that is still being recorded; read through a series */
    VALUE_SERIES,   /* timed elements: events or samples */
    VALUE_WINDOW,   /* a series and a trailing length, for the aggregates */
    VALUE_HANDLE,   /* a thing in the world: process, db, proxy */
    VALUE_ITERATOR,
    VALUE_POLL,
    VALUE_ERROR,   /* an error value: message and place */
    VALUE_NO_DATA, /* cannot be judged: reason */
    VALUE_KIND_COUNT
};

struct object { /* the head of every counted thing */
    uint32_t references;
    uint8_t kind;  /* enum value_kind */
    uint8_t depth; /* 1 + the deepest child's; at most VALUE_DEPTH_MAXIMUM */
    uint16_t flags;
    struct heap *heap;
    struct object *previous, *next; /* the heap's list of live objects */
};
#define VALUE_DEPTH_MAXIMUM 200

struct value {
    uint8_t kind;      /* enum value_kind */
    int8_t time_power; /* VALUE_NUMBER only */
    int8_t byte_power; /* VALUE_NUMBER only */
    uint8_t reserved;  /* 0 */
    uint32_t aux;      /* for the kind's own use */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct object *object;
    };
};
_Static_assert(sizeof(struct value) == 16, "values are 16 bytes");

struct heap;                               /* one a run: live objects, bytes, soft quota */
struct heap *heap_new(size_t quota_bytes); /* 0: no quota */
size_t heap_free(struct heap *heap);       /* returns how many objects were still alive: a bug unless 0 */
size_t heap_live(const struct heap *heap);
size_t heap_bytes(const struct heap *heap);
bool heap_over_quota(const struct heap *heap);

/* ---- plain ones ---- */
static inline struct value value_none(void) {
    return (struct value){ .kind = VALUE_NONE };
}
static inline struct value value_boolean(bool b) {
    return (struct value){ .kind = VALUE_BOOL, .integer = b };
}
static inline struct value value_integer(int64_t i) {
    return (struct value){ .kind = VALUE_INTEGER, .integer = i };
}
static inline struct value value_number(double n) {
    return (struct value){ .kind = VALUE_NUMBER, .number = n };
}
static inline struct value value_duration(int64_t ns) {
    return (struct value){ .kind = VALUE_DURATION, .integer = ns };
}
static inline struct value value_size(int64_t bytes) {
    return (struct value){ .kind = VALUE_SIZE, .integer = bytes };
}
static inline struct value value_ratio(double r) {
    return (struct value){ .kind = VALUE_RATIO, .number = r };
}
static inline struct value value_instant(int64_t ns) {
    return (struct value){ .kind = VALUE_INSTANT, .integer = ns };
}
static inline bool value_is_counted(struct value v) {
    return v.kind >= VALUE_TEXT;
}
static inline bool value_is_true(struct value v) {
    return v.kind == VALUE_BOOL && v.boolean;
}
static inline bool value_is_false(struct value v) {
    return v.kind == VALUE_BOOL && !v.boolean;
}
/* error or no data */
static inline bool value_is_bad(struct value v) {
    return v.kind == VALUE_ERROR || v.kind == VALUE_NO_DATA;
}

struct value value_retain(struct value value); /* one more owner */
void value_release(struct value value);        /* one owner less */

/* ---- makers: the result is owned by the caller ---- */
struct value value_text(struct heap *heap, struct text text);
struct value value_string(struct heap *heap, const char *terminated);
struct value value_printf(struct heap *heap, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct value value_bytes(struct heap *heap, struct text bytes);
struct value value_numeral(struct heap *heap, struct text digits);
struct value value_error(struct heap *heap, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An error that `?? v` covers: a missing path, key or index. */
struct value value_missing(struct heap *heap, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool value_is_missing(struct value value);
struct value value_no_data(struct heap *heap, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct value value_regex(struct heap *heap, struct text pattern); /* an error value if it does not compile */
struct value value_version(struct heap *heap,
                           struct text spelling); /* "N-1", "v1.4.2"; an error value for anything else */
struct value value_shell(struct heap *heap, struct text text);
/* Parts: texts at even places, bound parameters at odd ones; read back by value_count and value_at. */
struct value value_sql(struct heap *heap, const struct value *parts, size_t count);
struct value value_range(struct heap *heap, int64_t from, int64_t to); /* both ends included; empty when to < from */
/* A number with a dimension; (1, 0) becomes a duration, (0, 1) a size. An error value when it is not finite or
 * outgrows int64. */
struct value value_quantity(struct heap *heap, double number, int time_power, int byte_power);
/* The same value on another heap (cells are made on one and used on others). Handles and streams cannot be copied:
 * an error value. */
struct value value_copy(struct heap *heap, struct value value);
struct value value_interval(struct heap *heap, struct text name, int64_t start, int64_t end, bool reached, bool cut);
/* Lists and records are built by a builder, then never change. Items are retained. */
struct value value_list(struct heap *heap, const struct value *items, size_t count);
struct value value_list_append(struct value list,
                               struct value item); /* consumes `list` (in place when it is the only owner) */
struct value value_record(struct heap *heap);      /* empty */
struct value value_record_with(struct value record, struct text key,
                               struct value item); /* consumes `record`, retains `item`; a known key is replaced */

/* ---- readers: borrowed ---- */
/* Of TEXT, BYTES, NUMERAL, SHELL, ERROR's and NO_DATA's message, REGEX' pattern, VERSION's spelling; else empty. */
struct text value_text_of(struct value value);
size_t value_count(struct value value); /* LIST, RECORD, RANGE, SQL (its parts) */
struct value value_at(struct value list,
                      size_t index); /* also a record's items in the order of its keys, and SQL's parts */
struct text value_key_at(struct value record, size_t index);
struct value value_field(struct value record, struct text key, bool *found);
/* True for an error, no data, and a container that holds one; *bad is the first of them, borrowed. */
bool value_holds_bad(struct value value, struct value *bad);
/* Where an error value arose; false when no instruction made it. */
bool value_error_place(struct value value, struct span *place);
struct interval {
    struct text name;
    int64_t start, end;
    bool reached, cut;
};
struct interval value_interval_of(struct value value);

/* ---- operations: results owned; errors and no data pass through; lifted over series ---- */
struct value value_add(struct heap *heap, struct value a, struct value b);
struct value value_subtract(struct heap *heap, struct value a, struct value b);
struct value value_multiply(struct heap *heap, struct value a, struct value b);
struct value value_divide(struct heap *heap, struct value a, struct value b);
struct value value_modulo(struct heap *heap, struct value a, struct value b);
struct value value_negate(struct heap *heap, struct value a);
enum comparison {
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL
};
struct value value_compare(struct heap *heap, enum comparison comparison, struct value a, struct value b);
struct value value_match(struct heap *heap, struct value text, struct value regex);
struct value value_in(struct heap *heap, struct value item, struct value container);
struct value value_and(struct heap *heap, struct value a, struct value b); /* Kleene over true, false, error, no data */
struct value value_or(struct heap *heap, struct value a, struct value b);
struct value value_not(struct heap *heap, struct value a);
struct value value_index(struct heap *heap, struct value container, struct value index);
bool value_equal(struct value a, struct value b); /* structural, total, for C code and tests */
/* A total order for sort(): kinds first, then content. */
int value_order(struct value a, struct value b);

/* ---- text ---- */
void value_print(struct value value,
                 struct buffer *out); /* as a person reads it: 412ms, "text", [1, 2]; long ones clipped at 200 bytes */
void value_plain(struct value value, struct buffer *out); /* as "${}" splices it: text bare, the rest as value_print */
/* One line of JSON that value_decode reads back exactly: {"$duration": 5} …; a handle is {"$handle": …}, a stream
 * {"$stream": id}. */
void value_encode(struct value value, struct buffer *out);
struct value value_decode(struct heap *heap, struct text json);
/* Plain JSON: objects become records (of two equal keys the last stands), integers INTEGER, or NUMERAL when no int64
 * holds them, other numbers NUMBER. An error value says what is wrong and at which byte. Depth at most
 * VALUE_DEPTH_MAXIMUM. */
struct value value_from_json(struct heap *heap, struct text json);
/* Plain JSON for a component: sizes as bytes, other quantities as text; false for what has no JSON (a handle, a
 * stream, an error, no data). */
bool value_to_json(struct value value, struct buffer *out);
/* The first difference of two values as "path: a != b", or false when equal. */
bool value_difference(struct value a, struct value b, struct buffer *out);
#endif
