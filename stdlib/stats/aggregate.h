/* One value of many: count, sum, extremes, mean, percentiles by nearest rank. Exact. */
#ifndef AOT_STDLIB_STATS_AGGREGATE_H
#define AOT_STDLIB_STATS_AGGREGATE_H
#include "stdlib/stats/measure.h"

enum aggregate {
    AGGREGATE_COUNT,
    AGGREGATE_SUM,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_AVG,
    AGGREGATE_P50,
    AGGREGATE_P90,
    AGGREGATE_P95,
    AGGREGATE_P99,
    AGGREGATE_P999,
    AGGREGATE_RATE,
    AGGREGATE_RATIO
};
const char *aggregate_name(enum aggregate aggregate); /* "p99" */
bool aggregate_needs_order(enum aggregate aggregate); /* min, max, percentiles */
bool aggregate_needs_sum(enum aggregate aggregate);   /* sum, avg */
/* From 1: the place in ascending order of the element that min, max or a percentile of `count` elements is. */
size_t aggregate_rank(enum aggregate aggregate, size_t count);
/* An error value if elements of this measure have no such aggregate, else none. */
struct value aggregate_refuses(struct heap *heap, enum aggregate aggregate, const struct measure *measure);
/* What an aggregate of no elements is: 0 for count and sum, else no data. */
struct value aggregate_of_nothing(struct heap *heap, enum aggregate aggregate, const struct measure *measure);
/* The mean of `count` elements whose sum is known as `whole` or `number`, by the measure. */
struct value aggregate_mean(const struct measure *measure, __int128 whole, double number, size_t count);
/* Of plain elements; not for rate and ratio. An error among them is the result, else no data among them. */
struct value aggregate_of(struct heap *heap, enum aggregate aggregate, const struct value *values, size_t count);
/* The first error, else the first no data, retained; none when all is well. */
struct value aggregate_first_bad(const struct value *values, size_t count);
#endif
