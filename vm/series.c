/* Series: timed elements as a value. Times are shared by all series of one stream; nothing is changed once made.
 * Owned here: making, ending, reading fields and elements. Combining is series_lift.c's, cutting series_select.c's. */
#include "vm/series.h"

#include "vm/field.h"
#include "vm/heap.h"

#include "base/memory.h"

struct series *series_of(struct value value) {
    return (struct series *)value.object;
}

struct timing *timing_new(size_t count, bool with_intended) {
    struct timing *timing = memory_allocate(sizeof *timing);
    timing->references = 1;
    timing->count = count;
    timing->start = memory_resize(NULL, count * sizeof *timing->start);
    timing->end = memory_resize(NULL, count * sizeof *timing->end);
    if (with_intended) timing->intended = memory_resize(NULL, count * sizeof *timing->intended);
    return timing;
}

void timing_release(struct timing *timing) {
    if (!timing || --timing->references) return;
    memory_release(timing->start);
    memory_release(timing->end);
    memory_release(timing->intended);
    memory_release(timing);
}

struct value series_make(struct heap *heap, enum series_kind kind, struct timing *timing, struct value *values,
                         struct provenance provenance) {
    struct series *series = heap_allocate(heap, VALUE_SERIES, sizeof *series);
    series->head.depth = 1;
    series->kind = kind;
    series->timing = timing;
    series->values = values;
    series->provenance = provenance;
    if (provenance.unwatched) provenance.unwatched->references++;
    series->name = heap_key(heap, provenance.name);
    series->provenance.name = (struct text){ series->name->bytes, series->name->length };
    heap_charge(heap, timing->count * sizeof *values);
    return value_of_object(series);
}

void series_destroy(struct object *object) {
    struct series *series = (struct series *)object;
    size_t count = series->timing->count;
    for (size_t i = 0; i < count; i++) value_release(series->values[i]);
    memory_release(series->values);
    timing_release(series->timing);
    timing_release(series->provenance.unwatched);
    heap_key_release(object->heap, series->name);
    heap_discharge(object->heap, count * sizeof *series->values);
    heap_return(series, sizeof *series);
}

struct value value_as_series(struct value value) {
    return value.kind == VALUE_STREAM ? stream_series(value) : value_retain(value);
}

static bool is_same_object(struct value a, struct value b) {
    return value_is_counted(a) && a.kind == b.kind && a.object == b.object;
}

struct value series_map(struct heap *heap, struct value value,
                        struct value (*each)(struct heap *, struct value element, void *data), void *data) {
    struct value source = value_as_series(value);
    if (source.kind != VALUE_SERIES) return source;
    struct series *series = series_of(source);
    size_t count = series->timing->count;
    struct value *values = memory_resize(NULL, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        /* Equal neighbours are one shared value: what came of the first holds for the second. */
        bool same = i && is_same_object(series->values[i], series->values[i - 1]);
        values[i] = same ? value_retain(values[i - 1]) : each(heap, series->values[i], data);
    }
    series->timing->references++;
    struct value result = series_make(heap, series->kind, series->timing, values, series->provenance);
    value_release(source);
    return result;
}

/* ---- fields ---- */
enum time_field { TIME_NONE, TIME_INTENDED, TIME_START, TIME_END, TIME_LATE, TIME_LATENCY, TIME_REQUEST };

static enum time_field time_field_of(struct text key) {
    static const struct {
        const char *name;
        enum time_field field;
    } fields[] = {
        { "intended", TIME_INTENDED }, { "sent", TIME_START }, { "start", TIME_START },     { "at", TIME_START },
        { "end", TIME_END },           { "late", TIME_LATE },  { "latency", TIME_LATENCY }, { "request", TIME_REQUEST },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (text_is(key, fields[i].name)) return fields[i].field;
    }
    return TIME_NONE;
}

static struct value time_of(const struct timing *timing, size_t index, enum time_field field) {
    int64_t start = timing->start[index], end = timing->end[index];
    int64_t intended = timing->intended && timing->intended[index] != INT64_MIN ? timing->intended[index] : start;
    switch (field) {
    case TIME_INTENDED: return value_instant(intended);
    case TIME_START: return value_instant(start);
    case TIME_END: return value_instant(end);
    case TIME_LATE: return value_duration(start - intended);
    case TIME_LATENCY: return value_duration(end - intended);
    case TIME_REQUEST: return value_duration(end - start);
    case TIME_NONE: break;
    }
    return value_none();
}

static struct value element_field(struct heap *heap, const struct series *series, size_t index, struct text key,
                                  enum time_field time) {
    struct value element = series->values[index];
    if (time == TIME_LATENCY && series->provenance.rate > 0) return time_of(series->timing, index, time);
    bool found;
    struct value own = value_field(element, key, &found);
    if (found) return value_retain(own);
    return time == TIME_NONE ? field_of(heap, element, key) : time_of(series->timing, index, time);
}

struct value series_field(struct heap *heap, struct value value, struct text key) {
    struct value source = value_as_series(value);
    if (source.kind != VALUE_SERIES) return source;
    struct series *series = series_of(source);
    enum time_field time = time_field_of(key);
    size_t count = series->timing->count;
    struct value *values = memory_resize(NULL, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        /* A load's answers are mostly one shared value. */
        bool same = i && time == TIME_NONE && is_same_object(series->values[i], series->values[i - 1]);
        values[i] = same ? value_retain(values[i - 1]) : element_field(heap, series, i, key, time);
    }
    series->timing->references++;
    struct value result = series_make(heap, series->kind, series->timing, values, series->provenance);
    value_release(source);
    return result;
}

struct value series_element(struct heap *heap, struct value value, size_t index) {
    static const char *const names[] = { "intended", "sent", "end", "late", "latency", "request", "at" };
    struct series *series = series_of(value);
    struct value element = value_retain(series->values[index]);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && element.kind == VALUE_RECORD; i++) {
        struct text key = text_of(names[i]);
        struct value time = element_field(heap, series, index, key, time_field_of(key));
        element = value_record_with(element, key, time);
        value_release(time);
    }
    return element;
}
