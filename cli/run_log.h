/* .aot/runs/<id>/run.jsonl: which cells a run was to run, and what they came to; written as it goes on, so that a killed run has one
 * too. Lines as in docs/reports.md; of several lines of one cell the last counts. */
#ifndef AOT_CLI_RUN_LOG_H
#define AOT_CLI_RUN_LOG_H
#include "cli/results.h"

/* Begins the log with all cells as `not run`, recipes that are skipped, and what --rerun has outstanding beyond them. False, and no
 * log: there is nothing to say. */
bool run_log_begin(const struct course *course, const struct results *results);
/* The cell is over. */
void run_log_add(const struct course *course, const struct cell_entry *entry);
/* No further cell will be: why those that are left were not run. */
void run_log_end(const struct course *course, const struct results *results);
#endif
