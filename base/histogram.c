/* Latencies and other non-negative integers in buckets, for loads and for windows of claims.
 * Each power of two is cut into 64 equal buckets (DDSketch's linearly interpolated mapping), so a bucket's middle is
 * within 1/128 of every value in it, and finding the bucket takes two shifts. Sums of 64 buckets make quantiles short. */
#include "base/histogram.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>

enum { SPLIT_BITS = 6, SPLIT = 1 << SPLIT_BITS, GROUPS = 63 - SPLIT_BITS + 1, BUCKETS = GROUPS * SPLIT };

struct histogram {
    uint64_t count;            /* values in all buckets */
    uint64_t groups[GROUPS];   /* values in each run of SPLIT buckets */
    uint64_t buckets[BUCKETS]; /* values in each bucket */
};

struct histogram *histogram_new(void) {
    return memory_allocate(sizeof(struct histogram));
}

void histogram_free(struct histogram *histogram) {
    memory_release(histogram);
}

/* Values under 2 * SPLIT have a bucket each. */
static unsigned bucket_of(int64_t value) {
    if (value < 0) return 0;
    if (value < SPLIT) return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll((unsigned long long)value) - SPLIT_BITS;
    return shift * SPLIT + (unsigned)(value >> shift);
}

static int64_t middle_of(unsigned bucket) {
    if (bucket < 2 * SPLIT) return bucket;
    unsigned shift = bucket / SPLIT - 1;
    int64_t low = (int64_t)(bucket % SPLIT + SPLIT) << shift;
    return low + ((INT64_C(1) << shift) - 1) / 2;
}

void histogram_add(struct histogram *histogram, int64_t value) {
    unsigned bucket = bucket_of(value);
    histogram->buckets[bucket]++;
    histogram->groups[bucket / SPLIT]++;
    histogram->count++;
}

void histogram_remove(struct histogram *histogram, int64_t value) {
    unsigned bucket = bucket_of(value);
    assert(histogram->buckets[bucket] > 0);
    histogram->buckets[bucket]--;
    histogram->groups[bucket / SPLIT]--;
    histogram->count--;
}

void histogram_merge(struct histogram *into, const struct histogram *from) {
    for (unsigned group = 0; group < GROUPS; group++) {
        if (!from->groups[group]) continue;
        into->groups[group] += from->groups[group];
        for (unsigned i = group * SPLIT; i < (group + 1) * SPLIT; i++) into->buckets[i] += from->buckets[i];
    }
    into->count += from->count;
}

uint64_t histogram_count(const struct histogram *histogram) {
    return histogram->count;
}

int64_t histogram_quantile(const struct histogram *histogram, double q) {
    if (histogram->count == 0) return 0;
    /* 0.07 * 100 is a little over 7 in binary; the rank wanted is 7. */
    double exact = q * (double)histogram->count;
    double rank = ceil(exact - exact * 1e-12);
    uint64_t left = rank < 1 ? 1 : rank >= (double)histogram->count ? histogram->count : (uint64_t)rank;
    unsigned group = 0;
    while (histogram->groups[group] < left) left -= histogram->groups[group++];
    unsigned bucket = group * SPLIT;
    while (histogram->buckets[bucket] < left) left -= histogram->buckets[bucket++];
    return middle_of(bucket);
}
