/* The spread of delays: how often delays of a known spread are called at least 25%, in a thousand draws each. */
#include "stdlib/stats/spread.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>

static double uniform(void) {
    return (double)rand() / ((double)RAND_MAX + 1);
}

/* The share of draws of `requests` requests, three retries each, with this spread that come to 25% or more. */
static double share_called_spread(size_t requests, double spread, size_t stalls) {
    enum { DRAWS = 1000, RETRIES = 3, MOST = 40 };
    static double delays[MOST * RETRIES];
    size_t called = 0;
    srand(7);
    for (int draw = 0; draw < DRAWS; draw++) {
        for (size_t i = 0; i < requests * RETRIES; i++) {
            double mean = 80e6 * (double)(1 << i % RETRIES);
            delays[i] =
                mean * (1 + spread * (2 * uniform() - 1)) + 1e5 * uniform(); /* and 0.1 ms of the machine's own */
        }
        for (size_t i = 0; i < stalls; i++) delays[(size_t)rand() % (requests * RETRIES)] += 60e6;
        called += spread_of(delays, requests, RETRIES) >= 0.25;
    }
    return (double)called / DRAWS;
}

Test(spread, a_quarter_is_called_a_quarter) {
    cr_expect_gt(share_called_spread(10, 0.25, 0), 0.95);
    cr_expect_gt(share_called_spread(20, 0.25, 0), 0.97);
    cr_expect_gt(share_called_spread(10, 0.5, 0), 0.99);
    cr_expect_gt(share_called_spread(10, 0.99, 0), 0.99);
}

Test(spread, less_is_not) {
    cr_expect_lt(share_called_spread(20, 0.15, 0), 0.02);
    cr_expect_lt(share_called_spread(40, 0.20, 0), 0.02);
    cr_expect_eq(share_called_spread(10, 0, 0), 0);
}

Test(spread, stalls_of_the_machine_are_no_jitter) {
    cr_expect_eq(share_called_spread(10, 0, 3), 0);
    cr_expect_eq(share_called_spread(20, 0, 6), 0);
}

Test(spread, all_alike_is_none) {
    double delays[30];
    for (int i = 0; i < 30; i++) delays[i] = 1;
    cr_expect_eq(spread_of(delays, 10, 3), 0);
}
