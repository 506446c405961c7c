/* Reading --shard. What CI systems call the number and the count of a parallel job stands in one table. */
#include "cli/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `count` NULL: it does not say how many there are; AOT_SHARD_TOTAL then must. */
static const struct variables {
    const char *who, *index, *count;
    const char *first; /* a variable with the first index, or "0", "1" */
} known[] = {
    { "GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", "1" },
    { "CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", "0" },
    { "Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", "0" },
    { "Azure", "SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", "1" },
    { "Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN" },
    { "AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", "0" },
    { "Kubernetes", "JOB_COMPLETION_INDEX", NULL, "0" },
};

static bool read_number(const char *text, size_t *number, const char **rest) {
    char *end;
    if (!text || *text < '0' || *text > '9') return false;
    unsigned long value = strtoul(text, &end, 10);
    *number = value;
    *rest = end;
    return value <= 1000000;
}

static bool whole_number(const char *text, size_t *number) {
    const char *rest;
    return read_number(text, number, &rest) && *rest == 0;
}

static const char *total_of(const struct variables *variables) {
    const char *count = variables->count ? getenv(variables->count) : NULL;
    return count && *count ? count : getenv("AOT_SHARD_TOTAL");
}

static bool read_variables(const struct variables *variables, struct shard *shard) {
    const char *first = getenv(variables->first) ? getenv(variables->first) : variables->first;
    const char *index = getenv(variables->index), *total = total_of(variables);
    size_t begin = 0;
    bool good = whole_number(index, &shard->index) && whole_number(total, &shard->count) &&
                whole_number(first, &begin) && shard->index >= begin && shard->index - begin < shard->count;
    if (good) shard->index -= begin;
    if (good) return true;
    fprintf(stderr, "aot: --shard auto: %s says %s=%s, and of how many: %s=%s; that is no part of a whole\n",
            variables->who, variables->index, index, variables->count ? variables->count : "AOT_SHARD_TOTAL",
            total ? total : "(not set; AOT_SHARD_TOTAL will do)");
    return false;
}

static bool read_auto(struct shard *shard) {
    size_t count = sizeof known / sizeof known[0];
    for (size_t i = 0; i < count; i++)
        if (getenv(known[i].index)) return read_variables(&known[i], shard);
    fputs("aot: --shard auto: the environment has none of", stderr);
    for (size_t i = 0; i < count; i++) fprintf(stderr, "%s %s", i ? "," : "", known[i].index);
    fputs("; say --shard 1/4\n", stderr);
    return false;
}

bool shard_read(const char *text, struct shard *shard) {
    *shard = (struct shard){ 0, 0 };
    if (!text) return true;
    if (strcmp(text, "auto") == 0) return read_auto(shard);
    const char *rest;
    size_t index;
    if (read_number(text, &index, &rest) && *rest == '/' && whole_number(rest + 1, &shard->count) && index >= 1 &&
        index <= shard->count) {
        shard->index = index - 1;
        return true;
    }
    fprintf(stderr, "aot: --shard %s: write --shard 1/4 to --shard 4/4, or --shard auto\n", text);
    return false;
}

/* The last steps spread what similar labels differ in over all bits. */
bool shard_has(const struct shard *shard, struct text recipe, struct text cell) {
    if (!shard->count) return true;
    uint64_t mixed = text_hash(recipe) * 0x9E3779B97F4A7C15u ^ text_hash(cell);
    mixed = (mixed ^ mixed >> 33) * 0xFF51AFD7ED558CCDu;
    mixed = (mixed ^ mixed >> 33) * 0xC4CEB9FE1A85EC53u;
    return (mixed ^ mixed >> 33) % shard->count == shard->index;
}
