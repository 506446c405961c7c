/* jitter and breaker from attempts and probes that were made up. */
#include "base/memory.h"
#include "stdlib/stats/retries.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct heap *heap;

static void begin(void) {
    heap = heap_new(0);
}

static void end(void) {
    cr_expect_eq(heap_free(heap), 0);
}

TestSuite(retries, .init = begin, .fini = end);

enum { MOST = 200 };
static struct {
    size_t count;
    int64_t start[MOST], end[MOST];
    struct value values[MOST];
} made;

static struct value with(struct value record, const char *key, struct value item) {
    record = value_record_with(record, text_of(key), item);
    value_release(item);
    return record;
}

static void add(int64_t start, int64_t end, struct value value) {
    made.start[made.count] = start;
    made.end[made.count] = end;
    made.values[made.count++] = value;
}

/* `request` below 0: it carried no id; `given_up` 0: the client did not. */
static void attempt(int request, int64_t start, int64_t end, int64_t given_up) {
    struct value record = value_record(heap);
    record = with(record, "request", request < 0 ? value_none() : value_printf(heap, "r%d", request));
    add(start, end, with(record, "given_up", given_up ? value_instant(given_up) : value_none()));
}

static void probe(int64_t start, int64_t end, bool ok) {
    add(start, end, with(value_record(heap), "ok", value_boolean(ok)));
}

static struct value taken(enum series_kind kind) {
    struct timing *timing = timing_new(made.count, false);
    struct value *values = memory_allocate((made.count + 1) * sizeof *values);
    memcpy(timing->start, made.start, made.count * sizeof *timing->start);
    memcpy(timing->end, made.end, made.count * sizeof *timing->end);
    memcpy(values, made.values, made.count * sizeof *values);
    made.count = 0;
    return series_make(heap, kind, timing, values, (struct provenance){ .alive_to = 1000, .name = TEXT("made") });
}

static void expect_jitter(const char *wanted) {
    struct value series = taken(SERIES_EVENTS), result = retries_jitter(heap, series_of(series));
    char said[200];
    if (result.kind == VALUE_RATIO)
        snprintf(said, sizeof said, "%.2f", result.number);
    else
        snprintf(said, sizeof said, "%.*s", TEXT_ARGS(value_text_of(result)));
    cr_expect(strstr(said, wanted), "%s, not %s", said, wanted);
    value_release(result);
    value_release(series);
}

/* Ten requests, four attempts of 50 each; between them 100, 200, 400, shifted for each request. */
static void retried(int64_t shift, int64_t held) {
    for (int request = 0; request < 10; request++) {
        int64_t at = request * 7;
        for (int i = 0; i < 4; i++) {
            attempt(request, at, at + 50 + held, held ? at + 50 : 0);
            at += 50 + (100 << i) + request * shift;
        }
    }
}

Test(retries, equal_delays_have_no_jitter) {
    retried(0, 0);
    expect_jitter("0.00");
}

Test(retries, spread_delays_have) {
    retried(20, 0);        /* 100 to 280, 200 to 380, 400 to 580 */
    expect_jitter("0.69"); /* 100 to 260 is 0.44 of its mean, an estimate that is too small as a rule */
}

Test(retries, the_clients_end_counts_not_the_faults) {
    retried(0, 5000);
    expect_jitter("0.00");
}

Test(retries, too_few_say_nothing) {
    for (int request = 0; request < 9; request++)
        for (int i = 0; i < 4; i++) attempt(request, i * 100, i * 100 + 50, 0);
    attempt(9, 0, 50, 0);
    expect_jitter("9 requests were tried again 3 times, 10 are needed");
    for (int i = 0; i < 40; i++) attempt(-1, i, i, 0);
    expect_jitter("carry no X-Request-Id");
    expect_jitter("0 requests were tried again");
}

Test(retries, attempts_that_overlap_are_no_retries) {
    for (int request = 0; request < 10; request++)
        for (int i = 0; i < 4; i++) attempt(request, i * 10, i * 10 + 50, 0);
    expect_jitter("0 requests were tried again");
}

static void expect_states(struct value feature, struct value attempts, const char *wanted) {
    struct value states = retries_breaker(heap, series_of(feature), series_of(attempts));
    char said[400] = "";
    for (size_t i = 0; i < series_of(states)->timing->count; i++) {
        strncat(said, i ? " " : "", sizeof said - strlen(said) - 1);
        struct text state = value_text_of(series_of(states)->values[i]);
        strncat(said, state.bytes, state.length);
    }
    cr_expect_str_eq(said, wanted);
    value_release(states);
    value_release(feature);
    value_release(attempts);
}

Test(retries, a_breaker_is_seen_by_its_attempts) {
    for (int i = 0; i < 10; i++) probe(i * 100, i * 100 + 20, i == 0 || i == 9);
    struct value feature = taken(SERIES_SAMPLES);
    static const int64_t times[] = { 5, 105, 110, 205, 610, 905 }; /* probes 0, 1, 2, 6 and 9 got through */
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) attempt(1, times[i], times[i] + 1, 0);
    expect_states(feature, taken(SERIES_EVENTS), "closed closed closed open open open half_open open open closed");
}

/* A limit of one call for every 300: the probes between are turned away, and others' calls get through meanwhile. */
Test(retries, a_rate_limit_is_no_breaker) {
    for (int i = 0; i < 9; i++) probe(i * 100, i * 100 + 2, false);
    struct value feature = taken(SERIES_SAMPLES);
    for (int i = 0; i < 9; i++) attempt(i, i * 100 + 50, i * 100 + 55, 0);
    expect_states(feature, taken(SERIES_EVENTS), "closed closed closed closed closed closed closed closed closed");
}

/* The first probe's call opens the breaker; calls 1 and 2 are still on their way and retry. */
Test(retries, retries_of_calls_under_way_do_not_close_a_breaker) {
    for (int i = 0; i < 6; i++) probe(i * 100, i * 100 + (i ? 2 : 95), false);
    struct value feature = taken(SERIES_SAMPLES);
    attempt(0, 1, 2, 0);
    for (int i = 0; i < 4; i++) attempt(1, 80 + i * 30, 82 + i * 30, 0);
    for (int i = 0; i < 4; i++) attempt(2, 95 + i * 30, 96 + i * 30, 0);
    attempt(3, 450, 451, 0);
    expect_states(feature, taken(SERIES_EVENTS), "closed open open open open closed");
}

/* A component that gives all its calls one id. */
Test(retries, one_id_for_all_calls_hides_none) {
    for (int i = 0; i < 6; i++) probe(i * 100, i * 100 + 30, false);
    struct value feature = taken(SERIES_SAMPLES);
    for (int i = 0; i < 12; i++) attempt(7, i * 50 + 1, i * 50 + 2, 0);
    expect_states(feature, taken(SERIES_EVENTS), "closed closed closed closed closed closed");
}
