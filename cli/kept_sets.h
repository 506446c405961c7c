/* The --sets of a run as its log and its reports keep them. */
#ifndef AOT_CLI_KEPT_SETS_H
#define AOT_CLI_KEPT_SETS_H
#include "cli/course.h"

/* {"set": [what was given and may be seen], "set_not_kept": [names of what is a secret or holds one, or a URL with a password]} */
void kept_sets_write(const struct course *course, struct buffer *out);
#endif
