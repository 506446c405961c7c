/* Headers as the value of `response.headers` and of an exchange that crossed a proxy. Repeated ones are joined; users and passwords in
 * addresses (`Location: http://name:word@host/`) are three stars: a header goes into records and reports. */
#include "stdlib/http/header_record.h"

#include "base/credentials.h"
#include "base/memory.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

/* Owned. */
static struct value content_value(struct heap *heap, struct text content) {
    if (!memchr(content.bytes, '@', content.length)) return value_text(heap, content);
    struct buffer shown = { 0 };
    credentials_hide(content, true, &shown);
    struct value value = value_text(heap, buffer_text(&shown));
    buffer_done(&shown);
    return value;
}

/* A line whose name stood before. */
struct repeat {
    struct text name, content;
};

/* The next pair of "name NUL content NUL …". */
static struct repeat take_pair(struct text *headers) {
    struct repeat pair = { .name = text_of(headers->bytes) };
    *headers = text_slice(*headers, pair.name.length + 1, headers->length);
    size_t length = (size_t)((const char *)memchr(headers->bytes, 0, headers->length) - headers->bytes);
    pair.content = text_slice(*headers, 0, length);
    *headers = text_slice(*headers, length + 1, headers->length);
    return pair;
}

/* By name, then as they came. */
static int compare(const void *one, const void *other) {
    const struct repeat *a = one, *b = other;
    int order = text_compare(a->name, b->name);
    if (order) return order;
    return a->content.bytes < b->content.bytes ? -1 : a->content.bytes > b->content.bytes;
}

/* Each name's lines are joined once: joined as they come, a MiB of them would hold the loop up for seconds. */
static struct value join(struct heap *heap, struct value record, const struct repeat *repeats, size_t count) {
    bool found;
    struct buffer joined = { 0 };
    for (size_t i = 0, next; i < count; i = next) {
        buffer_clear(&joined);
        buffer_append(&joined, value_text_of(value_field(record, repeats[i].name, &found)));
        for (next = i; next < count && text_equal(repeats[next].name, repeats[i].name); next++) {
            struct value item = content_value(heap, repeats[next].content);
            buffer_append_string(&joined, text_is(repeats[i].name, "set-cookie") ? "\n" : ", ");
            buffer_append(&joined, value_text_of(item));
            value_release(item);
        }
        struct value whole = value_text(heap, buffer_text(&joined));
        record = value_record_with(record, repeats[i].name, whole);
        value_release(whole);
    }
    buffer_done(&joined);
    return record;
}

struct value header_record(struct heap *heap, struct text headers) {
    struct value record = value_record(heap);
    struct VECTOR(struct repeat) repeats = { 0 };
    while (headers.length) {
        struct repeat pair = take_pair(&headers);
        bool found = false;
        value_field(record, pair.name, &found);
        if (found) {
            VECTOR_PUSH(&repeats, pair);
            continue;
        }
        struct value item = content_value(heap, pair.content);
        record = value_record_with(record, pair.name, item);
        value_release(item);
    }
    if (repeats.count) {
        qsort(repeats.items, repeats.count, sizeof *repeats.items, compare);
        record = join(heap, record, repeats.items, repeats.count);
    }
    VECTOR_DONE(&repeats);
    return record;
}
