/* Comparing values. JSON is dynamic, so kinds may differ at run time: that is an error value, never a silent false.
 * `none` equals only none. Objects are equal whatever the order of their keys. */
#include "vm/heap.h"
#include "vm/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum relation { LESS = -1, SAME = 0, GREATER = 1, DIFFERENT = 2, UNORDERED = 3 };

static enum relation relation_of(int order) {
    return order < 0 ? LESS : order > 0 ? GREATER : SAME;
}

/* Exact, also where the int64 has more digits than a double holds. */
static enum relation integer_to_number(int64_t integer, double number) {
    if (isnan(number)) return UNORDERED;
    if (number >= 0x1p63) return LESS;
    if (number < -0x1p63) return GREATER;
    int64_t whole = (int64_t)number;
    if (integer != whole) return integer < whole ? LESS : GREATER;
    double fraction = number - (double)whole;
    return fraction > 0 ? LESS : fraction < 0 ? GREATER : SAME;
}

static enum relation numbers(double a, double b) {
    if (isnan(a) || isnan(b)) return UNORDERED;
    return a < b ? LESS : a > b ? GREATER : SAME;
}

static enum relation flipped(enum relation relation) {
    return relation == LESS ? GREATER : relation == GREATER ? LESS : relation;
}

/* Two whole numbers of any length, as digits with an optional minus. */
static enum relation digits(struct text a, struct text b) {
    bool minus_a = a.length && a.bytes[0] == '-', minus_b = b.length && b.bytes[0] == '-';
    if (minus_a != minus_b) return minus_a ? LESS : GREATER;
    int order = a.length != b.length ? (a.length < b.length ? -1 : 1) : text_compare(a, b);
    return relation_of(minus_a ? -order : order);
}

static bool is_whole(struct text numeral) {
    return !numeral.length ||
           (!memchr(numeral.bytes, '.', numeral.length) && !memchr(numeral.bytes, 'e', numeral.length) &&
            !memchr(numeral.bytes, 'E', numeral.length));
}

static double as_double(struct value value) {
    if (value.kind == VALUE_INTEGER) return (double)value.integer;
    if (value.kind == VALUE_NUMERAL) return strtod(value_text_of(value).bytes, NULL);
    return value.number;
}

static bool is_number(struct value value) {
    return value.kind == VALUE_INTEGER || value.kind == VALUE_NUMBER || value.kind == VALUE_NUMERAL;
}

static enum relation order_numbers(struct value a, struct value b) {
    if (a.time_power != b.time_power || a.byte_power != b.byte_power) return DIFFERENT;
    if (a.kind == VALUE_INTEGER && b.kind == VALUE_INTEGER)
        return relation_of((a.integer > b.integer) - (a.integer < b.integer));
    if (a.kind == VALUE_INTEGER && b.kind == VALUE_NUMBER) return integer_to_number(a.integer, b.number);
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_INTEGER) return flipped(integer_to_number(b.integer, a.number));
    if (a.kind == VALUE_NUMERAL && b.kind == VALUE_NUMERAL && is_whole(value_text_of(a)) &&
        is_whole(value_text_of(b))) {
        return digits(value_text_of(a), value_text_of(b));
    }
    /* A whole numeral is there because no int64 holds it: it lies beyond every one of them. */
    if (a.kind == VALUE_NUMERAL && b.kind == VALUE_INTEGER) return value_text_of(a).bytes[0] == '-' ? LESS : GREATER;
    if (a.kind == VALUE_INTEGER && b.kind == VALUE_NUMERAL) return value_text_of(b).bytes[0] == '-' ? GREATER : LESS;
    return numbers(as_double(a), as_double(b));
}

static enum relation relate(struct value a, struct value b);

static enum relation relate_lists(struct value a, struct value b) {
    size_t count = value_count(a) < value_count(b) ? value_count(a) : value_count(b);
    for (size_t i = 0; i < count; i++) {
        enum relation relation = relate(value_at(a, i), value_at(b, i));
        if (relation != SAME) return relation == DIFFERENT ? DIFFERENT : UNORDERED;
    }
    return value_count(a) == value_count(b) ? SAME : UNORDERED;
}

static enum relation relate_records(struct value a, struct value b) {
    if (value_count(a) != value_count(b)) return UNORDERED;
    enum relation result = SAME;
    for (size_t i = 0; i < value_count(a); i++) {
        bool found;
        struct value other = value_field(b, value_key_at(a, i), &found);
        if (!found) return UNORDERED;
        enum relation relation = relate(value_at(a, i), other);
        if (relation == DIFFERENT)
            result = DIFFERENT;
        else if (relation != SAME && result == SAME)
            result = UNORDERED;
    }
    return result;
}

static enum relation relate_series(struct value a, struct value b) {
    const struct series *left = series_of(a), *right = series_of(b);
    if (left == right) return SAME;
    if (left->timing->count != right->timing->count) return UNORDERED;
    for (size_t i = 0; i < left->timing->count; i++) {
        if (left->timing->start[i] != right->timing->start[i] || left->timing->end[i] != right->timing->end[i]) {
            return UNORDERED;
        }
        if (!value_equal(left->values[i], right->values[i])) return UNORDERED;
    }
    return SAME;
}

static bool is_listlike(struct value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_RANGE || value.kind == VALUE_SQL;
}

static enum relation relate_same_kind(struct value a, struct value b) {
    int order = 0;
    switch ((enum value_kind)a.kind) {
    case VALUE_NONE:
    case VALUE_UNBOUND: return SAME;
    case VALUE_BOOL: return a.boolean == b.boolean ? SAME : UNORDERED;
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_INSTANT: return relation_of((a.integer > b.integer) - (a.integer < b.integer));
    case VALUE_RATIO: return numbers(a.number, b.number);
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_SHELL:
    case VALUE_ERROR:
    case VALUE_NO_DATA: return relation_of(text_compare(value_text_of(a), value_text_of(b)));
    case VALUE_REGEX: return text_equal(value_text_of(a), value_text_of(b)) ? SAME : UNORDERED;
    case VALUE_VERSION: return version_order(a, b, &order) ? relation_of(order) : DIFFERENT;
    case VALUE_RECORD: return relate_records(a, b);
    case VALUE_SERIES: return relate_series(a, b);
    case VALUE_INTERVAL: {
        struct interval x = value_interval_of(a), y = value_interval_of(b);
        return x.start == y.start && x.end == y.end && text_equal(x.name, y.name) ? SAME : UNORDERED;
    }
    case VALUE_WINDOW:
        if (window_of(a).length != window_of(b).length) return UNORDERED;
        return relate_series(window_of(a).series, window_of(b).series);
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_NUMERAL:
    case VALUE_SQL:
    case VALUE_LIST:
    case VALUE_RANGE:
    case VALUE_STREAM:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_KIND_COUNT: break;
    }
    return a.object == b.object ? SAME : UNORDERED;
}

/* DIFFERENT: of kinds that do not compare. UNORDERED: comparable, not the same, neither less. */
static enum relation relate(struct value a, struct value b) {
    if (is_number(a) && is_number(b)) return order_numbers(a, b);
    if (is_listlike(a) && is_listlike(b)) return relate_lists(a, b);
    if (a.kind == b.kind) return relate_same_kind(a, b);
    if (a.kind == VALUE_NONE || b.kind == VALUE_NONE) return UNORDERED;
    return DIFFERENT;
}

bool value_equal(struct value a, struct value b) {
    /* 3 and 3.0 are one number to a recipe but not one value to a record that is read back. */
    if (a.kind != b.kind && !(is_listlike(a) && is_listlike(b))) return false;
    if (a.kind == b.kind && a.kind >= VALUE_TEXT && a.kind <= VALUE_SHELL && a.object == b.object) return true;
    if (a.kind == VALUE_NUMBER && isnan(a.number) && isnan(b.number)) return true;
    return relate(a, b) == SAME;
}

int value_order(struct value a, struct value b) {
    if (!(is_number(a) && is_number(b)) && !(is_listlike(a) && is_listlike(b)) && a.kind != b.kind) {
        return a.kind < b.kind ? -1 : 1;
    }
    enum relation relation = relate(a, b);
    if (relation == LESS || relation == SAME || relation == GREATER) return (int)relation;
    if (a.kind == VALUE_BOOL) return a.boolean - b.boolean;
    size_t count = value_count(a) < value_count(b) ? value_count(a) : value_count(b);
    for (size_t i = 0; i < count; i++) {
        int order = a.kind == VALUE_RECORD ? text_compare(value_key_at(a, i), value_key_at(b, i)) : 0;
        if (order == 0) order = value_order(value_at(a, i), value_at(b, i));
        if (order) return order;
    }
    if (value_count(a) != value_count(b)) return value_count(a) < value_count(b) ? -1 : 1;
    struct buffer left = { 0 }, right = { 0 };
    value_plain(a, &left);
    value_plain(b, &right);
    int order = text_compare(buffer_text(&left), buffer_text(&right));
    buffer_done(&left);
    buffer_done(&right);
    return order;
}

static bool is_ordering(enum comparison comparison) {
    return comparison != COMPARE_EQUAL && comparison != COMPARE_NOT_EQUAL;
}

static struct value incomparable(struct heap *heap, struct value a, struct value b) {
    if (a.kind == VALUE_VERSION && b.kind == VALUE_VERSION) return version_incomparable(heap, a, b);
    struct buffer left = { 0 }, right = { 0 };
    value_print(a, &left);
    value_print(b, &right);
    struct value error = value_error(heap, "%s (%s) does not compare with %s (%s)", value_kind_name(a.kind),
                                     buffer_text(&left).bytes, value_kind_name(b.kind), buffer_text(&right).bytes);
    buffer_done(&left);
    buffer_done(&right);
    return error;
}

static bool has_order(struct value value) {
    return value.kind != VALUE_NONE && value.kind != VALUE_BOOL && !is_listlike(value) && value.kind != VALUE_RECORD;
}

static enum lifted lifted_of(enum comparison comparison) {
    static const enum lifted operations[] = {
        [COMPARE_EQUAL] = LIFT_EQUAL,     [COMPARE_NOT_EQUAL] = LIFT_NOT_EQUAL,
        [COMPARE_LESS] = LIFT_LESS,       [COMPARE_LESS_EQUAL] = LIFT_LESS_EQUAL,
        [COMPARE_GREATER] = LIFT_GREATER, [COMPARE_GREATER_EQUAL] = LIFT_GREATER_EQUAL,
    };
    return operations[comparison];
}

struct value value_compare(struct heap *heap, enum comparison comparison, struct value a, struct value b) {
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, lifted_of(comparison), a, b);
    struct value bad;
    if (value_holds_bad(a, &bad) || value_holds_bad(b, &bad)) return value_retain(bad);
    if (is_ordering(comparison) && (!has_order(a) || !has_order(b))) {
        struct value odd = has_order(a) ? b : a;
        return value_error(heap, "%s has no order", odd.kind == VALUE_NONE ? "none" : value_kind_name(odd.kind));
    }
    enum relation relation = relate(a, b);
    if (relation == DIFFERENT) return incomparable(heap, a, b);
    switch (comparison) {
    case COMPARE_EQUAL: return value_boolean(relation == SAME);
    case COMPARE_NOT_EQUAL: return value_boolean(relation != SAME);
    case COMPARE_LESS: return value_boolean(relation == LESS);
    case COMPARE_LESS_EQUAL: return value_boolean(relation == LESS || relation == SAME);
    case COMPARE_GREATER: return value_boolean(relation == GREATER);
    case COMPARE_GREATER_EQUAL: return value_boolean(relation == GREATER || relation == SAME);
    }
    return value_none();
}

/* Writes `path: a != b` of the first place where they differ. */
static bool difference(struct value a, struct value b, struct buffer *path, struct buffer *out) {
    if (value_equal(a, b)) return false;
    size_t length = path->length;
    if (a.kind == VALUE_RECORD && b.kind == VALUE_RECORD) {
        for (size_t i = 0; i < value_count(a); i++) {
            bool found;
            struct value other = value_field(b, value_key_at(a, i), &found);
            if (!found) continue;
            buffer_printf(path, ".%.*s", TEXT_ARGS(value_key_at(a, i)));
            if (difference(value_at(a, i), other, path, out)) return true;
            path->length = length;
        }
    } else if (is_listlike(a) && is_listlike(b) && value_count(a) == value_count(b)) {
        for (size_t i = 0; i < value_count(a); i++) {
            buffer_printf(path, "[%zu]", i);
            if (difference(value_at(a, i), value_at(b, i), path, out)) return true;
            path->length = length;
        }
    }
    buffer_append(out, buffer_text(path));
    if (path->length) buffer_append_string(out, ": ");
    value_print(a, out);
    buffer_append_string(out, " != ");
    value_print(b, out);
    return true;
}

bool value_difference(struct value a, struct value b, struct buffer *out) {
    struct buffer path = { 0 };
    bool differs = difference(a, b, &path, out);
    buffer_done(&path);
    return differs;
}
