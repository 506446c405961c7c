/* A strict reader of JSON (RFC 8259) that makes values: objects keep the order of their keys, of two equal keys the
 * last one stands, whole numbers stay exact. Depth, and thereby recursion, is bounded. */
#include "vm/heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct heap *heap;
    struct text text;
    size_t at;           /* the next byte */
    unsigned depth;      /* of open brackets */
    const char *problem; /* set once; reading stops then */
    size_t problem_at;
    struct buffer string; /* of the string being read */
};

static struct value fail(struct reader *reader, const char *problem) {
    if (!reader->problem) {
        reader->problem = problem;
        reader->problem_at = reader->at;
    }
    return value_none();
}

static int peek(const struct reader *reader) {
    return reader->at < reader->text.length ? (unsigned char)reader->text.bytes[reader->at] : -1;
}

static void skip_blanks(struct reader *reader) {
    int byte;
    while ((byte = peek(reader)) == ' ' || byte == '\t' || byte == '\n' || byte == '\r') reader->at++;
}

static bool hexadecimal(struct reader *reader, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int byte = peek(reader);
        int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                    : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                    : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                                 : -1;
        if (digit < 0) return false;
        *unit = *unit << 4 | (uint32_t)digit;
        reader->at++;
    }
    return true;
}

static void append_code_point(struct buffer *out, uint32_t code) {
    if (code < 0x80) {
        buffer_append_byte(out, (char)code);
    } else if (code < 0x800) {
        buffer_append_byte(out, (char)(0xC0 | code >> 6));
        buffer_append_byte(out, (char)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        buffer_append_byte(out, (char)(0xE0 | code >> 12));
        buffer_append_byte(out, (char)(0x80 | (code >> 6 & 0x3F)));
        buffer_append_byte(out, (char)(0x80 | (code & 0x3F)));
    } else {
        buffer_append_byte(out, (char)(0xF0 | code >> 18));
        buffer_append_byte(out, (char)(0x80 | (code >> 12 & 0x3F)));
        buffer_append_byte(out, (char)(0x80 | (code >> 6 & 0x3F)));
        buffer_append_byte(out, (char)(0x80 | (code & 0x3F)));
    }
}

/* Behind `\u`. Two halves of a pair make one character; a half alone is none. */
static bool read_unicode(struct reader *reader) {
    uint32_t code, low;
    if (!hexadecimal(reader, &code)) return false;
    if (code >= 0xDC00 && code < 0xE000) return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (peek(reader) != '\\') return false;
        reader->at++;
        if (peek(reader) != 'u') return false;
        reader->at++;
        if (!hexadecimal(reader, &low) || low < 0xDC00 || low >= 0xE000) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_code_point(&reader->string, code);
    return true;
}

static bool read_escape(struct reader *reader) {
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int byte = peek(reader);
    if (byte < 0) return false;
    reader->at++;
    if (byte == 'u') return read_unicode(reader);
    const char *name = strchr(names, byte);
    if (!name || !byte) return false;
    buffer_append_byte(&reader->string, meant[name - names]);
    return true;
}

/* Leaves the string, which begins at its quote, in reader->string. */
static bool read_string(struct reader *reader) {
    buffer_clear(&reader->string);
    reader->at++;
    for (;;) {
        size_t start = reader->at;
        int byte;
        while ((byte = peek(reader)) >= ' ' && byte != '"' && byte != '\\') reader->at++;
        buffer_append(&reader->string, text_slice(reader->text, start, reader->at - start));
        if (byte == '"') {
            reader->at++;
            return true;
        }
        if (byte != '\\') {
            fail(reader, byte < 0 ? "the text ends inside a string" : "a control character stands in a string");
            return false;
        }
        reader->at++;
        if (!read_escape(reader)) {
            fail(reader, "an escape in a string is none of JSON's");
            return false;
        }
    }
}

static bool digits(struct reader *reader) {
    size_t start = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9') reader->at++;
    return reader->at > start;
}

/* Grammar first, so that what strtod would take besides (hex, inf) is refused. */
static bool number_end(struct reader *reader, bool *whole) {
    *whole = true;
    if (peek(reader) == '-') reader->at++;
    if (peek(reader) == '0')
        reader->at++;
    else if (!digits(reader))
        return false;
    if (peek(reader) == '.') {
        *whole = false;
        reader->at++;
        if (!digits(reader)) return false;
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        *whole = false;
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-') reader->at++;
        if (!digits(reader)) return false;
    }
    return true;
}

static bool whole_number(struct text text, int64_t *result) {
    bool minus = text.bytes[0] == '-';
    int64_t number = 0;
    for (size_t i = minus; i < text.length; i++) {
        int digit = text.bytes[i] - '0';
        if (__builtin_mul_overflow(number, 10, &number)) return false;
        if (minus ? __builtin_sub_overflow(number, digit, &number) : __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *result = number;
    return true;
}

static struct value read_number(struct reader *reader) {
    size_t start = reader->at;
    bool whole;
    if (!number_end(reader, &whole)) return fail(reader, "a number is incomplete");
    struct text text = text_slice(reader->text, start, reader->at - start);
    int64_t integer;
    if (whole && whole_number(text, &integer)) return value_integer(integer);
    struct value numeral = value_numeral(reader->heap, text);
    if (whole) return numeral;
    double number = strtod(value_text_of(numeral).bytes, NULL); /* the value's copy ends with a NUL */
    if (!isfinite(number)) return numeral;
    value_release(numeral);
    return value_number(number);
}

static struct value read_value(struct reader *reader);

static struct value read_list(struct reader *reader) {
    struct value list = value_list(reader->heap, NULL, 0);
    reader->at++;
    skip_blanks(reader);
    if (peek(reader) == ']') {
        reader->at++;
        return list;
    }
    for (;;) {
        struct value item = read_value(reader);
        if (!reader->problem) list = value_list_append(list, item);
        value_release(item);
        if (reader->problem) break;
        skip_blanks(reader);
        int byte = peek(reader);
        if (byte == ']') {
            reader->at++;
            break;
        }
        if (byte != ',') {
            fail(reader, "expected `,` or `]`");
            break;
        }
        reader->at++;
    }
    return list;
}

static bool read_field(struct reader *reader, struct value *record) {
    skip_blanks(reader);
    if (peek(reader) != '"') {
        fail(reader, "expected a key in quotes");
        return false;
    }
    if (!read_string(reader)) return false;
    struct value key = value_text(reader->heap, buffer_text(&reader->string));
    skip_blanks(reader);
    if (peek(reader) != ':')
        fail(reader, "expected `:`");
    else
        reader->at++;
    struct value item = reader->problem ? value_none() : read_value(reader);
    if (!reader->problem) *record = value_record_with(*record, value_text_of(key), item);
    value_release(item);
    value_release(key);
    return !reader->problem;
}

static struct value read_object(struct reader *reader) {
    struct value record = value_record(reader->heap);
    reader->at++;
    skip_blanks(reader);
    if (peek(reader) == '}') {
        reader->at++;
        return record;
    }
    while (read_field(reader, &record)) {
        skip_blanks(reader);
        int byte = peek(reader);
        if (byte == '}') {
            reader->at++;
            break;
        }
        if (byte != ',') {
            fail(reader, "expected `,` or `}`");
            break;
        }
        reader->at++;
    }
    return record;
}

static struct value read_word(struct reader *reader) {
    struct text rest = text_slice(reader->text, reader->at, 5);
    if (text_starts(rest, TEXT("null"))) return reader->at += 4, value_none();
    if (text_starts(rest, TEXT("true"))) return reader->at += 4, value_boolean(true);
    if (text_starts(rest, TEXT("false"))) return reader->at += 5, value_boolean(false);
    return fail(reader, rest.length ? "expected a value" : "the text ends where a value should stand");
}

static struct value read_value(struct reader *reader) {
    skip_blanks(reader);
    int byte = peek(reader);
    if (byte == '"') return read_string(reader) ? value_text(reader->heap, buffer_text(&reader->string)) : value_none();
    if (byte == '-' || (byte >= '0' && byte <= '9')) return read_number(reader);
    if (byte != '{' && byte != '[') return read_word(reader);
    if (reader->depth >= VALUE_DEPTH_MAXIMUM - 1) return fail(reader, "nested too deep");
    reader->depth++;
    struct value value = byte == '{' ? read_object(reader) : read_list(reader);
    reader->depth--;
    return value;
}

struct value value_from_json(struct heap *heap, struct text json) {
    size_t invalid = text_invalid_utf8(json);
    if (invalid != SIZE_MAX) return value_error(heap, "this is no JSON: byte %zu is no UTF-8", invalid + 1);
    struct reader reader = { .heap = heap, .text = json };
    struct value value = read_value(&reader);
    if (!reader.problem) {
        skip_blanks(&reader);
        if (reader.at < json.length) fail(&reader, "something stands behind the value");
    }
    buffer_done(&reader.string);
    if (!reader.problem) return value;
    value_release(value);
    return value_error(heap, "this is no JSON: %s, at byte %zu", reader.problem, reader.problem_at + 1);
}
