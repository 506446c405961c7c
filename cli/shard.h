/* --shard: which part of the cells this machine runs. Every n-th of those that all filters left, so that the parts are alike. */
#ifndef AOT_CLI_SHARD_H
#define AOT_CLI_SHARD_H
#include <stdbool.h>
#include <stddef.h>

struct shard {
    size_t index; /* from 0 */
    size_t count; /* 0: there are no shards */
};
/* "2/8", or "auto": from what the CI says in the environment. Prints what is wrong; false then. */
bool shard_read(const char *text, struct shard *shard);
/* Whether the cell, the position-th of those selected, is in it. */
bool shard_has(const struct shard *shard, size_t position);
#endif
