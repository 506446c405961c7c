/* JSON in and out: the strict reader, the exact encoding, and the plain one. */
#include "vm/heap.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct heap *heap;
static void begin(void) {
    heap = heap_new(0);
}
static void end(void) {
    cr_expect_eq(heap_free(heap), 0, "objects are left alive");
    cr_expect_eq(memory_live_blocks(), 0);
}
TestSuite(json, .init = begin, .fini = end);

static void refuse(const char *json, const char *message) {
    struct value value = value_from_json(heap, text_of(json));
    cr_expect_eq(value.kind, VALUE_ERROR, "%s was read", json);
    cr_expect_str_eq(value_text_of(value).bytes, message, "%s: %s", json, value_text_of(value).bytes);
    value_release(value);
}

Test(json, refuses_what_is_none) {
    refuse("", "this is no JSON: the text ends where a value should stand, at byte 1");
    refuse("{\"a\": }", "this is no JSON: expected a value, at byte 7");
    refuse("[1, 2", "this is no JSON: expected `,` or `]`, at byte 6");
    refuse("[1,]", "this is no JSON: expected a value, at byte 4");
    refuse("{a: 1}", "this is no JSON: expected a key in quotes, at byte 2");
    refuse("01", "this is no JSON: something stands behind the value, at byte 2");
    refuse("1.", "this is no JSON: a number is incomplete, at byte 3");
    refuse("+1", "this is no JSON: expected a value, at byte 1");
    refuse("NaN", "this is no JSON: expected a value, at byte 1");
    refuse("\"a", "this is no JSON: the text ends inside a string, at byte 3");
    refuse("\"a\nb\"", "this is no JSON: a control character stands in a string, at byte 3");
    refuse("\"\\ud800\"", "this is no JSON: an escape in a string is none of JSON's, at byte 8");
    refuse("\"\\x\"", "this is no JSON: an escape in a string is none of JSON's, at byte 4");
    refuse("1 2", "this is no JSON: something stands behind the value, at byte 3");
    refuse("\"\xc3\"", "this is no JSON: byte 2 is no UTF-8");
}

Test(json, refuses_endless_nesting) {
    static char deep[100001];
    memset(deep, '[', 100000);
    struct value value = value_from_json(heap, (struct text){ deep, 100000 });
    cr_expect_eq(value.kind, VALUE_ERROR);
    value_release(value);
}

static void read_as(const char *json, const char *printed) {
    struct value value = value_from_json(heap, text_of(json));
    struct buffer text = { 0 };
    value_print(value, &text);
    cr_expect_str_eq(text.bytes, printed, "%s gave %s", json, text.bytes);
    buffer_done(&text);
    value_release(value);
}

Test(json, reads_values) {
    read_as(" { \"b\" : 1 , \"a\" : [ true , null ] } ", "{ b: 1, a: [true, none] }");
    read_as("{\"a\": 1, \"a\": 2}", "{ a: 2 }");
    read_as("9223372036854775807", "9223372036854775807");
    read_as("9223372036854775808", "9223372036854775808");
    read_as("-9223372036854775809", "-9223372036854775809");
    read_as("1e2", "100");
    read_as("1e999", "1e999");
    read_as("\"\\u00e9\\ud83d\\ude00\\/\"", "\"é😀/\"");
    struct value numeral = value_from_json(heap, TEXT("9223372036854775808"));
    cr_expect_eq(numeral.kind, VALUE_NUMERAL);
    value_release(numeral);
}

/* Encodes and reads back; takes over the value. */
static void round_trip(int line, struct value value) {
    struct buffer json = { 0 }, difference = { 0 };
    value_encode(value, &json);
    struct value back = value_decode(heap, buffer_text(&json));
    bool differs = value_difference(value, back, &difference);
    cr_expect_not(differs, "line %d: %s came back as %s", line, json.bytes, difference.bytes ? difference.bytes : "");
    cr_expect_eq(value.kind, back.kind, "line %d: %s", line, json.bytes);
    cr_expect_eq(memchr(json.bytes, '\n', json.length), NULL);
    buffer_done(&json);
    buffer_done(&difference);
    value_release(back);
    value_release(value);
}
#define ROUND_TRIP(value) round_trip(__LINE__, (value))

Test(json, every_kind_comes_back_as_it_was) {
    ROUND_TRIP(value_none());
    ROUND_TRIP(value_boolean(true));
    ROUND_TRIP(value_integer(INT64_MIN));
    ROUND_TRIP(value_number(3.0));
    ROUND_TRIP(value_number(0.1));
    ROUND_TRIP(value_number(1e300));
    ROUND_TRIP(value_number(-0x1p62));
    ROUND_TRIP(value_number(INFINITY));
    ROUND_TRIP(value_quantity(heap, 50, -1, 0));
    ROUND_TRIP(value_duration(-5));
    ROUND_TRIP(value_size(17));
    ROUND_TRIP(value_ratio(1));
    ROUND_TRIP(value_ratio(0.07));
    ROUND_TRIP(value_instant(123456789));
    ROUND_TRIP(value_string(heap, "line\nquote\" é"));
    ROUND_TRIP(value_string(heap, "\xff no utf-8"));
    ROUND_TRIP(value_bytes(heap, (struct text){ "\0\1\2\3", 4 }));
    ROUND_TRIP(value_numeral(heap, TEXT("123456789012345678901234567890")));
    ROUND_TRIP(value_version(heap, TEXT("N-2")));
    ROUND_TRIP(value_regex(heap, TEXT("^a\\d$")));
    ROUND_TRIP(value_shell(heap, TEXT("echo 'x'")));
    ROUND_TRIP(value_range(heap, -1, 5));
    ROUND_TRIP(value_interval(heap, TEXT("outage"), 5, INT64_MAX, true, true));
    ROUND_TRIP(value_error(heap, "%s", "100% wrong"));
    ROUND_TRIP(value_missing(heap, "no key"));
    ROUND_TRIP(value_no_data(heap, "nothing"));
    ROUND_TRIP(value_from_json(heap, TEXT("{\"a\": [1, {\"b\": null}], \"$duration\": 5}")));
    ROUND_TRIP(value_from_json(heap, TEXT("{\"$duration\": 5}")));
    struct value parts[] = { value_string(heap, "SELECT "), value_integer(5), value_string(heap, "") };
    ROUND_TRIP(value_sql(heap, parts, 3));
    value_release(parts[0]);
    value_release(parts[2]);
}

Test(json, a_series_comes_back_with_its_times) {
    struct timing *timing = timing_new(2, true);
    int64_t times[] = { 1, 5, 2, 7, 0, INT64_MIN };
    for (int i = 0; i < 2; i++) {
        timing->start[i] = times[i];
        timing->end[i] = times[2 + i];
        timing->intended[i] = times[4 + i];
    }
    struct value *values = memory_allocate(2 * sizeof *values);
    values[0] = value_boolean(true);
    values[1] = value_error(heap, "late");
    struct provenance origin = {
        .sampler = true, .rate = 50, .alive_from = 1, .alive_to = 9, .starved = true, .name = TEXT("orders")
    };
    struct value series = series_make(heap, SERIES_EVENTS, timing, values, origin);
    struct buffer json = { 0 };
    value_encode(series, &json);
    struct value back = value_decode(heap, buffer_text(&json));
    cr_assert_eq(back.kind, VALUE_SERIES, "%s", json.bytes);
    cr_expect(value_equal(series, back));
    cr_expect_eq(series_of(back)->kind, SERIES_EVENTS);
    cr_expect_eq(series_of(back)->provenance.rate, 50);
    cr_expect(series_of(back)->provenance.starved);
    cr_expect_eq(series_of(back)->timing->intended[1], INT64_MIN);
    buffer_done(&json);
    value_release(series);
    value_release(back);
}

Test(json, damaged_records_are_errors) {
    const char *const damaged[] = { "{\"$duration\": \"x\"}", "{\"$interval\": [1]}", "{\"$bytes\": \"!\"}",
                                    "{\"$series\": {}}",      "{\"$number\": []}",    "{\"$range\": 5}",
                                    "{\"$what\": 1}",         "{\"$window\": [1, 2]}" };
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct value value = value_decode(heap, text_of(damaged[i]));
        cr_expect_eq(value.kind, VALUE_ERROR, "%s was read", damaged[i]);
        value_release(value);
    }
}

Test(json, plain_json_for_a_component) {
    struct value record = value_from_json(heap, TEXT("{\"a\": [1, 2.5, \"x\"], \"big\": 12345678901234567890}"));
    record = value_record_with(record, TEXT("size"), value_size(1024));
    record = value_record_with(record, TEXT("wait"), value_duration(90 * SECOND));
    struct buffer json = { 0 };
    cr_expect(value_to_json(record, &json));
    cr_expect_str_eq(json.bytes, "{\"a\":[1,2.5,\"x\"],\"big\":12345678901234567890,\"size\":1024,\"wait\":\"1m30s\"}");
    buffer_clear(&json);
    struct value error = value_error(heap, "e");
    record = value_record_with(record, TEXT("bad"), error);
    cr_expect_not(value_to_json(record, &json));
    value_release(error);
    value_release(record);
    buffer_done(&json);
}
