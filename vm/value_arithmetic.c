/* + - * / mod and unary minus over plain values; lifted over series. Whole numbers, durations, sizes and instants
 * are checked int64, the rest doubles with a dimension. What cannot be computed is an error value; errors and no
 * data pass through. */
#include "vm/heap.h"
#include "vm/version.h"

#include "base/clock.h"

#include <math.h>

static bool passes(struct value a, struct value b, struct value *result) {
    struct value bad;
    if (!value_holds_bad(a, &bad) && !value_holds_bad(b, &bad)) return false;
    *result = value_retain(bad);
    return true;
}

static bool is_quantity(struct value value) {
    return value.kind == VALUE_INTEGER || value.kind == VALUE_NUMBER || value.kind == VALUE_DURATION ||
           value.kind == VALUE_SIZE;
}

/* A quantity in seconds and bytes. */
struct dimensioned {
    double number;
    int time_power, byte_power;
};

static struct dimensioned dimensioned(struct value value) {
    if (value.kind == VALUE_INTEGER) return (struct dimensioned){ (double)value.integer, 0, 0 };
    if (value.kind == VALUE_DURATION) return (struct dimensioned){ (double)value.integer / (double)SECOND, 1, 0 };
    if (value.kind == VALUE_SIZE) return (struct dimensioned){ (double)value.integer, 0, 1 };
    return (struct dimensioned){ value.number, value.time_power, value.byte_power };
}

static struct value unfit(struct heap *heap, const char *word, struct value a, struct value b) {
    return value_error(heap, "cannot %s %s and %s", word, value_kind_name(a.kind), value_kind_name(b.kind));
}

static struct value overflow(struct heap *heap, const char *sign, struct value a, struct value b) {
    struct buffer text = { 0 };
    value_print(a, &text);
    buffer_printf(&text, " %s ", sign);
    value_print(b, &text);
    struct value error = value_error(heap, "%s is too large", text.bytes);
    buffer_done(&text);
    return error;
}

static struct value by_zero(struct heap *heap, struct value a) {
    struct buffer text = { 0 };
    value_print(a, &text);
    struct value error = value_error(heap, "%s is divided by zero", text.bytes);
    buffer_done(&text);
    return error;
}

static struct value counted(enum value_kind kind, int64_t integer) {
    return (struct value){ .kind = (uint8_t)kind, .integer = integer };
}

/* Sum or difference of two whole values of which the result's kind is known. */
static struct value whole_sum(struct heap *heap, enum value_kind kind, bool minus, struct value a, struct value b) {
    int64_t result;
    bool over = minus ? __builtin_sub_overflow(a.integer, b.integer, &result)
                      : __builtin_add_overflow(a.integer, b.integer, &result);
    return over ? overflow(heap, minus ? "-" : "+", a, b) : counted(kind, result);
}

static struct value sum(struct heap *heap, bool minus, struct value a, struct value b) {
    const char *word = minus ? "subtract" : "add";
    enum value_kind left = a.kind, right = b.kind;
    if (left == right && (left == VALUE_INTEGER || left == VALUE_DURATION || left == VALUE_SIZE)) {
        return whole_sum(heap, left, minus, a, b);
    }
    if (left == VALUE_INSTANT && right == VALUE_DURATION) return whole_sum(heap, VALUE_INSTANT, minus, a, b);
    if (left == VALUE_DURATION && right == VALUE_INSTANT && !minus) return whole_sum(heap, VALUE_INSTANT, false, a, b);
    if (left == VALUE_INSTANT && right == VALUE_INSTANT && minus) return whole_sum(heap, VALUE_DURATION, true, a, b);
    if (left == VALUE_RATIO && right == VALUE_RATIO)
        return value_ratio(minus ? a.number - b.number : a.number + b.number);
    if (left == VALUE_VERSION && right == VALUE_INTEGER && minus) return version_older(heap, a, b.integer);
    if (!is_quantity(a) || !is_quantity(b)) return unfit(heap, word, a, b);
    struct dimensioned x = dimensioned(a), y = dimensioned(b);
    if (x.time_power != y.time_power || x.byte_power != y.byte_power) return unfit(heap, word, a, b);
    return value_quantity(heap, minus ? x.number - y.number : x.number + y.number, x.time_power, x.byte_power);
}

struct value value_add(struct heap *heap, struct value a, struct value b) {
    struct value result;
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_ADD, a, b);
    /* A list that holds an error is a list: [app.bin, "serve"] + flags, whose first word an image does without. */
    if (a.kind == VALUE_LIST && b.kind == VALUE_LIST) return list_join(heap, a, b);
    return passes(a, b, &result) ? result : sum(heap, false, a, b);
}

struct value value_subtract(struct heap *heap, struct value a, struct value b) {
    struct value result;
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_SUBTRACT, a, b);
    return passes(a, b, &result) ? result : sum(heap, true, a, b);
}

/* A ratio scales any quantity and stays a ratio among ratios. */
static struct value scaled(struct heap *heap, struct value a, struct value b) {
    if (a.kind == VALUE_RATIO && b.kind == VALUE_RATIO) return value_ratio(a.number * b.number);
    struct value ratio = a.kind == VALUE_RATIO ? a : b, other = a.kind == VALUE_RATIO ? b : a;
    if (!is_quantity(other)) return unfit(heap, "multiply", a, b);
    struct dimensioned x = dimensioned(other);
    return value_quantity(heap, x.number * ratio.number, x.time_power, x.byte_power);
}

static struct value product(struct heap *heap, struct value a, struct value b) {
    if (a.kind == VALUE_RATIO || b.kind == VALUE_RATIO) return scaled(heap, a, b);
    if (!is_quantity(a) || !is_quantity(b)) return unfit(heap, "multiply", a, b);
    /* An int times an int, a duration or a size stays exact. */
    bool whole =
        a.kind != VALUE_NUMBER && b.kind != VALUE_NUMBER && (a.kind == VALUE_INTEGER || b.kind == VALUE_INTEGER);
    if (whole) {
        int64_t result;
        if (__builtin_mul_overflow(a.integer, b.integer, &result)) return overflow(heap, "*", a, b);
        return counted(a.kind == VALUE_INTEGER ? b.kind : a.kind, result);
    }
    struct dimensioned x = dimensioned(a), y = dimensioned(b);
    return value_quantity(heap, x.number * y.number, x.time_power + y.time_power, x.byte_power + y.byte_power);
}

struct value value_multiply(struct heap *heap, struct value a, struct value b) {
    struct value result;
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_MULTIPLY, a, b);
    return passes(a, b, &result) ? result : product(heap, a, b);
}

/* Rounded to the nearest, halves away from zero; exact where a double would not be. */
static int64_t nearest(int64_t a, int64_t b) {
    int64_t quotient = a / b, rest = a % b;
    uint64_t twice = 2 * (rest < 0 ? -(uint64_t)rest : (uint64_t)rest);
    uint64_t size = b < 0 ? -(uint64_t)b : (uint64_t)b;
    if (twice >= size) quotient += (a < 0) == (b < 0) ? 1 : -1;
    return quotient;
}

static struct value quotient(struct heap *heap, struct value a, struct value b) {
    bool ratio = a.kind == VALUE_RATIO || b.kind == VALUE_RATIO;
    if (!(is_quantity(a) || a.kind == VALUE_RATIO) || !(is_quantity(b) || b.kind == VALUE_RATIO)) {
        return unfit(heap, "divide", a, b);
    }
    bool zero = b.kind == VALUE_NUMBER || b.kind == VALUE_RATIO ? b.number == 0 : b.integer == 0;
    if (zero) return by_zero(heap, a);
    if ((a.kind == VALUE_DURATION || a.kind == VALUE_SIZE) && b.kind == VALUE_INTEGER) {
        if (a.integer == INT64_MIN && b.integer == -1) return overflow(heap, "/", a, b);
        return counted(a.kind, nearest(a.integer, b.integer));
    }
    if (a.kind == b.kind && (a.kind == VALUE_DURATION || a.kind == VALUE_SIZE)) {
        return value_quantity(heap, (double)a.integer / (double)b.integer, 0, 0);
    }
    if (!ratio) {
        struct dimensioned x = dimensioned(a), y = dimensioned(b);
        return value_quantity(heap, x.number / y.number, x.time_power - y.time_power, x.byte_power - y.byte_power);
    }
    if (a.kind == VALUE_RATIO && b.kind == VALUE_RATIO) return value_quantity(heap, a.number / b.number, 0, 0);
    if (a.kind == VALUE_RATIO &&
        (b.kind == VALUE_INTEGER || (b.kind == VALUE_NUMBER && !b.time_power && !b.byte_power))) {
        return value_ratio(a.number / (b.kind == VALUE_INTEGER ? (double)b.integer : b.number));
    }
    if (a.kind == VALUE_RATIO) return unfit(heap, "divide", a, b);
    struct dimensioned x = dimensioned(a);
    return value_quantity(heap, x.number / b.number, x.time_power, x.byte_power);
}

struct value value_divide(struct heap *heap, struct value a, struct value b) {
    struct value result;
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_DIVIDE, a, b);
    return passes(a, b, &result) ? result : quotient(heap, a, b);
}

/* The remainder takes the divisor's sign, so that `x mod 7` of a positive divisor is never negative. */
static struct value remainder_of(struct heap *heap, struct value a, struct value b) {
    if (a.kind == b.kind && (a.kind == VALUE_INTEGER || a.kind == VALUE_DURATION || a.kind == VALUE_SIZE)) {
        if (b.integer == 0) return by_zero(heap, a);
        if (b.integer == -1) return counted(a.kind, 0);
        int64_t rest = a.integer % b.integer;
        if (rest && (rest < 0) != (b.integer < 0)) rest += b.integer;
        return counted(a.kind, rest);
    }
    if (!is_quantity(a) || !is_quantity(b)) return unfit(heap, "take the remainder of", a, b);
    struct dimensioned x = dimensioned(a), y = dimensioned(b);
    if (x.time_power != y.time_power || x.byte_power != y.byte_power) return unfit(heap, "take the remainder of", a, b);
    if (y.number == 0) return by_zero(heap, a);
    double rest = fmod(x.number, y.number);
    if (rest != 0 && (rest < 0) != (y.number < 0)) rest += y.number;
    return value_quantity(heap, rest, x.time_power, x.byte_power);
}

struct value value_modulo(struct heap *heap, struct value a, struct value b) {
    struct value result;
    if (value_is_series(a) || value_is_series(b)) return series_lift(heap, LIFT_MODULO, a, b);
    return passes(a, b, &result) ? result : remainder_of(heap, a, b);
}

struct value value_negate(struct heap *heap, struct value a) {
    if (value_is_bad(a)) return value_retain(a);
    if (value_is_series(a)) return series_lift(heap, LIFT_MULTIPLY, value_integer(-1), a);
    if (a.kind == VALUE_RATIO || a.kind == VALUE_NUMBER) {
        a.number = -a.number;
        return a;
    }
    if (!is_quantity(a)) return value_error(heap, "%s cannot be negated", value_kind_name(a.kind));
    if (a.integer == INT64_MIN) return value_error(heap, "the negated number is too large");
    a.integer = -a.integer;
    return a;
}
