/* Windows. An event is in the window (t - length, t] when its life touches it, as with `during`; a probe's sample when it lies wholly
 * inside; for rate, an event counts once, when it ends. Every result is exact: ranks and sums are kept in trees, so an
 * element's leaving never leaves a rounding error behind. n elements take n log n steps. */
#include "stdlib/stats/sliding.h"

#include "base/memory.h"
#include "base/vector.h"
#include "stdlib/stats/rank.h"

#include <stdlib.h>

enum { FILLERS_MAXIMUM = 10000 };

struct life {
    int64_t enter; /* the first instant whose window holds the element */
    int64_t leave; /* the first instant whose window does not hold it any more */
};

struct sliding {
    struct heap *heap;
    enum aggregate aggregate;
    const struct value *values; /* the elements; for ratio the conditions; borrowed */
    size_t count;               /* of elements */
    int64_t length;             /* of the window */
    struct measure measure;     /* what the elements have in common */
    struct value refusal;       /* none, or why they cannot be aggregated; owned */
    struct life *lives;         /* of each element */
    size_t *entries, *exits;    /* elements by their entry and by their exit */
    size_t *rank_of, *at_rank;  /* element -> place in ascending order, and back; when an order is needed */
    struct rank_set ranks;      /* of the elements in the window */
    double *sums;               /* a tree of sums, leaves from `count` on; when numbers are summed */
    struct rank_set errors;     /* elements in the window that are errors */
    struct rank_set absences;   /* … that are no data */
    size_t good, error_count, absence_count, true_count; /* in the window */
    __int128 whole;                                      /* the sum of whole elements in the window */
    struct VECTOR(struct value) results;
    struct VECTOR(int64_t) times;
};

static int64_t plus(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static struct life life_of(const struct series *series, size_t i, enum aggregate aggregate, int64_t length) {
    int64_t start = series->timing->start[i], end = series->timing->end[i];
    if (series->kind == SERIES_SAMPLES) return (struct life){ end, plus(plus(start, length), 1) };
    return (struct life){ aggregate == AGGREGATE_RATE ? end : start, plus(end, length) };
}

static int by_entry(const void *a, const void *b, void *lives) {
    const struct life *all = lives;
    int64_t left = all[*(const size_t *)a].enter, right = all[*(const size_t *)b].enter;
    return (left > right) - (left < right);
}

static int by_exit(const void *a, const void *b, void *lives) {
    const struct life *all = lives;
    int64_t left = all[*(const size_t *)a].leave, right = all[*(const size_t *)b].leave;
    return (left > right) - (left < right);
}

static int by_value(const void *a, const void *b, void *sliding) {
    const struct sliding *all = sliding;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    bool left_bad = value_is_bad(all->values[left]), right_bad = value_is_bad(all->values[right]);
    if (left_bad != right_bad) return left_bad - right_bad;
    int order = left_bad ? 0 : measure_compare(&all->measure, all->values[left], all->values[right]);
    return order ? order : (left > right) - (left < right);
}

static size_t *sorted_indices(size_t count, int (*order)(const void *, const void *, void *), void *data) {
    size_t *indices = memory_allocate(count * sizeof *indices);
    for (size_t i = 0; i < count; i++) indices[i] = i;
    if (count > 1) qsort_r(indices, count, sizeof *indices, order, data);
    return indices;
}

static void prepare(struct sliding *sliding, const struct series *series) {
    size_t count = sliding->count;
    sliding->lives = memory_allocate(count * sizeof *sliding->lives);
    for (size_t i = 0; i < count; i++) sliding->lives[i] = life_of(series, i, sliding->aggregate, sliding->length);
    sliding->entries = sorted_indices(count, by_entry, sliding->lives);
    sliding->exits = sorted_indices(count, by_exit, sliding->lives);
    rank_set_begin(&sliding->errors, count);
    rank_set_begin(&sliding->absences, count);
    sliding->measure = measure_of(sliding->values, count);
    sliding->refusal = aggregate_refuses(sliding->heap, sliding->aggregate, &sliding->measure);
    if (sliding->refusal.kind != VALUE_NONE) return;
    if (aggregate_needs_order(sliding->aggregate)) {
        sliding->at_rank = sorted_indices(count, by_value, sliding);
        sliding->rank_of = memory_allocate(count * sizeof *sliding->rank_of);
        for (size_t i = 0; i < count; i++) sliding->rank_of[sliding->at_rank[i]] = i;
        rank_set_begin(&sliding->ranks, count);
    }
    if (aggregate_needs_sum(sliding->aggregate) && sliding->measure.kind == MEASURE_NUMBER)
        sliding->sums = memory_allocate(2 * count * sizeof *sliding->sums);
}

static void finish(struct sliding *sliding) {
    memory_release(sliding->lives);
    memory_release(sliding->entries);
    memory_release(sliding->exits);
    memory_release(sliding->rank_of);
    memory_release(sliding->at_rank);
    memory_release(sliding->sums);
    rank_set_done(&sliding->ranks);
    rank_set_done(&sliding->errors);
    rank_set_done(&sliding->absences);
    value_release(sliding->refusal);
    VECTOR_DONE(&sliding->times);
}

static void set_number(struct sliding *sliding, size_t element, double number) {
    size_t at = sliding->count + element;
    sliding->sums[at] = number;
    while (at > 1) {
        at /= 2;
        sliding->sums[at] = sliding->sums[2 * at] + sliding->sums[2 * at + 1];
    }
}

/* The element comes into the window or goes out of it. */
static void move(struct sliding *sliding, size_t element, bool enters) {
    struct value value = sliding->values[element];
    size_t change = enters ? 1 : (size_t)-1;
    void (*put)(struct rank_set *, size_t) = enters ? rank_set_add : rank_set_take;
    if (value.kind == VALUE_ERROR) {
        put(&sliding->errors, element);
        sliding->error_count += change;
        return;
    }
    if (value.kind == VALUE_NO_DATA) {
        put(&sliding->absences, element);
        sliding->absence_count += change;
        return;
    }
    sliding->good += change;
    if (value_is_true(value)) sliding->true_count += change;
    if (sliding->rank_of) put(&sliding->ranks, sliding->rank_of[element]);
    if (sliding->sums)
        set_number(sliding, element, enters ? measure_number(value) : 0);
    else if (sliding->measure.kind == MEASURE_WHOLE)
        sliding->whole += enters ? value.integer : -(__int128)value.integer;
}

static struct value current(const struct sliding *sliding) {
    if (sliding->error_count) return value_retain(sliding->values[rank_set_find(&sliding->errors, 1)]);
    if (sliding->refusal.kind != VALUE_NONE) return value_retain(sliding->refusal);
    if (sliding->absence_count) return value_retain(sliding->values[rank_set_find(&sliding->absences, 1)]);
    size_t good = sliding->good;
    if (sliding->aggregate == AGGREGATE_RATE) {
        struct value rate = value_number((double)good / ((double)sliding->length / 1e9));
        rate.time_power = -1;
        return rate;
    }
    if (sliding->aggregate == AGGREGATE_COUNT) return value_integer((int64_t)good);
    if (!good) return aggregate_of_nothing(sliding->heap, sliding->aggregate, &sliding->measure);
    if (sliding->aggregate == AGGREGATE_RATIO) return value_ratio((double)sliding->true_count / (double)good);
    double number = sliding->sums ? sliding->sums[1] : 0;
    if (sliding->aggregate == AGGREGATE_AVG) return aggregate_mean(&sliding->measure, sliding->whole, number, good);
    if (sliding->aggregate == AGGREGATE_SUM)
        return sliding->sums ? measure_number_value(&sliding->measure, number)
                             : measure_whole_value(sliding->heap, &sliding->measure, sliding->whole);
    size_t rank = aggregate_rank(sliding->aggregate, good);
    return value_retain(sliding->values[sliding->at_rank[rank_set_find(&sliding->ranks, rank)]]);
}

static void emit(struct sliding *sliding, int64_t at) {
    VECTOR_PUSH(&sliding->times, at);
    VECTOR_PUSH(&sliding->results, current(sliding));
}

/* Samples at `first`, at each change after it and at `last`, none further apart than `step`. */
static void walk(struct sliding *sliding, int64_t first, int64_t last, int64_t step) {
    size_t entered = 0, left = 0, count = sliding->count;
    for (int64_t at = first;;) {
        for (; entered < count && sliding->lives[sliding->entries[entered]].enter <= at; entered++) {
            const struct life *life = &sliding->lives[sliding->entries[entered]];
            if (life->leave > life->enter) move(sliding, sliding->entries[entered], true);
        }
        for (; left < count && sliding->lives[sliding->exits[left]].leave <= at; left++) {
            const struct life *life = &sliding->lives[sliding->exits[left]];
            if (life->leave > life->enter) move(sliding, sliding->exits[left], false);
        }
        emit(sliding, at);
        if (at >= last) return;
        int64_t next = last;
        if (entered < count && sliding->lives[sliding->entries[entered]].enter < next)
            next = sliding->lives[sliding->entries[entered]].enter;
        if (left < count && sliding->lives[sliding->exits[left]].leave < next)
            next = sliding->lives[sliding->exits[left]].leave;
        if (step && next > plus(at, step)) next = plus(at, step);
        at = next;
    }
}

static struct value result_of(struct sliding *sliding, struct provenance provenance) {
    size_t count = sliding->times.count;
    struct timing *timing = timing_new(count, false);
    for (size_t i = 0; i < count; i++) {
        timing->end[i] = sliding->times.items[i];
        timing->start[i] = sliding->times.items[i] - sliding->length;
    }
    struct value *values = sliding->results.items ? sliding->results.items : memory_allocate(1);
    return series_make(sliding->heap, SERIES_SAMPLES, timing, values, provenance);
}

static struct value conditions_of(struct heap *heap, struct value condition, size_t count, struct value **values) {
    struct value series = value_as_series(condition);
    bool is_series = series.kind == VALUE_SERIES;
    size_t found = is_series                   ? series_of(series)->timing->count
                   : series.kind == VALUE_LIST ? value_count(series)
                                               : count + 1;
    *values = NULL;
    if (found == count) {
        *values = memory_allocate(count * sizeof **values);
        for (size_t i = 0; i < count; i++)
            (*values)[i] = is_series ? series_of(series)->values[i] : value_at(series, i);
        return series;
    }
    if (value_is_bad(series)) return series;
    value_release(series);
    return value_error(heap, "ratio: the condition is not one for each element");
}

struct value sliding_aggregate(struct heap *heap, enum aggregate aggregate, struct window window,
                               struct value condition, int64_t now) {
    if (value_is_bad(window.series)) return value_retain(window.series);
    if (window.length <= 0) return value_error(heap, "%s: a window needs a length above 0s", aggregate_name(aggregate));
    const struct series *series = series_of(window.series);
    struct value *conditions = NULL, owner = value_none();
    if (condition.kind != VALUE_NONE) {
        owner = conditions_of(heap, condition, series->timing->count, &conditions);
        if (!conditions) return owner;
    }
    struct provenance provenance = series->provenance;
    struct sliding sliding = { .heap = heap,
                               .aggregate = aggregate,
                               .values = conditions ? conditions : series->values,
                               .count = series->timing->count,
                               .length = window.length };
    prepare(&sliding, series);
    int64_t first = plus(provenance.alive_from, window.length), step = 0;
    int64_t last = provenance.alive_to == INT64_MAX ? now : provenance.alive_to;
    if (series->kind == SERIES_EVENTS) { /* nothing is lost between events: a quiet time is known to be quiet */
        step = window.length;
        if (last > first && (last - first) / step > FILLERS_MAXIMUM) step = (last - first) / FILLERS_MAXIMUM;
        provenance.every = step;
    }
    if (first <= last) walk(&sliding, first, last, step);
    struct value result = result_of(&sliding, provenance);
    finish(&sliding);
    memory_release(conditions);
    value_release(owner);
    return result;
}
