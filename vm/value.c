/* Making and reading values of all kinds but the containers (list.c, record_value.c) and series.
 * Arguments are borrowed, results owned. Nothing here changes a value that somebody else may see. */
#include "vm/value.h"

#include "vm/heap.h"

#include "base/clock.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct value text_make(struct heap *heap, enum value_kind kind, struct text text) {
    struct text_object *object = heap_allocate(heap, kind, sizeof *object + text.length + 1);
    object->length = text.length;
    if (text.length) memcpy(object->bytes, text.bytes, text.length);
    return value_of_object(object);
}

static struct value text_format(struct heap *heap, enum value_kind kind, const char *format, va_list arguments) {
    struct buffer buffer = { 0 };
    buffer_vprintf(&buffer, format, arguments);
    struct value value = text_make(heap, kind, buffer_text(&buffer));
    buffer_done(&buffer);
    return value;
}

struct value value_spelled(struct heap *heap, enum value_kind kind, struct text text) {
    return text_make(heap, kind, text);
}

struct value value_text(struct heap *heap, struct text text) {
    return text_make(heap, VALUE_TEXT, text);
}

struct value value_string(struct heap *heap, const char *terminated) {
    return text_make(heap, VALUE_TEXT, text_of(terminated));
}

struct value value_bytes(struct heap *heap, struct text bytes) {
    return text_make(heap, VALUE_BYTES, bytes);
}

struct value value_numeral(struct heap *heap, struct text digits) {
    return text_make(heap, VALUE_NUMERAL, digits);
}

struct value value_shell(struct heap *heap, struct text text) {
    return text_make(heap, VALUE_SHELL, text);
}

struct value value_printf(struct heap *heap, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct value value = text_format(heap, VALUE_TEXT, format, arguments);
    va_end(arguments);
    return value;
}

struct value value_error(struct heap *heap, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct value value = text_format(heap, VALUE_ERROR, format, arguments);
    va_end(arguments);
    return value;
}

struct value value_missing(struct heap *heap, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct value value = text_format(heap, VALUE_ERROR, format, arguments);
    va_end(arguments);
    value.object->flags |= OBJECT_MISSING;
    return value;
}

struct value value_no_data(struct heap *heap, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct value value = text_format(heap, VALUE_NO_DATA, format, arguments);
    va_end(arguments);
    return value;
}

bool value_is_missing(struct value value) {
    return value.kind == VALUE_ERROR && (value.object->flags & OBJECT_MISSING);
}

bool value_error_place(struct value value, struct span *place) {
    if (value.kind != VALUE_ERROR || !(value.object->flags & OBJECT_PLACED)) return false;
    *place = text_object(value)->place;
    return true;
}

struct value value_range(struct heap *heap, int64_t from, int64_t to) {
    struct range_object *object = heap_allocate(heap, VALUE_RANGE, sizeof *object);
    object->from = from;
    object->to = to;
    return value_of_object(object);
}

struct value value_interval(struct heap *heap, struct text name, int64_t start, int64_t end, bool reached, bool cut) {
    struct interval_object *object = heap_allocate(heap, VALUE_INTERVAL, sizeof *object + name.length + 1);
    if (name.length) memcpy(object->bytes, name.bytes, name.length);
    object->interval = (struct interval){ { object->bytes, name.length }, start, end, reached, cut };
    return value_of_object(object);
}

static struct value outgrown(struct heap *heap, const char *what) {
    return value_error(heap, "the %s is too large to be counted", what);
}

struct value value_quantity(struct heap *heap, double number, int time_power, int byte_power) {
    if (!isfinite(number)) return value_error(heap, "the result is not a finite number");
    bool duration = time_power == 1 && byte_power == 0, size = time_power == 0 && byte_power == 1;
    if (duration || size) {
        double whole = nearbyint(duration ? number * (double)SECOND : number);
        if (!(whole >= -0x1p63 && whole < 0x1p63)) return outgrown(heap, duration ? "duration" : "size");
        return duration ? value_duration((int64_t)whole) : value_size((int64_t)whole);
    }
    if (time_power < INT8_MIN || time_power > INT8_MAX || byte_power < INT8_MIN || byte_power > INT8_MAX) {
        return outgrown(heap, "dimension");
    }
    struct value value = value_number(number);
    value.time_power = (int8_t)time_power;
    value.byte_power = (int8_t)byte_power;
    return value;
}

struct text value_text_of(struct value value) {
    switch ((enum value_kind)value.kind) {
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_VERSION:
    case VALUE_SHELL:
    case VALUE_ERROR:
    case VALUE_NO_DATA: return (struct text){ text_object(value)->bytes, text_object(value)->length };
    case VALUE_REGEX: return (struct text){ regex_object(value)->bytes, regex_object(value)->length };
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_RATIO:
    case VALUE_INSTANT:
    case VALUE_UNBOUND:
    case VALUE_SQL:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_RANGE:
    case VALUE_INTERVAL:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_KIND_COUNT: break;
    }
    return TEXT_NONE;
}

size_t value_count(struct value value) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_SQL) return list_object(value)->count;
    if (value.kind == VALUE_RECORD) return record_object(value)->count;
    if (value.kind != VALUE_RANGE) return 0;
    struct range_object *range = range_object(value);
    return range->to < range->from ? 0 : (size_t)((uint64_t)range->to - (uint64_t)range->from) + 1;
}

struct value value_at(struct value container, size_t index) {
    if (index >= value_count(container)) return value_none();
    if (container.kind == VALUE_RECORD) return record_object(container)->fields[index].value;
    if (container.kind == VALUE_RANGE) return value_integer(range_object(container)->from + (int64_t)index);
    return list_object(container)->items[index];
}

struct interval value_interval_of(struct value value) {
    if (value.kind != VALUE_INTERVAL) return (struct interval){ 0 };
    return interval_object(value)->interval;
}

bool value_holds_bad(struct value value, struct value *bad) {
    if (value_is_bad(value)) {
        if (bad) *bad = value;
        return true;
    }
    if (value.kind != VALUE_LIST && value.kind != VALUE_RECORD && value.kind != VALUE_SQL) return false;
    if (!(value.object->flags & OBJECT_HOLDS_BAD)) return false;
    for (size_t i = 0; i < value_count(value); i++) {
        if (value_holds_bad(value_at(value, i), bad)) return true;
    }
    return false;
}
