/* Decodes number, version and path literals. Decimal numbers become the nearest double, ratios too: 80% is 0.8. */
#include "grammar/literal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "grammar/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number as written: digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
    bool exact; /* all digits are in `digits` */
};

/* Reads digits, a fraction and an exponent; stops at the first byte that is none of them. */
static struct decimal read_decimal(struct text text) {
    struct decimal decimal = { .exact = true };
    size_t i = 0;
    bool fraction = false;
    for (; i < text.length; i++) {
        char byte = text.bytes[i];
        if (byte == '_') continue;
        if (byte == '.') {
            fraction = true;
            continue;
        }
        if (byte < '0' || byte > '9') break;
        if (decimal.digits > (UINT64_MAX - 9) / 10) {
            decimal.exact = false;
            decimal.exponent += !fraction;
            continue;
        }
        decimal.digits = decimal.digits * 10 + (uint64_t)(byte - '0');
        decimal.exponent -= fraction;
    }
    if (i == text.length || (text.bytes[i] != 'e' && text.bytes[i] != 'E')) return decimal;
    bool negative = i + 1 < text.length && text.bytes[i + 1] == '-';
    int exponent = 0;
    for (i++; i < text.length; i++)
        if (text.bytes[i] >= '0' && text.bytes[i] <= '9' && exponent < 100000)
            exponent = exponent * 10 + (text.bytes[i] - '0');
    decimal.exponent += negative ? -exponent : exponent;
    return decimal;
}

/* The double nearest to `text` * 10^shift. */
static double nearest(struct text text, int shift) {
    struct decimal decimal = read_decimal(text);
    int exponent = decimal.exponent + shift;
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    /* Both operands are exact doubles, so one operation rounds once. */
    if (decimal.exact && decimal.digits < UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)decimal.digits / powers[-exponent] : (double)decimal.digits * powers[exponent];
    /* No decimal point goes through strtod, so the locale does not matter. All digits do. */
    char *written = memory_allocate(text.length + 16);
    size_t length = 0;
    int moved = shift;
    bool fraction = false;
    for (size_t i = 0; i < text.length && strchr("0123456789_.", text.bytes[i]); i++) {
        if (text.bytes[i] == '.')
            fraction = true;
        else if (text.bytes[i] != '_') {
            written[length++] = text.bytes[i];
            moved -= fraction;
        }
    }
    const char *e = memchr(text.bytes, 'e', text.length), *E = memchr(text.bytes, 'E', text.length);
    if (e || E) {
        struct text tail = { e ? e : E, (size_t)(text.bytes + text.length - (e ? e : E)) };
        moved += read_decimal(tail).exponent;
    }
    snprintf(written + length, 16, "e%d", moved);
    double value = strtod(written, NULL);
    memory_release(written);
    return value;
}

static struct node *too_large(struct parse *parse, struct token token, const char *what, const char *largest) {
    struct diagnostic *report =
        parse_report(parse, DIAG_E110, token.offset, token_end(token), "this %s is too large", what);
    if (report) diagnostic_help(report, "the largest is %s", largest);
    return node_new(parse, NODE_ERROR, token.offset);
}

static struct node *integer_node(struct parse *parse, struct token token, enum node_kind kind, int64_t value) {
    struct node *node = node_new(parse, kind, token.offset);
    node->integer = value;
    return node;
}

static struct node *number_node(struct parse *parse, struct token token, enum node_kind kind, double value) {
    if (!isfinite(value)) return too_large(parse, token, "number", "about 1.8e308");
    struct node *node = node_new(parse, kind, token.offset);
    node->number = value;
    return node;
}

static struct node *integer(struct parse *parse, struct token token) {
    struct text text = token_text(parse, token);
    uint64_t value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '_') continue;
        bool over = __builtin_mul_overflow(value, UINT64_C(10), &value);
        over |= __builtin_add_overflow(value, (uint64_t)(text.bytes[i] - '0'), &value);
        if (over || value > INT64_MAX) return too_large(parse, token, "whole number", "9223372036854775807");
    }
    return integer_node(parse, token, NODE_INTEGER, (int64_t)value);
}

/* The units of time divide or multiply a second evenly, so this rounds at most once. */
static double per_second(double amount, int64_t nanoseconds) {
    int64_t times = SECOND / nanoseconds, parts = nanoseconds / SECOND;
    return nanoseconds <= SECOND ? amount * (double)times : amount / (double)parts;
}

/* `50/s`, `5MiB/s`: what stands before the slash, for each second. */
static struct node *rate(struct parse *parse, struct token token) {
    struct text text = token_text(parse, token);
    size_t slash = text_find(text, TEXT("/"));
    struct text amount = text_slice(text, 0, slash);
    int64_t unit = unit_nanoseconds(text_slice(text, slash + 1, text.length));
    if (token.id == TOK_RATE) return number_node(parse, token, NODE_RATE, per_second(nearest(amount, 0), unit));
    int64_t bytes;
    if (!size_parse(amount, &bytes)) return too_large(parse, token, "bandwidth", "8 exabytes a second");
    return number_node(parse, token, NODE_BANDWIDTH, per_second((double)bytes, unit));
}

static struct node *text_node(struct parse *parse, struct token token, enum node_kind kind) {
    struct node *node = node_new(parse, kind, token.offset);
    node->string = arena_copy(parse->arena, token_text(parse, token));
    return node;
}

struct node *literal_node(struct parse *parse, struct token token) {
    struct text text = token_text(parse, token);
    int64_t value;
    switch (token.id) {
    case TOK_INTEGER: return integer(parse, token);
    case TOK_NUMBER: return number_node(parse, token, NODE_NUMBER, nearest(text, 0));
    case TOK_DURATION:
        if (!duration_parse(text, &value)) return too_large(parse, token, "duration", "about 292 years");
        return integer_node(parse, token, NODE_DURATION, value);
    case TOK_SIZE:
        if (!size_parse(text, &value)) return too_large(parse, token, "size", "8 EiB");
        return integer_node(parse, token, NODE_SIZE, value);
    case TOK_RATE:
    case TOK_BANDWIDTH: return rate(parse, token);
    case TOK_RATIO: return number_node(parse, token, NODE_RATIO, nearest(text, -2));
    case TOK_VERSION: return text_node(parse, token, NODE_VERSION);
    case TOK_PATH: return text_node(parse, token, NODE_PATH);
    case TOK_TRUE: return node_new(parse, NODE_TRUE, token.offset);
    case TOK_FALSE: return node_new(parse, NODE_FALSE, token.offset);
    case TOK_NONE: return node_new(parse, NODE_NONE, token.offset);
    default: return node_new(parse, NODE_ERROR, token.offset); /* BAD_LITERAL: reported by the lexer */
    }
}
