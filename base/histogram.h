/* A log-bucketed histogram: 1% relative error, mergeable, O(1) to add (Masson et al., DDSketch, 2019). */
#ifndef AOT_BASE_HISTOGRAM_H
#define AOT_BASE_HISTOGRAM_H
#include <stdint.h>
#include <stddef.h>

struct histogram;
struct histogram *histogram_new(void);
void histogram_free(struct histogram *histogram);
void histogram_add(struct histogram *histogram, int64_t value); /* negative values count as 0 */
void histogram_remove(struct histogram *histogram,
                      int64_t value); /* for sliding windows; the value must have been added */
void histogram_merge(struct histogram *into, const struct histogram *from);
uint64_t histogram_count(const struct histogram *histogram);
/* Nearest-rank quantile, 0 < q <= 1; 0 when empty. */
int64_t histogram_quantile(const struct histogram *histogram, double q);
#endif
