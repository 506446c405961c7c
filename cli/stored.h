/* The cells of stored runs: records below a folder, and what their runs' logs know of cells that have none. */
#ifndef AOT_CLI_STORED_H
#define AOT_CLI_STORED_H
#include "base/arena.h"
#include "report/report_cell.h"

struct stored {
    struct arena *arena; /* all texts */
    struct VECTOR(struct report_entry) entries;
    struct VECTOR(struct text) narrowed; /* what made the runs less than all, each once */
    struct text settings;                /* what --set gave, as the log has it, if it is one for all; else empty */
    size_t log_count;
    bool readable; /* each record could be read; those that could not were told */
};
void stored_begin(struct stored *stored);
/* Adds a record, or the folder's. Of a run whose log (run.jsonl) is there the cells come in its order, those that were not run or were
 * skipped among them. Prints what is wrong; false then. */
bool stored_add(struct stored *stored, const char *path);
/* "--shard 2/3: 5 of 8 cells; …" */
struct text stored_narrowed(const struct stored *stored);
void stored_done(struct stored *stored);
#endif
