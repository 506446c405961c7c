/* Kinds and dimensions of an aggregate's elements. Owns nothing. */
#include "stdlib/stats/measure.h"

static enum measure_kind kind_of(struct value value) {
    switch ((enum value_kind)value.kind) {
    case VALUE_INTEGER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_INSTANT: return MEASURE_WHOLE;
    case VALUE_NUMBER:
    case VALUE_RATIO: return MEASURE_NUMBER;
    case VALUE_TEXT:
    case VALUE_VERSION:
    case VALUE_BOOL: return MEASURE_ORDERED;
    case VALUE_NONE:
    case VALUE_UNBOUND:
    case VALUE_BYTES:
    case VALUE_NUMERAL:
    case VALUE_REGEX:
    case VALUE_SQL:
    case VALUE_SHELL:
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
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_KIND_COUNT: break;
    }
    return MEASURE_MIXED;
}

static bool is_bare(struct value value) {
    return value.kind == VALUE_INTEGER || (value.kind == VALUE_NUMBER && !value.time_power && !value.byte_power);
}

static struct measure join(struct measure so_far, struct value value) {
    struct measure one = { kind_of(value), value };
    if (so_far.kind == MEASURE_EMPTY || one.kind == MEASURE_MIXED) return one;
    struct value sample = so_far.sample;
    if (sample.kind == value.kind && sample.time_power == value.time_power && sample.byte_power == value.byte_power)
        return so_far;
    if (is_bare(sample) && is_bare(value)) return (struct measure){ MEASURE_NUMBER, value_number(0) };
    return (struct measure){ MEASURE_MIXED, value };
}

struct measure measure_of(const struct value *values, size_t count) {
    struct measure measure = { MEASURE_EMPTY, value_none() };
    for (size_t i = 0; i < count && measure.kind != MEASURE_MIXED; i++) {
        if (measure.kind != MEASURE_EMPTY && values[i].kind == measure.sample.kind && values[i].kind != VALUE_NUMBER)
            continue; /* the common case, without a look at dimensions */
        if (!value_is_bad(values[i])) measure = join(measure, values[i]);
    }
    return measure;
}

double measure_number(struct value value) {
    return value.kind == VALUE_INTEGER ? (double)value.integer : value.number;
}

static int compare_numbers(struct value a, struct value b) {
    if (a.kind == VALUE_INTEGER && b.kind == VALUE_INTEGER) return (a.integer > b.integer) - (a.integer < b.integer);
    double left = measure_number(a), right = measure_number(b);
    return (left > right) - (left < right);
}

int measure_compare(const struct measure *measure, struct value a, struct value b) {
    if (measure->kind == MEASURE_WHOLE) return (a.integer > b.integer) - (a.integer < b.integer);
    if (measure->kind == MEASURE_NUMBER) return compare_numbers(a, b);
    return value_order(a, b);
}

struct value measure_whole_value(struct heap *heap, const struct measure *measure, __int128 whole) {
    if (whole > INT64_MAX || whole < INT64_MIN) return value_error(heap, "the sum is too large");
    struct value result = measure->sample;
    result.integer = (int64_t)whole;
    return result;
}

struct value measure_number_value(const struct measure *measure, double number) {
    struct value result = measure->sample;
    if (result.kind == VALUE_INTEGER) result = value_number(0);
    result.number = number;
    return result;
}
