/* A program that is asked something, without a shell, for a bounded time: `git tag`, `docker version`. Not for runs: there
 * the loop starts processes, and the guard knows of them. */
#ifndef AOT_BASE_CHILD_H
#define AOT_BASE_CHILD_H
#include "base/buffer.h"
#include <stdint.h>

/* Appends its output and its complaints, a MiB of each at most. 0: it ended, with `status` as of waitpid; else the error number
 * of starting it, or ETIME when `limit` ns were over and it was killed. */
int child_ask(const char *const *arguments, int64_t limit, struct buffer *output, struct buffer *complaints,
              int *status);
/* "PATH has no such program", … for the number that child_ask gave. */
const char *child_trouble(int error);
#endif
