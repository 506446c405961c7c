/* The report for a terminal, from one cell's record: verdicts with their evidence, failures first to be understood. */
#ifndef AOT_REPORT_REPORT_TEXT_H
#define AOT_REPORT_REPORT_TEXT_H
#include "record/record.h"
#include "report/style.h"

/* A line for each verdict: passes with their evidence on one line, the rest as blocks; then why the run ended early, if it did. */
void report_text_cell(struct record *record, const struct report_style *style, struct buffer *out);
/* The cell's last line: outcome, recipe, cell, how long, where its record is. */
void report_text_outcome(struct record *record, struct text record_path, const struct report_style *style,
                         struct buffer *out);

struct report_tally {
    size_t cells, pass, fail, inconclusive, error, not_run;
};
/* "9 cells: 7 pass, 2 fail, in 1m12s" */
void report_text_tally(const struct report_tally *tally, int64_t nanoseconds, const struct report_style *style,
                       struct buffer *out);
#endif
