/* How far delays are spread around their mean, from few of them: a statistic, without values or runs. */
#ifndef AOT_STDLIB_STATS_SPREAD_H
#define AOT_STDLIB_STATS_SPREAD_H
#include <stddef.h>

enum { SPREAD_REQUESTS_LEAST = 10, SPREAD_RETRIES_LEAST = 3 };
/* `delays[r * retries + i]` is the delay before retry i of request r, above 0. The largest j for which delays drawn from
 * mean * [1 - j, 1 + j] would be as close together as these are in one case of a hundred, at most 1; and no more than twice what their
 * median distance from the median speaks for, so that a few stalls among equal delays count for nothing. At least
 * SPREAD_REQUESTS_LEAST requests and one retry. */
double spread_of(const double *delays, size_t requests, size_t retries);
#endif
