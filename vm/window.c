/* Windows: a series and a trailing length, which the aggregates read (`p99(x over 10s)`). */
#include "vm/heap.h"

struct value value_window(struct heap *heap, struct value series, int64_t length) {
    struct window_object *object = heap_allocate(heap, VALUE_WINDOW, sizeof *object);
    object->window.series = value_retain(series);
    object->window.length = length;
    return value_of_object(object);
}

struct window window_of(struct value value) {
    return ((struct window_object *)value.object)->window;
}

void window_destroy(struct object *object) {
    struct window_object *window = (struct window_object *)object;
    value_release(window->window.series);
    heap_return(window, sizeof *window);
}

struct value series_window(struct heap *heap, struct value value, int64_t length) {
    if (value_is_bad(value)) return value_retain(value);
    if (length <= 0) return value_error(heap, "a window must be longer than nothing");
    struct value series = value_as_series(value);
    struct value result = series.kind == VALUE_SERIES
                              ? value_window(heap, series, length)
                              : value_error(heap, "%s has no times for a window", value_kind_name(series.kind));
    value_release(series);
    return result;
}
