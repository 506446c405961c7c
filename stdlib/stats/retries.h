/* What the attempts at a proxy tell of a component's retries and of its circuit breaker. Results are owned. */
#ifndef AOT_STDLIB_STATS_RETRIES_H
#define AOT_STDLIB_STATS_RETRIES_H
#include "vm/series.h"

/* A ratio; no data when too few requests were tried again, or nobody knows which attempts belong together. */
struct value retries_jitter(struct heap *heap, const struct series *attempts);
/* A series of closed, open, half_open, with the times and the provenance of `feature`. */
struct value retries_breaker(struct heap *heap, const struct series *feature, const struct series *attempts);
#endif
