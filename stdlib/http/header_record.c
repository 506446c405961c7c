/* Headers as the value of `response.headers` and of an exchange that crossed a proxy. Repeated ones are joined. */
#include "stdlib/http/header_record.h"

#include <string.h>

struct value header_record(struct heap *heap, struct text headers) {
    struct value record = value_record(heap);
    while (headers.length) {
        struct text name = text_of(headers.bytes);
        headers = text_slice(headers, name.length + 1, headers.length);
        struct text content =
            text_slice(headers, 0, (size_t)((const char *)memchr(headers.bytes, 0, headers.length) - headers.bytes));
        headers = text_slice(headers, content.length + 1, headers.length);
        bool found = false;
        struct value before = value_field(record, name, &found), item;
        if (found)
            item = value_printf(heap, "%.*s%s%.*s", TEXT_ARGS(value_text_of(before)),
                                text_is(name, "set-cookie") ? "\n" : ", ", TEXT_ARGS(content));
        else
            item = value_text(heap, content);
        record = value_record_with(record, name, item);
        value_release(item);
    }
    return record;
}
