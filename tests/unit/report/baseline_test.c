/* The baseline's file: what is written is read again, what people wrote stays, what grew is told. Figures of a real record: tests/cli. */
#include "report/baseline.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

#define ONE_CELL \
    "# Performance baseline\n\nOurs.\n\n## T4 [a=1]\n\n- made: 2026-11-27T10:00:00.000Z\n- machine: M\n" \
    "- versions: postgres 15.18\n\nA note of ours.\n\n| load | phase | passes | p50 | p99 | max | gap |\n" \
    "|---|---|--:|--:|--:|--:|--:|\n| queries | control | 100 | 1ms | 2ms | 3ms | 40ms |\n"

/* Of a test: released at its end. */
static char *texts[8];
static struct baseline *used[8];
static size_t text_count, used_count;

static char *later_freed(char *text) {
    return texts[text_count++] = text;
}

static void keep(struct baseline *baseline) {
    used[used_count++] = baseline;
}

static void release(void) {
    while (text_count) memory_release(texts[--text_count]);
    while (used_count) baseline_done(used[--used_count]);
}

TestSuite(baseline, .fini = release);

static struct baseline read_from(const char *text) {
    struct baseline baseline;
    struct buffer reason = { 0 };
    baseline_begin(&baseline);
    cr_assert(baseline_read(&baseline, text_of(text), &reason), "%s", reason.bytes);
    return baseline;
}

static void expect_refused(const char *text, const char *words) {
    struct baseline baseline;
    struct buffer reason = { 0 };
    baseline_begin(&baseline);
    cr_expect_not(baseline_read(&baseline, text_of(text), &reason));
    cr_expect(reason.bytes && strstr(reason.bytes, words), "%s", reason.bytes);
    buffer_done(&reason);
    baseline_done(&baseline);
}

static struct baseline measured(const char *name, int64_t p99) {
    struct baseline baseline;
    baseline_begin(&baseline);
    struct baseline_cell cell = { .name = text_of(name),
                                  .made = TEXT("2026-11-28T10:00:00.000Z"),
                                  .machine = TEXT("M"),
                                  .versions = TEXT("postgres 15.18") };
    struct baseline_row row = { TEXT("queries"), TEXT("control"), 100, MILLISECOND, p99,
                                3 * MILLISECOND, 40 * MILLISECOND };
    VECTOR_PUSH(&cell.rows, row);
    VECTOR_PUSH(&baseline.cells, cell);
    return baseline;
}

static char *written(const struct baseline *baseline) {
    struct buffer out = { 0 };
    baseline_write(baseline, &out);
    return later_freed(buffer_take(&out));
}

static char *compared(const struct baseline *kept, const struct baseline *now) {
    struct buffer out = { 0 };
    baseline_compare(kept, now, &out);
    return later_freed(buffer_take(&out));
}

Test(baseline, what_was_not_measured_again_stays_as_it_was) {
    static struct baseline kept, now;
    kept = read_from(ONE_CELL);
    keep(&kept);
    now = measured("T4 [a=2]", 1234567);
    keep(&now);
    cr_assert_eq(kept.cells.count, 1);
    cr_expect_eq(kept.cells.items[0].rows.items[0].gap, 40 * MILLISECOND);
    cr_expect(text_is(kept.cells.items[0].machine, "M"));
    baseline_update(&kept, &now);
    char *text = written(&kept);
    cr_expect_eq(strncmp(text, ONE_CELL, strlen(ONE_CELL)), 0, "%s", text);
    cr_expect(strstr(text, "\n\n## T4 [a=2]\n\n- made: 2026-11-28"), "%s", text);
    cr_expect(strstr(text, "| queries | control | 100 | 1ms | 1.23ms | 3ms | 40ms |\n"), "%s", text);
    static struct baseline again;
    again = read_from(text);
    keep(&again);
    cr_expect_eq(again.cells.count, 2);
    baseline_update(&again, &now);
    cr_expect_str_eq(written(&again), text);
}

Test(baseline, a_cell_measured_again_takes_its_place) {
    static struct baseline kept, now;
    kept = read_from(ONE_CELL);
    keep(&kept);
    now = measured("T4 [a=1]", 5 * MILLISECOND);
    keep(&now);
    baseline_update(&kept, &now);
    char *text = written(&kept);
    cr_expect_eq(kept.cells.count, 1);
    cr_expect(strstr(text, "Ours."), "%s", text);
    cr_expect(strstr(text, "| 5ms |") && !strstr(text, "A note of ours."), "%s", text);
}

Test(baseline, tells_what_grew) {
    static struct baseline kept, now;
    kept = read_from(ONE_CELL);
    keep(&kept);
    now = measured("T4 [a=1]", 5 * MILLISECOND);
    keep(&now);
    char *text = compared(&kept, &now);
    cr_expect(strstr(text, "of 2026-11-27: 4 figures of 1 cell, 1 of them"), "%s", text);
    cr_expect(strstr(text, "  2.5 times: p99 of queries during control 5ms, then 2ms  T4 [a=1]\n"), "%s", text);
    baseline_done(&now);
    now = measured("T4 [a=1]", 2900 * MICROSECOND); /* under 1.5 times */
    cr_expect_str_eq(compared(&kept, &now), "of 2026-11-27: 4 figures of 1 cell, none of them 1.5 times as long\n");
}

Test(baseline, tells_what_cannot_be_compared) {
    static struct baseline kept, now;
    kept = read_from(ONE_CELL);
    keep(&kept);
    now = measured("T4 [a=1]", 2 * MILLISECOND);
    keep(&now);
    now.cells.items[0].machine = TEXT("another");
    now.cells.items[0].versions = TEXT("postgres 16.1");
    now.cells.items[0].inputs = TEXT("length=6s");
    char *text = compared(&kept, &now);
    cr_expect(strstr(text, "another machine, so ratios say little: M\n"), "%s", text);
    cr_expect(strstr(text, "other versions: postgres 15.18\n"), "%s", text);
    cr_expect(strstr(text, "other inputs: the defaults\n"), "%s", text);
    baseline_done(&now);
    now = measured("T4 [a=3]", 2 * MILLISECOND);
    cr_expect_str_eq(compared(&kept, &now), "1 cell is not in it yet: --baseline adds what passes\n");
}

Test(baseline, refuses_what_is_none) {
    expect_refused("", "line 1");
    expect_refused("# Other\n", "it does not begin with `# Performance baseline`");
    expect_refused("# Performance baseline\n## a\n| x | y |\n", "line 3: a row has seven columns");
    expect_refused("# Performance baseline\n## a\n| x | y | 1 | 2ms | 3ms | many | 1s |\n",
                   "line 3: columns 4 to 7 are durations");
}
