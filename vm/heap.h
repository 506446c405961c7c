/* Inside vm/ only: how counted values are laid out, and the heap that lists them.
 * Whoever makes an object owns one reference; the last value_release gives it back to its heap. */
#ifndef AOT_VM_HEAP_H
#define AOT_VM_HEAP_H
#include "vm/series.h"
#include "vm/value.h"

#include "base/mask.h"

/* A record's key, stored once a heap. */
struct key {
    uint32_t references;
    uint32_t hash;
    struct key *next; /* in its bucket */
    size_t length;
    char bytes[];
};

struct heap {
    struct object *first; /* live objects, newest first */
    size_t live;          /* how many of them */
    size_t bytes;         /* that they take, with what hangs on them */
    size_t quota;         /* 0: none */
    struct key **buckets; /* of the keys */
    size_t bucket_count;  /* a power of two, or 0 */
    size_t key_count;
    int64_t zero;            /* the instant that prints as +0.000s */
    const struct mask *mask; /* the run's secrets, replaced before a long value is cut; borrowed, may be NULL */
    /* What {"$handle": …} and {"$stream": …} stand for while a record is read; NULL: an error value. */
    struct value (*resolve)(void *data, struct text handle, uint32_t stream);
    void *resolve_data;
    const struct release *releases; /* what the versions of this heap are; borrowed */
    size_t release_count;
    bool releases_are_past; /* those of a record: what they name need not be there any more */
};

/* Zeroed but for its head: one reference, depth 0. `size` is counted until heap_return with the same. */
void *heap_allocate(struct heap *heap, enum value_kind kind, size_t size);
void heap_return(void *object, size_t size);
/* Memory that hangs on an object, more or less of it. */
static inline void heap_charge(struct heap *heap, size_t bytes) {
    heap->bytes += bytes;
}
static inline void heap_discharge(struct heap *heap, size_t bytes) {
    heap->bytes -= bytes;
}

/* Appends at most `limit` bytes of a text, its secrets replaced before it is cut. */
void value_masked(struct heap *heap, struct text text, size_t limit, struct buffer *out);

struct key *heap_key(struct heap *heap, struct text text); /* one more owner */
void heap_key_release(struct heap *heap, struct key *key);

/* object.flags */
enum object_flag {
    OBJECT_HOLDS_BAD = 1,  /* a list or record somewhere in which an error or no data stands */
    OBJECT_MISSING = 2,    /* an error that `??` covers */
    OBJECT_PLACED = 4,     /* an error that has its place */
    OBJECT_STUB = 8,       /* a handle of a record that is judged again */
    OBJECT_HOLDS_TIME = 16 /* a list or record somewhere in which a stream, series, window, iterator or poll stands */
};

struct text_object { /* TEXT, BYTES, NUMERAL, VERSION, SHELL, ERROR, NO_DATA */
    struct object head;
    struct span place; /* of errors */
    size_t length;
    char bytes[]; /* a NUL stands behind them */
};
struct list_object { /* LIST, SQL */
    struct object head;
    size_t count, capacity;
    struct value *items; /* owned */
};
struct record_field {
    struct key *key;
    struct value value;
};
struct record_object {
    struct object head;
    uint32_t count, capacity;
    struct record_field *fields; /* in the order in which they came; owned */
    uint32_t *slots;             /* 1 + index in fields, by hash; NULL while the record is small */
    uint32_t slot_count;         /* a power of two */
};
struct range_object {
    struct object head;
    int64_t from, to; /* both included */
};
struct interval_object {
    struct object head;
    struct interval interval; /* the machine alone closes it; the name stands in `bytes` */
    char bytes[];
};
struct regex_object {
    struct object head;
    void *code; /* pcre2's */
    void *match_data;
    size_t length;
    char bytes[]; /* the pattern */
};
struct iterator_object { /* moved on by NEXT alone, never shared */
    struct object head;
    struct value over; /* list, range, record or series */
    size_t next;       /* index of the element to come */
};
struct window_object {
    struct object head;
    struct window window; /* its series is owned */
};

static inline struct value value_of_object(void *object) {
    struct object *head = object;
    return (struct value){ .kind = head->kind, .object = head };
}
static inline struct text_object *text_object(struct value value) {
    return (struct text_object *)value.object;
}
static inline struct list_object *list_object(struct value value) {
    return (struct list_object *)value.object;
}
static inline struct record_object *record_object(struct value value) {
    return (struct record_object *)value.object;
}
static inline struct range_object *range_object(struct value value) {
    return (struct range_object *)value.object;
}
static inline struct interval_object *interval_object(struct value value) {
    return (struct interval_object *)value.object;
}
static inline struct regex_object *regex_object(struct value value) {
    return (struct regex_object *)value.object;
}
static inline struct iterator_object *iterator_object(struct value value) {
    return (struct iterator_object *)value.object;
}

/* A text_object of any of its kinds. */
struct value value_spelled(struct heap *heap, enum value_kind kind, struct text text);
const char *value_kind_name(enum value_kind kind);    /* "a text": for messages */
void number_print(struct buffer *out, double number); /* the shortest text that reads back the same */
struct value list_join(struct heap *heap, struct value a, struct value b); /* both lists */
static inline bool value_is_series(struct value value) {
    return value.kind == VALUE_SERIES || value.kind == VALUE_STREAM;
}
/* What a list or record takes on from a child. */
void container_adopt(struct object *container, struct value child);
/* True for what may hold a stream: it must not become an element of one, which would make a cycle. */
bool value_holds_time(struct value value);
/* How deep a container over `value` is at least. */
static inline unsigned value_depth(struct value value) {
    return value_is_counted(value) ? value.object->depth : 0;
}
struct value value_iterator(struct heap *heap, struct value over);
/* The next element, owned; false at the end. */
bool iterator_next(struct heap *heap, struct value iterator, struct value *element);
/* An element with its times: a record gets intended, sent … as fields where it has none. */
struct value series_element(struct heap *heap, struct value series, size_t index);
struct value value_window(struct heap *heap, struct value series, int64_t length);

/* The ends of kinds that have something to give back; called by value_release alone. */
void list_destroy(struct object *object);
void record_destroy(struct object *object);
void regex_destroy(struct object *object);
void iterator_destroy(struct object *object);
void window_destroy(struct object *object);
void series_destroy(struct object *object);
void stream_destroy(struct object *object);
void handle_destroy(struct object *object);
void poll_destroy(struct object *object);
#endif
