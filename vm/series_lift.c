/* Operators over series: element by element, where two series meet. Results share the times of what they were made
 * from. A pair of different event streams has no common elements: an error value. */
#include "vm/heap.h"

#include "base/memory.h"

static struct value negated(struct heap *heap, struct value owned) {
    struct value result = value_not(heap, owned);
    value_release(owned);
    return result;
}

static struct value apply(struct heap *heap, enum lifted operation, struct value a, struct value b) {
    switch (operation) {
    case LIFT_ADD: return value_add(heap, a, b);
    case LIFT_SUBTRACT: return value_subtract(heap, a, b);
    case LIFT_MULTIPLY: return value_multiply(heap, a, b);
    case LIFT_DIVIDE: return value_divide(heap, a, b);
    case LIFT_MODULO: return value_modulo(heap, a, b);
    case LIFT_EQUAL: return value_compare(heap, COMPARE_EQUAL, a, b);
    case LIFT_NOT_EQUAL: return value_compare(heap, COMPARE_NOT_EQUAL, a, b);
    case LIFT_LESS: return value_compare(heap, COMPARE_LESS, a, b);
    case LIFT_LESS_EQUAL: return value_compare(heap, COMPARE_LESS_EQUAL, a, b);
    case LIFT_GREATER: return value_compare(heap, COMPARE_GREATER, a, b);
    case LIFT_GREATER_EQUAL: return value_compare(heap, COMPARE_GREATER_EQUAL, a, b);
    case LIFT_MATCH: return value_match(heap, a, b);
    case LIFT_NOT_MATCH: return negated(heap, value_match(heap, a, b));
    case LIFT_IN: return value_in(heap, a, b);
    case LIFT_NOT_IN: return negated(heap, value_in(heap, a, b));
    case LIFT_AND: return value_and(heap, a, b);
    case LIFT_OR: return value_or(heap, a, b);
    }
    return value_none();
}

static bool same_object(struct value a, struct value b) {
    return value_is_counted(a) && a.kind == b.kind && a.object == b.object;
}

/* Either side may be NULL and stands for `plain` then. */
static struct value over_common_times(struct heap *heap, enum lifted operation, const struct series *a,
                                      const struct series *b, struct value plain, struct provenance origin) {
    const struct series *any = a ? a : b;
    size_t count = any->timing->count;
    struct value *values = memory_resize(NULL, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        struct value left = a ? a->values[i] : plain, right = b ? b->values[i] : plain;
        bool repeated =
            i && (!a || same_object(left, a->values[i - 1])) && (!b || same_object(right, b->values[i - 1]));
        values[i] = repeated ? value_retain(values[i - 1]) : apply(heap, operation, left, right);
    }
    any->timing->references++;
    return series_make(heap, any->kind, any->timing, values, origin);
}

static struct provenance provenance_of_both(const struct provenance *a, const struct provenance *b) {
    struct provenance both = *a;
    both.observer = a->observer && b->observer;
    both.sampler = a->sampler || b->sampler;
    both.starved = a->starved || b->starved;
    if (b->alive_from > both.alive_from) both.alive_from = b->alive_from;
    if (b->alive_to < both.alive_to) both.alive_to = b->alive_to;
    if (b->every > both.every) both.every = b->every;
    if (both.rate == 0) both.rate = b->rate;
    if (!both.unwatched) both.unwatched = b->unwatched;
    return both;
}

static struct value before_first(struct heap *heap, const struct series *series) {
    return value_no_data(heap, "%.*s has no sample yet", TEXT_ARGS(series->provenance.name));
}

/* The value that `series` holds at `instant`: its latest sample that was complete by then. Walks on from *next.
 * Owned. */
static struct value held(struct heap *heap, const struct series *series, size_t *next, int64_t instant) {
    while (*next < series->timing->count && series->timing->end[*next] <= instant) ++*next;
    return *next ? value_retain(series->values[*next - 1]) : before_first(heap, series);
}

static struct value events_with_samples(struct heap *heap, enum lifted operation, const struct series *events,
                                        const struct series *samples, bool events_left) {
    const struct timing *timing = events->timing;
    struct value *values = memory_resize(NULL, timing->count * sizeof *values);
    size_t next = 0;
    for (size_t i = 0; i < timing->count; i++) {
        struct value sample = held(heap, samples, &next, timing->end[i]);
        values[i] = events_left ? apply(heap, operation, events->values[i], sample)
                                : apply(heap, operation, sample, events->values[i]);
        value_release(sample);
    }
    events->timing->references++;
    return series_make(heap, SERIES_EVENTS, events->timing, values,
                       provenance_of_both(&events->provenance, &samples->provenance));
}

/* -1, 0, 1 as the next sample of `a` ends before, with, or after that of `b`. */
static int next_of(const struct timing *a, size_t i, const struct timing *b, size_t j) {
    if (i == a->count) return 1;
    if (j == b->count) return -1;
    if (a->end[i] != b->end[j]) return a->end[i] < b->end[j] ? -1 : 1;
    if (a->start[i] != b->start[j]) return a->start[i] < b->start[j] ? -1 : 1;
    return 0;
}

static struct value samples_with_samples(struct heap *heap, enum lifted operation, const struct series *a,
                                         const struct series *b) {
    const struct timing *left = a->timing, *right = b->timing;
    struct timing *timing = timing_new(left->count + right->count, false);
    struct value *values = memory_resize(NULL, timing->count * sizeof *values);
    size_t i = 0, j = 0, count = 0;
    while (i < left->count || j < right->count) {
        int turn = next_of(left, i, right, j);
        timing->start[count] = turn <= 0 ? left->start[i] : right->start[j];
        timing->end[count] = turn <= 0 ? left->end[i] : right->end[j];
        if (turn <= 0) i++;
        if (turn >= 0) j++;
        struct value x = i ? value_retain(a->values[i - 1]) : before_first(heap, a);
        struct value y = j ? value_retain(b->values[j - 1]) : before_first(heap, b);
        values[count++] = apply(heap, operation, x, y);
        value_release(x);
        value_release(y);
    }
    timing->count = count;
    return series_make(heap, SERIES_SAMPLES, timing, values, provenance_of_both(&a->provenance, &b->provenance));
}

static struct value lift(struct heap *heap, enum lifted operation, struct value a, struct value b) {
    struct series *left = a.kind == VALUE_SERIES ? series_of(a) : NULL;
    struct series *right = b.kind == VALUE_SERIES ? series_of(b) : NULL;
    if (!left && !right) return apply(heap, operation, a, b);
    if (!left || !right) {
        return over_common_times(heap, operation, left, right, left ? b : a, (left ? left : right)->provenance);
    }
    if (left->timing == right->timing) {
        return over_common_times(heap, operation, left, right, value_none(),
                                 provenance_of_both(&left->provenance, &right->provenance));
    }
    if (left->kind == SERIES_EVENTS && right->kind == SERIES_EVENTS) {
        return value_error(heap, "the events of %.*s and %.*s are not the same ones and do not combine",
                           TEXT_ARGS(left->provenance.name), TEXT_ARGS(right->provenance.name));
    }
    if (left->kind == SERIES_EVENTS) return events_with_samples(heap, operation, left, right, true);
    if (right->kind == SERIES_EVENTS) return events_with_samples(heap, operation, right, left, false);
    return samples_with_samples(heap, operation, left, right);
}

struct value series_lift(struct heap *heap, enum lifted operation, struct value a, struct value b) {
    struct value left = value_as_series(a), right = value_as_series(b);
    struct value result;
    if (left.kind == VALUE_SERIES || right.kind == VALUE_SERIES)
        result = lift(heap, operation, left, right);
    else
        result = value_retain(value_is_bad(left) ? left : right); /* a stream that could not be read */
    value_release(left);
    value_release(right);
    return result;
}
