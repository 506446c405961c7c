/* The range of n draws from U[b(1-j), b(1+j)], divided by the sum of its ends, is the maximum-likelihood estimate of j, and too small as a
 * rule; its distribution is that of the range of n uniform draws (David and Nagaraja, Order Statistics, 2.3), which gives the bound.
 * Each retry is a group of its own: base and factor of a back-off cancel. */
#include "stdlib/stats/spread.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double certainty = 0.01;
enum { STALLS_FROM = 6 }; /* of so many delays the longest is left out: it may be the scheduler's */

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double binomial(size_t n, size_t k) {
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1));
}

/* That n uniform draws from [0, 1], the `dropped` largest left out, lie within a range of w. */
static double chance_of_range(size_t n, size_t dropped, double w) {
    double chance = 0;
    for (size_t c = n - 1 - dropped; c <= n; c++)
        chance += binomial(n, c) * pow(w, (double)c) * pow(1 - w, (double)(n - c));
    return chance < 1 ? chance : 1;
}

/* The range that all groups together exceed in all but one of a hundred cases. */
static double least_range(size_t n, size_t dropped, size_t groups) {
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (pow(chance_of_range(n, dropped, middle), (double)groups) < certainty)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static double median_of(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double spread_of(const double *delays, size_t requests, size_t retries) {
    double *group = memory_allocate(requests * sizeof *group), widest = 0;
    double *distances = memory_allocate(requests * retries * sizeof *distances);
    size_t dropped = requests >= STALLS_FROM;
    for (size_t i = 0; i < retries; i++) {
        for (size_t r = 0; r < requests; r++) group[r] = delays[r * retries + i];
        double median = median_of(group, requests), low = group[0], high = group[requests - 1 - dropped];
        double ratio = (high - low) / (high + low);
        if (ratio > widest) widest = ratio;
        for (size_t r = 0; r < requests; r++) distances[r * retries + i] = fabs(group[r] / median - 1);
    }
    double bound = widest / least_range(requests, dropped, retries);
    double robust = 2 * median_of(distances, requests * retries) * (1 + 1 / (double)requests);
    memory_release(group);
    memory_release(distances);
    if (bound > 2 * robust) bound = 2 * robust;
    return bound < 1 ? bound : 1;
}
