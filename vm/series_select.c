/* Cutting series: where, during, from … to, before. What is kept keeps its times; when all is kept the times are
 * shared. */
#include "vm/heap.h"

#include "base/memory.h"

/* Which elements stay, one byte each. */
struct selection {
    unsigned char *keep; /* owned */
    size_t kept;
};

static struct selection selection_new(size_t count) {
    return (struct selection){ memory_allocate(count), 0 };
}

static void select_if(struct selection *selection, size_t index, bool keep) {
    selection->keep[index] = keep;
    selection->kept += keep;
}

static struct timing *selected_timing(const struct timing *timing, const struct selection *selection) {
    struct timing *result = timing_new(selection->kept, timing->intended != NULL);
    for (size_t i = 0, k = 0; i < timing->count; i++) {
        if (!selection->keep[i]) continue;
        result->start[k] = timing->start[i];
        result->end[k] = timing->end[i];
        if (timing->intended) result->intended[k] = timing->intended[i];
        k++;
    }
    return result;
}

/* Gives back the selection. `instead`, when not NULL, has values that stand for elements: errors of a condition. */
static struct value selected(struct heap *heap, const struct series *series, struct selection *selection,
                             const struct series *instead) {
    size_t count = series->timing->count;
    struct value *values = memory_resize(NULL, selection->kept * sizeof *values);
    for (size_t i = 0, k = 0; i < count; i++) {
        if (!selection->keep[i]) continue;
        bool bad = instead && value_is_bad(instead->values[i]);
        values[k++] = value_retain(bad ? instead->values[i] : series->values[i]);
    }
    struct timing *timing = series->timing;
    if (selection->kept < count)
        timing = selected_timing(timing, selection);
    else
        timing->references++;
    memory_release(selection->keep);
    return series_make(heap, series->kind, timing, values, series->provenance);
}

/* The condition at each element of `series`: itself when it has the same times, else met at the events. Owned. */
static struct value mask_for(struct heap *heap, struct value series, struct value mask) {
    if (series_of(mask)->timing == series_of(series)->timing) return value_retain(mask);
    if (series_of(series)->kind == SERIES_EVENTS && series_of(mask)->kind == SERIES_SAMPLES) {
        struct value everywhere = series_lift(heap, LIFT_EQUAL, series, series);
        struct value met = series_lift(heap, LIFT_AND, everywhere, mask);
        value_release(everywhere);
        return met;
    }
    return value_error(heap, "the condition is about other elements than those of %.*s",
                       TEXT_ARGS(series_of(series)->provenance.name));
}

static struct value filter_by_series(struct heap *heap, struct value series, struct value condition) {
    struct value mask = mask_for(heap, series, condition);
    if (mask.kind != VALUE_SERIES) return mask;
    size_t count = series_of(series)->timing->count;
    struct selection selection = selection_new(count);
    for (size_t i = 0; i < count; i++) {
        struct value one = series_of(mask)->values[i];
        select_if(&selection, i, value_is_true(one) || value_is_bad(one));
    }
    struct value result = selected(heap, series_of(series), &selection, series_of(mask));
    value_release(mask);
    return result;
}

static struct value filter_by_value(struct heap *heap, struct value series, struct value mask) {
    if (value_is_bad(mask)) return value_retain(mask);
    if (mask.kind != VALUE_BOOL) return value_error(heap, "%s is no condition", value_kind_name(mask.kind));
    if (mask.boolean) return value_retain(series);
    struct selection none = selection_new(series_of(series)->timing->count);
    return selected(heap, series_of(series), &none, NULL);
}

static struct value filter_list(struct heap *heap, struct value list, struct value mask) {
    if (value_is_bad(mask)) return value_retain(mask);
    if (mask.kind != VALUE_LIST || value_count(mask) != value_count(list)) {
        return value_error(heap, "the condition does not fit the list's elements");
    }
    struct value result = value_list(heap, NULL, 0);
    for (size_t i = 0; i < value_count(list); i++) {
        struct value one = value_at(mask, i);
        if (value_is_bad(one))
            result = value_list_append(result, one);
        else if (value_is_true(one))
            result = value_list_append(result, value_at(list, i));
    }
    return result;
}

struct value series_filter(struct heap *heap, struct value value, struct value mask) {
    if (value_is_bad(value)) return value_retain(value);
    if (value.kind == VALUE_LIST || value.kind == VALUE_RANGE) return filter_list(heap, value, mask);
    struct value series = value_as_series(value), condition = value_as_series(mask);
    struct value result;
    if (series.kind != VALUE_SERIES)
        result = value_error(heap, "%s has no elements to choose from", value_kind_name(series.kind));
    else if (condition.kind == VALUE_SERIES)
        result = filter_by_series(heap, series, condition);
    else
        result = filter_by_value(heap, series, condition);
    value_release(series);
    value_release(condition);
    return result;
}

/* What a cut asks of each element. */
struct cut {
    int64_t from, to;
    bool ended_only; /* `before`: just that it ended by `to` */
};

static struct value cut_series(struct heap *heap, const struct series *series, struct cut cut) {
    const struct timing *timing = series->timing;
    struct selection selection = selection_new(timing->count);
    for (size_t i = 0; i < timing->count; i++) {
        int64_t start = timing->start[i], end = timing->end[i];
        bool touches = start <= cut.to && end >= cut.from, inside = start >= cut.from && end <= cut.to;
        bool keep = cut.ended_only ? end <= cut.to : series->kind == SERIES_EVENTS ? touches : inside;
        select_if(&selection, i, keep);
    }
    return selected(heap, series, &selection, NULL);
}

static struct value cut_value(struct heap *heap, struct value value, struct cut cut) {
    if (value_is_bad(value)) return value_retain(value);
    if (value.kind == VALUE_WINDOW) { /* the window over what is left */
        struct value inner = cut_value(heap, window_of(value).series, cut);
        struct value result = value_window(heap, inner, window_of(value).length);
        value_release(inner);
        return result;
    }
    struct value series = value_as_series(value);
    if (series.kind != VALUE_SERIES) {
        if (value_is_bad(series)) return series;
        struct value error = value_error(heap, "%s has no times", value_kind_name(series.kind));
        value_release(series);
        return error;
    }
    struct value result = cut_series(heap, series_of(series), cut);
    value_release(series);
    return result;
}

struct value series_during(struct heap *heap, struct value series, struct value during) {
    if (value_is_bad(during)) return value_retain(during);
    if (during.kind != VALUE_INTERVAL) return value_error(heap, "%s is no interval", value_kind_name(during.kind));
    struct interval interval = value_interval_of(during);
    if (!interval.reached) return value_no_data(heap, "%.*s never began", TEXT_ARGS(interval.name));
    return cut_value(heap, series, (struct cut){ interval.start, interval.end, false });
}

struct value series_between(struct heap *heap, struct value series, int64_t from, int64_t to) {
    return cut_value(heap, series, (struct cut){ from, to, false });
}

struct value series_before(struct heap *heap, struct value series, int64_t instant) {
    return cut_value(heap, series, (struct cut){ INT64_MIN, instant, true });
}
