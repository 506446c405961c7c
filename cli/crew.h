/* The cells of a run, each in a process of its own, as many at a time as there are jobs. */
#ifndef AOT_CLI_CREW_H
#define AOT_CLI_CREW_H
#include "cli/results.h"

/* Runs all cells of `results`, unless it is interrupted, and prints what each came to as it ends. `jobs` 0: one after the other
 * in this process, for debuggers. `timeout` ns, 0: none. */
void crew_run(struct course *course, struct results *results, size_t jobs, int64_t timeout);
/* How many cells may run at a time when nobody says. */
size_t crew_default(void);
#endif
