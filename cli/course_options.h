/* The options of `aot run` that are no recipe's: read and checked before anything is opened. */
#ifndef AOT_CLI_COURSE_OPTIONS_H
#define AOT_CLI_COURSE_OPTIONS_H
#include "cli/options.h"
#include "cli/shard.h"

struct course_options {
    uint64_t seed;
    uint64_t kept;   /* runs that stay */
    size_t jobs;     /* 0: in aot's own process */
    bool asked_jobs; /* by --jobs */
    int64_t timeout; /* ns; 0: none */
    struct shard shard;
};
/* Prints what is wrong; false then. */
bool course_options_read(const struct options *options, struct course_options *read);
/* Jobs and kept runs as all sources of settings together say it (NULL: none does); `read` has what is so then. */
bool course_options_settle(struct course_options *read, const char *jobs, const char *kept);
#endif
