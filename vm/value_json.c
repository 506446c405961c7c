/* Values as JSON: exactly, for the record (value_encode, value_decode), and plainly, for a component
 * (value_to_json). What JSON has no word for is an object of one key that begins with `$`; an object whose own keys
 * do so is {"$record": …}. */
#include "vm/handle.h"
#include "vm/heap.h"
#include "vm/release.h"

#include "base/json.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- base64, for bytes that are no text ---- */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_append(struct buffer *out, struct text bytes) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i < 3 ? bytes.length - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) group = group << 8 | (k < left ? (unsigned char)bytes.bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buffer_append_byte(out, k <= left ? letters[group >> (18 - 6 * k) & 63] : '=');
    }
    buffer_append_byte(out, '"');
}

static bool base64_read(struct text text, struct buffer *out) {
    if (text.length % 4) return false;
    for (size_t i = 0; i < text.length; i += 4) {
        uint32_t group = 0;
        size_t padding = 0;
        for (size_t k = 0; k < 4; k++) {
            char byte = text.bytes[i + k];
            const char *letter = byte ? strchr(letters, byte) : NULL;
            if (byte == '=' && i + 4 == text.length && k >= 2)
                padding++;
            else if (!letter || padding)
                return false;
            group = group << 6 | (uint32_t)(letter ? letter - letters : 0);
        }
        for (size_t k = 0; k < 3 - padding; k++) buffer_append_byte(out, (char)(group >> (16 - 8 * k) & 255));
    }
    return true;
}

/* ---- writing ---- */
static void number_encode(struct value value, struct buffer *out) {
    bool plain = value.time_power == 0 && value.byte_power == 0;
    if (plain && isfinite(value.number)) {
        size_t start = out->length;
        number_print(out, value.number);
        struct text written = text_slice(buffer_text(out), start, out->length - start);
        bool marked = memchr(written.bytes, '.', written.length) || memchr(written.bytes, 'e', written.length);
        if (!marked) buffer_append_string(out, ".0"); /* or it would be read back as an int */
        return;
    }
    buffer_append_string(out, "{\"$number\":[");
    if (isfinite(value.number))
        number_print(out, value.number);
    else
        buffer_append_string(out, isnan(value.number) ? "\"nan\"" : value.number > 0 ? "\"inf\"" : "\"-inf\"");
    buffer_printf(out, ",%d,%d]}", value.time_power, value.byte_power);
}

static void text_encode(struct text text, struct buffer *out) {
    if (text_invalid_utf8(text) == SIZE_MAX) {
        json_quote(out, text);
        return;
    }
    buffer_append_string(out, "{\"$text\":");
    base64_append(out, text);
    buffer_append_byte(out, '}');
}

static void list_encode(struct value list, struct buffer *out) {
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < value_count(list); i++) {
        if (i) buffer_append_byte(out, ',');
        value_encode(value_at(list, i), out);
    }
    buffer_append_byte(out, ']');
}

static bool needs_escape(struct value record) {
    for (size_t i = 0; i < value_count(record); i++) {
        struct text key = value_key_at(record, i);
        if ((key.length && key.bytes[0] == '$') || text_invalid_utf8(key) != SIZE_MAX) return true;
    }
    return false;
}

static void record_encode(struct value record, struct buffer *out) {
    bool escape = needs_escape(record);
    buffer_append_string(out, escape ? "{\"$record\":[" : "{");
    for (size_t i = 0; i < value_count(record); i++) {
        if (i) buffer_append_byte(out, ',');
        if (escape) buffer_append_byte(out, '[');
        if (escape)
            text_encode(value_key_at(record, i), out);
        else
            json_quote(out, value_key_at(record, i));
        buffer_append_byte(out, escape ? ',' : ':');
        value_encode(value_at(record, i), out);
        if (escape) buffer_append_byte(out, ']');
    }
    buffer_append_string(out, escape ? "]}" : "}");
}

static void interval_encode(struct interval interval, struct buffer *out) {
    buffer_append_string(out, "{\"$interval\":[");
    json_quote(out, interval.name);
    buffer_printf(out, ",%" PRId64 ",%" PRId64 ",%s,%s]}", interval.start, interval.end,
                  interval.reached ? "true" : "false", interval.cut ? "true" : "false");
}

static void times_encode(const char *key, const int64_t *times, size_t count, struct buffer *out) {
    buffer_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) buffer_printf(out, i ? ",%" PRId64 : "%" PRId64, times[i]);
    buffer_append_byte(out, ']');
}

static void series_encode(const struct series *series, struct buffer *out) {
    const struct provenance *origin = &series->provenance;
    const struct timing *timing = series->timing;
    buffer_printf(out, "{\"$series\":{\"kind\":\"%s\",\"name\":", series->kind == SERIES_EVENTS ? "events" : "samples");
    json_quote(out, origin->name);
    buffer_printf(out,
                  ",\"observer\":%s,\"sampler\":%s,\"starved\":%s,\"alive\":[%" PRId64 ",%" PRId64
                  "],\"every\":%" PRId64 ",\"rate\":",
                  origin->observer ? "true" : "false", origin->sampler ? "true" : "false",
                  origin->starved ? "true" : "false", origin->alive_from, origin->alive_to, origin->every);
    number_encode(value_number(origin->rate), out);
    if (origin->unwatched) {
        times_encode("unwatched_from", origin->unwatched->start, origin->unwatched->count, out);
        times_encode("unwatched_to", origin->unwatched->end, origin->unwatched->count, out);
    }
    times_encode("start", timing->start, timing->count, out);
    times_encode("end", timing->end, timing->count, out);
    if (timing->intended) times_encode("intended", timing->intended, timing->count, out);
    buffer_append_string(out, ",\"values\":[");
    for (size_t i = 0; i < timing->count; i++) {
        if (i) buffer_append_byte(out, ',');
        value_encode(series->values[i], out);
    }
    buffer_append_string(out, "]}}");
}

static void tagged_integer(const char *tag, int64_t integer, struct buffer *out) {
    buffer_printf(out, "{\"$%s\":%" PRId64 "}", tag, integer);
}

static void tagged_text(const char *tag, struct text text, struct buffer *out) {
    buffer_printf(out, "{\"$%s\":", tag);
    text_encode(text, out);
    buffer_append_byte(out, '}');
}

void value_encode(struct value value, struct buffer *out) {
    switch ((enum value_kind)value.kind) {
    case VALUE_BOOL: buffer_append_string(out, value.boolean ? "true" : "false"); break;
    case VALUE_INTEGER: buffer_printf(out, "%" PRId64, value.integer); break;
    case VALUE_NUMBER: number_encode(value, out); break;
    case VALUE_DURATION: tagged_integer("duration", value.integer, out); break;
    case VALUE_SIZE: tagged_integer("size", value.integer, out); break;
    case VALUE_INSTANT: tagged_integer("instant", value.integer, out); break;
    case VALUE_RATIO:
        buffer_append_string(out, "{\"$ratio\":");
        number_encode(value_number(value.number), out);
        buffer_append_byte(out, '}');
        break;
    case VALUE_TEXT: text_encode(value_text_of(value), out); break;
    case VALUE_BYTES:
        buffer_append_string(out, "{\"$bytes\":");
        base64_append(out, value_text_of(value));
        buffer_append_byte(out, '}');
        break;
    case VALUE_NUMERAL: tagged_text("numeral", value_text_of(value), out); break;
    case VALUE_VERSION: tagged_text("version", value_text_of(value), out); break;
    case VALUE_REGEX: tagged_text("regex", value_text_of(value), out); break;
    case VALUE_SHELL: tagged_text("shell", value_text_of(value), out); break;
    case VALUE_SQL:
        buffer_append_string(out, "{\"$sql\":");
        list_encode(value, out);
        buffer_append_byte(out, '}');
        break;
    case VALUE_LIST: list_encode(value, out); break;
    case VALUE_RECORD: record_encode(value, out); break;
    case VALUE_RANGE:
        buffer_printf(out, "{\"$range\":[%" PRId64 ",%" PRId64 "]}", range_object(value)->from,
                      range_object(value)->to);
        break;
    case VALUE_INTERVAL: interval_encode(value_interval_of(value), out); break;
    case VALUE_STREAM: tagged_integer("stream", stream_id(stream_of(value)), out); break;
    case VALUE_SERIES: series_encode(series_of(value), out); break;
    case VALUE_WINDOW:
        buffer_append_string(out, "{\"$window\":[");
        value_encode(window_of(value).series, out);
        buffer_printf(out, ",%" PRId64 "]}", window_of(value).length);
        break;
    case VALUE_HANDLE: tagged_text("handle", text_of(handle_name(value)), out); break;
    case VALUE_ERROR: tagged_text(value_is_missing(value) ? "missing" : "error", value_text_of(value), out); break;
    case VALUE_NO_DATA: tagged_text("no_data", value_text_of(value), out); break;
    case VALUE_NONE:
    case VALUE_UNBOUND:
    case VALUE_ITERATOR: /* neither ever leaves its frame */
    case VALUE_POLL:
    case VALUE_KIND_COUNT: buffer_append_string(out, "null"); break;
    }
}

/* ---- reading ---- */
static struct value decode(struct heap *heap, struct value plain);

static struct value damaged(struct heap *heap, struct text tag) {
    return value_error(heap, "the record holds a damaged %.*s", TEXT_ARGS(tag));
}

static bool integer_at(struct value list, size_t index, int64_t *integer) {
    struct value item = value_at(list, index);
    *integer = item.integer;
    return item.kind == VALUE_INTEGER;
}

static struct value decode_list(struct heap *heap, struct value plain, bool sql) {
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; i < value_count(plain); i++) {
        struct value item = decode(heap, value_at(plain, i));
        list = value_list_append(list, item);
        value_release(item);
    }
    if (sql && list.kind == VALUE_LIST) {
        list.kind = VALUE_SQL;
        list.object->kind = VALUE_SQL;
    }
    return list;
}

static struct value decode_record(struct heap *heap, struct value plain) {
    struct value record = value_record(heap);
    for (size_t i = 0; i < value_count(plain); i++) {
        struct value item = decode(heap, value_at(plain, i));
        record = value_record_with(record, value_key_at(plain, i), item);
        value_release(item);
    }
    return record;
}

static struct value decode_pairs(struct heap *heap, struct value pairs) {
    struct value record = value_record(heap);
    for (size_t i = 0; i < value_count(pairs); i++) {
        struct value key = decode(heap, value_at(value_at(pairs, i), 0));
        struct value item = decode(heap, value_at(value_at(pairs, i), 1));
        record = value_record_with(record, value_text_of(key), item);
        value_release(item);
        value_release(key);
    }
    return record;
}

static struct value decode_number(struct heap *heap, struct value parts) {
    struct value number = value_at(parts, 0);
    int64_t time_power, byte_power;
    if (!integer_at(parts, 1, &time_power) || !integer_at(parts, 2, &byte_power)) return damaged(heap, TEXT("number"));
    struct value result = value_number(number.kind == VALUE_INTEGER ? (double)number.integer
                                       : number.kind == VALUE_TEXT  ? strtod(value_text_of(number).bytes, NULL)
                                                                    : number.number);
    result.time_power = (int8_t)time_power;
    result.byte_power = (int8_t)byte_power;
    return result;
}

static struct value decode_interval(struct heap *heap, struct value parts) {
    int64_t start, end;
    if (value_count(parts) != 5 || !integer_at(parts, 1, &start) || !integer_at(parts, 2, &end)) {
        return damaged(heap, TEXT("interval"));
    }
    return value_interval(heap, value_text_of(value_at(parts, 0)), start, end, value_is_true(value_at(parts, 3)),
                          value_is_true(value_at(parts, 4)));
}

static bool decode_times(struct value list, size_t count, int64_t *times) {
    if (value_count(list) != count) return false;
    for (size_t i = 0; i < count; i++) {
        if (!integer_at(list, i, &times[i])) return false;
    }
    return true;
}

static struct timing *decode_unwatched(struct value fields) {
    struct value from = value_field(fields, TEXT("unwatched_from"), NULL);
    struct value to = value_field(fields, TEXT("unwatched_to"), NULL);
    if (from.kind != VALUE_LIST) return NULL;
    struct timing *timing = timing_new(value_count(from), false);
    if (decode_times(from, timing->count, timing->start) && decode_times(to, timing->count, timing->end)) return timing;
    timing_release(timing);
    return NULL;
}

static struct value decode_series(struct heap *heap, struct value fields) {
    struct value values = value_field(fields, TEXT("values"), NULL);
    struct value intended = value_field(fields, TEXT("intended"), NULL);
    struct value alive = value_field(fields, TEXT("alive"), NULL);
    struct value every = value_field(fields, TEXT("every"), NULL), rate = value_field(fields, TEXT("rate"), NULL);
    size_t count = value_count(values);
    struct provenance origin = { .observer = value_is_true(value_field(fields, TEXT("observer"), NULL)),
                                 .sampler = value_is_true(value_field(fields, TEXT("sampler"), NULL)),
                                 .starved = value_is_true(value_field(fields, TEXT("starved"), NULL)),
                                 .rate = rate.kind == VALUE_NUMBER ? rate.number : 0,
                                 .every = every.kind == VALUE_INTEGER ? every.integer : 0 };
    struct timing *timing = timing_new(count, intended.kind == VALUE_LIST);
    bool good = decode_times(value_field(fields, TEXT("start"), NULL), count, timing->start) &&
                decode_times(value_field(fields, TEXT("end"), NULL), count, timing->end) &&
                (!timing->intended || decode_times(intended, count, timing->intended)) &&
                integer_at(alive, 0, &origin.alive_from) && integer_at(alive, 1, &origin.alive_to);
    if (!good) {
        timing_release(timing);
        return damaged(heap, TEXT("series"));
    }
    struct value *items = memory_allocate(count * sizeof *items);
    for (size_t i = 0; i < count; i++) items[i] = decode(heap, value_at(values, i));
    bool events = text_is(value_text_of(value_field(fields, TEXT("kind"), NULL)), "events");
    origin.unwatched = decode_unwatched(fields);
    struct value series = series_make(heap, events ? SERIES_EVENTS : SERIES_SAMPLES, timing, items, origin);
    timing_release(origin.unwatched); /* the series keeps it */
    return series;
}

static struct value decode_bytes(struct heap *heap, struct text tag, struct value plain, bool text) {
    struct buffer bytes = { 0 };
    struct value result;
    if (!base64_read(value_text_of(plain), &bytes))
        result = damaged(heap, tag);
    else
        result = text ? value_text(heap, buffer_text(&bytes)) : value_bytes(heap, buffer_text(&bytes));
    buffer_done(&bytes);
    return result;
}

static struct value decode_reference(struct heap *heap, struct text handle, uint32_t stream) {
    if (heap->resolve) return heap->resolve(heap->resolve_data, handle, stream);
    return value_no_data(heap, "not in the record");
}

static struct value decode_window(struct heap *heap, struct value parts) {
    int64_t length;
    struct value series = decode(heap, value_at(parts, 0));
    struct value window = integer_at(parts, 1, &length) && series.kind == VALUE_SERIES
                              ? value_window(heap, series, length)
                              : damaged(heap, TEXT("window"));
    value_release(series);
    return window;
}

static struct value decode_integer(struct heap *heap, struct text tag, int64_t integer) {
    if (text_is(tag, "duration")) return value_duration(integer);
    if (text_is(tag, "size")) return value_size(integer);
    if (text_is(tag, "instant")) return value_instant(integer);
    if (text_is(tag, "stream")) return decode_reference(heap, TEXT_NONE, (uint32_t)integer);
    if (text_is(tag, "ratio")) return value_ratio((double)integer);
    return damaged(heap, tag);
}

static struct value decode_spelled(struct heap *heap, struct text tag, struct text text) {
    if (text_is(tag, "numeral")) return value_numeral(heap, text);
    if (text_is(tag, "version")) return value_version(heap, text);
    if (text_is(tag, "regex")) return value_regex(heap, text);
    if (text_is(tag, "shell")) return value_shell(heap, text);
    if (text_is(tag, "handle")) return decode_reference(heap, text, 0);
    if (text_is(tag, "error")) return value_error(heap, "%.*s", TEXT_ARGS(text));
    if (text_is(tag, "missing")) return value_missing(heap, "%.*s", TEXT_ARGS(text));
    if (text_is(tag, "no_data")) return value_no_data(heap, "%.*s", TEXT_ARGS(text));
    return damaged(heap, tag);
}

static struct value decode_tagged(struct heap *heap, struct text tag, struct value plain) {
    if (text_is(tag, "record")) return decode_pairs(heap, plain);
    if (text_is(tag, "bytes")) return decode_bytes(heap, tag, plain, false);
    if (text_is(tag, "text")) return decode_bytes(heap, tag, plain, true);
    if (text_is(tag, "number")) return decode_number(heap, plain);
    if (text_is(tag, "interval")) return decode_interval(heap, plain);
    if (text_is(tag, "series")) return decode_series(heap, plain);
    if (text_is(tag, "window")) return decode_window(heap, plain);
    if (text_is(tag, "sql")) return decode_list(heap, plain, true);
    if (text_is(tag, "range")) {
        int64_t from, to;
        return integer_at(plain, 0, &from) && integer_at(plain, 1, &to) ? value_range(heap, from, to)
                                                                        : damaged(heap, tag);
    }
    if (text_is(tag, "ratio") && plain.kind == VALUE_NUMBER) return value_ratio(plain.number);
    if (plain.kind == VALUE_INTEGER) return decode_integer(heap, tag, plain.integer);
    struct value text = decode(heap, plain);
    struct value result = text.kind == VALUE_TEXT ? decode_spelled(heap, tag, value_text_of(text)) : damaged(heap, tag);
    value_release(text);
    return result;
}

static struct value decode(struct heap *heap, struct value plain) {
    if (plain.kind == VALUE_LIST) return decode_list(heap, plain, false);
    if (plain.kind != VALUE_RECORD) return value_retain(plain);
    struct text key = value_key_at(plain, 0);
    if (value_count(plain) != 1 || !key.length || key.bytes[0] != '$') return decode_record(heap, plain);
    return decode_tagged(heap, text_slice(key, 1, key.length), value_at(plain, 0));
}

struct value value_decode(struct heap *heap, struct text json) {
    struct value plain = value_from_json(heap, json);
    struct value value = decode(heap, plain);
    value_release(plain);
    return value;
}

/* ---- plain JSON ---- */
static bool container_to_json(struct value value, struct buffer *out) {
    bool record = value.kind == VALUE_RECORD, good = true;
    buffer_append_byte(out, record ? '{' : '[');
    for (size_t i = 0; i < value_count(value) && good; i++) {
        if (i) buffer_append_byte(out, ',');
        if (record) {
            json_quote(out, value_key_at(value, i));
            buffer_append_byte(out, ':');
        }
        good = value_to_json(value_at(value, i), out);
    }
    buffer_append_byte(out, record ? '}' : ']');
    return good;
}

bool value_to_json(struct value value, struct buffer *out) {
    switch ((enum value_kind)value.kind) {
    case VALUE_NONE: buffer_append_string(out, "null"); return true;
    case VALUE_BOOL: buffer_append_string(out, value.boolean ? "true" : "false"); return true;
    case VALUE_INTEGER:
    case VALUE_SIZE: buffer_printf(out, "%" PRId64, value.integer); return true;
    case VALUE_RATIO:
    case VALUE_NUMBER:
        if (value.time_power == 0 && value.byte_power == 0) {
            if (!isfinite(value.number)) return false;
            number_print(out, value.number);
            return true;
        }
        break;
    case VALUE_NUMERAL: buffer_append(out, value_text_of(value)); return true;
    case VALUE_TEXT: json_quote(out, value_text_of(value)); return true;
    case VALUE_BYTES: base64_append(out, value_text_of(value)); return true;
    case VALUE_RANGE:
    case VALUE_LIST:
    case VALUE_RECORD: return container_to_json(value, out);
    case VALUE_VERSION: {
        struct text tag = release_tag(value.object->heap, value_text_of(value));
        json_quote(out, tag.length ? tag : value_text_of(value));
        return true;
    }
    case VALUE_DURATION:
    case VALUE_INSTANT:
    case VALUE_REGEX:
    case VALUE_SHELL: break;
    case VALUE_UNBOUND:
    case VALUE_SQL:
    case VALUE_INTERVAL:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_KIND_COUNT: return false;
    }
    struct buffer text = { 0 };
    value_plain(value, &text);
    json_quote(out, buffer_text(&text));
    buffer_done(&text);
    return true;
}
