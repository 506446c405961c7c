/* JSON to trees and back. Strict, so that what a component prints is JSON or is told not to be. It differs from the reader of values
 * (vm/json_reader.c) in what it keeps: every member, every digit. */
#include "stdlib/document/tree.h"

#include <string.h>

enum { SHOWN_MAXIMUM = 20 }; /* bytes of a text at the place of what is wrong */

struct reader {
    struct arena *arena;
    struct text text;
    size_t at;            /* the next byte */
    unsigned depth;       /* of open brackets */
    const char *problem;  /* set once; reading stops then */
    size_t problem_at;    /* a byte, from 0 */
    struct buffer string; /* of the string being read */
};

static bool fail(struct reader *reader, const char *problem) {
    if (!reader->problem) {
        reader->problem = problem;
        reader->problem_at = reader->at;
    }
    return false;
}

static int peek(const struct reader *reader) {
    return reader->at < reader->text.length ? (unsigned char)reader->text.bytes[reader->at] : -1;
}

static bool take(struct reader *reader, int byte) {
    if (peek(reader) != byte) return false;
    reader->at++;
    return true;
}

static void skip_blanks(struct reader *reader) {
    while (take(reader, ' ') || take(reader, '\t') || take(reader, '\n') || take(reader, '\r')) continue;
}

/* ---- strings ---- */

static bool read_unit(struct reader *reader, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int byte = peek(reader);
        const char *digits = "0123456789abcdef0123456789ABCDEF", *digit = byte > 0 ? strchr(digits, byte) : NULL;
        if (!digit) return false;
        *unit = *unit << 4 | (uint32_t)((digit - digits) % 16);
        reader->at++;
    }
    return true;
}

static void append_point(struct buffer *out, uint32_t point) {
    static const unsigned char heads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    unsigned length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (length == 1) {
        buffer_append_byte(out, (char)point);
        return;
    }
    buffer_append_byte(out, (char)(heads[length] | point >> 6 * (length - 1)));
    while (--length) buffer_append_byte(out, (char)(0x80 | (point >> 6 * (length - 1) & 0x3F)));
}

static bool read_escape(struct reader *reader) {
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint32_t point, low;
    int byte = peek(reader);
    const char *name = byte > 0 ? strchr(names, byte) : NULL;
    if (name) {
        reader->at++;
        buffer_append_byte(&reader->string, meant[name - names]);
        return true;
    }
    if (!take(reader, 'u') || !read_unit(reader, &point))
        return fail(reader, "an escape in a string is none of JSON's");
    if (point >= 0xD800 && point < 0xE000) {
        bool pair = point < 0xDC00 && take(reader, '\\') && take(reader, 'u') && read_unit(reader, &low);
        if (!pair || low < 0xDC00 || low >= 0xE000) return fail(reader, "half a surrogate pair is no character");
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_point(&reader->string, point);
    return true;
}

/* From its quote on. */
static bool read_string(struct reader *reader, struct text *string) {
    buffer_clear(&reader->string);
    if (!take(reader, '"')) return fail(reader, "expected a name in quotes");
    for (;;) {
        size_t start = reader->at;
        int byte;
        while ((byte = peek(reader)) >= ' ' && byte != '"' && byte != '\\') reader->at++;
        buffer_append(&reader->string, text_slice(reader->text, start, reader->at - start));
        if (byte < ' ')
            return fail(reader, byte < 0 ? "the text ends inside a string" : "a control character stands in a string");
        reader->at++;
        if (byte == '"') break;
        if (!read_escape(reader)) return false;
    }
    *string = arena_copy(reader->arena, buffer_text(&reader->string));
    return true;
}

/* ---- numbers and words ---- */

static bool read_digits(struct reader *reader) {
    size_t start = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9') reader->at++;
    return reader->at > start;
}

static bool read_number(struct reader *reader, struct text *number) {
    size_t start = reader->at;
    take(reader, '-');
    bool good = take(reader, '0') || read_digits(reader);
    if (good && take(reader, '.')) good = read_digits(reader);
    if (good && (take(reader, 'e') || take(reader, 'E'))) {
        if (!take(reader, '+')) take(reader, '-');
        good = read_digits(reader);
    }
    *number = arena_copy(reader->arena, text_slice(reader->text, start, reader->at - start));
    return good || fail(reader, "a number is incomplete");
}

static bool read_word(struct reader *reader, enum document_kind *kind) {
    static const struct {
        struct text word;
        enum document_kind kind;
    } words[] = { { { "null", 4 }, DOCUMENT_NULL },
                  { { "true", 4 }, DOCUMENT_TRUE },
                  { { "false", 5 }, DOCUMENT_FALSE } };
    struct text rest = text_slice(reader->text, reader->at, SIZE_MAX);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_starts(rest, words[i].word)) continue;
        *kind = words[i].kind;
        reader->at += words[i].word.length;
        return true;
    }
    return fail(reader, rest.length ? "expected a value" : "the text ends where a value should stand");
}

/* ---- containers ---- */

static struct document_node *read_value(struct reader *reader);

static bool read_item(struct reader *reader, struct document_node *container) {
    struct text name = { 0 };
    skip_blanks(reader);
    if (container->kind == DOCUMENT_OBJECT) {
        if (!read_string(reader, &name)) return false;
        skip_blanks(reader);
        if (!take(reader, ':')) return fail(reader, "expected `:`");
    }
    struct document_node *item = read_value(reader);
    if (!item) return false;
    item->name = name;
    document_append(container, item);
    skip_blanks(reader);
    return true;
}

static bool read_items(struct reader *reader, struct document_node *container) {
    bool object = container->kind == DOCUMENT_OBJECT;
    char closing = object ? '}' : ']';
    if (reader->depth >= DOCUMENT_DEPTH) return fail(reader, "nested too deep");
    reader->at++;
    reader->depth++;
    skip_blanks(reader);
    bool over = take(reader, closing), good = true;
    while (!over && good) {
        good = read_item(reader, container);
        over = good && take(reader, closing);
        if (good && !over && !take(reader, ','))
            good = fail(reader, object ? "expected `,` or `}`" : "expected `,` or `]`");
    }
    reader->depth--;
    return good;
}

static struct document_node *read_value(struct reader *reader) {
    skip_blanks(reader);
    struct document_node *node = document_node_new(reader->arena, DOCUMENT_NULL);
    int byte = peek(reader);
    bool good;
    if (byte == '"') {
        node->kind = DOCUMENT_STRING;
        good = read_string(reader, &node->text);
    } else if (byte == '-' || (byte >= '0' && byte <= '9')) {
        node->kind = DOCUMENT_NUMBER;
        good = read_number(reader, &node->text);
    } else if (byte == '{' || byte == '[') {
        node->kind = byte == '{' ? DOCUMENT_OBJECT : DOCUMENT_LIST;
        good = read_items(reader, node);
    } else {
        good = read_word(reader, &node->kind);
    }
    return good ? node : NULL;
}

/* What stands there, in one line, whole characters. */
static void show_place(struct text json, size_t at, struct buffer *out) {
    size_t end = at;
    while (end < json.length && end - at < SHOWN_MAXIMUM && (unsigned char)json.bytes[end] >= ' ') end++;
    while (end > at && end < json.length && ((unsigned char)json.bytes[end] & 0xC0) == 0x80) end--;
    if (at > 0 && end > at) buffer_printf(out, ", `%.*s`", TEXT_ARGS(text_slice(json, at, end - at)));
}

struct document_node *document_read(struct arena *arena, struct text json, struct buffer *problem) {
    size_t invalid = text_invalid_utf8(json);
    if (invalid != SIZE_MAX) {
        buffer_printf(problem, "no JSON: byte %zu is no UTF-8", invalid + 1);
        return NULL;
    }
    struct reader reader = { .arena = arena, .text = json };
    struct document_node *node = read_value(&reader);
    skip_blanks(&reader);
    if (node && reader.at < json.length) fail(&reader, "something stands behind the value");
    buffer_done(&reader.string);
    if (!reader.problem) return node;
    buffer_printf(problem, "no JSON: %s, at byte %zu", reader.problem, reader.problem_at + 1);
    show_place(json, reader.problem_at, problem);
    return NULL;
}

/* ---- writing ---- */

static void write_point(struct buffer *out, int32_t point) {
    if (point >= 0x10000) {
        buffer_printf(out, "\\u%04x", 0xD800 + (((unsigned)point - 0x10000) >> 10));
        point = 0xDC00 + ((point - 0x10000) & 0x3FF);
    }
    buffer_printf(out, "\\u%04x", (unsigned)point);
}

static void write_string(struct text string, bool escaped, struct buffer *out) {
    static const char meant[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < string.length;) {
        int32_t point;
        size_t length = text_point(string, i, &point);
        const char *known = point > 0 && point < 0x80 ? strchr(meant, point) : NULL;
        if (known) {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, names[known - meant]);
        } else if (point < ' ' || (escaped && point >= 0x7F)) {
            write_point(out, point < 0 ? 0xFFFD : point);
        } else {
            buffer_append(out, text_slice(string, i, length));
        }
        i += length;
    }
    buffer_append_byte(out, '"');
}

void document_write(const struct document_node *node, bool escaped, struct buffer *out) {
    static const char *const words[] = { "null", "false", "true" };
    if (node->kind <= DOCUMENT_TRUE) {
        buffer_append_string(out, words[node->kind]);
    } else if (node->kind == DOCUMENT_NUMBER) {
        buffer_append(out, node->text);
    } else if (node->kind == DOCUMENT_STRING) {
        write_string(node->text, escaped, out);
    } else {
        bool object = node->kind == DOCUMENT_OBJECT;
        buffer_append_byte(out, object ? '{' : '[');
        for (const struct document_node *item = node->first; item; item = item->next) {
            if (item != node->first) buffer_append_byte(out, ',');
            if (object) write_string(item->name, escaped, out);
            if (object) buffer_append_byte(out, ':');
            document_write(item, escaped, out);
        }
        buffer_append_byte(out, object ? '}' : ']');
    }
}
