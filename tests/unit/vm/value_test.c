/* Values: what operators give for each pair of kinds, what passes through, what is an error, and that nothing is
 * left alive. */
#include "vm/heap.h"
#include "vm/regex.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct heap *heap;
static void begin(void) {
    heap = heap_new(0);
}
static void end(void) {
    cr_expect_eq(heap_free(heap), 0, "objects are left alive");
    cr_expect_eq(memory_live_blocks(), 0);
}
TestSuite(value, .init = begin, .fini = end);

/* Takes over the value; compares how it prints. */
static void expect_at(int line, struct value value, const char *printed) {
    struct buffer text = { 0 };
    value_print(value, &text);
    cr_expect_str_eq(text.bytes ? text.bytes : "", printed, "line %d: %s, not %s", line, text.bytes ? text.bytes : "",
                     printed);
    buffer_done(&text);
    value_release(value);
}
#define EXPECT(value, printed) expect_at(__LINE__, (value), (printed))

/* An operation over owned operands. */
static struct value both(struct value (*operation)(struct heap *, struct value, struct value), struct value a,
                         struct value b) {
    struct value result = operation(heap, a, b);
    value_release(a);
    value_release(b);
    return result;
}
static struct value compared(enum comparison comparison, struct value a, struct value b) {
    struct value result = value_compare(heap, comparison, a, b);
    value_release(a);
    value_release(b);
    return result;
}
static struct value rate(double per_second) {
    return value_quantity(heap, per_second, -1, 0);
}
static struct value parsed(const char *json) {
    return value_from_json(heap, text_of(json));
}

Test(value, prints_as_a_person_reads_it) {
    EXPECT(value_none(), "none");
    EXPECT(value_boolean(true), "true");
    EXPECT(value_number(0.1), "0.1");
    EXPECT(value_number(1e21), "1e+21");
    EXPECT(value_number(1500000), "1500000");
    EXPECT(value_duration(412 * MILLISECOND), "412ms");
    EXPECT(value_size(64 << 20), "64MiB");
    EXPECT(value_ratio(0.07), "7%");
    EXPECT(rate(50), "50/s");
    EXPECT(value_quantity(heap, 5 << 20, -1, 1), "5MiB/s");
    EXPECT(value_string(heap, "a\"b\n\x01"), "\"a\\\"b\\n\\x01\"");
    EXPECT(parsed("{\"a\": [1, 2.5, null], \"b c\": {}}"), "{ a: [1, 2.5, none], \"b c\": {} }");
}

Test(value, long_numbers_are_rounded_for_a_person_only) {
    struct value sum = value_number(0.1 + 0.2);
    struct buffer plain = { 0 };
    value_plain(sum, &plain);
    cr_expect_str_eq(plain.bytes, "0.30000000000000004");
    buffer_done(&plain);
    EXPECT(sum, "0.3");
    EXPECT(rate(2289.828137112159), "2289.83/s");
    EXPECT(value_number(1234567890123), "1234567890123");
}

Test(value, clips_long_texts_between_characters) {
    struct buffer text = { 0 }, printed = { 0 };
    for (int i = 0; i < 300; i++) buffer_append_string(&text, "é");
    struct value value = value_text(heap, buffer_text(&text));
    value_print(value, &printed);
    cr_expect_leq(printed.length, 204);
    cr_expect_eq(text_invalid_utf8(buffer_text(&printed)), SIZE_MAX);
    value_release(value);
    buffer_done(&text);
    buffer_done(&printed);
}

/* A text of 195 letters and then a secret: the cut at 200 bytes lies in it. */
Test(value, no_beginning_of_a_secret_stands_at_a_cut) {
    struct mask *mask = mask_new();
    cr_assert(mask_add(mask, TEXT("swordfish\"22")));
    heap->mask = mask;
    struct value text = value_printf(heap, "%0195dswordfish\"22%050d", 0, 0);
    struct value list = value_list(heap, &text, 1), error = value_error(heap, "%0188dswordfish\"22%0300d", 0, 0);
    const struct value values[] = { text, list, error };
    for (size_t i = 0; i < 3; i++) {
        struct buffer printed = { 0 };
        value_print(values[i], &printed);
        cr_expect(!strstr(printed.bytes, "sw"), "%s", printed.bytes);
        cr_expect_leq(printed.length, 203);
        buffer_done(&printed);
        value_release(values[i]);
    }
    mask_free(mask);
    heap->mask = NULL;
}

Test(value, adds_and_subtracts_what_has_one_dimension) {
    EXPECT(both(value_add, value_integer(2), value_integer(3)), "5");
    EXPECT(both(value_add, value_integer(2), value_number(0.5)), "2.5");
    EXPECT(both(value_subtract, value_duration(SECOND), value_duration(2 * SECOND)), "-1s");
    EXPECT(both(value_add, value_size(1), value_size(2)), "3B");
    EXPECT(both(value_subtract, value_instant(5 * SECOND), value_instant(2 * SECOND)), "3s");
    EXPECT(both(value_add, value_ratio(0.5), value_ratio(0.25)), "75%");
    EXPECT(both(value_add, rate(1), rate(2)), "3/s");
    EXPECT(both(value_add, value_integer(1), value_duration(1)), "error: cannot add an int and a duration");
    EXPECT(both(value_add, value_instant(1), value_instant(1)), "error: cannot add an instant and an instant");
    EXPECT(both(value_add, value_string(heap, "a"), value_string(heap, "b")), "error: cannot add a text and a text");
    EXPECT(both(value_add, parsed("[1]"), parsed("[2, 3]")), "[1, 2, 3]");
}

Test(value, multiplies_and_divides_dimensions) {
    EXPECT(both(value_multiply, value_duration(30 * SECOND), rate(50)), "1500");
    EXPECT(both(value_divide, value_size(10 << 20), value_duration(2 * SECOND)), "5MiB/s");
    EXPECT(both(value_divide, value_integer(10), value_duration(2 * SECOND)), "5/s");
    EXPECT(both(value_divide, value_duration(SECOND), value_duration(3 * SECOND)), "0.333333");
    EXPECT(both(value_divide, value_duration(10), value_integer(4)), "3ns");
    EXPECT(both(value_divide, value_integer(7), value_integer(2)), "3.5");
    EXPECT(both(value_multiply, value_ratio(0.5), value_duration(SECOND)), "500ms");
    EXPECT(both(value_multiply, value_integer(200), value_ratio(0.5)), "100");
    EXPECT(both(value_multiply, value_ratio(0.5), value_ratio(0.5)), "25%");
    EXPECT(both(value_divide, value_duration(SECOND), value_ratio(0.5)), "2s");
    EXPECT(both(value_divide, value_ratio(0.5), value_integer(2)), "25%");
    EXPECT(both(value_multiply, value_duration(SECOND), value_duration(SECOND)), "1s^2");
    EXPECT(both(value_modulo, value_integer(-7), value_integer(3)), "2");
    EXPECT(both(value_modulo, value_duration(7), value_duration(3)), "1ns");
}

Test(value, checks_what_does_not_fit) {
    EXPECT(both(value_add, value_integer(INT64_MAX), value_integer(1)), "error: 9223372036854775807 + 1 is too large");
    EXPECT(both(value_multiply, value_duration(INT64_MAX), value_integer(2)),
           "error: 2562047h47m16.855s * 2 is too large");
    EXPECT(both(value_divide, value_integer(1), value_integer(0)), "error: 1 is divided by zero");
    EXPECT(both(value_divide, value_integer(1), value_number(0)), "error: 1 is divided by zero");
    EXPECT(both(value_modulo, value_integer(1), value_integer(0)), "error: 1 is divided by zero");
    EXPECT(both(value_modulo, value_integer(INT64_MIN), value_integer(-1)), "0");
    EXPECT(both(value_divide, value_size(INT64_MIN), value_integer(-1)), "error: -8388608TiB / -1 is too large");
    EXPECT(value_negate(heap, value_integer(INT64_MIN)), "error: the negated number is too large");
    EXPECT(both(value_multiply, value_number(1e300), value_number(1e300)), "error: the result is not a finite number");
    EXPECT(value_quantity(heap, 1e30, 1, 0), "error: the duration is too large to be counted");
}

Test(value, errors_and_no_data_pass_through) {
    EXPECT(both(value_add, value_error(heap, "e"), value_integer(1)), "error: e");
    EXPECT(both(value_divide, value_integer(1), value_no_data(heap, "n")), "no data: n");
    EXPECT(compared(COMPARE_LESS, value_integer(1), value_missing(heap, "m")), "error: m");
    struct value bad = value_error(heap, "inside"), list = value_list(heap, &bad, 1), other = parsed("[1]");
    EXPECT(value_compare(heap, COMPARE_EQUAL, list, other), "error: inside");
    struct value joined = value_add(heap, list, other); /* still a list: what needs its first element sees the error */
    cr_expect_eq(joined.kind, VALUE_LIST);
    cr_expect_eq(value_count(joined), 2);
    EXPECT(value_compare(heap, COMPARE_EQUAL, joined, other), "error: inside");
    value_release(joined);
    value_release(bad);
    value_release(list);
    value_release(other);
}

Test(value, kleene) {
    struct value truth[4] = { value_boolean(true), value_boolean(false), value_error(heap, "e"),
                              value_no_data(heap, "n") };
    /* rows: left; columns: right. t f e n */
    const char *and_table[4] = { "tfen", "ffff", "efee", "nfen" };
    const char *or_table[4] = { "tttt", "tfen", "teee", "tnen" };
    const char letters[] = { [VALUE_BOOL] = 'b', [VALUE_ERROR] = 'e', [VALUE_NO_DATA] = 'n' };
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
            struct value conjunction = value_and(heap, truth[a], truth[b]),
                         disjunction = value_or(heap, truth[a], truth[b]);
            char c = conjunction.kind == VALUE_BOOL ? (conjunction.boolean ? 't' : 'f') : letters[conjunction.kind];
            char d = disjunction.kind == VALUE_BOOL ? (disjunction.boolean ? 't' : 'f') : letters[disjunction.kind];
            cr_expect_eq(c, and_table[a][b], "%d and %d is %c", a, b, c);
            cr_expect_eq(d, or_table[a][b], "%d or %d is %c", a, b, d);
            value_release(conjunction);
            value_release(disjunction);
        }
    }
    EXPECT(value_not(heap, truth[0]), "false");
    EXPECT(value_not(heap, truth[3]), "no data: n");
    EXPECT(both(value_and, value_integer(1), value_boolean(true)), "error: an int is neither true nor false");
    value_release(truth[2]);
    value_release(truth[3]);
}

Test(value, compares_within_a_kind) {
    EXPECT(compared(COMPARE_LESS, value_integer(1), value_number(1.5)), "true");
    EXPECT(compared(COMPARE_EQUAL, value_integer(3), value_number(3)), "true");
    EXPECT(compared(COMPARE_EQUAL, value_integer(INT64_MAX), value_number(0x1p63)), "false");
    EXPECT(compared(COMPARE_GREATER_EQUAL, value_duration(5), value_duration(5)), "true");
    EXPECT(compared(COMPARE_EQUAL, parsed("{\"a\": 1, \"b\": [2]}"), parsed("{\"b\": [2.0], \"a\": 1}")), "true");
    EXPECT(compared(COMPARE_EQUAL, parsed("{\"a\": 1}"), parsed("{\"b\": 1}")), "false");
    EXPECT(compared(COMPARE_LESS, value_string(heap, "a"), value_string(heap, "b")), "true");
    EXPECT(compared(COMPARE_EQUAL, parsed("12345678901234567890"), parsed("12345678901234567891")), "false");
    EXPECT(compared(COMPARE_LESS, parsed("-12345678901234567890"), value_integer(INT64_MIN)), "true");
    EXPECT(compared(COMPARE_GREATER, parsed("12345678901234567890"), parsed("9345678901234567890")), "true");
}

Test(value, comparing_across_kinds_is_an_error) {
    EXPECT(compared(COMPARE_EQUAL, value_string(heap, "10"), value_integer(10)),
           "error: a text (\"10\") does not compare with an int (10)");
    EXPECT(compared(COMPARE_NOT_EQUAL, value_string(heap, "10"), value_integer(10)),
           "error: a text (\"10\") does not compare with an int (10)");
    EXPECT(compared(COMPARE_EQUAL, parsed("{\"a\": \"1\"}"), parsed("{\"a\": 1}")),
           "error: a record ({ a: \"1\" }) does not compare with a record ({ a: 1 })");
    EXPECT(compared(COMPARE_EQUAL, value_none(), value_integer(0)), "false");
    EXPECT(compared(COMPARE_NOT_EQUAL, value_none(), value_integer(0)), "true");
    EXPECT(compared(COMPARE_EQUAL, value_none(), value_none()), "true");
    EXPECT(compared(COMPARE_GREATER_EQUAL, value_none(), value_integer(500)), "error: none has no order");
    EXPECT(compared(COMPARE_LESS, value_boolean(false), value_boolean(true)), "error: a bool has no order");
    EXPECT(compared(COMPARE_LESS, parsed("[1]"), parsed("[2]")), "error: a list has no order");
}

static struct value version(const char *spelling) {
    return value_version(heap, text_of(spelling));
}

Test(value, versions_order_by_age_or_number) {
    EXPECT(compared(COMPARE_LESS, version("N-1"), version("N")), "true");
    EXPECT(compared(COMPARE_LESS, version("N-10"), version("N-9")), "true");
    EXPECT(compared(COMPARE_LESS, version("v1.9"), version("v1.10")), "true");
    EXPECT(compared(COMPARE_EQUAL, version("v1.4"), version("v1.4.0")), "true");
    EXPECT(compared(COMPARE_LESS, version("v1.4"), version("N")),
           "error: v1.4 does not compare with N: nothing says what release N is");
    EXPECT(both(value_subtract, version("N"), value_integer(1)), "N-1");
    EXPECT(both(value_subtract, version("N-1"), value_integer(-2)), "error: there is no release N-1 - -2");
    EXPECT(version("v1"), "error: \"v1\" is no version: N, N-1 or v1.4");
    EXPECT(version("v1."), "error: \"v1.\" is no version: N, N-1 or v1.4");
    EXPECT(version("N-"), "error: \"N-\" is no version: N, N-1 or v1.4");
}

Test(value, membership) {
    EXPECT(both(value_in, value_integer(2), parsed("[1, 2]")), "true");
    EXPECT(both(value_in, value_integer(3), parsed("[1, \"a\"]")),
           "error: an int (3) does not compare with a text (\"a\")");
    EXPECT(both(value_in, value_string(heap, "b"), parsed("{\"a\": 1}")), "false");
    EXPECT(both(value_in, value_string(heap, "b"), value_string(heap, "abc")), "true");
    EXPECT(both(value_in, value_integer(5), value_range(heap, 1, 5)), "true");
    EXPECT(both(value_in, value_integer(6), value_range(heap, 1, 5)), "false");
}

Test(value, regular_expressions) {
    EXPECT(both(value_match, value_string(heap, "code 503"), value_regex(heap, TEXT("5\\d\\d$"))), "true");
    EXPECT(both(value_match, value_string(heap, "code 503 "), value_regex(heap, TEXT("5\\d\\d$"))), "false");
    EXPECT(both(value_match, value_integer(5), value_regex(heap, TEXT("5"))), "error: an int is no text to match");
    EXPECT(value_regex(heap, TEXT("(")), "error: re'(' is no regex: missing closing parenthesis, at its byte 2");
    EXPECT(both(value_match, value_string(heap, "\xff ok"), value_regex(heap, TEXT("ok"))), "true");
    struct value hungry = value_regex(heap, TEXT("^(a+)+$"));
    struct value text = value_string(heap, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
    struct value result = value_match(heap, text, hungry);
    cr_expect_eq(result.kind, VALUE_ERROR, "a pattern that explodes is given up");
    value_release(result);
    value_release(text);
    value_release(hungry);
    struct value groups = value_regex(heap, TEXT("(\\w+)=(\\d+)?"));
    struct regex_match match;
    cr_expect_eq(regex_find(groups, TEXT("a b= c"), 0, &match), REGEX_FOUND);
    cr_expect_eq(match.start[1], 2);
    cr_expect_eq(match.start[2], SIZE_MAX);
    cr_expect_eq(regex_find(groups, TEXT("a b= c"), 3, &match), REGEX_ABSENT);
    value_release(groups);
}

Test(value, indexes) {
    struct value list = parsed("[10, 20]"), record = parsed("{\"k\": 1}");
    EXPECT(both(value_index, value_retain(list), value_integer(1)), "20");
    struct value missing = value_index(heap, list, value_integer(2));
    cr_expect(value_is_missing(missing));
    value_release(missing);
    missing = value_index(heap, list, value_integer(-1));
    cr_expect(value_is_missing(missing));
    value_release(missing);
    EXPECT(both(value_index, value_retain(record), value_string(heap, "k")), "1");
    EXPECT(both(value_index, value_integer(1), value_integer(1)), "error: an int has no element [index]");
    value_release(list);
    value_release(record);
}

Test(value, a_list_is_changed_in_place_only_by_its_owner) {
    struct value list = parsed("[1]");
    struct value other = value_retain(list);
    list = value_list_append(list, value_integer(2));
    EXPECT(value_retain(other), "[1]");
    EXPECT(value_retain(list), "[1, 2]");
    value_release(other);
    struct object *before = list.object;
    list = value_list_append(list, value_integer(3));
    cr_expect_eq(list.object, before);
    list = value_list_append(list, list); /* into itself: a copy, no cycle */
    EXPECT(value_retain(list), "[1, 2, 3, [1, 2, 3]]");
    value_release(list);
}

Test(value, records_keep_the_order_of_their_keys) {
    struct value record = value_record(heap);
    for (int i = 0; i < 500; i++) {
        char key[12];
        snprintf(key, sizeof key, "k%d", (i * 7) % 500);
        record = value_record_with(record, text_of(key), value_integer(i));
    }
    cr_expect_eq(value_count(record), 500);
    cr_expect(text_is(value_key_at(record, 1), "k7"));
    bool found;
    cr_expect_eq(value_field(record, TEXT("k7"), &found).integer, 1);
    cr_expect(found);
    value_field(record, TEXT("k500"), &found);
    cr_expect_not(found);
    struct value other = value_retain(record);
    record = value_record_with(record, TEXT("k7"), value_integer(-1));
    cr_expect_eq(value_field(other, TEXT("k7"), NULL).integer, 1);
    cr_expect_eq(value_field(record, TEXT("k7"), NULL).integer, -1);
    value_release(record);
    value_release(other);
}

Test(value, depth_is_capped) {
    struct value nested = value_list(heap, NULL, 0);
    for (int i = 0; i < 300 && nested.kind == VALUE_LIST; i++) {
        struct value outer = value_list(heap, &nested, 1);
        value_release(nested);
        nested = outer;
    }
    EXPECT(nested, "error: nested more than 200 deep");
}

Test(value, total_order_for_sorting) {
    struct value values[] = { parsed("[1, 2]"), parsed("[1, 3]"), parsed("\"b\""),  parsed("\"a\""),
                              value_none(),     value_integer(2), value_number(1.5) };
    cr_expect_lt(value_order(values[0], values[1]), 0);
    cr_expect_gt(value_order(values[2], values[3]), 0);
    cr_expect_lt(value_order(values[4], values[5]), 0);
    cr_expect_gt(value_order(values[5], values[6]), 0);
    cr_expect_eq(value_order(values[2], values[2]), 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) value_release(values[i]);
}

Test(value, tells_the_first_difference) {
    struct value a = parsed("{\"a\": [1, {\"b\": 2}]}"), b = parsed("{\"a\": [1, {\"b\": 3}]}");
    struct buffer text = { 0 };
    cr_expect(value_difference(a, b, &text));
    cr_expect_str_eq(text.bytes, ".a[1].b: 2 != 3");
    cr_expect_not(value_difference(a, a, &text));
    buffer_done(&text);
    value_release(a);
    value_release(b);
}

Test(value, quota_is_noticed) {
    struct heap *small = heap_new(1000);
    struct value text = value_printf(small, "%2000d", 1);
    cr_expect(heap_over_quota(small));
    value_release(text);
    cr_expect_not(heap_over_quota(small));
    cr_expect_eq(heap_bytes(small), 0);
    cr_expect_eq(heap_free(small), 0);
}
