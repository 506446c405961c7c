/* Whether two answers are alike. Under load nearly all are, down to the very objects, so bits are compared first. */
#include "vm/response.h"

#include "vm/heap.h"

#include <string.h>

static bool is_key(const struct key *key, const char *name, size_t length) {
    return key->length == length && memcmp(key->bytes, name, length) == 0;
}

static bool is_time(const struct key *key) {
    return is_key(key, "latency", 7) || is_key(key, "at", 2);
}

bool response_is(struct value value) {
    if (value.kind != VALUE_RECORD) return false;
    const struct record_object *record = record_object(value);
    bool body = false, at = false;
    for (uint32_t i = record->count; i > 0 && !(body && at); i--) {
        const struct record_field *field = &record->fields[i - 1];
        body = body || is_key(field->key, "body", 4);
        at = at || (is_key(field->key, "at", 2) && field->value.kind == VALUE_INSTANT);
    }
    return body && at;
}

static bool same_bits(struct value a, struct value b) {
    return a.kind == b.kind && a.integer == b.integer && a.time_power == b.time_power && a.byte_power == b.byte_power;
}

bool response_alike(struct value a, struct value b) {
    if (a.kind != b.kind) return false;
    if (a.kind != VALUE_RECORD || !response_is(b)) return same_bits(a, b) || value_equal(a, b);
    const struct record_object *left = record_object(a), *right = record_object(b);
    if (left == right) return true;
    if (left->count != right->count) return false;
    for (uint32_t i = 0; i < left->count; i++) {
        const struct record_field *x = &left->fields[i], *y = &right->fields[i];
        if (same_bits(x->value, y->value) && x->key == y->key) continue;
        bool same_key = x->key == y->key || is_key(y->key, x->key->bytes, x->key->length);
        if (!same_key || !(is_time(y->key) || value_equal(x->value, y->value))) return false;
    }
    return true;
}

/* A value of the same heap needs no copy. */
static struct value carried(struct heap *heap, struct value value) {
    return value_is_counted(value) && value.object->heap == heap ? value_retain(value) : value_copy(heap, value);
}

struct value response_lasting(struct heap *heap, struct value value) {
    if (!response_is(value)) return carried(heap, value);
    const struct record_object *record = record_object(value);
    struct value copy = value_record(heap);
    for (uint32_t i = 0; i < record->count; i++) {
        const struct record_field *field = &record->fields[i];
        if (is_time(field->key)) continue;
        bool spooled = field->value.kind == VALUE_HANDLE && is_key(field->key, "body", 4);
        struct value item = spooled ? value_none() : carried(heap, field->value);
        copy = value_record_with(copy, (struct text){ field->key->bytes, field->key->length }, item);
        value_release(item);
    }
    return copy;
}
