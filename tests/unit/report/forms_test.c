/* The reports for machines, of records that were written here: outcomes, escaping, and what has no record. */
#include "base/memory.h"
#include "report/report_form.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HARMFUL "a <b> & \"c\" ]]> \x01\x1b[2J \xff % ::error::, |`"

static char paths[4][32];

struct sample {
    const char *outcome, *end, *message;
    const struct verdict_row *rows;
    size_t count;
};

static const struct verdict_row passed = { .assertion = { "good", 4 },
                                           .rules = { "R1.1", 4 },
                                           .claim = { "x", 1 },
                                           .outcome = { "pass", 4 },
                                           .explanation = { "x (x = true)", 12 },
                                           .file = { "t1.aot", 6 },
                                           .line = 3 };
static const struct verdict_row failed = { .assertion = { "bad", 3 },
                                           .rules = { "R1.2", 4 },
                                           .claim = { "y == 1", 6 },
                                           .outcome = { "fail", 4 },
                                           .explanation = { "y == 1\ny = 2", 12 },
                                           .file = { "t1.aot", 6 },
                                           .line = 4,
                                           .column = 7 };
static const struct verdict_row unsure = { .assertion = { "unsure", 6 },
                                           .outcome = { "inconclusive", 12 },
                                           .reason = { "no samples", 10 },
                                           .claim = { "z", 1 },
                                           .explanation = { "z\nno samples", 12 },
                                           .file = { "t1.aot", 6 },
                                           .line = 5 };

static void write_record(size_t number, const struct sample *sample, const char *value) {
    strcpy(paths[number], "/tmp/aot-forms-XXXXXX");
    close(mkstemp(paths[number]));
    struct mask *mask = mask_new();
    mask_add(mask, TEXT("hunter22-secret"));
    char *error = NULL;
    struct record *record = record_create(paths[number], mask, &error);
    cr_assert(record, "%s", error);
    struct buffer cell = { 0 };
    buffer_printf(&cell, "app=%s", value);
    record_meta(record, "recipe", TEXT("T1"));
    record_meta(record, "path", TEXT("t1.aot"));
    record_meta(record, "cell", buffer_text(&cell));
    record_meta(record, "axis.00.app", text_of(value));
    record_meta(record, "seed", TEXT("7"));
    record_meta(record, "started", TEXT("1700000000123456789"));
    record_meta(record, "duration", TEXT("1234000000"));
    record_meta(record, "end", text_of(sample->end));
    record_meta(record, "message", text_of(sample->message));
    for (size_t i = 0; i < sample->count; i++) record_verdict(record, &sample->rows[i]);
    record_outcome(record, text_of(sample->outcome), TEXT_NONE);
    cr_assert(record_close(record, &error), "%s", error);
    mask_free(mask);
    buffer_done(&cell);
}

/* Four cells: one that fails with what is harmful in it, one that passes, one that ended early, one that was not run. */
static struct buffer report_of(const char *form) {
    struct verdict_row harmful = failed;
    harmful.assertion = TEXT(HARMFUL);
    harmful.explanation = TEXT("saw hunter22-secret\n" HARMFUL);
    const struct verdict_row rows[] = { passed, failed, harmful, unsure };
    write_record(0, &(struct sample){ "fail", "complete", "", rows, 4 }, "N<1>");
    write_record(1, &(struct sample){ "pass", "complete", "", rows, 1 }, "N");
    write_record(2, &(struct sample){ "error", "error", "no database: ]]>", rows, 0 }, "N-2");
    const struct report_entry entries[] = {
        { .record = paths[0] },
        { .record = paths[1] },
        { .record = paths[2] },
        { .recipe = TEXT("T1"), .path = TEXT("t1.aot"), .cell = TEXT("app=N-3"), .why = TEXT("the time was over") },
        { .recipe = TEXT("T9"), .path = TEXT("t9.aot"), .why = TEXT("it needs docker"), .skipped = true },
    };
    struct report_run run = { .entries = entries, .count = 5, .took = 2500000000, .path_prefix = TEXT("sub/") };
    struct buffer out = { 0 };
    report_form_find(text_of(form))->write(&run, &out);
    for (size_t i = 0; i < 3; i++) unlink(paths[i]);
    return out;
}

static size_t times(const struct buffer *out, const char *needle) {
    size_t count = 0;
    struct text text = buffer_text(out), wanted = text_of(needle);
    for (size_t at; (at = text_find(text, wanted)) != SIZE_MAX; count++) text = text_slice(text, at + 1, SIZE_MAX);
    return count;
}

static bool has(const struct buffer *out, const char *needle) {
    return times(out, needle) > 0;
}

static void expect_safe(struct buffer *out) {
    cr_expect(!has(out, "hunter22"), "a secret is in the report");
    cr_expect(!has(out, "\x1b"), "an escape is in the report");
    cr_expect(!has(out, "\x01"));
}

Test(forms, junit_says_each_outcome_in_its_own_way) {
    struct buffer out = report_of("junit");
    cr_expect(
        has(&out, "<testsuites name=\"aot\" tests=\"8\" failures=\"2\" errors=\"3\" skipped=\"1\" time=\"2.500\">"),
        "%s", out.bytes);
    cr_expect_eq(times(&out, "<testsuite "), 5);
    cr_expect_eq(times(&out, "<failure type=\"fail\""), 2);
    cr_expect(has(&out, "<error type=\"inconclusive: no samples\" message=\"z\">"));
    cr_expect(has(&out, "<error type=\"error\" message=\"the run ended early: no database: ]]&gt;\">"));
    cr_expect(has(&out, "<error type=\"not run\" message=\"not run: the time was over\">"));
    cr_expect(has(&out, "<skipped message=\"skipped: it needs docker\"/>"));
    cr_expect(has(&out, "name=\"T1 [app=N&lt;1&gt;]\""));
    cr_expect(has(&out, "timestamp=\"2023-11-14T22:13:20\""));
    cr_expect(has(&out, "file=\"t1.aot\" line=\"4\""));
    cr_expect(!has(&out, "]]>"));
    expect_safe(&out);
    buffer_done(&out);
}

Test(forms, json_lines_are_one_object_each) {
    struct buffer out = report_of("jsonl");
    cr_expect_eq(times(&out, "\n"), times(&out, "{\"type\":"), "%s", out.bytes);
    cr_expect_eq(times(&out, "\"type\":\"cell\""), 5);
    cr_expect_eq(times(&out, "\"type\":\"assertion\""), 5);
    cr_expect(has(&out, "\"outcome\":\"not run\",\"message\":\"not run: the time was over\""));
    cr_expect(has(
        &out, "{\"type\":\"end\",\"fail\":1,\"error\":1,\"inconclusive\":0,\"not_run\":1,\"skipped\":1,\"pass\":1,"));
    expect_safe(&out);
    buffer_done(&out);
}

Test(forms, annotations_are_escaped_and_the_worst_come_first) {
    struct buffer out = report_of("github");
    cr_expect_eq(times(&out, "\n"), 6, "%s", out.bytes);
    cr_expect(text_starts(
                  buffer_text(&out),
                  TEXT("::error file=sub/t1.aot,line=4,col=7,title=R1.2 bad::T1 [app=N<1>]: fail%0Ay == 1%0Ay = 2\n")),
              "%s", out.bytes);
    cr_expect(has(&out, "title=R1.2 a <b> & \"c\" ]]> ??[2J \xff %25 %3A%3Aerror%3A%3A%2C |`::"));
    cr_expect(has(&out, "::error file=sub/t1.aot,line=1,title=the run::T1 [app=N-2]: error%0Athe run ended early"));
    cr_expect(has(&out, "::warning file=sub/t1.aot,line=5,title=unsure::"));
    cr_expect_eq(times(&out, "\n::"), 5, "nothing that a service said begins a command of its own");
    expect_safe(&out);
    buffer_done(&out);
}

Test(forms, at_most_ten_errors_are_annotated) {
    struct verdict_row rows[30];
    static char titles[30][8];
    for (size_t i = 0; i < 30; i++) {
        rows[i] = failed;
        snprintf(titles[i], sizeof titles[i], "no %zu", i);
        rows[i].assertion = text_of(titles[i]);
        if (i % 2) rows[i].outcome = TEXT("inconclusive");
    }
    write_record(0, &(struct sample){ "fail", "complete", "", rows, 30 }, "N");
    struct report_entry entry = { .record = paths[0] };
    struct buffer out = { 0 };
    report_annotations(&(struct report_run){ .entries = &entry, .count = 1 }, &out);
    cr_expect_eq(times(&out, "::error "), 10);
    cr_expect_eq(times(&out, "::warning "), 10);
    unlink(paths[0]);
    buffer_done(&out);
}

Test(forms, what_fails_in_many_cells_is_one_annotation) {
    struct report_entry entries[3];
    for (size_t i = 0; i < 3; i++) {
        char value[8];
        snprintf(value, sizeof value, "N-%zu", i);
        write_record(i, &(struct sample){ "fail", "complete", "", &failed, 1 }, value);
        entries[i] = (struct report_entry){ .record = paths[i] };
    }
    struct buffer out = { 0 };
    report_annotations(&(struct report_run){ .entries = entries, .count = 3 }, &out);
    cr_expect_eq(times(&out, "\n"), 1);
    cr_expect(has(&out, "::T1 [app=N-0] and 2 more cells: fail"), "%s", out.bytes);
    for (size_t i = 0; i < 3; i++) unlink(paths[i]);
    buffer_done(&out);
}

Test(forms, a_summary_is_counts_and_what_did_not_pass) {
    struct buffer out = report_of("summary");
    cr_expect(
        text_starts(buffer_text(&out), TEXT("### ❌ aot: 5 cells: 1 pass, 1 fail, 1 error, 1 not run, 1 skipped\n")),
        "%s", out.bytes);
    cr_expect_eq(times(&out, "<details>"), 4);
    cr_expect_eq(times(&out, "<details>"), times(&out, "</details>"));
    cr_expect(has(&out, "T1 [app=N&#60;1&#62;] fail"));
    expect_safe(&out);
    buffer_done(&out);
}

Test(forms, a_thousand_passes_of_a_loop_are_one_testcase) {
    static struct verdict_row rows[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        rows[i] = passed;
        rows[i].occurrence = i;
        if (i >= 900) rows[i].outcome = TEXT("fail");
    }
    write_record(0, &(struct sample){ "fail", "complete", "", rows, 1000 }, "N");
    struct report_entry entry = { .record = paths[0] };
    struct buffer out = { 0 };
    report_junit(&(struct report_run){ .entries = &entry, .count = 1 }, &out);
    cr_expect(has(&out, "tests=\"1\" failures=\"1\""));
    cr_expect(has(&out, "… and 80 more"), "%s", out.bytes);
    unlink(paths[0]);
    buffer_done(&out);
}

Test(forms, a_record_that_cannot_be_read_is_an_error) {
    struct report_entry entry = { .record = "/nonexistent/run.aotrec" };
    struct buffer out = { 0 };
    report_junit(&(struct report_run){ .entries = &entry, .count = 1 }, &out);
    cr_expect(has(&out, "errors=\"1\""));
    cr_expect(has(&out, "no such file"), "%s", out.bytes);
    buffer_done(&out);
}

/* A cell that passes, though a replica died in it, of a run that was narrowed. */
static struct buffer narrowed_report(const char *form) {
    strcpy(paths[0], "/tmp/aot-forms-XXXXXX");
    close(mkstemp(paths[0]));
    char *error = NULL;
    struct record *record = record_create(paths[0], NULL, &error);
    cr_assert(record, "%s", error);
    record_meta(record, "recipe", TEXT("T3"));
    record_meta(record, "path", TEXT("t3.aot"));
    record_meta(record, "end", TEXT("complete"));
    record_meta(record, "zero", TEXT("1000000000"));
    record_meta(record, "narrowed", TEXT("--shard 2/3: 5 of 8 cells"));
    record_effect(record, "service.died", TEXT("api[1]"), 3500000000, 3500000000,
                  TEXT("api[1] was ended by SIGKILL after 2s; its last line: ]]> <b>"));
    record_verdict(record, &passed);
    record_outcome(record, TEXT("pass"), TEXT_NONE);
    cr_assert(record_close(record, NULL));
    static const struct report_axis axis = { { "app", 3 }, { "N", 1 } };
    const struct report_entry entries[] = { { .record = paths[0] },
                                            { .recipe = TEXT("T3"),
                                              .path = TEXT("t3.aot"),
                                              .cell = TEXT("app=N"),
                                              .narrowed = TEXT("--shard 2/3: 5 of 8 cells"),
                                              .axes = &axis,
                                              .axis_count = 1 } };
    struct report_run run = { .entries = entries, .count = 2, .narrowed = TEXT("--shard 2/3: 5 of 8 cells") };
    struct buffer out = { 0 };
    report_form_find(text_of(form))->write(&run, &out);
    unlink(paths[0]);
    return out;
}

Test(forms, each_says_what_narrowed_the_run_and_which_services_died) {
    static const struct {
        const char *form, *narrowed, *death;
    } rows[] = {
        { "junit", "<property name=\"narrowed\" value=\"--shard 2/3: 5 of 8 cells\"/>",
          "<system-out>+2.500s  service api[1] was ended by SIGKILL after 2s; its last line: ]]&gt; &lt;b&gt;&#10;" },
        { "jsonl",
          "{\"type\":\"run\",\"schema\":\"aot.report/1\",\"cells\":2,\"narrowed\":\"--shard 2/3: 5 of 8 cells\"}",
          "\"death_count\":1,\"deaths\":[{\"at_ns\":2500000000,\"text\":\"service api[1] was ended by SIGKILL" },
        { "github", "::notice title=not all was run::--shard 2/3: 5 of 8 cells\n",
          "::notice file=t3.aot,line=1,title=service api[1] was ended by SIGKILL::T3: +2.500s  service api[1]" },
        { "summary", "\nNot all was run: --shard 2/3: 5 of 8 cells\n",
          "\n+2.500s  service api[1] was ended by SIGKILL" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out = narrowed_report(rows[i].form);
        cr_expect(has(&out, rows[i].narrowed), "%s:\n%s", rows[i].form, out.bytes);
        cr_expect(has(&out, rows[i].death), "%s:\n%s", rows[i].form, out.bytes);
        buffer_done(&out);
    }
}

Test(forms, a_cell_that_was_not_run_has_its_axes) {
    struct buffer out = narrowed_report("jsonl");
    cr_expect(has(&out, "\"cell\":\"app=N\",\"axes\":{\"app\":\"N\"},\"outcome\":\"not run\""), "%s", out.bytes);
    buffer_done(&out);
}
