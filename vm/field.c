/* Fields of plain values: of records, of the records in a list, of intervals. A missing one is an error that `??`
 * covers. */
#include "vm/field.h"

#include "vm/heap.h"
#include "vm/release.h"

static struct value field_of_interval(struct heap *heap, struct interval interval, struct text key) {
    bool start = text_is(key, "start"), end = text_is(key, "end"), length = text_is(key, "length");
    if (!start && !end && !length) return value_error(heap, "an interval has no field %.*s", TEXT_ARGS(key));
    if (!interval.reached) return value_no_data(heap, "%.*s never began", TEXT_ARGS(interval.name));
    if (start) return value_instant(interval.start);
    if (interval.end == INT64_MAX) return value_no_data(heap, "%.*s has not ended yet", TEXT_ARGS(interval.name));
    return end ? value_instant(interval.end) : value_duration(interval.end - interval.start);
}

static struct value field_of_list(struct heap *heap, struct value list, struct text key) {
    struct value result = value_list(heap, NULL, 0);
    for (size_t i = 0; i < value_count(list); i++) {
        struct value item = field_of(heap, value_at(list, i), key);
        result = value_list_append(result, item);
        value_release(item);
    }
    return result;
}

struct value field_of(struct heap *heap, struct value value, struct text key) {
    if (value_is_bad(value)) return value_retain(value);
    if (value.kind == VALUE_RECORD) {
        bool found;
        struct value item = value_field(value, key, &found);
        if (found) return value_retain(item);
        return value_missing(heap, "there is no field %.*s", TEXT_ARGS(key));
    }
    if (value_is_series(value)) return series_field(heap, value, key);
    if (value.kind == VALUE_LIST) return field_of_list(heap, value, key);
    if (value.kind == VALUE_INTERVAL) return field_of_interval(heap, value_interval_of(value), key);
    if (value.kind == VALUE_VERSION) return release_field(heap, value, key);
    if (value.kind == VALUE_NONE) return value_missing(heap, "none has no field %.*s", TEXT_ARGS(key));
    return value_error(heap, "%s has no field %.*s", value_kind_name(value.kind), TEXT_ARGS(key));
}
