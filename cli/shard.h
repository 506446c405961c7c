/* --shard: which part of the cells this machine runs: by a hash of recipe and cell, so that machines that see other recipes, or
 * choose in another order, still agree on who has which. */
#ifndef AOT_CLI_SHARD_H
#define AOT_CLI_SHARD_H
#include "base/text.h"

struct shard {
    size_t index; /* from 0 */
    size_t count; /* 0: there are no shards */
};
/* "2/8", or "auto": from what the CI says in the environment. Prints what is wrong; false then. */
bool shard_read(const char *text, struct shard *shard);
/* Whether the recipe's cell ("T4", "app=N") is in it. */
bool shard_has(const struct shard *shard, struct text recipe, struct text cell);
#endif
