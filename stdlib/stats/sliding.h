/* An aggregate over a trailing window: a signal, sampled whenever an element enters or leaves the window.
 * A sample's start is the window's start, its end the window's end; only windows that lie within the recording are given. */
#ifndef AOT_STDLIB_STATS_SLIDING_H
#define AOT_STDLIB_STATS_SLIDING_H
#include "stdlib/stats/aggregate.h"
#include "vm/series.h"

/* `condition` is none, or for ratio a list or series of bools, one for each element. `now` ends a recording that goes on. */
struct value sliding_aggregate(struct heap *heap, enum aggregate aggregate, struct window window,
                               struct value condition, int64_t now);
#endif
