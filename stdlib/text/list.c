/* Functions of lists, maps, JSON values and ranges. They make new values and never wait. */
#include "base/letters.h"
#include "base/memory.h"
#include "stdlib/functions.h"

#include <stdlib.h>

enum { RANGE_MAXIMUM = 1000000 };

enum native_outcome list_length(struct native_call *call) {
    return native_done(call, value_integer((int64_t)value_count(argument(call, 0))));
}

enum native_outcome map_length(struct native_call *call) {
    return list_length(call);
}

enum native_outcome json_length(struct native_call *call) {
    struct value json = argument(call, 0);
    if (json.kind == VALUE_LIST || json.kind == VALUE_RECORD) return list_length(call);
    if (json.kind == VALUE_TEXT) return native_done(call, value_integer((int64_t)letters_count(value_text_of(json))));
    return native_done(call, value_error(run_heap(call->run), "len: a JSON %s has no length",
                                         json.kind == VALUE_NONE   ? "null"
                                         : json.kind == VALUE_BOOL ? "bool"
                                                                   : "number"));
}

/* One element and where it stood: equal elements keep their order. */
struct placed {
    struct value value; /* borrowed from the list */
    size_t place;       /* index in the list */
};

static int by_value(const void *a, const void *b) {
    const struct placed *left = a, *right = b;
    int order = value_order(left->value, right->value);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static int by_place(const void *a, const void *b) {
    const struct placed *left = a, *right = b;
    return (left->place > right->place) - (left->place < right->place);
}

/* The elements in ascending order. */
static struct placed *sorted(struct native_call *call, size_t *count) {
    struct value list = argument(call, 0);
    *count = value_count(list);
    struct placed *items = memory_allocate(*count * sizeof *items);
    for (size_t i = 0; i < *count; i++) items[i] = (struct placed){ value_at(list, i), i };
    if (*count > 1) qsort(items, *count, sizeof *items, by_value);
    return items;
}

static enum native_outcome done_items(struct native_call *call, struct placed *items, size_t count) {
    struct value list = value_list(run_heap(call->run), NULL, 0);
    for (size_t i = 0; i < count; i++) list = value_list_append(list, items[i].value);
    memory_release(items);
    return native_done(call, list);
}

enum native_outcome list_sort(struct native_call *call) {
    size_t count;
    struct placed *items = sorted(call, &count);
    return done_items(call, items, count);
}

enum native_outcome list_unique(struct native_call *call) {
    size_t count, kept = 0;
    struct placed *items = sorted(call, &count);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || value_order(items[kept - 1].value, items[i].value) != 0) items[kept++] = items[i];
    if (kept > 1) qsort(items, kept, sizeof *items, by_place);
    return done_items(call, items, kept);
}

enum native_outcome map_keys(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct value map = argument(call, 0), keys = value_list(heap, NULL, 0);
    for (size_t i = 0; i < value_count(map); i++) {
        struct value key = value_text(heap, value_key_at(map, i));
        keys = value_list_append(keys, key);
        value_release(key);
    }
    return native_done(call, keys);
}

enum native_outcome json_keys(struct native_call *call) {
    if (argument(call, 0).kind == VALUE_RECORD) return map_keys(call);
    return native_done(call, value_error(run_heap(call->run), "keys: this JSON value is no object"));
}

static enum native_outcome done_range(struct native_call *call, int64_t from, int64_t to) {
    struct heap *heap = run_heap(call->run);
    int64_t length;
    if (from < to && (__builtin_sub_overflow(to, from, &length) || length > RANGE_MAXIMUM))
        return native_done(call, value_error(heap, "range: more than %d numbers", RANGE_MAXIMUM));
    struct value list = value_list(heap, NULL, 0);
    for (int64_t i = from; i < to; i++) list = value_list_append(list, value_integer(i));
    return native_done(call, list);
}

enum native_outcome range_to(struct native_call *call) {
    return done_range(call, 0, argument_integer(call, 0));
}

enum native_outcome range_between(struct native_call *call) {
    return done_range(call, argument_integer(call, 0), argument_integer(call, 1));
}
