/* The aggregates' rows: of a stream, signal or list one value, of a window a signal. They take what they are given as a whole
 * and never wait. The arithmetic is in aggregate.c and sliding.c. */
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/stats/sliding.h"

/* The elements of a stream, series, list or range; `values` points into `owner` or into `copy`. */
struct elements {
    struct value owner;         /* the series, or what is no collection at all; owned */
    struct value *copy;         /* a list's elements side by side, borrowed each; owned array or NULL */
    const struct value *values; /* count of them */
    size_t count;
    bool is_collection; /* false: `owner` is an error, no data or something unexpected */
};

static struct elements elements_of(struct value value) {
    struct elements elements = { .owner = value_as_series(value) };
    if (elements.owner.kind == VALUE_SERIES) {
        const struct series *series = series_of(elements.owner);
        elements.values = series->values;
        elements.count = series->timing->count;
        elements.is_collection = true;
    } else if (elements.owner.kind == VALUE_LIST || elements.owner.kind == VALUE_RANGE) {
        elements.count = value_count(elements.owner);
        elements.copy = memory_allocate(elements.count * sizeof *elements.copy);
        for (size_t i = 0; i < elements.count; i++) elements.copy[i] = value_at(elements.owner, i);
        elements.values = elements.copy;
        elements.is_collection = true;
    }
    return elements;
}

static void elements_done(struct elements *elements) {
    memory_release(elements->copy);
    value_release(elements->owner);
}

/* What is no collection passes through if it is an error or no data. */
static struct value not_elements(struct heap *heap, const struct elements *elements, const char *name) {
    if (value_is_bad(elements->owner)) return value_retain(elements->owner);
    return value_error(heap, "%s: neither a stream nor a list", name);
}

static enum native_outcome aggregate(struct native_call *call, enum aggregate aggregate) {
    struct heap *heap = run_heap(call->run);
    struct value argument_value = argument(call, 0);
    if (argument_value.kind == VALUE_WINDOW)
        return native_done(
            call, sliding_aggregate(heap, aggregate, window_of(argument_value), value_none(), run_now(call->run)));
    struct elements elements = elements_of(argument_value);
    struct value result = elements.is_collection ? aggregate_of(heap, aggregate, elements.values, elements.count)
                                                 : not_elements(heap, &elements, aggregate_name(aggregate));
    elements_done(&elements);
    return native_done(call, result);
}

enum native_outcome stats_count(struct native_call *call) {
    return aggregate(call, AGGREGATE_COUNT);
}

enum native_outcome stats_sum(struct native_call *call) {
    return aggregate(call, AGGREGATE_SUM);
}

enum native_outcome stats_min(struct native_call *call) {
    return aggregate(call, AGGREGATE_MIN);
}

enum native_outcome stats_max(struct native_call *call) {
    return aggregate(call, AGGREGATE_MAX);
}

enum native_outcome stats_avg(struct native_call *call) {
    return aggregate(call, AGGREGATE_AVG);
}

enum native_outcome stats_p50(struct native_call *call) {
    return aggregate(call, AGGREGATE_P50);
}

enum native_outcome stats_p90(struct native_call *call) {
    return aggregate(call, AGGREGATE_P90);
}

enum native_outcome stats_p95(struct native_call *call) {
    return aggregate(call, AGGREGATE_P95);
}

enum native_outcome stats_p99(struct native_call *call) {
    return aggregate(call, AGGREGATE_P99);
}

enum native_outcome stats_p999(struct native_call *call) {
    return aggregate(call, AGGREGATE_P999);
}

/* first, second, and the rest as one list. */
static enum native_outcome extreme_of(struct native_call *call, enum aggregate aggregate) {
    struct value rest = argument(call, 2);
    size_t more = rest.kind == VALUE_LIST ? value_count(rest) : 0;
    struct value *values = memory_allocate((2 + more) * sizeof *values);
    values[0] = argument(call, 0);
    values[1] = argument(call, 1);
    for (size_t i = 0; i < more; i++) values[2 + i] = value_at(rest, i);
    struct value result = aggregate_of(run_heap(call->run), aggregate, values, 2 + more);
    memory_release(values);
    return native_done(call, result);
}

enum native_outcome stats_min_of(struct native_call *call) {
    return extreme_of(call, AGGREGATE_MIN);
}

enum native_outcome stats_max_of(struct native_call *call) {
    return extreme_of(call, AGGREGATE_MAX);
}

static struct value rate_of(struct heap *heap, const struct elements *elements) {
    struct value bad = aggregate_first_bad(elements->values, elements->count);
    if (bad.kind != VALUE_NONE) return bad;
    if (!elements->count) return value_no_data(heap, "rate of no elements");
    const struct timing *timing = series_of(elements->owner)->timing;
    int64_t first = timing->start[0], last = timing->end[elements->count - 1];
    for (size_t i = 1; i < elements->count; i++)
        if (timing->start[i] < first) first = timing->start[i];
    if (last <= first) return value_no_data(heap, "rate of one instant");
    struct value rate = value_number((double)elements->count / ((double)(last - first) / 1e9));
    rate.time_power = -1;
    return rate;
}

enum native_outcome stats_rate(struct native_call *call) {
    if (argument(call, 0).kind == VALUE_WINDOW) return aggregate(call, AGGREGATE_RATE);
    struct heap *heap = run_heap(call->run);
    struct elements elements = elements_of(argument(call, 0));
    struct value result =
        elements.owner.kind == VALUE_SERIES ? rate_of(heap, &elements) : not_elements(heap, &elements, "rate");
    elements_done(&elements);
    return native_done(call, result);
}

static struct value ratio_of(struct heap *heap, const struct elements *elements, const struct elements *conditions) {
    if (elements->count != conditions->count)
        return value_error(heap, "ratio: the condition is not one for each element");
    struct value bad = aggregate_first_bad(conditions->values, conditions->count);
    if (bad.kind != VALUE_NONE) return bad;
    if (!elements->count) return value_no_data(heap, "ratio of no elements");
    size_t holds = 0;
    for (size_t i = 0; i < conditions->count; i++) holds += value_is_true(conditions->values[i]);
    return value_ratio((double)holds / (double)conditions->count);
}

enum native_outcome stats_ratio(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    struct value over = argument(call, 0), where = argument(call, 1);
    if (where.kind == VALUE_WINDOW) where = window_of(where).series;
    if (over.kind == VALUE_WINDOW)
        return native_done(call, sliding_aggregate(heap, AGGREGATE_RATIO, window_of(over), where, run_now(call->run)));
    struct elements elements = elements_of(over), conditions = elements_of(where);
    struct value result;
    if (!elements.is_collection)
        result = not_elements(heap, &elements, "ratio");
    else if (!conditions.is_collection)
        result = not_elements(heap, &conditions, "ratio");
    else
        result = ratio_of(heap, &elements, &conditions);
    elements_done(&elements);
    elements_done(&conditions);
    return native_done(call, result);
}

static enum native_outcome element(struct native_call *call, bool last) {
    struct heap *heap = run_heap(call->run);
    struct elements elements = elements_of(argument(call, 0));
    const char *name = last ? "last" : "first";
    struct value result;
    if (!elements.is_collection)
        result = not_elements(heap, &elements, name);
    else if (!elements.count)
        result = value_no_data(heap, "%s of no elements", name);
    else
        result = value_retain(elements.values[last ? elements.count - 1 : 0]);
    elements_done(&elements);
    return native_done(call, result);
}

enum native_outcome stats_first(struct native_call *call) {
    return element(call, false);
}

enum native_outcome stats_last(struct native_call *call) {
    return element(call, true);
}
