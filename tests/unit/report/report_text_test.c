/* The terminal's report of a record that was written here. */
#include "base/memory.h"
#include "report/report_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t note_count; /* notes that the record of the next report holds */

static struct buffer report_of(const struct verdict_row *rows, size_t count, bool quiet, const char *outcome) {
    char path[] = "/tmp/aot-report-XXXXXX";
    close(mkstemp(path));
    struct mask *mask = mask_new();
    char *error = NULL;
    struct record *record = record_create(path, mask, &error);
    cr_assert(record, "%s", error);
    record_meta(record, "recipe", TEXT("T4"));
    record_meta(record, "cell", TEXT("app=N"));
    record_meta(record, "duration", TEXT("1500000000"));
    record_meta(record, "zero", TEXT("5000000000"));
    for (size_t i = 0; i < note_count; i++)
        record_effect(record, "note", i ? TEXT("again") : TEXT("a\033[2J\nb"), INT64_C(5250000000), INT64_C(5250000000),
                      TEXT_NONE);
    if (note_count) record_note(record, INT64_C(6000000000), TEXT("late"));
    for (size_t i = 0; i < count; i++) record_verdict(record, &rows[i]);
    record_outcome(record, text_of(outcome), TEXT_NONE);
    cr_assert(record_close(record, &error), "%s", error);
    mask_free(mask);
    record = record_open(path, &error);
    cr_assert(record, "%s", error);
    struct report_style style = { .quiet = quiet, .width = 80 };
    struct buffer out = { 0 };
    report_text_cell(record, &style, &out);
    report_text_outcome(record, TEXT("run.aotrec"), &style, &out);
    record_close(record, NULL);
    unlink(path);
    return out;
}

static const struct verdict_row passed = {
    .assertion = TEXT_NONE,
    .outcome = { "pass", 4 },
    .rules = { "R4.2", 4 },
    .claim = { "never: writes.failed", 20 },
    .explanation = { "never: writes.failed (1,514 events)", 35 },
};
static const struct verdict_row failed = {
    .assertion = { "no query waits", 14 },
    .outcome = { "fail", 4 },
    .rules = { "R3.2", 4 },
    .claim = { "x <= 1", 6 },
    .explanation = { "x <= 1\nx = 2", 12 },
    .file = { "t4.aot", 6 },
    .line = 31,
};

Test(report_text, a_failure_is_a_block_and_a_pass_a_line_with_its_evidence) {
    struct verdict_row rows[] = { passed, failed };
    rows[0].assertion = TEXT("writes work");
    struct buffer out = report_of(rows, 2, false, "fail");
    cr_expect_str_eq(out.bytes, "pass  R4.2  writes work: never: writes.failed (1,514 events)\n"
                                "FAIL  T4 [app=N]  R3.2  no query waits                                 t4.aot:31\n"
                                "      x <= 1\n"
                                "      x = 2\n"
                                "fail  T4 [app=N]  1.5s  run.aotrec\n");
    buffer_done(&out);
}

Test(report_text, quiet_leaves_out_what_passed) {
    struct verdict_row rows[] = { passed };
    struct buffer out = report_of(rows, 1, true, "pass");
    cr_expect_str_eq(out.bytes, "pass  T4 [app=N]  1.5s\n");
    buffer_done(&out);
}

Test(report_text, an_inconclusive_one_says_why) {
    struct verdict_row row = failed;
    row.outcome = TEXT("inconclusive");
    row.reason = TEXT("no samples");
    row.is_assume = true;
    struct buffer out = report_of(&row, 1, false, "inconclusive");
    cr_expect(text_find(buffer_text(&out), TEXT("UNSURE  T4 [app=N]  R3.2  assume  no query waits")) != SIZE_MAX, "%s",
              out.bytes);
    cr_expect(text_find(buffer_text(&out), TEXT("      because: no samples\n")) != SIZE_MAX, "%s", out.bytes);
    buffer_done(&out);
    row.explanation = TEXT("always: x\nno samples: no sample in the scope"); /* once is enough */
    out = report_of(&row, 1, false, "inconclusive");
    cr_expect(text_find(buffer_text(&out), TEXT("because")) == SIZE_MAX, "%s", out.bytes);
    buffer_done(&out);
}

Test(report_text, notes_come_first_and_a_flood_of_them_is_counted) {
    struct verdict_row rows[] = { passed };
    rows[0].assertion = TEXT("writes work");
    note_count = 1;
    struct buffer out = report_of(rows, 1, false, "pass");
    cr_expect_str_eq(out.bytes, "note  a\\x1b[2J\\x0ab  +0.250s\n"
                                "note  late  +1.000s\n"
                                "pass  R4.2  writes work: never: writes.failed (1,514 events)\n"
                                "pass  T4 [app=N]  1.5s  run.aotrec\n");
    buffer_done(&out);
    note_count = 25;
    out = report_of(rows, 1, false, "pass");
    cr_expect(text_find(buffer_text(&out), TEXT("note  \xe2\x80\xa6 and 6 more in the record\n")) != SIZE_MAX, "%s",
              out.bytes);
    buffer_done(&out);
    out = report_of(rows, 1, true, "pass");
    cr_expect_str_eq(out.bytes, "pass  T4 [app=N]  1.5s\n");
    buffer_done(&out);
}

Test(report_text, a_claim_with_many_verdicts_is_counted) {
    struct verdict_row rows[2 * 9 + 2];
    for (size_t i = 0; i < 18; i++) { /* as in a `for`: two claims in turn */
        rows[i] = i % 2 ? failed : passed;
        rows[i].assertion = TEXT("each one");
    }
    rows[18] = rows[19] = passed;
    rows[18].assertion = rows[19].assertion = TEXT("another");
    rows[19].claim = TEXT("c");
    struct buffer out = report_of(rows, 20, false, "fail");
    const char *end = strstr(out.bytes, "pass  \xe2\x80\xa6");
    cr_assert(end, "%s", out.bytes);
    cr_expect_str_eq(end, "pass  \xe2\x80\xa6 and 6 more: never: writes.failed\n"
                          "FAIL  \xe2\x80\xa6 and 4 more: x <= 1\n"
                          "pass  R4.2  another: never: writes.failed (1,514 events)\n"
                          "pass  R4.2  another: never: writes.failed (1,514 events)\n"
                          "fail  T4 [app=N]  1.5s  run.aotrec\n");
    buffer_done(&out);
    out = report_of(rows, 20, true, "fail");
    cr_expect(!strstr(out.bytes, "pass"), "%s", out.bytes);
    cr_expect(strstr(out.bytes, "FAIL  \xe2\x80\xa6 and 4 more: x <= 1\n"), "%s", out.bytes);
    buffer_done(&out);
}

Test(report_text, the_tally_names_only_what_there_was) {
    struct report_style style = { .width = 80 };
    struct report_tally tally = { .cells = 9, .pass = 7, .fail = 2 };
    struct buffer out = { 0 };
    report_text_tally(&tally, INT64_C(72000000000), &style, &out);
    cr_expect_str_eq(out.bytes, "9 cells: 7 pass, 2 fail in 1m12s\n");
    buffer_done(&out);
}
