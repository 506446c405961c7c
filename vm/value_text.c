/* Values as a person reads them: 412ms, 64MiB, 80%, "text", [1, 2], {a: 1}. Exact forms for machines are
 * value_json.c's. */
#include "vm/handle.h"
#include "vm/heap.h"
#include "vm/version.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIPPED = 200 };

/* The shortest decimal text that reads back as the same double, without an exponent where that stays short. */
void number_print(struct buffer *out, double number) {
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    if (strchr(text, 'e') && fabs(number) < 1e15 && number == nearbyint(number)) {
        snprintf(text, sizeof text, "%.0f", number);
    }
    buffer_append_string(out, text);
}

/* For a person, who has no use for 2289.828137112159: six digits where the exact number is long. */
static void number_show(struct buffer *out, double number, bool exact) {
    enum { LONG = 10 };
    size_t start = out->length;
    number_print(out, number);
    bool whole = fabs(number) < 1e15 && number == nearbyint(number);
    if (exact || whole || out->length - start <= LONG) return;
    out->length = start;
    buffer_printf(out, "%.6g", number);
}

static void power_print(struct buffer *out, const char *unit, int power) {
    buffer_append_string(out, unit);
    if (power != 1) buffer_printf(out, "^%d", power);
}

/* 50/s, 5MiB/s; for dimensions that have no literal: 3 s^2 B. */
static void quantity_print(struct buffer *out, struct value value, bool exact) {
    int8_t time_power = value.time_power, byte_power = value.byte_power;
    if (time_power == -1 && byte_power == 1 && fabs(value.number) < 1e15 && value.number == nearbyint(value.number)) {
        size_print(out, (int64_t)value.number);
        buffer_append_string(out, "/s");
        return;
    }
    number_show(out, value.number, exact);
    if (time_power == 0 && byte_power == 0) return;
    if (byte_power > 0) power_print(out, "B", byte_power);
    if (time_power > 0) power_print(out, "s", time_power);
    if (byte_power < 0) power_print(out, "/B", -byte_power);
    if (time_power < 0) power_print(out, "/s", -time_power);
}

/* Quoted as in a recipe's text; what is no UTF-8 or not printable as \x1f. */
static void quoted_print(struct buffer *out, struct text text) {
    buffer_append_byte(out, '"');
    size_t invalid = text_invalid_utf8(text);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte == '"' || byte == '\\')
            buffer_printf(out, "\\%c", byte);
        else if (byte == '\n')
            buffer_append_string(out, "\\n");
        else if (byte == '\t')
            buffer_append_string(out, "\\t");
        else if (byte < ' ' || byte == 127 || (byte > 127 && i >= invalid))
            buffer_printf(out, "\\x%02x", byte);
        else
            buffer_append_byte(out, (char)byte);
    }
    buffer_append_byte(out, '"');
}

/* Stops once `limit` bytes of `out` are filled; the caller cuts. */
static void print(struct value value, struct buffer *out, size_t limit);

static void list_print(struct value value, struct buffer *out, size_t limit) {
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < value_count(value) && out->length < limit; i++) {
        if (i) buffer_append_string(out, ", ");
        print(value_at(value, i), out, limit);
    }
    buffer_append_byte(out, ']');
}

static bool is_plain_key(struct text key) {
    for (size_t i = 0; i < key.length; i++) {
        char byte = key.bytes[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && !(i && byte >= '0' && byte <= '9')) return false;
    }
    return key.length > 0;
}

static void record_print(struct value value, struct buffer *out, size_t limit) {
    if (value_count(value) == 0) {
        buffer_append_string(out, "{}");
        return;
    }
    buffer_append_string(out, "{ ");
    for (size_t i = 0; i < value_count(value) && out->length < limit; i++) {
        struct text key = value_key_at(value, i);
        if (i) buffer_append_string(out, ", ");
        if (is_plain_key(key))
            buffer_append(out, key);
        else
            quoted_print(out, key);
        buffer_append_string(out, ": ");
        print(value_at(value, i), out, limit);
    }
    buffer_append_string(out, " }");
}

static void series_print(struct value value, struct buffer *out, size_t limit) {
    struct value series = value_as_series(value);
    size_t count = series.kind == VALUE_SERIES ? series_of(series)->timing->count : 0;
    buffer_printf(out, "%zu %s", count,
                  series.kind == VALUE_SERIES && series_of(series)->kind == SERIES_EVENTS ? "events" : "samples");
    if (count) {
        buffer_append_string(out, ", last ");
        print(series_of(series)->values[count - 1], out, limit);
    }
    value_release(series);
}

static void interval_print(struct value value, struct buffer *out) {
    struct interval interval = value_interval_of(value);
    buffer_append(out, interval.name);
    int64_t zero = value.object->heap->zero;
    if (!interval.reached) {
        buffer_append_string(out, " (never began)");
        return;
    }
    buffer_append_byte(out, ' ');
    offset_print(out, interval.start - zero);
    buffer_append_string(out, " … ");
    if (interval.end != INT64_MAX) offset_print(out, interval.end - zero);
    if (interval.cut) buffer_append_string(out, " (cut)");
}

static void sql_print(struct value value, struct buffer *out, size_t limit) {
    buffer_append_string(out, "sql\"");
    for (size_t i = 0; i < value_count(value) && out->length < limit; i++) {
        if (i % 2 == 0) {
            buffer_append(out, value_text_of(value_at(value, i)));
            continue;
        }
        buffer_append_string(out, "${");
        print(value_at(value, i), out, limit);
        buffer_append_string(out, "}");
    }
    buffer_append_byte(out, '"');
}

/* An instant has a zero only in the context of a run; a bare one is told in seconds of the clock. */
static void print(struct value value, struct buffer *out, size_t limit) {
    switch ((enum value_kind)value.kind) {
    case VALUE_NONE: buffer_append_string(out, "none"); break;
    case VALUE_BOOL: buffer_append_string(out, value.boolean ? "true" : "false"); break;
    case VALUE_INTEGER: buffer_printf(out, "%lld", (long long)value.integer); break;
    case VALUE_NUMBER: quantity_print(out, value, limit == SIZE_MAX); break;
    case VALUE_DURATION: duration_print(out, value.integer); break;
    case VALUE_SIZE: size_print(out, value.integer); break;
    case VALUE_RATIO: {
        char text[40]; /* 0.07 is 7%, not 7.000000000000001% */
        snprintf(text, sizeof text, "%.10g%%", value.number * 100);
        buffer_append_string(out, text);
        break;
    }
    case VALUE_INSTANT: offset_print(out, value.integer); break;
    case VALUE_UNBOUND: buffer_append_string(out, "(unbound)"); break;
    case VALUE_TEXT: quoted_print(out, text_slice(value_text_of(value), 0, limit)); break;
    case VALUE_BYTES: buffer_printf(out, "%zu bytes", value_text_of(value).length); break;
    case VALUE_NUMERAL: buffer_append(out, value_text_of(value)); break;
    case VALUE_VERSION: version_print(value, out); break;
    case VALUE_REGEX: buffer_printf(out, "re'%.*s'", TEXT_ARGS(value_text_of(value))); break;
    case VALUE_SQL: sql_print(value, out, limit); break;
    case VALUE_SHELL: buffer_printf(out, "sh\"%.*s\"", TEXT_ARGS(value_text_of(value))); break;
    case VALUE_LIST: list_print(value, out, limit); break;
    case VALUE_RECORD: record_print(value, out, limit); break;
    case VALUE_RANGE:
        buffer_printf(out, "%lld..%lld", (long long)range_object(value)->from, (long long)range_object(value)->to);
        break;
    case VALUE_INTERVAL: interval_print(value, out); break;
    case VALUE_STREAM:
    case VALUE_SERIES: series_print(value, out, limit); break;
    case VALUE_WINDOW:
        series_print(window_of(value).series, out, limit);
        buffer_append_string(out, " over ");
        duration_print(out, window_of(value).length);
        break;
    case VALUE_HANDLE: handle_print(value, out); break;
    case VALUE_ITERATOR: buffer_append_string(out, "(iterator)"); break;
    case VALUE_POLL: buffer_append_string(out, "(poll)"); break;
    case VALUE_ERROR: buffer_printf(out, "error: %.*s", TEXT_ARGS(value_text_of(value))); break;
    case VALUE_NO_DATA: buffer_printf(out, "no data: %.*s", TEXT_ARGS(value_text_of(value))); break;
    case VALUE_KIND_COUNT: break;
    }
}

void value_masked(struct heap *heap, struct text text, size_t limit, struct buffer *out) {
    struct buffer masked = { 0 };
    mask_apply(heap->mask, text, &masked);
    buffer_append(out, text_slice(buffer_text(&masked), 0, limit));
    buffer_done(&masked);
}

/* A cut may leave the beginning of a secret, which nothing would know as one any more: so the whole is masked first. */
static void print_masked(struct value value, struct buffer *out) {
    struct heap *heap = value.object->heap;
    struct buffer text = { 0 };
    if (value.kind == VALUE_TEXT) {
        value_masked(heap, value_text_of(value), SIZE_MAX, &text);
        quoted_print(out, buffer_text(&text));
    } else {
        print(value, &text, SIZE_MAX - 1);
        value_masked(heap, buffer_text(&text), SIZE_MAX, out);
    }
    buffer_done(&text);
}

void value_print(struct value value, struct buffer *out) {
    struct buffer whole = { 0 };
    print(value, &whole, CLIPPED + 1);
    if (whole.length > CLIPPED && value_is_counted(value) && value.object->heap->mask) {
        whole.length = 0;
        print_masked(value, &whole);
    }
    struct text text = buffer_text(&whole);
    if (text.length > CLIPPED) {
        size_t cut = CLIPPED;
        while (cut && ((unsigned char)text.bytes[cut] & 0xC0) == 0x80) cut--; /* no half a character */
        buffer_append(out, text_slice(text, 0, cut));
        buffer_append_string(out, "…");
    } else {
        buffer_append(out, text);
    }
    buffer_done(&whole);
}

void value_plain(struct value value, struct buffer *out) {
    bool spelled = value.kind == VALUE_TEXT || value.kind == VALUE_SHELL || value.kind == VALUE_BYTES;
    if (spelled || value.kind == VALUE_VERSION) {
        buffer_append(out, value_text_of(value));
    } else {
        print(value, out, SIZE_MAX);
    }
}

const char *value_kind_name(enum value_kind kind) {
    static const char *const names[VALUE_KIND_COUNT] = {
        [VALUE_NONE] = "none",
        [VALUE_BOOL] = "a bool",
        [VALUE_INTEGER] = "an int",
        [VALUE_NUMBER] = "a number",
        [VALUE_DURATION] = "a duration",
        [VALUE_SIZE] = "a size",
        [VALUE_RATIO] = "a ratio",
        [VALUE_INSTANT] = "an instant",
        [VALUE_UNBOUND] = "nothing",
        [VALUE_TEXT] = "a text",
        [VALUE_BYTES] = "bytes",
        [VALUE_NUMERAL] = "a number",
        [VALUE_VERSION] = "a version",
        [VALUE_REGEX] = "a regex",
        [VALUE_SQL] = "SQL",
        [VALUE_SHELL] = "shell text",
        [VALUE_LIST] = "a list",
        [VALUE_RECORD] = "a record",
        [VALUE_RANGE] = "a range",
        [VALUE_INTERVAL] = "an interval",
        [VALUE_STREAM] = "a stream",
        [VALUE_SERIES] = "a series",
        [VALUE_WINDOW] = "a window",
        [VALUE_HANDLE] = "a handle",
        [VALUE_ITERATOR] = "an iterator",
        [VALUE_POLL] = "a poll",
        [VALUE_ERROR] = "an error",
        [VALUE_NO_DATA] = "no data",
    };
    return kind < VALUE_KIND_COUNT ? names[kind] : "nothing";
}
