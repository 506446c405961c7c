/* Conversions to a declared type. Nothing is guessed: a bare number is no duration, a text is a number only when all
 * of it is. A size may be a bare number (bytes), since JSON and headers have no other way to say one. */
#include "vm/convert.h"

#include "vm/heap.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 80 };

static struct value unlike(struct heap *heap, struct value value, const char *wanted) {
    struct buffer text = { 0 };
    value_print(value, &text);
    struct value error = value_error(heap, "%s is no %s", text.bytes, wanted);
    buffer_done(&text);
    return error;
}

static struct value misread(struct heap *heap, struct text text, const char *wanted) {
    struct buffer shown = { 0 };
    value_masked(heap, text, SHOWN, &shown);
    struct value error = value_error(heap, "\"%.*s\" is no %s", TEXT_ARGS(buffer_text(&shown)), wanted);
    buffer_done(&shown);
    return error;
}

/* ---- texts ---- */
static bool read_integer(struct text text, int64_t *integer) {
    bool minus = text.length && text.bytes[0] == '-';
    int64_t number = 0;
    size_t digits = 0;
    for (size_t i = minus; i < text.length; i++) {
        if (text.bytes[i] == '_' && digits) continue;
        int digit = text.bytes[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number)) return false;
        if (minus ? __builtin_sub_overflow(number, digit, &number) : __builtin_add_overflow(number, digit, &number))
            return false;
        digits++;
    }
    *integer = number;
    return digits > 0;
}

static bool read_double(struct text text, double *number) {
    char copy[64];
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (byte == '_') continue;
        bool known =
            (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '+' || byte == 'e' || byte == 'E';
        if (!known || length + 1 == sizeof copy) return false;
        copy[length++] = byte;
    }
    copy[length] = '\0';
    char *end;
    *number = strtod(copy, &end);
    return length && *end == '\0' && isfinite(*number);
}

/* `200` and `s` of "200/s"; seconds of the unit. */
static bool split_rate(struct text text, struct text *left, double *seconds) {
    size_t slash = text.length;
    while (slash && text.bytes[slash - 1] != '/') slash--;
    if (slash == 0 || slash == text.length || text.bytes[slash] < 'a' || text.bytes[slash] > 'z') return false;
    *left = text_slice(text, 0, slash - 1);
    struct buffer one = { 0 };
    buffer_append_byte(&one, '1');
    buffer_append(&one, text_slice(text, slash, text.length));
    int64_t length;
    bool good = duration_parse(buffer_text(&one), &length) && length > 0;
    buffer_done(&one);
    *seconds = good ? (double)length / (double)SECOND : 1;
    return good;
}

static struct value parse_rate(struct heap *heap, struct text text) {
    struct text left;
    double number, seconds;
    if (!split_rate(text, &left, &seconds) || !read_double(left, &number))
        return misread(heap, text, "rate, such as 50/s");
    return value_quantity(heap, number / seconds, -1, 0);
}

static struct value parse_bandwidth(struct heap *heap, struct text text) {
    struct text left;
    double seconds;
    int64_t bytes;
    if (!split_rate(text, &left, &seconds) || !size_parse(left, &bytes))
        return misread(heap, text, "bandwidth, such as 5MiB/s");
    return value_quantity(heap, (double)bytes / seconds, -1, 1);
}

static struct value parse_ratio(struct heap *heap, struct text text) {
    double number;
    if (!text_ends(text, TEXT("%")) || !read_double(text_slice(text, 0, text.length - 1), &number)) {
        return misread(heap, text, "ratio, such as 80%");
    }
    return value_ratio(number / 100);
}

static struct value parse_size(struct heap *heap, struct text text) {
    int64_t bytes;
    if (size_parse(text, &bytes) || (read_integer(text, &bytes) && bytes >= 0)) return value_size(bytes);
    return misread(heap, text, "size, such as 64MiB, or a number of bytes");
}

static bool is_url(struct text text) {
    size_t colon = text_find(text, TEXT("://"));
    if (colon == SIZE_MAX || colon == 0 || colon + 3 == text.length) return false;
    for (size_t i = 0; i < colon; i++) {
        char byte = text.bytes[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool other = (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.';
        if (!letter && !(i && other)) return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.bytes[i] <= ' ' || text.bytes[i] == 127) return false;
    }
    return true;
}

static bool is_label(struct text text) {
    if (!text.length || text.bytes[0] < 'A' || text.bytes[0] > 'Z') return false;
    for (size_t i = 1; i < text.length; i++) {
        char byte = text.bytes[i];
        bool word =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
        if (!word && byte != '.' && byte != '-') return false;
    }
    return true;
}

static bool is_path(struct text text) {
    return text.length && !memchr(text.bytes, '\0', text.length);
}

/* ---- lists as a person writes them ---- */
/* The end of the item that starts at `at`: the comma or the end, outside quotes and brackets. */
static size_t item_end(struct text text, size_t at) {
    int depth = 0;
    bool quoted = false;
    for (; at < text.length; at++) {
        char byte = text.bytes[at];
        if (quoted) {
            if (byte == '\\')
                at++;
            else if (byte == '"')
                quoted = false;
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '[' || byte == '{') {
            depth++;
        } else if (byte == ']' || byte == '}') {
            depth--;
        } else if (byte == ',' && depth == 0) {
            return at;
        }
    }
    return text.length;
}

static struct value parse_item(struct heap *heap, const struct program *program, uint32_t shape, struct text item) {
    while (item.length && item.bytes[0] == '"' && program->shapes[shape].kind == SHAPE_OPTIONAL)
        shape = program->shapes[shape].element; /* in quotes, "none" is a text */
    if (!item.length || item.bytes[0] != '"') return value_parse_shape(heap, program, shape, item);
    struct value unquoted = value_from_json(heap, item);
    struct value result = unquoted.kind == VALUE_TEXT ? value_parse_shape(heap, program, shape, value_text_of(unquoted))
                                                      : value_retain(unquoted);
    value_release(unquoted);
    return result;
}

static struct value parse_list(struct heap *heap, const struct program *program, const struct shape *shape,
                               struct text text) {
    if (text.length < 2 || text.bytes[0] != '[' || text.bytes[text.length - 1] != ']') {
        struct buffer shown = { 0 };
        value_masked(heap, text, SHOWN, &shown);
        struct value error = value_error(heap, "\"%.*s\" is no %.*s: a list is written [a, b]",
                                         TEXT_ARGS(buffer_text(&shown)), TEXT_ARGS(shape->name));
        buffer_done(&shown);
        return error;
    }
    struct text inner = text_trim(text_slice(text, 1, text.length - 2));
    struct value list = value_list(heap, NULL, 0);
    for (size_t at = 0; at < inner.length;) {
        size_t end = item_end(inner, at);
        struct value item = parse_item(heap, program, shape->element, text_trim(text_slice(inner, at, end - at)));
        if (value_is_bad(item)) {
            value_release(list);
            return item;
        }
        list = value_list_append(list, item);
        value_release(item);
        at = end + 1;
    }
    return list;
}

static struct value parse_object(struct heap *heap, const struct program *program, uint32_t shape, struct text text) {
    struct value plain = value_from_json(heap, text);
    bool record = plain.kind == VALUE_RECORD || value_is_bad(plain);
    struct value result =
        record ? value_convert(heap, program, shape, plain) : misread(heap, text, "record, such as {\"a\": 1}");
    value_release(plain);
    return result;
}

struct value value_parse_shape(struct heap *heap, const struct program *program, uint32_t index, struct text text) {
    const struct shape *shape = &program->shapes[index];
    struct text trimmed = text_trim(text);
    int64_t integer;
    double number;
    switch (shape->kind) {
    case SHAPE_ANY:
    case SHAPE_STRING: return value_text(heap, text);
    case SHAPE_BOOL:
        if (text_is(trimmed, "true")) return value_boolean(true);
        if (text_is(trimmed, "false")) return value_boolean(false);
        return misread(heap, text, "bool: true or false");
    case SHAPE_INTEGER: return read_integer(trimmed, &integer) ? value_integer(integer) : misread(heap, text, "int");
    case SHAPE_NUMBER: return read_double(trimmed, &number) ? value_number(number) : misread(heap, text, "number");
    case SHAPE_DURATION:
        return duration_parse(trimmed, &integer) ? value_duration(integer)
                                                 : misread(heap, text, "duration, such as 30s");
    case SHAPE_SIZE: return parse_size(heap, trimmed);
    case SHAPE_RATE: return parse_rate(heap, trimmed);
    case SHAPE_BANDWIDTH: return parse_bandwidth(heap, trimmed);
    case SHAPE_RATIO: return parse_ratio(heap, trimmed);
    case SHAPE_VERSION: return value_version(heap, trimmed);
    case SHAPE_BYTES: return value_bytes(heap, text);
    case SHAPE_REGEX: return value_regex(heap, text);
    case SHAPE_URL:
        return is_url(trimmed) ? value_text(heap, trimmed) : misread(heap, text, "url, such as http://127.0.0.1:8080");
    case SHAPE_PATH: return is_path(text) ? value_text(heap, text) : misread(heap, text, "path");
    case SHAPE_LABEL:
        return is_label(trimmed) ? value_text(heap, trimmed) : misread(heap, text, "label: a word in capitals");
    case SHAPE_JSON: return value_from_json(heap, text);
    case SHAPE_LIST: return parse_list(heap, program, shape, trimmed);
    case SHAPE_MAP:
    case SHAPE_RECORD: return parse_object(heap, program, index, trimmed);
    case SHAPE_OPTIONAL:
        if (text_is(trimmed, "none")) return value_none();
        if (text_is(trimmed, "\"none\"")) text = TEXT("none"); /* the text, not the absence of one */
        return value_parse_shape(heap, program, shape->element, text);
    case SHAPE_INSTANT:
    case SHAPE_HANDLE:
    case SHAPE_STREAM: break;
    }
    return value_error(heap, "a text cannot be read as %.*s", TEXT_ARGS(shape->name));
}

/* ---- values ---- */
static struct value within(struct heap *heap, struct value error, const char *format, struct text key, size_t index) {
    if (error.kind != VALUE_ERROR) return error;
    struct buffer place = { 0 };
    if (key.bytes)
        buffer_printf(&place, format, TEXT_ARGS(key));
    else
        buffer_printf(&place, "[%zu]", index);
    struct value result = value_error(heap, "%s: %.*s", place.bytes, TEXT_ARGS(value_text_of(error)));
    buffer_done(&place);
    value_release(error);
    return result;
}

static struct value convert_list(struct heap *heap, const struct program *program, const struct shape *shape,
                                 struct value value) {
    if (value.kind != VALUE_LIST && value.kind != VALUE_RANGE) return unlike(heap, value, "list");
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; i < value_count(value); i++) {
        struct value item = value_convert(heap, program, shape->element, value_at(value, i));
        if (value_is_bad(item)) {
            value_release(list);
            return within(heap, item, "", TEXT_NONE, i);
        }
        list = value_list_append(list, item);
        value_release(item);
    }
    return list;
}

static struct value convert_map(struct heap *heap, const struct program *program, const struct shape *shape,
                                struct value value) {
    if (value.kind != VALUE_RECORD) return unlike(heap, value, "map");
    struct value map = value_record(heap);
    for (size_t i = 0; i < value_count(value); i++) {
        struct text key = value_key_at(value, i);
        struct value item = value_convert(heap, program, shape->element, value_at(value, i));
        if (value_is_bad(item)) {
            value_release(map);
            return within(heap, item, ".%.*s", key, 0);
        }
        map = value_record_with(map, key, item);
        value_release(item);
    }
    return map;
}

static struct value convert_record(struct heap *heap, const struct program *program, const struct shape *shape,
                                   struct value value) {
    if (value.kind != VALUE_RECORD) return unlike(heap, value, "record");
    struct value record = value_record(heap);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &program->shape_fields[shape->first_field + i];
        bool found;
        struct value given = value_field(value, field->name, &found);
        struct value item = value_none();
        if (found)
            item = value_convert(heap, program, field->shape, given);
        else if (program->shapes[field->shape].kind != SHAPE_OPTIONAL)
            item = value_error(heap, "there is none");
        if (value_is_bad(item)) {
            value_release(record);
            return within(heap, item, ".%.*s", field->name, 0);
        }
        record = value_record_with(record, field->name, item);
        value_release(item);
    }
    return record;
}

static bool has_dimension(struct value value, int time_power, int byte_power) {
    return value.kind == VALUE_NUMBER && value.time_power == time_power && value.byte_power == byte_power;
}

static struct value convert_number(struct heap *heap, bool to_number, struct value value) {
    if (value.kind == VALUE_INTEGER) return to_number ? value_number((double)value.integer) : value;
    if (value.kind == VALUE_NUMERAL && to_number) return value_number(strtod(value_text_of(value).bytes, NULL));
    if (value.kind == VALUE_NUMERAL)
        return value_error(heap, "%.*s is too large for an int", TEXT_ARGS(value_text_of(value)));
    if (has_dimension(value, 0, 0)) {
        if (to_number) return value;
        bool whole = value.number == nearbyint(value.number) && fabs(value.number) < 0x1p63;
        if (whole) return value_integer((int64_t)value.number);
    }
    return unlike(heap, value, to_number ? "number" : "int");
}

struct value value_convert(struct heap *heap, const struct program *program, uint32_t index, struct value value) {
    const struct shape *shape = &program->shapes[index];
    if (value_is_bad(value)) return value_retain(value);
    enum shape_kind kind = shape->kind;
    if (kind == SHAPE_ANY || kind == SHAPE_JSON) return value_retain(value);
    if (kind == SHAPE_OPTIONAL) {
        return value.kind == VALUE_NONE ? value_none() : value_convert(heap, program, shape->element, value);
    }
    if (value.kind == VALUE_TEXT) return value_parse_shape(heap, program, index, value_text_of(value));
    if (kind == SHAPE_LIST) return convert_list(heap, program, shape, value);
    if (kind == SHAPE_MAP) return convert_map(heap, program, shape, value);
    if (kind == SHAPE_RECORD) return convert_record(heap, program, shape, value);
    if (kind == SHAPE_INTEGER || kind == SHAPE_NUMBER) return convert_number(heap, kind == SHAPE_NUMBER, value);
    if (kind == SHAPE_SIZE && value.kind == VALUE_INTEGER && value.integer >= 0) return value_size(value.integer);
    if (kind == SHAPE_RATE && has_dimension(value, -1, 0)) return value;
    if (kind == SHAPE_BANDWIDTH && has_dimension(value, -1, 1)) return value;
    bool fits =
        (kind == SHAPE_BOOL && value.kind == VALUE_BOOL) || (kind == SHAPE_DURATION && value.kind == VALUE_DURATION) ||
        (kind == SHAPE_SIZE && value.kind == VALUE_SIZE) || (kind == SHAPE_RATIO && value.kind == VALUE_RATIO) ||
        (kind == SHAPE_INSTANT && value.kind == VALUE_INSTANT) ||
        (kind == SHAPE_VERSION && value.kind == VALUE_VERSION) || (kind == SHAPE_BYTES && value.kind == VALUE_BYTES) ||
        (kind == SHAPE_REGEX && value.kind == VALUE_REGEX) || (kind == SHAPE_HANDLE && value.kind == VALUE_HANDLE) ||
        (kind == SHAPE_STREAM && value_is_series(value));
    if (fits) return value_retain(value);
    struct buffer name = { 0 };
    buffer_append(&name, shape->name);
    struct value error = unlike(heap, value, name.bytes ? name.bytes : "such thing");
    buffer_done(&name);
    return error;
}
