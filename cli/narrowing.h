/* What made a run less than all: the options that chose, and how many cells were left. */
#ifndef AOT_CLI_NARROWING_H
#define AOT_CLI_NARROWING_H
#include "cli/course.h"

/* "--shard 2/3, --rule R3.2: 5 of 8 cells"; nothing when all ran. `total` cells of all recipes that were opened. */
void narrowing_describe(const struct course *course, size_t total, struct buffer *out);
#endif
