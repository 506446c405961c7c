/* Records: records, maps and JSON objects alike, with their keys in the order in which they came.
 * A small one is searched in order, a large one by hash. Changed in place only when it has one owner. */
#include "vm/heap.h"

#include "base/memory.h"

#include <string.h>

enum { SMALL = 12, ABSENT = -1 }; /* an answer has 11 fields */

struct value value_record(struct heap *heap) {
    struct record_object *record = heap_allocate(heap, VALUE_RECORD, sizeof *record);
    record->head.depth = 1;
    return value_of_object(record);
}

static bool key_is(const struct key *key, struct text text) {
    return key->length == text.length && (text.length == 0 || memcmp(key->bytes, text.bytes, text.length) == 0);
}

static int64_t field_index(const struct record_object *record, struct text key) {
    if (!record->slots) {
        for (uint32_t i = 0; i < record->count; i++) {
            if (key_is(record->fields[i].key, key)) return i;
        }
        return ABSENT;
    }
    uint32_t hash = (uint32_t)text_hash(key);
    for (uint32_t at = hash & (record->slot_count - 1); record->slots[at]; at = (at + 1) & (record->slot_count - 1)) {
        uint32_t index = record->slots[at] - 1;
        if (record->fields[index].key->hash == hash && key_is(record->fields[index].key, key)) return index;
    }
    return ABSENT;
}

static void slot_in(struct record_object *record, uint32_t index) {
    uint32_t at = record->fields[index].key->hash & (record->slot_count - 1);
    while (record->slots[at]) at = (at + 1) & (record->slot_count - 1);
    record->slots[at] = index + 1;
}

static void record_hash(struct record_object *record, uint32_t slot_count) {
    heap_charge(record->head.heap, (slot_count - record->slot_count) * sizeof *record->slots);
    memory_release(record->slots);
    record->slots = memory_allocate(slot_count * sizeof *record->slots);
    record->slot_count = slot_count;
    for (uint32_t i = 0; i < record->count; i++) slot_in(record, i);
}

static void record_reserve(struct record_object *record, uint32_t wanted) {
    if (record->capacity >= wanted) return;
    uint32_t capacity = record->capacity ? record->capacity : 4;
    while (capacity < wanted) capacity *= 2;
    record->fields = memory_resize(record->fields, capacity * sizeof *record->fields);
    heap_charge(record->head.heap, (capacity - record->capacity) * sizeof *record->fields);
    record->capacity = capacity;
}

/* Takes over the key and the value. */
static void field_add(struct record_object *record, struct key *key, struct value value) {
    record_reserve(record, record->count + 1);
    record->fields[record->count++] = (struct record_field){ key, value };
    if (record->slots && record->count * 2 <= record->slot_count)
        slot_in(record, record->count - 1);
    else if (record->count > SMALL)
        record_hash(record, record->slot_count ? record->slot_count * 2 : 32);
}

static struct record_object *record_copy(const struct record_object *old) {
    struct heap *heap = old->head.heap;
    struct record_object *copy = record_object(value_record(heap));
    record_reserve(copy, old->count + 1);
    for (uint32_t i = 0; i < old->count; i++) {
        old->fields[i].key->references++;
        field_add(copy, old->fields[i].key, value_retain(old->fields[i].value));
    }
    copy->head.depth = old->head.depth;
    copy->head.flags = old->head.flags;
    return copy;
}

struct value value_record_with(struct value value, struct text key, struct value item) {
    struct heap *heap = value.object->heap;
    if (value_depth(item) >= VALUE_DEPTH_MAXIMUM) {
        value_release(value);
        return value_error(heap, "nested more than %d deep", VALUE_DEPTH_MAXIMUM);
    }
    value_retain(item); /* before the test for a single owner, as in a list */
    if (value.object->references > 1) {
        struct record_object *copy = record_copy(record_object(value));
        value_release(value);
        value = value_of_object(copy);
    }
    struct record_object *record = record_object(value);
    int64_t index = field_index(record, key);
    if (index == ABSENT) {
        field_add(record, heap_key(heap, key), item);
    } else {
        value_release(record->fields[index].value);
        record->fields[index].value = item;
    }
    container_adopt(&record->head, item);
    return value;
}

struct value value_field(struct value value, struct text key, bool *found) {
    int64_t index = value.kind == VALUE_RECORD ? field_index(record_object(value), key) : ABSENT;
    if (found) *found = index != ABSENT;
    return index == ABSENT ? value_none() : record_object(value)->fields[index].value;
}

struct text value_key_at(struct value value, size_t index) {
    if (value.kind != VALUE_RECORD || index >= record_object(value)->count) return TEXT_NONE;
    const struct key *key = record_object(value)->fields[index].key;
    return (struct text){ key->bytes, key->length };
}

void record_destroy(struct object *object) {
    struct record_object *record = (struct record_object *)object;
    for (uint32_t i = 0; i < record->count; i++) {
        heap_key_release(object->heap, record->fields[i].key);
        value_release(record->fields[i].value);
    }
    memory_release(record->fields);
    memory_release(record->slots);
    heap_discharge(object->heap,
                   record->capacity * sizeof *record->fields + record->slot_count * sizeof *record->slots);
    heap_return(record, sizeof *record);
}
