/* What a run measured beside the baseline: the figures that grew most, and what else differs. */
#include "report/baseline.h"

#include "base/clock.h"

#include <stdlib.h>

/* Less than this is noise on any machine; less than a millisecond nobody feels. */
static const double noteworthy = 1.5;
static const int64_t noticeable = MILLISECOND;

struct growth {
    const struct baseline_cell *cell;
    const struct baseline_row *row;
    const char *figure;
    int64_t before, now;
    double ratio;
};
struct comparison {
    struct VECTOR(struct growth) grown;
    size_t figures, cells, unknown; /* compared; cells of them; cells without a baseline */
    const struct baseline_cell *another_machine, *other_versions, *other_inputs; /* the first such cell of the file */
    const struct baseline_cell *oldest;
};

static const struct baseline_row *find_row(const struct baseline_cell *cell, const struct baseline_row *wanted) {
    for (size_t i = 0; i < cell->rows.count; i++) {
        const struct baseline_row *row = &cell->rows.items[i];
        if (text_equal(row->load, wanted->load) && text_equal(row->phase, wanted->phase)) return row;
    }
    return NULL;
}

static void compare_row(struct comparison *comparison, const struct baseline_cell *cell,
                        const struct baseline_row *before, const struct baseline_row *now) {
    const struct growth growths[] = { { cell, now, "p50", before->p50, now->p50, 0 },
                                      { cell, now, "p99", before->p99, now->p99, 0 },
                                      { cell, now, "max", before->most, now->most, 0 },
                                      { cell, now, "gap", before->gap, now->gap, 0 } };
    for (size_t i = 0; i < sizeof growths / sizeof growths[0]; i++) {
        struct growth growth = growths[i];
        comparison->figures++;
        growth.ratio = (double)growth.now / (double)(growth.before > 0 ? growth.before : 1);
        if (growth.ratio >= noteworthy && growth.now - growth.before >= noticeable)
            VECTOR_PUSH(&comparison->grown, growth);
    }
}

static void compare_cell(struct comparison *comparison, const struct baseline_cell *before,
                         const struct baseline_cell *now) {
    comparison->cells++;
    if (!comparison->oldest || text_compare(before->made, comparison->oldest->made) < 0) comparison->oldest = before;
    if (!text_equal(before->machine, now->machine) && !comparison->another_machine)
        comparison->another_machine = before;
    if (!text_equal(before->versions, now->versions) && !comparison->other_versions)
        comparison->other_versions = before;
    if (!text_equal(before->inputs, now->inputs) && !comparison->other_inputs) comparison->other_inputs = before;
    for (size_t i = 0; i < now->rows.count; i++) {
        const struct baseline_row *row = find_row(before, &now->rows.items[i]);
        if (row) compare_row(comparison, now, row, &now->rows.items[i]);
    }
}

static int by_ratio(const void *a, const void *b) {
    double left = ((const struct growth *)a)->ratio, right = ((const struct growth *)b)->ratio;
    return (left < right) - (left > right);
}

static void print_growth(const struct growth *growth, struct buffer *out) {
    buffer_printf(out, "  %.1f times: %s of %.*s during %.*s ", growth->ratio, growth->figure,
                  TEXT_ARGS(growth->row->load), TEXT_ARGS(growth->row->phase));
    duration_print(out, growth->now);
    buffer_append_string(out, ", then ");
    duration_print(out, growth->before);
    buffer_printf(out, "  %.*s\n", TEXT_ARGS(growth->cell->name));
}

static void print_difference(const struct baseline_cell *cell, const char *what, struct text value,
                             struct buffer *out) {
    if (cell)
        buffer_printf(out, "  made with %s: %.*s\n", what, TEXT_ARGS(value.length ? value : TEXT("the defaults")));
}

static void print_comparison(const struct comparison *comparison, struct buffer *out) {
    enum { SHOWN = 5 };
    buffer_printf(out, "of %.*s: %zu figures of %zu cell%s, ",
                  TEXT_ARGS(text_slice(comparison->oldest->made, 0, sizeof "2026-11-27" - 1)), comparison->figures,
                  comparison->cells, comparison->cells == 1 ? "" : "s");
    if (comparison->grown.count)
        buffer_printf(out, "%zu of them 1.5 times as long or longer\n", comparison->grown.count);
    else
        buffer_append_string(out, "none of them 1.5 times as long\n");
    for (size_t i = 0; i < comparison->grown.count && i < SHOWN; i++) print_growth(&comparison->grown.items[i], out);
    if (comparison->grown.count > SHOWN) buffer_printf(out, "  … and %zu more\n", comparison->grown.count - SHOWN);
    const struct baseline_cell *machine = comparison->another_machine, *versions = comparison->other_versions,
                               *inputs = comparison->other_inputs;
    print_difference(machine, "another machine, so ratios say little", machine ? machine->machine : TEXT_NONE, out);
    print_difference(versions, "other versions",
                     versions && versions->versions.length ? versions->versions : TEXT("none"), out);
    print_difference(inputs, "other inputs", inputs ? inputs->inputs : TEXT_NONE, out);
}

void baseline_compare(const struct baseline *kept, const struct baseline *now, struct buffer *out) {
    struct comparison comparison = { .figures = 0 };
    for (size_t i = 0; i < now->cells.count; i++) {
        const struct baseline_cell *before = baseline_find(kept, now->cells.items[i].name);
        comparison.unknown += !before;
        if (before) compare_cell(&comparison, before, &now->cells.items[i]);
    }
    if (comparison.grown.count)
        qsort(comparison.grown.items, comparison.grown.count, sizeof *comparison.grown.items, by_ratio);
    if (comparison.cells) print_comparison(&comparison, out);
    if (comparison.unknown)
        buffer_printf(out, "%s%zu cell%s not in it yet: --baseline adds what passes\n", comparison.cells ? "  " : "",
                      comparison.unknown, comparison.unknown == 1 ? " is" : "s are");
    VECTOR_DONE(&comparison.grown);
}
