/* The heap of a run: every counted object is on its list, so that a leak can be named. Owns the keys of records too.
 * Allocation never fails; going over the quota raises a flag that the machine looks at between instructions. */
#include "vm/heap.h"

#include "base/memory.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

struct heap *heap_new(size_t quota_bytes) {
    struct heap *heap = memory_allocate(sizeof *heap);
    heap->quota = quota_bytes;
    return heap;
}

size_t heap_free(struct heap *heap) {
    if (!heap) return 0;
    size_t live = heap_live(heap);
    memory_release(heap->buckets);
    memory_release(heap);
    return live;
}

size_t heap_live(const struct heap *heap) {
    return heap->live + heap->key_count;
}

size_t heap_bytes(const struct heap *heap) {
    return heap->bytes;
}

bool heap_over_quota(const struct heap *heap) {
    return heap->quota && heap->bytes > heap->quota;
}

void *heap_allocate(struct heap *heap, enum value_kind kind, size_t size) {
    struct object *object = memory_allocate(size);
    object->references = 1;
    object->kind = (uint8_t)kind;
    object->heap = heap;
    object->next = heap->first;
    if (heap->first) heap->first->previous = object;
    heap->first = object;
    heap->live++;
    heap->bytes += size;
    return object;
}

void heap_return(void *freed, size_t size) {
    struct object *object = freed;
    struct heap *heap = object->heap;
    if (object->previous)
        object->previous->next = object->next;
    else
        heap->first = object->next;
    if (object->next) object->next->previous = object->previous;
    heap->live--;
    heap->bytes -= size;
    memory_release(object);
}

static void grow_buckets(struct heap *heap) {
    size_t count = heap->bucket_count ? heap->bucket_count * 2 : FIRST_BUCKETS;
    struct key **buckets = memory_allocate(count * sizeof *buckets);
    for (size_t i = 0; i < heap->bucket_count; i++) {
        for (struct key *key = heap->buckets[i], *next; key; key = next) {
            next = key->next;
            key->next = buckets[key->hash & (count - 1)];
            buckets[key->hash & (count - 1)] = key;
        }
    }
    memory_release(heap->buckets);
    heap->buckets = buckets;
    heap->bucket_count = count;
}

struct key *heap_key(struct heap *heap, struct text text) {
    uint32_t hash = (uint32_t)text_hash(text);
    if (heap->key_count >= heap->bucket_count) grow_buckets(heap);
    struct key **bucket = &heap->buckets[hash & (heap->bucket_count - 1)];
    for (struct key *key = *bucket; key; key = key->next) {
        if (key->hash == hash && text_equal((struct text){ key->bytes, key->length }, text)) {
            key->references++;
            return key;
        }
    }
    struct key *key = memory_allocate(sizeof *key + text.length + 1);
    key->references = 1;
    key->hash = hash;
    key->length = text.length;
    if (text.length) memcpy(key->bytes, text.bytes, text.length);
    key->next = *bucket;
    *bucket = key;
    heap->key_count++;
    heap->bytes += sizeof *key + text.length + 1;
    return key;
}

void heap_key_release(struct heap *heap, struct key *key) {
    if (--key->references) return;
    struct key **link = &heap->buckets[key->hash & (heap->bucket_count - 1)];
    while (*link != key) link = &(*link)->next;
    *link = key->next;
    heap->key_count--;
    heap->bytes -= sizeof *key + key->length + 1;
    memory_release(key);
}

struct value value_retain(struct value value) {
    if (value_is_counted(value)) value.object->references++;
    return value;
}

/* What an object without anything hanging on it takes. */
static size_t plain_size(const struct object *object) {
    switch ((enum value_kind)object->kind) {
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_VERSION:
    case VALUE_SHELL:
    case VALUE_ERROR:
    case VALUE_NO_DATA: return sizeof(struct text_object) + ((const struct text_object *)object)->length + 1;
    case VALUE_RANGE: return sizeof(struct range_object);
    case VALUE_INTERVAL:
        return sizeof(struct interval_object) + ((const struct interval_object *)object)->interval.name.length + 1;
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND:
    case VALUE_REGEX:
    case VALUE_SQL:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_KIND_COUNT: break;
    }
    return 0;
}

void value_release(struct value value) {
    if (!value_is_counted(value)) return;
    struct object *object = value.object;
    if (--object->references) return;
    switch ((enum value_kind)object->kind) {
    case VALUE_SQL:
    case VALUE_LIST: list_destroy(object); break;
    case VALUE_RECORD: record_destroy(object); break;
    case VALUE_REGEX: regex_destroy(object); break;
    case VALUE_ITERATOR: iterator_destroy(object); break;
    case VALUE_WINDOW: window_destroy(object); break;
    case VALUE_SERIES: series_destroy(object); break;
    case VALUE_STREAM: stream_destroy(object); break;
    case VALUE_HANDLE: handle_destroy(object); break;
    case VALUE_POLL: poll_destroy(object); break;
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_VERSION:
    case VALUE_SHELL:
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_RANGE:
    case VALUE_INTERVAL: heap_return(object, plain_size(object)); break;
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND:
    case VALUE_KIND_COUNT: break;
    }
}
