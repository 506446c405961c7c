/* Options by table: long, short, values, repetition, the end of options. */
#include "cli/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

static const struct option table[] = {
    { "set", 's', "NAME=VALUE", "give an input a value" },
    { "matrix", 'm', NULL, "all cells" },
    { "a-very-long-option-name-indeed", 0, "VALUE", "long" },
    { NULL, 0, NULL, NULL },
};

#define PARSE(...) \
    char *argv[] = { __VA_ARGS__ }; \
    struct options options; \
    bool parsed = options_parse(&options, table, (int)(sizeof argv / sizeof argv[0]), argv)

Test(options, values_repeat_and_the_last_one_counts) {
    PARSE("--set", "a=1", "file", "-sb=2", "--set=c=3");
    cr_assert(parsed);
    cr_expect_str_eq(option_value_at(&options, "set", 0), "a=1");
    cr_expect_str_eq(option_value_at(&options, "set", 1), "b=2");
    cr_expect_str_eq(option_value(&options, "set"), "c=3");
    cr_expect_null(option_value_at(&options, "set", 3));
    cr_expect_not(option_given(&options, "matrix"));
    cr_expect_eq(options.operands.count, 1);
    cr_expect_str_eq(options.operands.items[0], "file");
    options_done(&options);
}

Test(options, two_dashes_end_them_and_one_dash_is_an_operand) {
    PARSE("-m", "-", "--", "--matrix");
    cr_assert(parsed);
    cr_expect(option_given(&options, "matrix"));
    cr_expect_eq(options.operands.count, 2);
    cr_expect_str_eq(options.operands.items[1], "--matrix");
    options_done(&options);
}

static void capture(void) {
    cr_redirect_stderr();
}

Test(options, a_typo_gets_a_hint, .init = capture) {
    PARSE("--matrxi");
    cr_expect_not(parsed);
    fflush(stderr);
    cr_expect_stderr_eq_str("aot: unknown option --matrxi; did you mean --matrix?\n");
}

Test(options, a_flag_takes_no_value, .init = capture) {
    PARSE("--matrix=yes");
    cr_expect_not(parsed);
    fflush(stderr);
    cr_expect_stderr_eq_str("aot: --matrix takes no value\n");
}

Test(options, a_missing_value_is_named, .init = capture) {
    PARSE("x", "--set");
    cr_expect_not(parsed);
    fflush(stderr);
    cr_expect_stderr_eq_str("aot: --set wants a value: --set NAME=VALUE\n");
}

Test(options, help_has_one_aligned_line_each) {
    struct buffer out = { 0 };
    options_print(table, &out);
    cr_expect_str_eq(out.bytes, "  -s, --set NAME=VALUE          give an input a value\n"
                                "  -m, --matrix                  all cells\n"
                                "      --a-very-long-option-name-indeed VALUE\n"
                                "                                long\n");
    buffer_done(&out);
}
