/* jitter and breaker: what the attempts at a proxy tell of the component's retries. */
#include "stdlib/stats/retries.h"

#include "base/memory.h"
#include "base/vector.h"
#include "stdlib/functions.h"
#include "stdlib/stats/spread.h"

#include <stdlib.h>

struct attempt {
    struct text request; /* borrowed from the value */
    int64_t start, end;
};
struct attempts {
    struct VECTOR(struct attempt) list;
};

static struct text request_of(struct value attempt) {
    bool found = false;
    struct value request = attempt.kind == VALUE_RECORD ? value_field(attempt, TEXT("request"), &found) : value_none();
    return found ? value_text_of(request) : TEXT_NONE;
}

/* The client's end of an attempt: a fault may keep what is left of the connection for longer. */
static int64_t end_of(struct value attempt, int64_t end) {
    bool found = false;
    struct value given_up =
        attempt.kind == VALUE_RECORD ? value_field(attempt, TEXT("given_up"), &found) : value_none();
    return found && given_up.kind == VALUE_INSTANT && given_up.integer < end ? given_up.integer : end;
}

static int by_request(const void *a, const void *b) {
    const struct attempt *left = a, *right = b;
    int order = text_compare(left->request, right->request);
    return order ? order : (left->start > right->start) - (left->start < right->start);
}

/* ---- jitter ---- */

static void gather(const struct series *series, struct attempts *attempts) {
    for (size_t i = 0; i < series->timing->count; i++) {
        struct attempt attempt = { request_of(series->values[i]), series->timing->start[i],
                                   end_of(series->values[i], series->timing->end[i]) };
        if (attempt.request.length) VECTOR_PUSH(&attempts->list, attempt);
    }
    if (attempts->list.count)
        qsort(attempts->list.items, attempts->list.count, sizeof *attempts->list.items, by_request);
}

/* How many attempts at `index` and behind it are for the same request. */
static size_t run_at(const struct attempts *attempts, size_t index) {
    size_t count = 1;
    while (index + count < attempts->list.count &&
           text_equal(attempts->list.items[index].request, attempts->list.items[index + count].request))
        count++;
    return count;
}

/* From the end of one attempt to the start of the next; false if they overlap: those are no retries. */
static bool take_delays(const struct attempt *attempts, size_t retries, double *delays) {
    for (size_t i = 0; i < retries; i++) {
        delays[i] = (double)(attempts[i + 1].start - attempts[i].end);
        if (delays[i] <= 0) return false;
    }
    return true;
}

struct value retries_jitter(struct heap *heap, const struct series *series) {
    enum { RETRIES = SPREAD_RETRIES_LEAST };
    struct attempts attempts = { 0 };
    gather(series, &attempts);
    double *delays = memory_allocate((attempts.list.count + RETRIES) * sizeof *delays);
    size_t requests = 0, told = attempts.list.count;
    for (size_t i = 0, count; i < attempts.list.count; i += count) {
        count = run_at(&attempts, i);
        if (count > RETRIES) requests += take_delays(&attempts.list.items[i], RETRIES, &delays[requests * RETRIES]);
    }
    struct value result;
    if (!told && series->timing->count)
        result = value_no_data(heap, "jitter: the attempts carry no X-Request-Id, so nobody knows which are retries");
    else if (requests < SPREAD_REQUESTS_LEAST)
        result = value_no_data(heap, "jitter: %zu requests were tried again %d times, %d are needed to tell", requests,
                               RETRIES, SPREAD_REQUESTS_LEAST);
    else
        result = value_ratio(spread_of(delays, requests, RETRIES));
    memory_release(delays);
    VECTOR_DONE(&attempts.list);
    return result;
}

static struct value not_a_series(struct heap *heap, struct value value, const char *name) {
    return value_is_bad(value) ? value_retain(value) : value_error(heap, "%s: this is no stream", name);
}

enum native_outcome stats_jitter(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct value attempts = value_as_series(argument(call, 0));
    struct value result = attempts.kind == VALUE_SERIES ? retries_jitter(heap, series_of(attempts))
                                                        : not_a_series(heap, attempts, "jitter");
    value_release(attempts);
    return native_done(call, result);
}

/* ---- breaker ---- */

static bool is_ok(struct value response) {
    bool found = false;
    return response.kind == VALUE_RECORD && value_is_true(value_field(response, TEXT("ok"), &found)) && found;
}

static int by_time(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Whether one of the moments, in order, lies in [from, to]. */
static bool any_between(const int64_t *moments, size_t count, int64_t from, int64_t to) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (moments[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && moments[low] <= to;
}

static int64_t longest_of(const struct timing *timing) {
    int64_t longest = 0;
    for (size_t i = 0; i < timing->count; i++)
        if (timing->end[i] - timing->start[i] > longest) longest = timing->end[i] - timing->start[i];
    return longest;
}

/* When calls were let through, in order; owned. A call that went on when the breaker opened may still retry: its later attempts are
 * not new calls, if they carry its id and come no later than the longest probe lasted (an id may be anybody's). */
static int64_t *calls_of(const struct series *attempts, int64_t longest, size_t *count) {
    struct attempts named = { 0 };
    size_t all = attempts->timing->count;
    int64_t *moments = memory_allocate((all + 1) * sizeof *moments);
    *count = 0;
    gather(attempts, &named);
    for (size_t i = 0; i < all; i++)
        if (!request_of(attempts->values[i]).length) moments[(*count)++] = attempts->timing->start[i];
    for (size_t i = 0, length; i < named.list.count; i += length) {
        const struct attempt *first = &named.list.items[i];
        length = run_at(&named, i);
        for (size_t k = 0; k < length; k++)
            if (k == 0 || first[k].start - first->start > longest) moments[(*count)++] = first[k].start;
    }
    VECTOR_DONE(&named.list);
    qsort(moments, *count, sizeof *moments, by_time);
    return moments;
}

/* How many probes from `index` on failed one behind the other, and from the first to the last no call was let through. */
static size_t turned_away_at(const struct series *feature, const int64_t *calls, size_t count, size_t index) {
    const struct timing *timing = feature->timing;
    size_t length = 0;
    while (index + length < timing->count && !is_ok(feature->values[index + length]) &&
           !value_is_bad(feature->values[index + length]) &&
           !any_between(calls, count, timing->start[index], timing->end[index + length]))
        length++;
    return length;
}

/* A breaker is open over a span, in which it turns all away: one probe that failed without an attempt shows none, a rate limit does that
 * too. The first call behind the span is the breaker's own: half open. */
struct value retries_breaker(struct heap *heap, const struct series *feature, const struct series *attempts) {
    enum { OPEN_FROM = 2 };
    size_t count = feature->timing->count, call_count;
    struct timing *timing = timing_new(count, false);
    struct value *values = memory_allocate((count + 1) * sizeof *values);
    int64_t *calls = calls_of(attempts, longest_of(feature->timing), &call_count);
    size_t open_to = 0; /* the probe behind the last span */
    for (size_t i = 0; i < count; i++) {
        timing->start[i] = feature->timing->start[i];
        timing->end[i] = feature->timing->end[i];
        size_t length = i < open_to ? 0 : turned_away_at(feature, calls, call_count, i);
        bool follows = i > 0 && i == open_to, fails = !is_ok(feature->values[i]);
        if (length >= OPEN_FROM) open_to = i + length;
        const char *state = i < open_to ? "open" : follows && fails && length == 0 ? "half_open" : "closed";
        values[i] = value_is_bad(feature->values[i]) ? value_retain(feature->values[i]) : value_string(heap, state);
    }
    memory_release(calls);
    return series_make(heap, feature->kind, timing, values, feature->provenance);
}

enum native_outcome stats_breaker(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct value feature = value_as_series(argument(call, 0)), attempts = value_as_series(argument(call, 1)), result;
    if (feature.kind != VALUE_SERIES)
        result = not_a_series(heap, feature, "breaker");
    else if (attempts.kind != VALUE_SERIES)
        result = not_a_series(heap, attempts, "breaker");
    else
        result = retries_breaker(heap, series_of(feature), series_of(attempts));
    value_release(feature);
    value_release(attempts);
    return native_done(call, result);
}
