/* JUnit XML as Jenkins, GitLab and GitHub's reporters read it. A testsuite is a cell, a testcase an assertion; the run itself is a
 * testcase only when it has something to say. What is not proven is an error, never a pass. */
#include "report/report_form.h"
#include "report/xml.h"

#include "base/clock.h"

/* At most three decimals, and a dot in every locale. */
static void time_attribute(int64_t nanoseconds, struct buffer *out) {
    int64_t milliseconds = nanoseconds > 0 ? nanoseconds / MILLISECOND : 0;
    buffer_printf(out, " time=\"%lld.%03lld\"", (long long)(milliseconds / 1000), (long long)(milliseconds % 1000));
}

static struct text first_line(struct text text) {
    return text_slice(text, 0, text_find(text, TEXT("\n")));
}

/* ---- testcases ---- */
static void open_case(struct text suite, struct text name, const struct verdict_row *place, struct buffer *out) {
    buffer_append_string(out, "    <testcase");
    xml_attribute("classname", suite, out);
    xml_attribute("name", name, out);
    if (place && place->file.length) {
        xml_attribute("file", place->file, out);
        buffer_printf(out, " line=\"%u\"", place->line);
    }
}

static void problem(enum report_outcome outcome, struct text reason, struct text message, struct text details,
                    struct buffer *out) {
    const char *element = outcome == REPORT_FAIL ? "failure" : "error";
    struct buffer type = { 0 };
    buffer_append_string(&type, report_outcome_name(outcome));
    if (reason.length) buffer_printf(&type, ": %.*s", TEXT_ARGS(reason));
    buffer_printf(out, "      <%s", element);
    xml_attribute("type", buffer_text(&type), out);
    xml_attribute("message", message, out);
    buffer_append_byte(out, '>');
    xml_escape(details, out);
    buffer_printf(out, "</%s>\n", element);
    buffer_done(&type);
}

static void assertion_details(const struct report_assertion *assertion, struct buffer *details) {
    size_t shown = 0;
    for (size_t i = 0; i < assertion->rows.count; i++) {
        const struct verdict_row *row = &assertion->rows.items[i];
        if (text_is(row->outcome, "pass")) break;
        if (details->length) buffer_append_string(details, "\n\n");
        if (row->reason.length) buffer_printf(details, "because: %.*s\n", TEXT_ARGS(row->reason));
        buffer_append(details, row->explanation);
        shown++;
    }
    size_t others = assertion->claims - assertion->passed - shown;
    if (others) buffer_printf(details, "\n\n… and %zu more", others);
}

static void assertion_case(struct text suite, const struct report_assertion *assertion, struct buffer *out) {
    struct buffer name = { 0 }, details = { 0 };
    if (assertion->rules.length) buffer_printf(&name, "%.*s ", TEXT_ARGS(assertion->rules));
    if (assertion->is_assume) buffer_append_string(&name, "assume: ");
    buffer_append(&name, assertion->title);
    const struct verdict_row *worst = &assertion->rows.items[0];
    open_case(suite, buffer_text(&name), worst, out);
    buffer_append_string(out, " time=\"0.000\"");
    if (assertion->outcome == REPORT_PASS) {
        buffer_append_string(out, "/>\n");
    } else {
        buffer_append_string(out, ">\n");
        assertion_details(assertion, &details);
        problem(assertion->outcome, worst->reason, first_line(worst->explanation), buffer_text(&details), out);
        buffer_append_string(out, "    </testcase>\n");
    }
    buffer_done(&name);
    buffer_done(&details);
}

/* The run itself: skipped, not run, ended early, or without an assertion. */
static enum report_outcome run_case(const struct report_cell *cell, struct text suite, struct buffer *out) {
    enum report_outcome outcome = text_is(cell->end, "failed") ? REPORT_FAIL : cell->outcome;
    if (text_is(cell->end, "interrupted")) outcome = REPORT_INCONCLUSIVE;
    if (text_is(cell->end, "error") || text_is(cell->end, "not built")) outcome = REPORT_ERROR;
    struct text trouble = report_cell_trouble(cell);
    open_case(suite, TEXT("the run"), NULL, out);
    time_attribute(cell->duration, out);
    buffer_append_string(out, ">\n");
    if (outcome == REPORT_SKIPPED) {
        buffer_append_string(out, "      <skipped");
        xml_attribute("message", trouble, out);
        buffer_append_string(out, "/>\n");
    } else {
        problem(outcome, TEXT_NONE, first_line(trouble), trouble, out);
    }
    buffer_append_string(out, "    </testcase>\n");
    return outcome;
}

/* ---- testsuites ---- */
struct totals {
    size_t tests, failures, errors, skipped;
};

static void count(struct totals *totals, enum report_outcome outcome) {
    totals->tests++;
    totals->failures += outcome == REPORT_FAIL;
    totals->errors += outcome == REPORT_ERROR || outcome == REPORT_INCONCLUSIVE || outcome == REPORT_NOT_RUN;
    totals->skipped += outcome == REPORT_SKIPPED;
}

static void totals_attributes(const struct totals *totals, struct buffer *out) {
    buffer_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", totals->tests,
                  totals->failures, totals->errors, totals->skipped);
}

static void property(struct text name, struct text value, struct buffer *out) {
    buffer_append_string(out, "      <property");
    xml_attribute("name", name, out);
    xml_attribute("value", value, out);
    buffer_append_string(out, "/>\n");
}

static void properties(const struct report_cell *cell, struct buffer *out) {
    buffer_append_string(out, "    <properties>\n");
    property(TEXT("outcome"), text_of(report_outcome_name(cell->outcome)), out);
    if (cell->seed.length) property(TEXT("seed"), cell->seed, out);
    if (cell->record.length) property(TEXT("record"), cell->record, out);
    if (cell->narrowed.length) property(TEXT("narrowed"), cell->narrowed, out);
    if (cell->rules_counted.length) property(TEXT("rules_counted"), cell->rules_counted, out);
    for (size_t i = 0; i < cell->axes.count; i++) property(cell->axes.items[i].name, cell->axes.items[i].value, out);
    buffer_append_string(out, "    </properties>\n");
}

/* What a person would look for in the log: services that died. */
static void output(const struct report_cell *cell, struct buffer *out) {
    if (!cell->death_count) return;
    buffer_append_string(out, "    <system-out>");
    for (size_t i = 0; i < cell->deaths.count; i++) {
        struct buffer line = { 0 };
        report_death_print(&cell->deaths.items[i], &line);
        buffer_append_byte(&line, '\n');
        xml_escape(buffer_text(&line), out);
        buffer_done(&line);
    }
    if (cell->death_count > cell->deaths.count)
        buffer_printf(out, "… and %zu more in the record&#10;", cell->death_count - cell->deaths.count);
    buffer_append_string(out, "</system-out>\n");
}

static void suite(const struct report_cell *cell, struct totals *all, struct buffer *out) {
    struct text name = report_cell_name(cell);
    struct buffer cases = { 0 };
    struct totals totals = { 0 };
    for (size_t i = 0; i < cell->assertions.count; i++) {
        assertion_case(name, &cell->assertions.items[i], &cases);
        count(&totals, cell->assertions.items[i].outcome);
    }
    if (report_cell_has_trouble(cell)) count(&totals, run_case(cell, name, &cases));
    buffer_append_string(out, "  <testsuite");
    xml_attribute("name", name, out);
    totals_attributes(&totals, out);
    time_attribute(cell->duration, out);
    if (cell->started) {
        struct buffer when = { 0 };
        wall_print(&when, cell->started);
        xml_attribute("timestamp", text_slice(buffer_text(&when), 0, 19), out); /* without fractions and zone */
        buffer_done(&when);
    }
    buffer_append_string(out, ">\n");
    properties(cell, out);
    buffer_append(out, buffer_text(&cases));
    output(cell, out);
    buffer_append_string(out, "  </testsuite>\n");
    buffer_done(&cases);
    all->tests += totals.tests;
    all->failures += totals.failures;
    all->errors += totals.errors;
    all->skipped += totals.skipped;
}

void report_junit(const struct report_run *run, struct buffer *out) {
    struct buffer suites = { 0 };
    struct totals totals = { 0 };
    for (size_t i = 0; i < run->count; i++) {
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        suite(&cell, &totals, &suites);
        report_cell_done(&cell);
    }
    buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"aot\"");
    totals_attributes(&totals, out);
    time_attribute(run->took, out);
    buffer_append_string(out, ">\n");
    buffer_append(out, buffer_text(&suites));
    buffer_append_string(out, "</testsuites>\n");
    buffer_done(&suites);
}
