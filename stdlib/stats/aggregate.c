/* Aggregates of plain elements. Owns nothing after it returns; never waits. */
#include "stdlib/stats/aggregate.h"

#include "base/memory.h"

#include <stdlib.h>

static const struct {
    const char *name; /* as in the language */
    int permille;     /* of a percentile; 0 for the others */
} table[] = {
    [AGGREGATE_COUNT] = { "count", 0 }, [AGGREGATE_SUM] = { "sum", 0 },   [AGGREGATE_MIN] = { "min", 0 },
    [AGGREGATE_MAX] = { "max", 0 },     [AGGREGATE_AVG] = { "avg", 0 },   [AGGREGATE_P50] = { "p50", 500 },
    [AGGREGATE_P90] = { "p90", 900 },   [AGGREGATE_P95] = { "p95", 950 }, [AGGREGATE_P99] = { "p99", 990 },
    [AGGREGATE_P999] = { "p999", 999 }, [AGGREGATE_RATE] = { "rate", 0 }, [AGGREGATE_RATIO] = { "ratio", 0 },
};

const char *aggregate_name(enum aggregate aggregate) {
    return table[aggregate].name;
}

bool aggregate_needs_order(enum aggregate aggregate) {
    return aggregate == AGGREGATE_MIN || aggregate == AGGREGATE_MAX || table[aggregate].permille;
}

bool aggregate_needs_sum(enum aggregate aggregate) {
    return aggregate == AGGREGATE_SUM || aggregate == AGGREGATE_AVG;
}

size_t aggregate_rank(enum aggregate aggregate, size_t count) {
    if (aggregate == AGGREGATE_MIN) return 1;
    if (aggregate == AGGREGATE_MAX) return count;
    size_t permille = (size_t)table[aggregate].permille;
    return count / 1000 * permille + (count % 1000 * permille + 999) / 1000;
}

struct value aggregate_refuses(struct heap *heap, enum aggregate aggregate, const struct measure *measure) {
    bool order = aggregate_needs_order(aggregate), sum = aggregate_needs_sum(aggregate);
    if ((order || sum) && measure->kind == MEASURE_MIXED)
        return value_error(heap, "%s: the elements are not of one ordered kind", aggregate_name(aggregate));
    if (sum && (measure->kind == MEASURE_ORDERED || measure->sample.kind == VALUE_INSTANT))
        return value_error(heap, "%s: the elements are no quantities", aggregate_name(aggregate));
    return value_none();
}

struct value aggregate_of_nothing(struct heap *heap, enum aggregate aggregate, const struct measure *measure) {
    if (aggregate == AGGREGATE_COUNT) return value_integer(0);
    if (aggregate == AGGREGATE_SUM && measure->kind == MEASURE_WHOLE) return measure_whole_value(heap, measure, 0);
    if (aggregate == AGGREGATE_SUM && measure->kind == MEASURE_NUMBER) return measure_number_value(measure, 0);
    if (aggregate == AGGREGATE_SUM) return value_integer(0);
    return value_no_data(heap, "%s of no elements", aggregate_name(aggregate));
}

struct value aggregate_first_bad(const struct value *values, size_t count) {
    size_t no_data = count;
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == VALUE_ERROR) return value_retain(values[i]);
        if (values[i].kind == VALUE_NO_DATA && no_data == count) no_data = i;
    }
    return no_data < count ? value_retain(values[no_data]) : value_none();
}

struct value aggregate_mean(const struct measure *measure, __int128 whole, double number, size_t count) {
    if (measure->kind == MEASURE_NUMBER) return measure_number_value(measure, number / (double)count);
    if (measure->sample.kind == VALUE_INTEGER) return value_number((double)((long double)whole / (long double)count));
    __int128 n = (__int128)count, half = whole < 0 ? -(n / 2) : n / 2;
    struct value result = measure->sample;
    result.integer = (int64_t)((whole + half) / n); /* a mean lies between its elements: it fits */
    return result;
}

static struct value total(struct heap *heap, enum aggregate aggregate, const struct measure *measure,
                          const struct value *values, size_t count) {
    __int128 whole = 0;
    double number = 0, lost = 0; /* Neumaier: what rounding took */
    for (size_t i = 0; i < count; i++) {
        if (measure->kind == MEASURE_WHOLE) {
            whole += values[i].integer;
            continue;
        }
        double element = measure_number(values[i]), sum = number + element;
        double large = number, small = element;
        if ((number < 0 ? -number : number) < (element < 0 ? -element : element)) large = element, small = number;
        lost += large - sum + small;
        number = sum;
    }
    if (aggregate == AGGREGATE_AVG) return aggregate_mean(measure, whole, number + lost, count);
    return measure->kind == MEASURE_WHOLE ? measure_whole_value(heap, measure, whole)
                                          : measure_number_value(measure, number + lost);
}

static int by_measure(const void *a, const void *b, void *measure) {
    return measure_compare(measure, *(const struct value *)a, *(const struct value *)b);
}

/* The element of this rank (from 1) among whole numbers, by their digits from the highest on: each pass keeps those that share the
 * digit of the one that is wanted. Exact, and linear where sorting a load's million latencies would not be. */
static int64_t select_whole(uint64_t *numbers, size_t count, size_t rank) {
    enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };
    size_t *counts = memory_allocate(DIGITS * sizeof *counts);
    for (int shift = 64 - DIGIT_BITS; shift >= 0 && count > 1; shift -= DIGIT_BITS) {
        for (size_t i = 0; i < DIGITS; i++) counts[i] = 0;
        for (size_t i = 0; i < count; i++) counts[numbers[i] >> shift & (DIGITS - 1)]++;
        size_t digit = 0, kept = 0;
        while (rank > counts[digit]) rank -= counts[digit++];
        for (size_t i = 0; i < count; i++) {
            if ((numbers[i] >> shift & (DIGITS - 1)) == digit) numbers[kept++] = numbers[i];
        }
        count = kept;
    }
    memory_release(counts);
    return (int64_t)(numbers[0] ^ UINT64_C(1) << 63);
}

static struct value ranked_whole(const struct measure *measure, const struct value *values, size_t count, size_t rank) {
    uint64_t *numbers = memory_allocate(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (uint64_t)values[i].integer ^ UINT64_C(1) << 63; /* in their order */
    struct value result = measure->sample;
    result.integer = select_whole(numbers, count, rank);
    memory_release(numbers);
    return result;
}

static struct value ranked(enum aggregate aggregate, struct measure *measure, const struct value *values,
                           size_t count) {
    if (aggregate == AGGREGATE_MIN || aggregate == AGGREGATE_MAX) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            int order = measure_compare(measure, values[i], values[best]);
            if (aggregate == AGGREGATE_MIN ? order < 0 : order > 0) best = i;
        }
        return value_retain(values[best]);
    }
    enum { MANY = 8192 };
    size_t rank = aggregate_rank(aggregate, count);
    if (measure->kind == MEASURE_WHOLE && count >= MANY) return ranked_whole(measure, values, count, rank);
    struct value *sorted = memory_allocate(count * sizeof *sorted);
    for (size_t i = 0; i < count; i++) sorted[i] = values[i];
    qsort_r(sorted, count, sizeof *sorted, by_measure, measure);
    struct value result = value_retain(sorted[rank - 1]);
    memory_release(sorted);
    return result;
}

struct value aggregate_of(struct heap *heap, enum aggregate aggregate, const struct value *values, size_t count) {
    struct value bad = aggregate_first_bad(values, count);
    if (bad.kind != VALUE_NONE) return bad;
    if (aggregate == AGGREGATE_COUNT) return value_integer((int64_t)count);
    struct measure measure = measure_of(values, count);
    bad = aggregate_refuses(heap, aggregate, &measure);
    if (bad.kind != VALUE_NONE) return bad;
    if (!count) return aggregate_of_nothing(heap, aggregate, &measure);
    if (aggregate_needs_sum(aggregate)) return total(heap, aggregate, &measure, values, count);
    return ranked(aggregate, &measure, values, count);
}
