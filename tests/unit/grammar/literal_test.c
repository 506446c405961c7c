/* Numbers mean exactly what is written. */
#include "tests/unit/grammar/reading.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>

static struct reading value_of(const char *literal) {
    char text[512];
    int length = snprintf(text, sizeof text, "let x = %s", literal);
    cr_assert(length > 0 && (size_t)length < sizeof text);
    return reading_of((struct text){ text, (size_t)length });
}

static void expect_integer(const char *literal, enum node_kind kind, int64_t value) {
    struct reading reading = value_of(literal);
    const struct node *node = reading_value(&reading);
    cr_expect_eq(node->kind, kind, "%s is %s", literal, node_kind_name((enum node_kind)node->kind));
    cr_expect_eq(node->integer, value, "%s is %lld", literal, (long long)node->integer);
    reading_done(&reading);
}

static void expect_number(const char *literal, enum node_kind kind, double value) {
    struct reading reading = value_of(literal);
    const struct node *node = reading_value(&reading);
    cr_expect_eq(node->kind, kind, "%s is %s", literal, node_kind_name((enum node_kind)node->kind));
    cr_expect(node->number == value, "%s is %.17g", literal, node->number);
    reading_done(&reading);
}

static void expect_error(const char *literal, enum diagnostic_code code) {
    struct reading reading = value_of(literal);
    cr_expect_eq(diagnostics_size(reading.diagnostics), 1, "%s", literal);
    const struct diagnostic *diagnostic = diagnostics_at(reading.diagnostics, 0);
    cr_expect(diagnostic && diagnostic->code == code, "%s: %s", literal, diagnostic ? diagnostic->message : "");
    cr_expect_eq(reading.tree->file->list->b->kind, NODE_ERROR);
    reading_done(&reading);
}

Test(literal, whole_numbers) {
    expect_integer("0", NODE_INTEGER, 0);
    expect_integer("007", NODE_INTEGER, 7);
    expect_integer("1_000_000", NODE_INTEGER, 1000000);
    expect_integer("9223372036854775807", NODE_INTEGER, INT64_MAX);
    expect_error("9223372036854775808", DIAG_E110);
    expect_error("18446744073709551616", DIAG_E110);
    expect_error("99999999999999999999999999999999", DIAG_E110);
}

Test(literal, numbers_are_the_nearest_double) {
    expect_number("0.1", NODE_NUMBER, 0.1);
    expect_number("1e22", NODE_NUMBER, 1e22);
    expect_number("1e23", NODE_NUMBER, 1e23);
    expect_number("123456789012345678901234567890.5", NODE_NUMBER, 123456789012345678901234567890.5);
    expect_number("2.2250738585072011e-308", NODE_NUMBER, 2.2250738585072011e-308);
    expect_number("9007199254740993.0", NODE_NUMBER, 9007199254740993.0);
    expect_number("0.000000000000000000000000000001", NODE_NUMBER, 1e-30);
    expect_number("1_0.2_5E+1", NODE_NUMBER, 102.5);
    expect_number("1e-400", NODE_NUMBER, 0);
    expect_error("1e400", DIAG_E110);
}

Test(literal, ratios_are_a_hundredth_rounded_once) {
    expect_number("80%", NODE_RATIO, 0.8);
    expect_number("99.9%", NODE_RATIO, 0.999);
    expect_number("7%", NODE_RATIO, 0.07);
    expect_number("0.1%", NODE_RATIO, 0.001);
    expect_number("29%", NODE_RATIO, 0.29);
    expect_number("58%", NODE_RATIO, 0.58);
    for (int percent = 0; percent <= 100; percent++) {
        char literal[16], decimal[16];
        snprintf(literal, sizeof literal, "%d%%", percent);
        snprintf(decimal, sizeof decimal, "%d.%02d", percent / 100, percent % 100);
        expect_number(literal, NODE_RATIO, strtod(decimal, NULL));
    }
}

Test(literal, quantities) {
    expect_integer("5s", NODE_DURATION, INT64_C(5000000000));
    expect_integer("1m30s", NODE_DURATION, INT64_C(90000000000));
    expect_integer("1.5ms", NODE_DURATION, 1500000);
    expect_integer("1_000ms", NODE_DURATION, INT64_C(1000000000));
    expect_integer("64MiB", NODE_SIZE, 67108864);
    expect_integer("1.5KB", NODE_SIZE, 1500);
    expect_number("50/s", NODE_RATE, 50);
    expect_number("90/m", NODE_RATE, 1.5);
    expect_number("10/m", NODE_RATE, 10.0 / 60.0);
    expect_number("3/ms", NODE_RATE, 3000);
    expect_number("5MiB/s", NODE_BANDWIDTH, 5242880);
    expect_number("36GB/h", NODE_BANDWIDTH, 1e7);
    expect_error("300000d", DIAG_E110);
    expect_error("9999999TiB", DIAG_E110);
}

Test(literal, the_locale_does_not_matter) {
    /* A decimal comma must not change a recipe; without such a locale on this machine the test is the same as above. */
    setlocale(LC_ALL, "de_DE.UTF-8");
    expect_number("0.1", NODE_NUMBER, 0.1);
    expect_number("123456789012345678901234567890.5", NODE_NUMBER, 123456789012345678901234567890.5);
    setlocale(LC_ALL, "C");
}

Test(literal, versions_and_paths_keep_their_text) {
    struct reading reading = value_of("[N-1, v1.4.2, ./a/b-c.sql]");
    const struct node *node = reading_value(&reading)->list;
    cr_expect(node->kind == NODE_VERSION && text_is(node->string, "N-1"));
    cr_expect(node->next->kind == NODE_VERSION && text_is(node->next->string, "v1.4.2"));
    cr_expect(node->next->next->kind == NODE_PATH && text_is(node->next->next->string, "./a/b-c.sql"));
    reading_done(&reading);
}
