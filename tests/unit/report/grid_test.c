/* The grid of verdicts: one axis, two, more; narrow terminals; ASCII. */
#include "base/memory.h"
#include "report/report_grid.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct text texts[512];
static char names[512][32];
static size_t used;

static struct text made(const char *prefix, size_t number) {
    snprintf(names[used], sizeof names[used], "%s%zu", prefix, number);
    texts[used] = text_of(names[used]);
    return texts[used++];
}

/* A product of axes a, b, c … of these sizes; every `nth` cell fails. */
static char *drawn(const size_t *sizes, size_t axes, size_t nth, struct report_style style) {
    static const struct text axis_names[] = { TEXT("a"), TEXT("bb"), TEXT("c"), TEXT("d") };
    static struct text values[400][4];
    struct report_grid grid = { .title = TEXT("T1"), .names = axis_names, .axis_count = axes };
    size_t product = 1;
    used = 0;
    for (size_t i = 0; i < axes; i++) product *= sizes[i];
    for (size_t n = 0; n < product; n++) {
        size_t rest = n;
        for (size_t i = axes; i-- > 0; rest /= sizes[i]) values[n][i] = made("v", rest % sizes[i]);
        enum report_outcome outcome = nth && n % nth == 0 ? REPORT_FAIL : REPORT_PASS;
        VECTOR_PUSH(&grid.cells, (struct grid_cell){ values[n], outcome });
    }
    struct buffer out = { 0 };
    report_grid(&grid, &style, &out);
    VECTOR_DONE(&grid.cells);
    static char text[4096];
    snprintf(text, sizeof text, "%s", out.bytes ? out.bytes : "");
    buffer_done(&out);
    return text;
}

Test(grid, one_cell_needs_none) {
    cr_expect_str_eq(drawn((size_t[]){ 1, 1 }, 2, 0, (struct report_style){ .width = 80 }), "");
}

Test(grid, one_axis_is_a_line) {
    cr_expect_str_eq(drawn((size_t[]){ 3 }, 1, 2, (struct report_style){ .width = 80 }), "T1\n  a  ✘ v0  ✔ v1  ✘ v2\n");
    cr_expect_str_eq(drawn((size_t[]){ 3 }, 1, 2, (struct report_style){ .width = 14 }),
                     "T1\n  a  ✘ v0\n     ✔ v1\n     ✘ v2\n");
}

Test(grid, two_axes_are_a_table) {
    cr_expect_str_eq(drawn((size_t[]){ 2, 3 }, 2, 5, (struct report_style){ .width = 80, .ascii = true }),
                     "T1\n"
                     "  a \\ bb  v0  v1  v2\n"
                     "  v0      X   +   +\n"
                     "  v1      +   +   X\n"
                     "  + pass  X fail\n");
}

Test(grid, an_axis_with_one_value_is_left_out) {
    cr_expect_str_eq(drawn((size_t[]){ 1, 2, 2 }, 3, 0, (struct report_style){ .width = 80, .ascii = true }),
                     "T1\n"
                     "  bb \\ c  v0  v1\n"
                     "  v0      +   +\n"
                     "  v1      +   +\n"
                     "  + pass\n");
}

Test(grid, a_table_that_is_too_wide_is_turned) {
    cr_expect_str_eq(drawn((size_t[]){ 2, 6 }, 2, 0, (struct report_style){ .width = 24, .ascii = true }),
                     "T1\n"
                     "  bb \\ a  v0  v1\n"
                     "  v0      +   +\n"
                     "  v1      +   +\n"
                     "  v2      +   +\n"
                     "  v3      +   +\n"
                     "  v4      +   +\n"
                     "  v5      +   +\n"
                     "  + pass\n");
}

Test(grid, three_axes_are_a_table_for_each_value_of_the_first) {
    cr_expect_str_eq(drawn((size_t[]){ 2, 2, 2 }, 3, 7, (struct report_style){ .width = 80, .ascii = true }),
                     "T1\n"
                     "  a=v0\n"
                     "  bb \\ c  v0  v1\n"
                     "  v0      X   +\n"
                     "  v1      +   +\n"
                     "  a=v1\n"
                     "  bb \\ c  v0  v1\n"
                     "  v0      +   +\n"
                     "  v1      +   X\n"
                     "  + pass  X fail\n");
}

Test(grid, what_is_too_much_for_tables_is_counted_by_value) {
    cr_expect_str_eq(drawn((size_t[]){ 4, 2, 2, 2 }, 4, 8, (struct report_style){ .width = 80, .ascii = true }),
                     "T1\n"
                     "  a   v0  + 7 pass  X 1 fail\n"
                     "      v1  + 7 pass  X 1 fail\n"
                     "      v2  + 7 pass  X 1 fail\n"
                     "      v3  + 7 pass  X 1 fail\n"
                     "  bb  v0  + 12 pass  X 4 fail\n"
                     "      v1  + 16 pass\n"
                     "  c   v0  + 12 pass  X 4 fail\n"
                     "      v1  + 16 pass\n"
                     "  d   v0  + 12 pass  X 4 fail\n"
                     "      v1  + 16 pass\n");
}

Test(grid, a_cell_that_is_excluded_is_a_hole) {
    const struct text axis_names[] = { TEXT("a"), TEXT("b") };
    const struct text values[3][2] = { { TEXT("x"), TEXT("1") }, { TEXT("x"), TEXT("2") }, { TEXT("y"), TEXT("2") } };
    struct report_grid grid = { .names = axis_names, .axis_count = 2 };
    for (size_t i = 0; i < 3; i++)
        VECTOR_PUSH(&grid.cells, (struct grid_cell){ values[i], i ? REPORT_NOT_RUN : REPORT_INCONCLUSIVE });
    struct buffer out = { 0 };
    report_grid(&grid, &(struct report_style){ .width = 80, .colour = true }, &out);
    cr_expect_str_eq(out.bytes,
                     "  \033[2ma \\ b\033[0m  \033[1m1\033[0m  \033[1m2\033[0m\n"
                     "  \033[1mx\033[0m      \033[33m?\033[0m  \033[2m–\033[0m\n"
                     "  \033[1my\033[0m         \033[2m–\033[0m\n"
                     "  \033[2m–\033[0m \033[2mnot run\033[0m  \033[33m?\033[0m \033[2minconclusive\033[0m\n");
    VECTOR_DONE(&grid.cells);
    buffer_done(&out);
}
