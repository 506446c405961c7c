/* base/json: commas, quotes and numbers. */
#include "base/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

Test(json, nests_and_separates) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    json_object_begin(&json);
    json_key(&json, "empty");
    json_array_begin(&json);
    json_array_end(&json);
    json_key(&json, "list");
    json_array_begin(&json);
    json_integer(&json, INT64_MIN);
    json_boolean(&json, true);
    json_boolean(&json, false);
    json_null(&json);
    json_string(&json, "s");
    json_object_begin(&json);
    json_object_end(&json);
    json_raw(&json, TEXT("[1]"));
    json_array_end(&json);
    json_key(&json, "a\"b");
    json_text(&json, TEXT("t"));
    json_object_end(&json);
    cr_assert_str_eq(out.bytes,
                     "{\"empty\":[],\"list\":[-9223372036854775808,true,false,null,\"s\",{},[1]],\"a\\\"b\":\"t\"}");
    buffer_done(&out);
}

static void expect_number(double value, const char *wanted) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    json_number(&json, value);
    cr_expect_str_eq(out.bytes, wanted);
    buffer_done(&out);
}

Test(json, numbers_are_the_shortest_that_read_back) {
    expect_number(0.1, "0.1");
    expect_number(3, "3");
    expect_number(0.1 + 0.2, "0.30000000000000004");
    expect_number(1e300, "1e+300");
    expect_number(-0.0, "-0");
    expect_number(NAN, "null");
    expect_number(-INFINITY, "null");
}

Test(json, a_number_that_is_null_still_separates) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    json_array_begin(&json);
    json_number(&json, NAN);
    json_number(&json, NAN);
    json_array_end(&json);
    cr_assert_str_eq(out.bytes, "[null,null]");
    buffer_done(&out);
}

static void expect_quoted(struct text text, const char *wanted) {
    struct buffer out = { 0 };
    json_quote(&out, text);
    cr_expect_str_eq(out.bytes, wanted);
    buffer_done(&out);
}

Test(json, quotes) {
    expect_quoted(TEXT("a\"\\/\n\r\t\b\f"), "\"a\\\"\\\\/\\n\\r\\t\\b\\f\"");
    expect_quoted(TEXT("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
    expect_quoted((struct text){ "a\0b", 3 }, "\"a\\u0000b\"");
    expect_quoted(TEXT("\xc3\xa9\xe6\xbc\xa2"), "\"\xc3\xa9\xe6\xbc\xa2\"");
    expect_quoted(TEXT("a\xff\xc3z"), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
    expect_quoted(TEXT("\x80z"), "\"\xef\xbf\xbdz\"");
    expect_quoted(TEXT_NONE, "\"\"");
}

Test(json, too_deep_is_a_bug_and_stops, .signal = SIGABRT) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    for (int i = 0; i < 64; i++) json_array_begin(&json);
    cr_assert_eq(out.length, 64);
    json_array_begin(&json);
}
