/* Lists, and the parts of SQL texts, which are laid out alike. A list is changed in place only when it has one
 * owner. */
#include "vm/heap.h"

#include "base/memory.h"

#include <string.h>

void container_adopt(struct object *container, struct value child) {
    unsigned depth = 1 + value_depth(child);
    if (depth > container->depth) container->depth = (uint8_t)depth;
    if (value_holds_bad(child, NULL)) container->flags |= OBJECT_HOLDS_BAD;
    if (value_holds_time(child)) container->flags |= OBJECT_HOLDS_TIME;
}

bool value_holds_time(struct value value) {
    switch ((enum value_kind)value.kind) {
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_ITERATOR:
    case VALUE_POLL: return true;
    case VALUE_LIST:
    case VALUE_SQL:
    case VALUE_RECORD: return value.object->flags & OBJECT_HOLDS_TIME;
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND:
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_VERSION:
    case VALUE_REGEX:
    case VALUE_SHELL:
    case VALUE_RANGE:
    case VALUE_INTERVAL:
    case VALUE_HANDLE:
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_KIND_COUNT: break;
    }
    return false;
}

static struct value too_deep(struct heap *heap) {
    return value_error(heap, "nested more than %d deep", VALUE_DEPTH_MAXIMUM);
}

static struct list_object *list_new(struct heap *heap, enum value_kind kind, size_t capacity) {
    struct list_object *list = heap_allocate(heap, kind, sizeof *list);
    list->head.depth = 1;
    list->capacity = capacity;
    if (capacity) list->items = memory_resize(NULL, capacity * sizeof *list->items);
    heap_charge(heap, capacity * sizeof *list->items);
    return list;
}

static struct value list_of_kind(struct heap *heap, enum value_kind kind, const struct value *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (value_depth(items[i]) >= VALUE_DEPTH_MAXIMUM) return too_deep(heap);
    }
    struct list_object *list = list_new(heap, kind, count);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        list->items[i] = value_retain(items[i]);
        container_adopt(&list->head, items[i]);
    }
    return value_of_object(list);
}

struct value value_list(struct heap *heap, const struct value *items, size_t count) {
    return list_of_kind(heap, VALUE_LIST, items, count);
}

struct value value_sql(struct heap *heap, const struct value *parts, size_t count) {
    return list_of_kind(heap, VALUE_SQL, parts, count);
}

static void list_reserve(struct list_object *list, size_t wanted) {
    if (list->capacity >= wanted) return;
    size_t capacity = list->capacity ? list->capacity : 4;
    while (capacity < wanted) capacity *= 2;
    list->items = memory_resize(list->items, capacity * sizeof *list->items);
    heap_charge(list->head.heap, (capacity - list->capacity) * sizeof *list->items);
    list->capacity = capacity;
}

struct value value_list_append(struct value value, struct value item) {
    struct heap *heap = value.object->heap;
    if (value_depth(item) >= VALUE_DEPTH_MAXIMUM) {
        value_release(value);
        return too_deep(heap);
    }
    value_retain(item); /* first: `item` may be the list itself, which then has two owners and is copied */
    if (value.object->references > 1) {
        struct list_object *old = list_object(value);
        struct list_object *copy = list_new(heap, VALUE_LIST, old->count + 1);
        for (size_t i = 0; i < old->count; i++) copy->items[i] = value_retain(old->items[i]);
        copy->count = old->count;
        copy->head.depth = old->head.depth;
        copy->head.flags = old->head.flags;
        value_release(value);
        value = value_of_object(copy);
    }
    struct list_object *list = list_object(value);
    list_reserve(list, list->count + 1);
    list->items[list->count++] = item;
    container_adopt(&list->head, item);
    return value;
}

struct value list_join(struct heap *heap, struct value a, struct value b) {
    struct list_object *left = list_object(a), *right = list_object(b);
    size_t count = left->count + right->count;
    /* Doubling in a loop would outgrow the machine before the next look at the quota. */
    if (heap->quota && count > heap->quota / sizeof(struct value)) {
        return value_error(heap, "a list of %zu elements is more than this run may hold", count);
    }
    struct list_object *list = list_new(heap, VALUE_LIST, count);
    for (size_t i = 0; i < left->count; i++) list->items[i] = value_retain(left->items[i]);
    for (size_t i = 0; i < right->count; i++) list->items[left->count + i] = value_retain(right->items[i]);
    list->count = count;
    list->head.depth = left->head.depth > right->head.depth ? left->head.depth : right->head.depth;
    list->head.flags = left->head.flags | right->head.flags;
    return value_of_object(list);
}

void list_destroy(struct object *object) {
    struct list_object *list = (struct list_object *)object;
    for (size_t i = 0; i < list->count; i++) value_release(list->items[i]);
    memory_release(list->items);
    heap_discharge(object->heap, list->capacity * sizeof *list->items);
    heap_return(list, sizeof *list);
}
