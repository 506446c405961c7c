/* Which cells of a recipe run. */
#ifndef AOT_CLI_SELECTION_H
#define AOT_CLI_SELECTION_H
#include "cli/run_session.h"

/* Marks the cells to run in `chosen` and counts them. Prints what is wrong; the exit status then, else 0. */
int selection_make(struct run_session *session);
/* Of all that is chosen, leaves what is in the shard. */
void selection_shard(struct course *course);
#endif
