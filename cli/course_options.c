/* Numbers, durations and shares of the command line. */
#include "cli/course_options.h"

#include "base/clock.h"
#include "cli/crew.h"
#include "cli/report_output.h"
#include "cli/run_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define JOBS_MAXIMUM 256

static bool read_count(const char *text, const char *name, uint64_t *value) {
    if (!text) return true;
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && errno == 0) return true;
    fprintf(stderr, "aot: --%s %s: a whole number is wanted\n", name, text);
    return false;
}

static bool read_seed(const struct options *options, uint64_t *seed) {
    if (option_given(options, "seed")) return read_count(option_value(options, "seed"), "seed", seed);
    if (getrandom(seed, sizeof *seed, 0) != (ssize_t)sizeof *seed) *seed = (uint64_t)clock_wall();
    *seed %= 1000000; /* short enough to be typed again */
    return true;
}

static bool read_timeout(const struct options *options, int64_t *timeout) {
    const char *given = option_value(options, "timeout");
    if (!given || (duration_parse(text_of(given), timeout) && *timeout > 0)) return true;
    fprintf(stderr, "aot: --timeout %s: a duration is wanted, such as 90s or 1h30m\n", given);
    return false;
}

bool course_options_settle(struct course_options *read, const char *jobs, const char *kept) {
    uint64_t count = crew_default();
    read->kept = RUN_FOLDER_KEPT;
    if (!read_count(jobs, "jobs", &count) || !read_count(kept, "keep-runs", &read->kept)) return false;
    read->asked_jobs = jobs != NULL;
    read->jobs = count > JOBS_MAXIMUM ? JOBS_MAXIMUM : (size_t)count;
    return true;
}

bool course_options_read(const struct options *options, struct course_options *read) {
    *read = (struct course_options){ .jobs = 1 };
    return course_options_settle(read, option_value(options, "jobs"), option_value(options, "keep-runs")) &&
           read_seed(options, &read->seed) && read_timeout(options, &read->timeout) &&
           shard_read(option_value(options, "shard"), &read->shard) && report_outputs_check(options);
}
