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

/* A long value is cut somewhere. The beginning of a secret that lies over the cut would not be known as one any more, so the
 * whole is masked first. */
static void print_masked(const struct world *world, struct value value, struct buffer *out) {
    struct buffer whole = { 0 }, masked = { 0 };
    value_plain(value, &whole);
    mask_apply(world->mask, buffer_text(&whole), &masked);
    if (value.kind == VALUE_TEXT) {
        struct value text = value_text(value.object->heap, buffer_text(&masked));
        value_print(text, out);
        value_release(text);
    } else {
        size_t cut = masked.length > CLIPPED ? CLIPPED : masked.length;
        while (cut && cut < masked.length && ((unsigned char)masked.bytes[cut] & 0xC0) == 0x80) cut--;
        buffer_append(out, text_slice(buffer_text(&masked), 0, cut));
        if (cut < masked.length) buffer_append_string(out, "…");
    }
    buffer_done(&whole);
    buffer_done(&masked);
}

static void print_value(const struct world *world, struct value value, struct buffer *out) {
    struct buffer text = { 0 };
    value_print(value, &text);
    bool is_nested = value.kind == VALUE_TEXT || value.kind == VALUE_LIST || value.kind == VALUE_RECORD;
    bool is_clipped = is_nested && text.length > CLIPPED && world->mask && !mask_is_empty(world->mask);
    if (is_clipped)
        print_masked(world, value, out);
    else
        buffer_append(out, buffer_text(&text));
    buffer_done(&text);
}

void shown_plain(const struct world *world, struct value value, struct buffer *out) {
    if (value.kind == VALUE_INSTANT)
        print_instant(world, value.integer, out);
    else if (holds_instants(value))
        print_instants(world, value, out);
    else
        print_value(world, value, out);
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
