/* One cell's process, as its parent sees it. */
#ifndef AOT_CLI_WORKER_H
#define AOT_CLI_WORKER_H
#include "cli/cell_place.h"
#include "cli/progress.h"
#include "cli/results.h"

#include <signal.h>

struct worker {
    struct cell_entry *entry;
    struct cell_place place;
    struct progress *progress; /* shows it */
    struct progress_cell shown;
    pid_t process; /* 0: not started, or it could not be */
    int socket;    /* -1: none */
    int64_t began;
    struct buffer read;            /* of its words, what is not whole yet */
    struct buffer report, notices; /* what it said for standard output and standard error */
    struct cell_result result;
    bool has_result;
    bool buries; /* it is there for a cell whose process has died */
    bool ended;  /* its process is gone, with this wait status */
    int status;
};
struct worker *worker_new(struct cell_entry *entry, struct progress *progress);
/* Forks. `buried`: why the cell's first process is gone; NULL: the cell is run. The cell gets the signal mask `mask`. */
void worker_start(struct worker *worker, const sigset_t *mask, const char *buried);
/* Runs it in this process. */
void worker_run_here(struct worker *worker);
void worker_command(struct worker *worker, enum cell_command command);
/* Reads what it has said. */
void worker_hear(struct worker *worker);
void worker_ended(struct worker *worker, int status);
/* What it came to; false, and how it ended in `reason`: it could not say. */
bool worker_result(struct worker *worker, struct cell_result *result, struct buffer *reason);
void worker_free(struct worker *worker);
#endif
