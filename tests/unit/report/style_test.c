/* Text from outside is made harmless; colours only where they are wanted. */
#include "report/style.h"

#include <criterion/criterion.h>

Test(style, control_characters_are_shown_not_sent) {
    struct report_style style = { .colour = false, .width = 80 };
    struct buffer out = { 0 };
    style_append(&style, COLOUR_BAD, TEXT("a\033[2Jb\tc\x7f\n"), &out);
    cr_expect_str_eq(out.bytes, "a\\x1b[2Jb\tc\\x7f\\x0a");
    buffer_done(&out);
}

Test(style, what_turns_text_round_is_shown_not_sent) {
    struct report_style style = { .colour = false, .width = 80 };
    struct buffer out = { 0 };
    style_append(&style, COLOUR_PLAIN,
                 TEXT("\u202eabc\u2066 \xc2\x9b"
                      "5n \x9b \xff \u2028 \u00fc\u4e16\U0001f389 e\u0301"),
                 &out);
    cr_expect_str_eq(out.bytes, "\\u{202e}abc\\u{2066} \\u{9b}5n \\x9b \\xff \\u{2028} \u00fc\u4e16\U0001f389 e\u0301");
    buffer_done(&out);
}

Test(style, colours_are_switched_off_again) {
    struct report_style style = { .colour = true, .width = 80 };
    struct buffer out = { 0 };
    style_append(&style, COLOUR_BAD, TEXT("no"), &out);
    style_append(&style, COLOUR_PLAIN, TEXT("."), &out);
    cr_expect_str_eq(out.bytes, "\033[31mno\033[0m.");
    buffer_done(&out);
}

Test(style, each_outcome_has_its_colour) {
    cr_expect_eq(style_of_outcome(TEXT("pass")), COLOUR_GOOD);
    cr_expect_eq(style_of_outcome(TEXT("fail")), COLOUR_BAD);
    cr_expect_eq(style_of_outcome(TEXT("inconclusive")), COLOUR_UNSURE);
    cr_expect_eq(style_of_outcome(TEXT("error")), COLOUR_UNSURE);
}
