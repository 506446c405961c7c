/* The list of report forms, and what they share. */
#include "report/report_form.h"

const struct report_form report_forms[] = {
    { "junit", "JUnit XML: a testsuite a cell, a testcase an assertion", report_junit },
    { "jsonl", "JSON lines: the run, its cells, their assertions (docs/reports.md)", report_lines },
    { "github", "annotations of GitHub's workflow commands, the worst twenty", report_annotations },
    { "summary", "Markdown for a step summary: counts, grid, what did not pass", report_summary },
    { NULL, NULL, NULL },
};

const struct report_form *report_form_find(struct text name) {
    for (const struct report_form *form = report_forms; form->name; form++)
        if (text_is(name, form->name)) return form;
    return NULL;
}

struct report_counts report_counts_of(const struct report_run *run) {
    struct report_counts counts = { .cells = run->count };
    for (size_t i = 0; i < run->count; i++) {
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        counts.of[cell.outcome]++;
        report_cell_done(&cell);
    }
    return counts;
}

void report_counts_print(const struct report_counts *counts, struct buffer *out) {
    static const enum report_outcome order[] = { REPORT_PASS,  REPORT_FAIL,    REPORT_INCONCLUSIVE,
                                                 REPORT_ERROR, REPORT_NOT_RUN, REPORT_SKIPPED };
    buffer_printf(out, "%zu cell%s: ", counts->cells, counts->cells == 1 ? "" : "s");
    const char *comma = "";
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (!counts->of[order[i]]) continue;
        buffer_printf(out, "%s%zu %s", comma, counts->of[order[i]], report_outcome_name(order[i]));
        comma = ", ";
    }
}
