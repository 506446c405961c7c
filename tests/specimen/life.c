/* The process's life, as atomics. Warming up stands for what real services do then: caches, pools, compiled queries. */
#include "life.h"

#include "http.h"

#include <stdatomic.h>

enum { WARM_AFTER = 800 }; /* ms; longer than a balancer needs to find out that it is up */

static atomic_llong started, last_request, first_request;
static atomic_bool draining, slow;

void life_start(void) {
    started = last_request = http_clock();
}

bool life_is_warm(void) {
    return http_clock() - started >= WARM_AFTER;
}

void life_drain(void) {
    draining = true;
}

bool life_is_draining(void) {
    return draining;
}

void life_slow_down(void) {
    slow = true;
}

bool life_is_slow(void) {
    return slow && !draining;
}

void life_note_request(void) {
    last_request = http_clock();
}

long long life_quiet(void) {
    return http_clock() - last_request;
}

long long life_since_first_request(void) {
    long long now = http_clock(), none = 0;
    atomic_compare_exchange_strong(&first_request, &none, now);
    return now - first_request;
}
