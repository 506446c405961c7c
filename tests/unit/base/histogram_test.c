/* base/histogram: every quantile within 1% of the exact one. */
#include "base/histogram.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static uint64_t seed;

static uint64_t next_random(void) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed >> 1;
}

static int compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void expect_near(int64_t got, int64_t exact) {
    cr_assert_leq(fabs((double)got - (double)exact), 0.01 * (double)exact, "%lld is not within 1%% of %lld",
                  (long long)got, (long long)exact);
}

enum { VALUES = 5000 };
static int64_t values[VALUES];

/* Values of all magnitudes: each has a random number of bits. */
static struct histogram *filled(uint64_t first_seed) {
    struct histogram *histogram = histogram_new();
    seed = first_seed;
    for (int i = 0; i < VALUES; i++) {
        values[i] = (int64_t)(next_random() >> (next_random() >> 20) % 62);
        histogram_add(histogram, values[i]);
    }
    return histogram;
}

Test(histogram, quantiles_are_within_one_percent) {
    struct histogram *histogram = filled(1);
    qsort(values, VALUES, sizeof values[0], compare);
    cr_assert_eq(histogram_count(histogram), VALUES);
    for (int rank = 1; rank <= VALUES; rank++)
        expect_near(histogram_quantile(histogram, (double)rank / VALUES), values[rank - 1]);
    histogram_free(histogram);
}

Test(histogram, edges) {
    struct histogram *histogram = histogram_new();
    cr_assert_eq(histogram_quantile(histogram, 0.5), 0);
    histogram_add(histogram, -5);
    cr_assert_eq(histogram_quantile(histogram, 1), 0, "negative counts as 0");
    histogram_add(histogram, INT64_MAX);
    expect_near(histogram_quantile(histogram, 1), INT64_MAX);
    cr_assert_eq(histogram_quantile(histogram, 0.5), 0);
    histogram_remove(histogram, -5);
    expect_near(histogram_quantile(histogram, 0.001), INT64_MAX);
    histogram_free(histogram);
    histogram_free(NULL);
}

Test(histogram, small_values_are_exact_and_ranks_are_nearest) {
    struct histogram *histogram = histogram_new();
    for (int i = 1; i <= 100; i++) histogram_add(histogram, i);
    cr_assert_eq(histogram_quantile(histogram, 0.07), 7, "0.07 * 100 is a little more than 7 in binary");
    cr_assert_eq(histogram_quantile(histogram, 0.5), 50);
    cr_assert_eq(histogram_quantile(histogram, 0.501), 51);
    cr_assert_eq(histogram_quantile(histogram, 0.99), 99);
    cr_assert_eq(histogram_quantile(histogram, 1), 100);
    cr_assert_eq(histogram_quantile(histogram, 0.0001), 1);
    histogram_free(histogram);
}

Test(histogram, removing_undoes_adding) {
    struct histogram *kept = histogram_new(), *histogram = filled(2);
    for (int i = 0; i < VALUES; i++) {
        if (i % 3 == 0)
            histogram_remove(histogram, values[i]);
        else
            histogram_add(kept, values[i]);
    }
    cr_assert_eq(histogram_count(histogram), histogram_count(kept));
    for (double q = 0.01; q <= 1; q += 0.01)
        cr_assert_eq(histogram_quantile(histogram, q), histogram_quantile(kept, q));
    histogram_free(histogram);
    histogram_free(kept);
}

Test(histogram, merging_is_adding_all) {
    size_t before = memory_live_blocks();
    struct histogram *left = filled(3), *both = filled(3), *right = filled(4);
    for (int i = 0; i < VALUES; i++) histogram_add(both, values[i]);
    histogram_merge(left, right);
    cr_assert_eq(histogram_count(left), 2 * VALUES);
    for (double q = 0.01; q <= 1; q += 0.01) cr_assert_eq(histogram_quantile(left, q), histogram_quantile(both, q));
    histogram_free(left);
    histogram_free(right);
    histogram_free(both);
    cr_assert_eq(memory_live_blocks(), before);
}
