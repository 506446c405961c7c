/* What a person sees while a cell runs: one line that changes on a terminal, plain lines and a heartbeat in a log. */
#ifndef AOT_CLI_PROGRESS_H
#define AOT_CLI_PROGRESS_H
#include "vm/run.h"

struct progress {
    struct run *run;          /* known from the first stage on */
    struct text label;        /* "T4 [app=N]"; borrowed */
    const char *stage;        /* "setup" */
    struct buffer phase;      /* the innermost running phase's name */
    int64_t began;            /* ns of the run's clock */
    struct loop_timer *timer; /* the next refresh, or NULL */
    bool terminal;            /* standard error is one */
    bool quiet;
    bool shown; /* a line stands on the terminal that must be wiped */
};
void progress_begin(struct progress *progress, struct text label, bool quiet);
struct run_watcher progress_watcher(struct progress *progress);
/* After the run was executed, before it is freed. */
void progress_end(struct progress *progress);
#endif
