/* base/line_diff. */
#include "base/line_diff.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *before, const char *after, const char *wanted) {
    struct buffer out = { 0 };
    line_diff_unified(text_of(before), text_of(after), "f", &out);
    cr_assert(text_is(buffer_text(&out), wanted), "%s", out.bytes ? out.bytes : "");
    buffer_done(&out);
}

Test(line_diff, says_nothing_of_equal_texts) {
    expect("", "", "");
    expect("a\nb\n", "a\nb\n", "");
}

Test(line_diff, shows_what_comes_and_goes) {
    expect("a\nb\nc\n", "a\nx\nc\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    expect("", "a\n", "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
    expect("a\n", "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
    expect("a\nb\n", "b\n", "--- f\n+++ f\n@@ -1,2 +1 @@\n-a\n b\n");
}

Test(line_diff, tells_a_missing_newline) {
    expect("a", "a\n", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

Test(line_diff, keeps_far_changes_apart) {
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
           "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n");
    expect("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
           "--- f\n+++ f\n@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n");
}

/* `patch` of the diff gives the other text: checked by applying it here. */
static void apply(const char *diff, struct text before, struct buffer *out) {
    const char *line = strchr(strchr(diff, '\n') + 1, '\n') + 1; /* behind the head */
    size_t taken = 0;
    while (*line) {
        const char *end = strchr(line, '\n') + 1;
        if (*line == '@') {
            char *comma;
            size_t first = (size_t)strtoul(line + 4, &comma, 10), count = 1;
            if (*comma == ',') count = (size_t)strtoul(comma + 1, NULL, 10);
            for (size_t number = taken + 1; number < first + (count == 0); number++) {
                size_t length = (size_t)((const char *)memchr(before.bytes, '\n', before.length) - before.bytes) + 1;
                buffer_append(out, text_slice(before, 0, length));
                before = text_slice(before, length, SIZE_MAX);
                taken = number;
            }
        } else {
            if (*line != '-') buffer_append(out, (struct text){ line + 1, (size_t)(end - line) - 1 });
            if (*line != '+') {
                size_t length = (size_t)((const char *)memchr(before.bytes, '\n', before.length) - before.bytes) + 1;
                before = text_slice(before, length, SIZE_MAX);
                taken++;
            }
        }
        line = end;
    }
    buffer_append(out, before);
}

Test(line_diff, can_be_applied) {
    unsigned seed = 7;
    for (int round = 0; round < 500; round++) {
        struct buffer before = { 0 }, after = { 0 }, diff = { 0 }, result = { 0 };
        int lines = rand_r(&seed) % 40;
        for (int i = 0; i < lines; i++) {
            int choice = rand_r(&seed) % 10, letter = rand_r(&seed) % 4;
            if (choice != 0) buffer_printf(&before, "%c\n", 'a' + letter);
            if (choice > 1) buffer_printf(&after, "%c\n", 'a' + (choice == 2 ? rand_r(&seed) % 4 : letter));
        }
        line_diff_unified(buffer_text(&before), buffer_text(&after), "f", &diff);
        if (diff.length)
            apply(diff.bytes, buffer_text(&before), &result);
        else
            buffer_append(&result, buffer_text(&before));
        cr_assert(text_equal(buffer_text(&result), buffer_text(&after)), "%.*s\n--\n%.*s\n--\n%s",
                  TEXT_ARGS(buffer_text(&before)), TEXT_ARGS(buffer_text(&after)), diff.bytes ? diff.bytes : "");
        buffer_done(&before);
        buffer_done(&after);
        buffer_done(&diff);
        buffer_done(&result);
    }
}

Test(line_diff, of_two_large_texts_that_share_nothing_ends_soon) {
    struct buffer before = { 0 }, after = { 0 }, diff = { 0 };
    for (int i = 0; i < 100000; i++) {
        buffer_printf(&before, "a%d\n", i);
        buffer_printf(&after, "b%d\n", i);
    }
    int64_t start = clock_monotonic();
    line_diff_unified(buffer_text(&before), buffer_text(&after), "f", &diff);
    cr_assert_lt(clock_monotonic() - start, 10 * SECOND);
    cr_assert_gt(diff.length, before.length + after.length);
    buffer_done(&before);
    buffer_done(&after);
    buffer_done(&diff);
}
