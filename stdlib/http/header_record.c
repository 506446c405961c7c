/* Headers as the value of `response.headers` and of an exchange that crossed a proxy. Repeated ones are joined; users and passwords in
 * addresses (`Location: http://name:word@host/`) are three stars: a header goes into records and reports. */
#include "stdlib/http/header_record.h"

#include "base/credentials.h"

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

struct value header_record(struct heap *heap, struct text headers) {
    struct value record = value_record(heap);
    while (headers.length) {
        struct text name = text_of(headers.bytes);
        headers = text_slice(headers, name.length + 1, headers.length);
        struct text content =
            text_slice(headers, 0, (size_t)((const char *)memchr(headers.bytes, 0, headers.length) - headers.bytes));
        headers = text_slice(headers, content.length + 1, headers.length);
        bool found = false;
        struct value before = value_field(record, name, &found), item = content_value(heap, content);
        if (found) {
            struct value joined =
                value_printf(heap, "%.*s%s%.*s", TEXT_ARGS(value_text_of(before)),
                             text_is(name, "set-cookie") ? "\n" : ", ", TEXT_ARGS(value_text_of(item)));
            value_release(item);
            item = joined;
        }
        record = value_record_with(record, name, item);
        value_release(item);
    }
    return record;
}
