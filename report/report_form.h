/* The machine-readable reports: each is one function from cells, one after the other, to a text. */
#ifndef AOT_REPORT_REPORT_FORM_H
#define AOT_REPORT_REPORT_FORM_H
#include "report/report_cell.h"

struct report_run {
    const struct report_entry *entries;
    size_t count;
    int64_t took;            /* ns: all cells together; 0: not known */
    struct text narrowed;    /* what made the run less than all: "--shard 2/3: 5 of 8 cells"; empty: nothing did */
    struct text settings;    /* what inputs the command line gave, as a JSON object; empty: not known */
    struct text path_prefix; /* before a recipe's path: from the root of the checkout to the working folder */
};
struct report_form {
    const char *name;    /* "junit" */
    const char *summary; /* one line for --help */
    void (*write)(const struct report_run *run, struct buffer *out);
};
/* In the order of --help; a NULL name ends the list. */
extern const struct report_form report_forms[];
const struct report_form *report_form_find(struct text name); /* NULL: there is none */

void report_junit(const struct report_run *run, struct buffer *out);
void report_lines(const struct report_run *run, struct buffer *out);
void report_annotations(const struct report_run *run, struct buffer *out);
void report_summary(const struct report_run *run, struct buffer *out);

/* How many cells came to what. */
struct report_counts {
    size_t of[REPORT_PASS + 1];
    size_t cells;
};
struct report_counts report_counts_of(const struct report_run *run);
/* "48 cells: 40 pass, 6 fail, 2 inconclusive" */
void report_counts_print(const struct report_counts *counts, struct buffer *out);
#endif
