/* What the cells of a run came to, in their order; from it the tally, the list of what did not pass, the exit status. */
#ifndef AOT_CLI_RESULTS_H
#define AOT_CLI_RESULTS_H
#include "cli/cell_run.h"

enum cell_state { CELL_WAITS, CELL_RUNS, CELL_OVER };
struct cell_entry {
    struct run_session *session;
    size_t index; /* in the session */
    enum cell_state state;
    struct cell_result result; /* once it is over */
    int64_t took;              /* ns, then too */
};
struct results {
    struct cell_entry *cells; /* those that were chosen */
    size_t count;
    int64_t began, took; /* ns: all of them */
};
struct results results_of(const struct course *course);
void results_done(struct results *results);
/* Grid, tally, and what did not pass, for people; nothing for one cell. */
void results_print(const struct results *results, const struct course *course, struct buffer *out);
struct text results_why_not_run(const struct course *course); /* of those that were not */
int results_status(const struct results *results);
/* The reports that --report asks for; false if one could not be written. */
bool results_report(const struct results *results, const struct course *course);
#endif
