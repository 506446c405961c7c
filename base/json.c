/* Writes JSON for machines: findings, reports, dumps. Never writes anything that is not UTF-8. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct json_writer json_writer_on(struct buffer *out) {
    return (struct json_writer){ .out = out };
}

/* The comma between two members; none behind a key. */
static void separate(struct json_writer *writer) {
    if (writer->after_key) {
        writer->after_key = false;
        return;
    }
    if (writer->depth == 0) return;
    bool *first = &writer->first[writer->depth - 1];
    if (!*first) buffer_append_byte(writer->out, ',');
    *first = false;
}

static void begin(struct json_writer *writer, char bracket) {
    separate(writer);
    buffer_append_byte(writer->out, bracket);
    if (writer->depth == sizeof writer->first / sizeof writer->first[0]) abort(); /* a caller nests without bound */
    writer->first[writer->depth++] = true;
}

static void end(struct json_writer *writer, char bracket) {
    if (writer->depth == 0) abort(); /* a caller closes what it did not open */
    writer->depth--;
    buffer_append_byte(writer->out, bracket);
}

void json_object_begin(struct json_writer *writer) {
    begin(writer, '{');
}

void json_object_end(struct json_writer *writer) {
    end(writer, '}');
}

void json_array_begin(struct json_writer *writer) {
    begin(writer, '[');
}

void json_array_end(struct json_writer *writer) {
    end(writer, ']');
}

void json_key(struct json_writer *writer, const char *key) {
    separate(writer);
    json_quote(writer->out, text_of(key));
    buffer_append_byte(writer->out, ':');
    writer->after_key = true;
}

void json_text(struct json_writer *writer, struct text text) {
    separate(writer);
    json_quote(writer->out, text);
}

void json_string(struct json_writer *writer, const char *terminated) {
    json_text(writer, text_of(terminated));
}

void json_integer(struct json_writer *writer, int64_t value) {
    separate(writer);
    buffer_printf(writer->out, "%lld", (long long)value);
}

void json_number(struct json_writer *writer, double value) {
    if (!isfinite(value)) {
        json_null(writer);
        return;
    }
    separate(writer);
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) { /* the shortest that reads back as the same number */
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    buffer_append_string(writer->out, digits);
}

void json_boolean(struct json_writer *writer, bool value) {
    separate(writer);
    buffer_append_string(writer->out, value ? "true" : "false");
}

void json_null(struct json_writer *writer) {
    separate(writer);
    buffer_append_string(writer->out, "null");
}

void json_raw(struct json_writer *writer, struct text json) {
    separate(writer);
    buffer_append(writer->out, json);
}

static bool is_plain(unsigned char byte) {
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

static void quote_ascii(struct buffer *out, unsigned char byte) {
    switch (byte) {
    case '"': buffer_append_string(out, "\\\""); break;
    case '\\': buffer_append_string(out, "\\\\"); break;
    case '\b': buffer_append_string(out, "\\b"); break;
    case '\f': buffer_append_string(out, "\\f"); break;
    case '\n': buffer_append_string(out, "\\n"); break;
    case '\r': buffer_append_string(out, "\\r"); break;
    case '\t': buffer_append_string(out, "\\t"); break;
    default: buffer_printf(out, "\\u%04x", byte); break;
    }
}

void json_quote(struct buffer *out, struct text text) {
    buffer_append_byte(out, '"');
    for (size_t offset = 0; offset < text.length;) {
        size_t start = offset;
        while (offset < text.length && is_plain((unsigned char)text.bytes[offset])) offset++;
        buffer_append(out, text_slice(text, start, offset - start));
        if (offset == text.length) break;
        unsigned char byte = (unsigned char)text.bytes[offset];
        if (byte < 0x80) {
            quote_ascii(out, byte);
            offset++;
            continue;
        }
        int32_t point;
        size_t length = text_point(text, offset, &point);
        buffer_append(out, point < 0 ? TEXT("\xef\xbf\xbd") : text_slice(text, offset, length));
        offset += length;
    }
    buffer_append_byte(out, '"');
}
