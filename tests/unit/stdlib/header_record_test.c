/* Headers as a record: joined where they repeat, without users and passwords of addresses. */
#include "stdlib/http/header_record.h"
#include "vm/heap.h"

#include <criterion/criterion.h>

static void expect_field(struct value record, const char *name, const char *wanted) {
    bool found;
    struct value value = value_field(record, text_of(name), &found);
    cr_assert(found, "%s", name);
    cr_expect(text_is(value_text_of(value), wanted), "%s: %.*s", name, TEXT_ARGS(value_text_of(value)));
}

Test(header_record, addresses_lose_user_and_password) {
    static const char headers[] = "location\0http://name:word@host:1/a\0"
                                  "content-location\0//name:word@host/b\0"
                                  "link\0<https://name@a/>; rel=\"x\"\0"
                                  "link\0<https://n:w@b/>\0"
                                  "from\0me@example.org\0"
                                  "set-cookie\0a=http://x:y@z\0set-cookie\0b\0";
    struct heap *heap = heap_new(0);
    struct value record = header_record(heap, (struct text){ headers, sizeof headers - 1 });
    expect_field(record, "location", "http://***@host:1/a");
    expect_field(record, "content-location", "//***@host/b");
    expect_field(record, "link", "<https://***@a/>; rel=\"x\", <https://***@b/>");
    expect_field(record, "from", "me@example.org");
    expect_field(record, "set-cookie", "a=http://***@z\nb");
    value_release(record);
    cr_expect_eq(heap_free(heap), 0);
}
