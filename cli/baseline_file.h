/* perf-baseline.md: where it lies, what a run does with it. */
#ifndef AOT_CLI_BASELINE_FILE_H
#define AOT_CLI_BASELINE_FILE_H
#include "cli/results.h"

/* With --baseline: the figures of the cells that passed go into the file; else they are compared with it, if it is there, in lines for
 * people. The file lies beside aot.yaml, or in the working folder. False, and told, if it could not be read or written. */
bool baseline_file_settle(const struct results *results, const struct course *course, struct buffer *out);
#endif
