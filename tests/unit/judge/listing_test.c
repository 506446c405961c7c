/* A list of records as entries: what is short on the first line, what is long below it, and no more than asked for. */
#include "judge/listing.h"

#include <criterion/criterion.h>

static struct value decoded(struct heap *heap, const char *json) {
    return value_decode(heap, text_of(json));
}

Test(listing, only_lists_of_records_fit) {
    struct heap *heap = heap_new(0);
    static const struct {
        const char *json;
        bool fits;
    } cases[] = {
        { "[]", false }, { "[1]", false }, { "[{}]", true }, { "[{\"a\":1},2]", false }, { "{\"a\":1}", false }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value = decoded(heap, cases[i].json);
        cr_expect_eq(listing_fits(value), cases[i].fits, "%s", cases[i].json);
        value_release(value);
    }
    cr_expect_eq(heap_free(heap), 0);
}

Test(listing, lays_out_short_and_long_fields) {
    struct heap *heap = heap_new(0);
    struct value list = decoded(
        heap,
        "[{\"rule\":\"plain-index\",\"line\":3,\"statement\":\"CREATE INDEX notes_created_at\\nON notes (created_at)\","
        "\"why\":\"\"},{\"rule\":\"b\"},{\"rule\":\"c\"},{\"rule\":\"d\"}]");
    struct buffer out = { 0 };
    listing_print(list, 2, 2, &out);
    cr_expect_str_eq(out.bytes, "\n  1. rule plain-index, line 3, why \"\""
                                "\n     statement  CREATE INDEX notes_created_at ON notes (created_at)"
                                "\n  2. rule b"
                                "\n  and 2 more");
    buffer_done(&out);
    value_release(list);
    cr_expect_eq(heap_free(heap), 0);
}

Test(listing, a_record_of_long_fields_alone_has_its_number) {
    struct heap *heap = heap_new(0);
    struct value list = decoded(heap, "[{\"text\":\"a text that is longer than any short field may be\"}]");
    struct buffer out = { 0 };
    listing_print(list, 0, 9, &out);
    cr_expect_str_eq(out.bytes, "\n1.\n   text  a text that is longer than any short field may be");
    buffer_done(&out);
    value_release(list);
    cr_expect_eq(heap_free(heap), 0);
}
