/* Reads JSON (RFC 8259). At most DEEPEST levels; a string with a NUL in it is refused, since texts here end with one. */
#include "json.h"

#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

struct reader {
    const char *at, *end; /* what is left */
    int depth;            /* containers open */
};

static struct json *read_value(struct reader *reader);

static void skip_blanks(struct reader *reader) {
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at) reader->at++;
}

static bool take(struct reader *reader, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return false;
    reader->at += length;
    return true;
}

/* ---- strings ---- */

static bool read_hex(struct reader *reader, uint32_t *code) {
    *code = 0;
    for (int i = 0; i < 4; i++) {
        if (reader->at == reader->end) return false;
        char byte = *reader->at++;
        const char *digits = "0123456789abcdef0123456789ABCDEF", *digit = byte ? strchr(digits, byte) : NULL;
        if (!digit) return false;
        *code = *code * 16 + (uint32_t)((digit - digits) % 16);
    }
    return true;
}

static void add_code_point(struct text *text, uint32_t code) {
    char bytes[4];
    size_t length;
    if (code < 0x80) {
        bytes[0] = (char)code;
        length = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        length = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        length = 3;
    } else {
        bytes[0] = (char)(0xF0 | code >> 18);
        length = 4;
    }
    for (size_t i = 1; i < length; i++) bytes[i] = (char)(0x80 | (code >> 6 * (length - 1 - i) & 0x3F));
    text_add(text, bytes, length);
}

static bool read_escape(struct reader *reader, struct text *text) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (reader->at == reader->end) return false;
    char letter = *reader->at++;
    const char *place = letter ? strchr(letters, letter) : NULL;
    if (place) {
        text_add(text, &meant[place - letters], 1);
        return true;
    }
    uint32_t code, low;
    if (letter != 'u' || !read_hex(reader, &code) || code == 0 || (code >= 0xDC00 && code < 0xE000)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (!take(reader, "\\u") || !read_hex(reader, &low) || low < 0xDC00 || low >= 0xE000) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    add_code_point(text, code);
    return true;
}

/* The string after its opening quote; NULL if it is none. */
static char *read_string(struct reader *reader) {
    struct text text = { 0 };
    text_add(&text, "", 0);
    while (reader->at < reader->end) {
        char byte = *reader->at++;
        if (byte == '"') return text.bytes;
        if ((unsigned char)byte < ' ') break;
        if (byte != '\\')
            text_add(&text, &byte, 1);
        else if (!read_escape(reader, &text))
            break;
    }
    text_free(&text);
    return NULL;
}

/* ---- values ---- */

static size_t digits(struct reader *reader) {
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') reader->at++;
    return (size_t)(reader->at - start);
}

/* The number as it is written; NULL if it is none. */
static char *read_number(struct reader *reader) {
    const char *start = reader->at;
    take(reader, "-");
    bool zero = reader->at < reader->end && *reader->at == '0';
    size_t whole = digits(reader);
    if (whole == 0 || (zero && whole > 1)) return NULL;
    if (take(reader, ".") && digits(reader) == 0) return NULL;
    if (take(reader, "e") || take(reader, "E")) {
        if (!take(reader, "+")) take(reader, "-");
        if (digits(reader) == 0) return NULL;
    }
    return strndup(start, (size_t)(reader->at - start));
}

static bool read_member_name(struct reader *reader, char **name) {
    skip_blanks(reader);
    if (!take(reader, "\"") || !(*name = read_string(reader))) return false;
    skip_blanks(reader);
    return take(reader, ":");
}

/* What stands between the brackets, up to and with the closing one. */
static bool read_content(struct reader *reader, struct json *container, const char *closing) {
    struct json **link = &container->first;
    skip_blanks(reader);
    if (take(reader, closing)) return true;
    do {
        char *name = NULL;
        struct json *value = NULL;
        if (container->kind == JSON_ARRAY || read_member_name(reader, &name)) value = read_value(reader);
        if (!value) {
            free(name);
            return false;
        }
        value->name = name;
        *link = value;
        link = &value->next;
        skip_blanks(reader);
    } while (take(reader, ","));
    return take(reader, closing);
}

static struct json *made(enum json_kind kind) {
    struct json *value = calloc(1, sizeof *value);
    if (value) value->kind = kind;
    return value;
}

/* A value that is good only if `good`. */
static struct json *checked(struct json *value, bool good) {
    if (value && good) return value;
    json_free(value);
    return NULL;
}

static struct json *read_container(struct reader *reader, enum json_kind kind, const char *closing) {
    struct json *value = made(kind);
    bool good = value && ++reader->depth <= DEEPEST && read_content(reader, value, closing);
    reader->depth--;
    return checked(value, good);
}

static struct json *read_value(struct reader *reader) {
    skip_blanks(reader);
    if (take(reader, "{")) return read_container(reader, JSON_OBJECT, "}");
    if (take(reader, "[")) return read_container(reader, JSON_ARRAY, "]");
    if (take(reader, "null")) return made(JSON_NULL);
    if (take(reader, "true")) return made(JSON_TRUE);
    if (take(reader, "false")) return made(JSON_FALSE);
    bool string = take(reader, "\"");
    char *text = string ? read_string(reader) : read_number(reader);
    if (!text) return NULL;
    struct json *value = made(string ? JSON_STRING : JSON_NUMBER);
    if (value)
        value->text = text;
    else
        free(text);
    return value;
}

struct json *json_read(const char *bytes, size_t length) {
    struct reader reader = { .at = bytes, .end = bytes + length };
    struct json *value = read_value(&reader);
    skip_blanks(&reader);
    return checked(value, reader.at == reader.end);
}

const struct json *json_member(const struct json *object, const char *name) {
    if (!object || object->kind != JSON_OBJECT) return NULL;
    const struct json *member = object->first;
    while (member && strcmp(member->name, name) != 0) member = member->next;
    return member;
}

void json_free(struct json *json) {
    while (json) {
        struct json *next = json->next;
        json_free(json->first);
        free(json->name);
        free(json->text);
        free(json);
        json = next;
    }
}
