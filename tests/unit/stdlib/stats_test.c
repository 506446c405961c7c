/* Aggregates of plain elements and of windows. Windows are compared with a second, plain implementation on random traces. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/stats/sliding.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct heap *heap;

static void begin(void) {
    heap = heap_new(0);
}

static void end(void) {
    cr_expect_eq(heap_free(heap), 0, "values are still alive");
    cr_expect_eq(memory_live_blocks(), 0, "memory is still alive");
}

TestSuite(stats, .init = begin, .fini = end);

/* Printed and released. */
static const char *shown(struct value value) {
    static struct buffer out;
    static char text[256];
    value_print(value, &out);
    snprintf(text, sizeof text, "%.*s", TEXT_ARGS(buffer_text(&out)));
    buffer_done(&out);
    value_release(value);
    return text;
}

static const char *of(enum aggregate aggregate, const struct value *values, size_t count) {
    return shown(aggregate_of(heap, aggregate, values, count));
}
#define OF(aggregate, ...) \
    of(aggregate, (struct value[]){ __VA_ARGS__ }, sizeof((struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

Test(stats, whole_quantities_keep_their_kind) {
    struct value a = value_duration(3 * MILLISECOND), b = value_duration(1 * MILLISECOND),
                 c = value_duration(2 * MILLISECOND);
    cr_expect_str_eq(OF(AGGREGATE_SUM, a, b, c), "6ms");
    cr_expect_str_eq(OF(AGGREGATE_MIN, a, b, c), "1ms");
    cr_expect_str_eq(OF(AGGREGATE_MAX, a, b, c), "3ms");
    cr_expect_str_eq(OF(AGGREGATE_AVG, a, b, c), "2ms");
    cr_expect_str_eq(OF(AGGREGATE_P50, a, b, c), "2ms");
    cr_expect_str_eq(OF(AGGREGATE_COUNT, a, b, c), "3");
    cr_expect_str_eq(OF(AGGREGATE_SUM, value_size(1024), value_size(1024)), "2KiB");
}

Test(stats, integers_and_numbers) {
    cr_expect_str_eq(OF(AGGREGATE_AVG, value_integer(1), value_integer(2)), "1.5");
    cr_expect_str_eq(OF(AGGREGATE_SUM, value_integer(1), value_number(0.5)), "1.5");
    cr_expect_str_eq(OF(AGGREGATE_MAX, value_integer(2), value_number(1.5)), "2");
    cr_expect_str_eq(OF(AGGREGATE_SUM, value_number(1e16), value_number(1), value_number(-1e16)), "1");
    cr_expect_str_eq(OF(AGGREGATE_SUM, value_ratio(0.25), value_ratio(0.25)), "50%");
    cr_expect(strstr(OF(AGGREGATE_SUM, value_integer(INT64_MAX), value_integer(1)), "too large"));
    cr_expect(strstr(OF(AGGREGATE_AVG, value_integer(INT64_MAX), value_integer(INT64_MAX)), "9.2"));
}

Test(stats, percentiles_are_by_nearest_rank) {
    struct value values[100];
    for (int i = 0; i < 100; i++) values[i] = value_integer(100 - i);
    cr_expect_str_eq(of(AGGREGATE_P50, values, 100), "50");
    cr_expect_str_eq(of(AGGREGATE_P95, values, 100), "95");
    cr_expect_str_eq(of(AGGREGATE_P99, values, 100), "99");
    cr_expect_str_eq(of(AGGREGATE_P90, values, 100), "90");
    cr_expect_str_eq(of(AGGREGATE_P90, values, 10), "99");
    cr_expect_str_eq(of(AGGREGATE_P999, values, 100), "100");
    cr_expect_str_eq(of(AGGREGATE_P99, values, 50), "100");
    cr_expect_eq(aggregate_rank(AGGREGATE_P999, 1000), 999);
    cr_expect_eq(aggregate_rank(AGGREGATE_P999, 1001), 1000);
    cr_expect_eq(aggregate_rank(AGGREGATE_P999, 10000), 9990);
    cr_expect_eq(aggregate_rank(AGGREGATE_P90, 11), 10);
    cr_expect_str_eq(of(AGGREGATE_P50, values, 1), "100");
    cr_expect_str_eq(of(AGGREGATE_P50, values, 3), "99");
}

Test(stats, nothing_is_no_data_but_for_count_and_sum) {
    cr_expect_str_eq(of(AGGREGATE_COUNT, NULL, 0), "0");
    cr_expect_str_eq(of(AGGREGATE_SUM, NULL, 0), "0");
    for (enum aggregate aggregate = AGGREGATE_MIN; aggregate <= AGGREGATE_P99; aggregate++) {
        struct value value = aggregate_of(heap, aggregate, NULL, 0);
        cr_expect_eq(value.kind, VALUE_NO_DATA, "%s", aggregate_name(aggregate));
        value_release(value);
    }
}

Test(stats, an_error_among_the_elements_is_the_result) {
    struct value values[] = { value_integer(1), value_no_data(heap, "nobody knows"), value_error(heap, "it broke") };
    for (enum aggregate aggregate = AGGREGATE_COUNT; aggregate <= AGGREGATE_P99; aggregate++) {
        struct value error = aggregate_of(heap, aggregate, values, 3),
                     absence = aggregate_of(heap, aggregate, values, 2);
        cr_expect_eq(error.kind, VALUE_ERROR, "%s", aggregate_name(aggregate));
        cr_expect_eq(absence.kind, VALUE_NO_DATA, "%s", aggregate_name(aggregate));
        value_release(error);
        value_release(absence);
    }
    value_release(values[1]);
    value_release(values[2]);
}

Test(stats, what_has_no_order_or_no_sum_is_refused) {
    struct value text = value_string(heap, "b"), other = value_string(heap, "a");
    cr_expect_str_eq(OF(AGGREGATE_MIN, text, other), "\"a\"");
    cr_expect(strstr(OF(AGGREGATE_SUM, text, other), "no quantities"));
    cr_expect(strstr(OF(AGGREGATE_MAX, text, value_integer(1)), "not of one ordered kind"));
    cr_expect(strstr(OF(AGGREGATE_SUM, value_duration(1), value_size(1)), "not of one ordered kind"));
    cr_expect(strstr(OF(AGGREGATE_MIN, value_none(), value_integer(1)), "not of one ordered kind"));
    cr_expect(strstr(OF(AGGREGATE_SUM, value_instant(1), value_instant(2)), "no quantities"));
    cr_expect_str_eq(OF(AGGREGATE_COUNT, text, value_integer(1)), "2");
    value_release(text);
    value_release(other);
}

/* ---- windows ---- */

struct trace {
    size_t count;
    int64_t start[400], end[400];
    struct value values[400];
    enum series_kind kind;
    int64_t alive_to;
};

static int64_t chance(int64_t bound) {
    return (int64_t)(rand() % (int)bound);
}

static struct trace random_trace(enum series_kind kind) {
    struct trace trace = { .count = (size_t)chance(400), .kind = kind };
    int64_t at = 0;
    for (size_t i = 0; i < trace.count; i++) {
        int64_t life = chance(4) ? chance(20) : chance(200);
        at += chance(8) ? chance(6) : chance(300);
        trace.end[i] = at; /* sorted by end */
        trace.start[i] = at > life ? at - life : 0;
        trace.values[i] = value_integer(chance(50) - 25);
    }
    trace.alive_to = at + chance(200);
    return trace;
}

static struct value series(const struct trace *trace) {
    struct timing *timing = timing_new(trace->count, false);
    struct value *values = memory_allocate(trace->count * sizeof *values);
    for (size_t i = 0; i < trace->count; i++) {
        timing->start[i] = trace->start[i];
        timing->end[i] = trace->end[i];
        values[i] = value_retain(trace->values[i]);
    }
    struct provenance provenance = { .alive_to = trace->alive_to, .name = TEXT("trace") };
    return series_make(heap, trace->kind, timing, values, provenance);
}

/* The same by its definition: who is in the window that ends at `at`, and the plain aggregate of those. */
static struct value plainly(const struct trace *trace, enum aggregate aggregate, int64_t at, int64_t length) {
    struct value in[400];
    size_t count = 0, holds = 0;
    for (size_t i = 0; i < trace->count; i++) {
        int64_t start = trace->start[i], end = trace->end[i];
        bool inside = trace->kind == SERIES_SAMPLES ? start >= at - length && end <= at
                      : aggregate == AGGREGATE_RATE ? end <= at && end > at - length
                                                    : start <= at && end > at - length;
        if (!inside) continue;
        holds += value_is_true(trace->values[i]);
        in[count++] = trace->values[i];
    }
    if (aggregate == AGGREGATE_RATIO)
        return count ? value_ratio((double)holds / (double)count) : value_no_data(heap, "ratio of no elements");
    if (aggregate != AGGREGATE_RATE) return aggregate_of(heap, aggregate, in, count);
    struct value rate = value_number((double)count / ((double)length / 1e9));
    rate.time_power = -1;
    return rate;
}

static void compare(const struct trace *trace, enum aggregate aggregate, int64_t length) {
    struct value source = series(trace);
    struct window window = { source, length };
    struct value condition = aggregate == AGGREGATE_RATIO ? source : value_none();
    struct value result = sliding_aggregate(heap, aggregate, window, condition, 0);
    cr_assert_eq(result.kind, VALUE_SERIES);
    const struct series *signal = series_of(result);
    if (trace->alive_to >= length) cr_assert_gt(signal->timing->count, 0);
    for (size_t i = 0; i < signal->timing->count; i++) {
        int64_t at = signal->timing->end[i];
        cr_assert_eq(signal->timing->start[i], at - length);
        cr_assert_geq(signal->timing->start[i], 0);
        cr_assert_leq(at, trace->alive_to);
        struct value expected = plainly(trace, aggregate, at, length);
        if (!value_equal(expected, signal->values[i])) {
            const char *got = shown(value_retain(signal->values[i]));
            cr_assert(false, "%s at %lld: got %s", aggregate_name(aggregate), (long long)at, got);
        }
        value_release(expected);
    }
    /* Between two samples nothing changes: the value halfway is that of the sample before. */
    for (size_t i = 1; i < signal->timing->count; i++) {
        int64_t halfway = (signal->timing->end[i - 1] + signal->timing->end[i]) / 2;
        struct value expected = plainly(trace, aggregate, halfway, length);
        cr_assert(halfway == signal->timing->end[i] || value_equal(expected, signal->values[i - 1]));
        value_release(expected);
    }
    value_release(result);
    value_release(source);
}

Test(stats, windows_are_as_their_definition_says) {
    srand(7);
    for (int round = 0; round < 60; round++) {
        struct trace trace = random_trace(round % 2 ? SERIES_SAMPLES : SERIES_EVENTS);
        for (enum aggregate aggregate = AGGREGATE_COUNT; aggregate <= AGGREGATE_RATE; aggregate++)
            compare(&trace, aggregate, 1 + chance(100));
        for (size_t i = 0; i < trace.count; i++) trace.values[i] = value_boolean(chance(2));
        compare(&trace, AGGREGATE_RATIO, 1 + chance(100));
    }
}

Test(stats, a_window_with_an_error_is_an_error_until_it_has_left) {
    struct trace trace = {
        .count = 3, .kind = SERIES_EVENTS, .start = { 5, 15, 40 }, .end = { 5, 15, 40 }, .alive_to = 60
    };
    trace.values[0] = value_integer(1);
    trace.values[1] = value_error(heap, "it broke");
    trace.values[2] = value_integer(3);
    struct value source = series(&trace);
    struct value result = sliding_aggregate(heap, AGGREGATE_MAX, (struct window){ source, 10 }, value_none(), 0);
    const struct series *signal = series_of(result);
    for (size_t i = 0; i < signal->timing->count; i++) {
        int64_t at = signal->timing->end[i];
        enum value_kind expected = at >= 15 && at < 25                ? VALUE_ERROR
                                   : at < 15 || (at >= 40 && at < 50) ? VALUE_INTEGER
                                                                      : VALUE_NO_DATA;
        cr_expect_eq(signal->values[i].kind, expected, "at %lld", (long long)at);
    }
    value_release(result);
    value_release(source);
    value_release(trace.values[1]);
}

Test(stats, windows_without_sense) {
    struct trace trace = { .count = 1, .kind = SERIES_EVENTS, .start = { 5 }, .end = { 5 }, .alive_to = 60 };
    trace.values[0] = value_integer(1);
    struct value source = series(&trace);
    struct value zero = sliding_aggregate(heap, AGGREGATE_MAX, (struct window){ source, 0 }, value_none(), 0);
    cr_expect_eq(zero.kind, VALUE_ERROR);
    struct value wide = sliding_aggregate(heap, AGGREGATE_MAX, (struct window){ source, 1000 }, value_none(), 0);
    cr_expect_eq(series_of(wide)->timing->count, 0, "no window lies inside the recording");
    struct value list = value_list(heap, NULL, 0);
    struct value uneven = sliding_aggregate(heap, AGGREGATE_RATIO, (struct window){ source, 10 }, list, 0);
    cr_expect_eq(uneven.kind, VALUE_ERROR);
    value_release(zero);
    value_release(wide);
    value_release(uneven);
    value_release(list);
    value_release(source);
}

/* ---- many whole numbers: chosen by their digits, against a plain sort ---- */
static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t any_number(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(*state ^ *state >> 29);
}

static void expect_as_sorted(const int64_t *numbers, size_t count, const char *what) {
    static const enum aggregate percentiles[] = { AGGREGATE_P50, AGGREGATE_P95, AGGREGATE_P99 };
    struct value *values = memory_allocate(count * sizeof *values);
    int64_t *sorted = memory_allocate(count * sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        values[i] = value_duration(numbers[i]);
        sorted[i] = numbers[i];
    }
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        struct value got = aggregate_of(heap, percentiles[i], values, count);
        int64_t wanted = sorted[aggregate_rank(percentiles[i], count) - 1];
        cr_expect_eq(got.kind, VALUE_DURATION);
        cr_expect_eq(got.integer, wanted, "%s, %zu of them, %s: %lld, not %lld", what, count,
                     aggregate_name(percentiles[i]), (long long)got.integer, (long long)wanted);
        value_release(got);
    }
    memory_release(values);
    memory_release(sorted);
}

Test(stats, percentiles_of_many_whole_numbers_are_those_of_a_sort) {
    static const size_t counts[] = { 8191, 8192, 8193, 20011 }; /* from 8192 on by digits */
    uint64_t state = 7;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t count = counts[c];
        int64_t *numbers = memory_allocate(count * sizeof *numbers);
        for (size_t i = 0; i < count; i++) numbers[i] = any_number(&state);
        expect_as_sorted(numbers, count, "all of int64");
        for (size_t i = 0; i < count; i++) numbers[i] = any_number(&state) % (3 * MILLISECOND);
        expect_as_sorted(numbers, count, "latencies around 0");
        for (size_t i = 0; i < count; i++) numbers[i] = 65535 + (any_number(&state) & 1); /* differ in a high digit */
        expect_as_sorted(numbers, count, "two values");
        for (size_t i = 0; i < count; i++) numbers[i] = -(int64_t)i * (INT64_C(1) << 40);
        expect_as_sorted(numbers, count, "falling, below 0");
        for (size_t i = 0; i < count; i++) numbers[i] = i % 3 ? INT64_MIN : INT64_MAX;
        expect_as_sorted(numbers, count, "the ends");
        for (size_t i = 0; i < count; i++) numbers[i] = 42;
        expect_as_sorted(numbers, count, "one value");
        memory_release(numbers);
    }
}
