/* What the machine's own printing cannot know: where a run began, and that a person reads. */
#include "judge/shown.h"

#include "base/clock.h"

#include <stdio.h>

enum { CLIPPED = 200, PARTED_FROM = 10000 };

static void print_parted(struct buffer *out, int64_t number) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)number), first = digits[0] == '-';
    for (int i = 0; i < length; i++) {
        if (i > first && (length - i) % 3 == 0) buffer_append_byte(out, ',');
        buffer_append_byte(out, digits[i]);
    }
}

static void print_instant(const struct world *world, int64_t instant, struct buffer *out) {
    int64_t since;
    if (__builtin_sub_overflow(instant, world->started, &since)) since = instant;
    buffer_append_string(out, "run ");
    offset_print(out, since);
}

/* Lists of instants are rare; other containers are printed as the machine does. */
static bool holds_instants(struct value value) {
    for (size_t i = 0; value.kind == VALUE_LIST && i < value_count(value); i++)
        if (value_at(value, i).kind == VALUE_INSTANT) return true;
    return false;
}

static void print_instants(const struct world *world, struct value list, struct buffer *out) {
    size_t begin = out->length;
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < value_count(list); i++) {
        if (i) buffer_append_string(out, ", ");
        if (out->length - begin > CLIPPED) {
            buffer_append_string(out, "…");
            return;
        }
        shown_plain(world, value_at(list, i), out);
    }
    buffer_append_byte(out, ']');
}

void shown_plain(const struct world *world, struct value value, struct buffer *out) {
    if (value.kind == VALUE_INSTANT)
        print_instant(world, value.integer, out);
    else if (holds_instants(value))
        print_instants(world, value, out);
    else
        value_print(value, out);
}

void shown_print(const struct world *world, struct value value, struct buffer *out) {
    bool is_large = value.kind == VALUE_INTEGER && (value.integer >= PARTED_FROM || value.integer <= -PARTED_FROM);
    if (is_large)
        print_parted(out, value.integer);
    else
        shown_plain(world, value, out);
}

void shown_exactly(const struct world *world, struct value value, struct buffer *out) {
    switch (value.kind) {
    case VALUE_NUMBER: value_plain(value, out); break;
    case VALUE_RATIO: buffer_printf(out, "%.17g%%", value.number * 100); break;
    case VALUE_DURATION: buffer_printf(out, "%lldns", (long long)value.integer); break;
    case VALUE_SIZE: buffer_printf(out, "%lldB", (long long)value.integer); break;
    case VALUE_INSTANT:
        print_instant(world, value.integer, out);
        buffer_printf(out, " (%lldns)", (long long)(value.integer - world->started));
        break;
    default: shown_print(world, value, out);
    }
}

void shown_rate(double rate, struct buffer *out) {
    if (rate >= 100 && rate < 1e15)
        print_parted(out, (int64_t)(rate + 0.5));
    else
        buffer_printf(out, "%.3g", rate);
    buffer_append_string(out, "/s");
}
