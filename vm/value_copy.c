/* Values carried from one heap to another: texts, lists and records piece by piece, the rarer kinds by way of their encoding.
 * Only the new heap is written to. */
#include "vm/heap.h"

#include "base/memory.h"

static struct value copy_text(struct heap *heap, struct value value) {
    struct value copy = value_spelled(heap, (enum value_kind)value.kind, value_text_of(value));
    copy.object->flags = value.object->flags;
    text_object(copy)->place = text_object(value)->place;
    return copy;
}

static struct value copy_list(struct heap *heap, struct value value) {
    size_t count = value_count(value);
    struct value *items = memory_allocate(count * sizeof *items);
    for (size_t i = 0; i < count; i++) items[i] = value_copy(heap, value_at(value, i));
    struct value copy = value.kind == VALUE_SQL ? value_sql(heap, items, count) : value_list(heap, items, count);
    for (size_t i = 0; i < count; i++) value_release(items[i]);
    memory_release(items);
    return copy;
}

static struct value copy_record(struct heap *heap, struct value value) {
    struct value copy = value_record(heap);
    for (size_t i = 0; i < value_count(value); i++) {
        struct value item = value_copy(heap, value_at(value, i));
        copy = value_record_with(copy, value_key_at(value, i), item);
        value_release(item);
    }
    return copy;
}

static struct value copy_encoded(struct heap *heap, struct value value) {
    struct buffer json = { 0 };
    value_encode(value, &json);
    struct value copy = value_decode(heap, buffer_text(&json));
    buffer_done(&json);
    return copy;
}

struct value value_copy(struct heap *heap, struct value value) {
    switch ((enum value_kind)value.kind) {
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND: return value;
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_SHELL:
    case VALUE_ERROR:
    case VALUE_NO_DATA: return copy_text(heap, value);
    case VALUE_SQL:
    case VALUE_LIST: return copy_list(heap, value);
    case VALUE_RECORD: return copy_record(heap, value);
    case VALUE_VERSION:
    case VALUE_REGEX:
    case VALUE_RANGE:
    case VALUE_INTERVAL:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_KIND_COUNT: break;
    }
    return copy_encoded(heap, value);
}
