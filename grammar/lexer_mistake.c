/* Names what the lexer does not know: operators, comments and units of other languages, strange characters, bad bytes.
 * Everything is reported here, and the parse goes on with what was probably meant. */
#include "grammar/lexer_mistake.h"

#include "base/suggest.h"
#include "grammar/unit.h"

#include <stdio.h>
#include <string.h>

static uint32_t offset_of(const struct lexer *lexer, const unsigned char *at) {
    return (uint32_t)(at - lexer->start);
}

/* What was meant is a guess from here on: up to the end of the line, the parser says nothing about it. */
static void doubt(struct lexer *lexer) {
    if (lexer->parse->doubtful_end > offset_of(lexer, lexer->cursor)) return; /* this line is doubted already */
    const unsigned char *end = memchr(lexer->cursor, '\n', (size_t)(lexer->limit - lexer->cursor));
    lexer->parse->doubtful_end = offset_of(lexer, end ? end + 1 : lexer->limit);
}

static struct diagnostic *report_from(struct lexer *lexer, enum diagnostic_code code, const unsigned char *start,
                                      const char *message) {
    doubt(lexer);
    return parse_report(lexer->parse, code, offset_of(lexer, start), offset_of(lexer, lexer->cursor), "%s", message);
}

void lexer_mistake_bytes(struct lexer *lexer) {
    struct text text = { (const char *)lexer->start, (size_t)(lexer->limit - lexer->start) };
    if (text_starts(text, TEXT("\xff\xfe")) || text_starts(text, TEXT("\xfe\xff"))) {
        struct diagnostic *report =
            parse_report(lexer->parse, DIAG_E105, 0, 2, "this file is UTF-16; a recipe is UTF-8");
        if (report) diagnostic_help(report, "save it as UTF-8");
        lexer->cursor = lexer->limit;
        return;
    }
    if (text_starts(text, TEXT("\xef\xbb\xbf"))) lexer->cursor += 3; /* the mark that some editors write */
    const char *nul = memchr(text.bytes, '\0', text.length);
    if (nul) {
        uint32_t offset = (uint32_t)(nul - text.bytes);
        struct diagnostic *report =
            parse_report(lexer->parse, DIAG_E106, offset, offset + 1, "a NUL byte: this file is not text");
        if (report) diagnostic_help(report, "in a text in quotes, write `\\u{0}`");
    }
    size_t invalid = text_invalid_utf8(text);
    if (invalid == SIZE_MAX) return;
    unsigned byte = (unsigned char)text.bytes[invalid];
    struct diagnostic *report = parse_report(lexer->parse, DIAG_E105, (uint32_t)invalid, (uint32_t)invalid + 1,
                                             "the byte 0x%02X is not UTF-8", byte);
    if (report) diagnostic_help(report, "a recipe is UTF-8; was it saved as Latin-1 or Windows-1252?");
}

struct foreign {
    const char *written; /* in other languages */
    uint32_t id;         /* what the parse goes on with */
    const char *message; /* what to say */
    const char *help;    /* and how to write it */
};
static const struct foreign operators[] = {
    { "&&", TOK_AND, "`&&` is the word `and` here", "write `and`" },
    { "||", TOK_OR, "`||` is the word `or` here", "write `or`" },
    { "&", TOK_AND, "`&` is no operator", "write `and`" },
    { "|", TOK_BAD, "`|` is no operator: there are no pipes",
      "write `or` for a choice, `f(x)` for a call, `xs where .ok` for a filter" },
    { "!", TOK_NOT, "`!` is the word `not` here", "write `not`" },
    { "%", TOK_MOD, "`%` stands directly behind a number, as in `80%`", "the remainder of a division is `mod`" },
    { "===", TOK_EQUAL, "`===` is `==` here", "write `==`: values of different types are never compared" },
    { "!==", TOK_NOT_EQUAL, "`!==` is `!=` here", "write `!=`: values of different types are never compared" },
    { "<>", TOK_NOT_EQUAL, "`<>` is `!=` here", "write `!=`" },
    { "=~", TOK_MATCH, "`=~` is `~` here", "write `text ~ re'…'`" },
    { ":=", TOK_ASSIGN, "`:=` is `=` here", "write `let name = …`" },
    { "=>", TOK_BAD, "`=>` is no operator", "a claim that follows from another is `whenever a: b`" },
    { "**", TOK_STAR, "`**` is no operator", "write the product" },
    { "^", TOK_STAR, "`^` is no operator", "write the product" },
    { "+=", TOK_EQUAL, "`+=` is no operator: values do not change", "bind a new name with `let`" },
    { "-=", TOK_EQUAL, "`-=` is no operator: values do not change", "bind a new name with `let`" },
    { "*=", TOK_EQUAL, "`*=` is no operator: values do not change", "bind a new name with `let`" },
    { "/=", TOK_NOT_EQUAL, "`/=` is no operator", "write `!=`, or bind a new name with `let`" },
    { "++", TOK_PLUS, "`++` is no operator", "texts and lists are joined by `+`; values do not change" },
    { "...", TOK_DOT_DOT, "a range is written with two dots", "write `1..5`" },
};

uint32_t lexer_mistake_operator(struct lexer *lexer, const unsigned char *start) {
    struct text written = { (const char *)start, (size_t)(lexer->cursor - start) };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        const struct foreign *foreign = &operators[i];
        if (!text_is(written, foreign->written)) continue;
        struct diagnostic *report = report_from(lexer, DIAG_E111, start, foreign->message);
        if (report) diagnostic_help(report, "%s", foreign->help);
        return foreign->id;
    }
    return TOK_BAD;
}

void lexer_mistake_unit(struct lexer *lexer, const unsigned char *start) {
    const unsigned char *unit = start;
    while ((*unit >= '0' && *unit <= '9') || *unit == '_' || *unit == '.') unit++;
    struct text number = { (const char *)start, (size_t)(unit - start) };
    struct text written = { (const char *)unit, (size_t)(lexer->cursor - unit) };
    struct diagnostic *report = parse_report(lexer->parse, DIAG_E461, offset_of(lexer, start),
                                             offset_of(lexer, lexer->cursor), "`%.*s` is no unit", TEXT_ARGS(written));
    if (!report) return;
    const char *nearest = unit_nearest(written);
    bool prefixed = text_is(number, "0") && written.length > 1 && strchr("xXbBoO", written.bytes[0]);
    if (prefixed) diagnostic_help(report, "numbers are decimal");
    if (nearest) diagnostic_help(report, "did you mean `%.*s%s`?", TEXT_ARGS(number), nearest);
    diagnostic_help(report, "the units are %s", unit_list);
}

void lexer_mistake_pattern(struct lexer *lexer, const unsigned char *start) {
    struct diagnostic *report = report_from(lexer, DIAG_E100, start, "a path names one file; a pattern is a text");
    int length = (int)(lexer->cursor - start);
    if (report) diagnostic_help(report, "write \"%.*s\"", length, (const char *)start);
}

void lexer_mistake_url(struct lexer *lexer, const unsigned char *start) {
    struct diagnostic *report = report_from(lexer, DIAG_E100, start, "an address stands in quotes");
    int length = (int)(lexer->cursor - start);
    if (report) diagnostic_help(report, "write \"%.*s\"", length, (const char *)start);
}

void lexer_mistake_comment(struct lexer *lexer, const unsigned char *start) {
    bool block = start[1] == '*';
    struct text rest = { (const char *)lexer->cursor, (size_t)(lexer->limit - lexer->cursor) };
    size_t length = text_find(rest, block ? TEXT("*/") : TEXT("\n"));
    if (length == SIZE_MAX)
        length = rest.length;
    else if (block)
        length += 2;
    struct diagnostic *report = report_from(lexer, DIAG_E111, start, "a comment starts with `#`");
    if (report && block) diagnostic_help(report, "write `#` before each line of it");
    lexer->cursor += length;
}

/* A character of several bytes, as far as it is UTF-8. */
static size_t bytes_of_character(const struct lexer *lexer, const unsigned char *start, uint32_t *point) {
    static const uint32_t masks[] = { 0x7f, 0x1f, 0x0f, 0x07 };
    size_t length = *start >= 0xf0 ? 4 : *start >= 0xe0 ? 3 : *start >= 0xc0 ? 2 : 1;
    struct text text = { (const char *)start, (size_t)(lexer->limit - start) };
    if (text.length > length) text.length = length;
    *point = *start;
    if (text.length < length || text_invalid_utf8(text) != SIZE_MAX) return 1;
    *point &= masks[length - 1];
    for (size_t i = 1; i < length; i++) *point = *point << 6 | (start[i] & 0x3f);
    return length;
}

static bool is_typographic_quote(uint32_t point) {
    return (point >= 0x2018 && point <= 0x201f) || point == 0xab || point == 0xbb;
}

/* The text between typographic quotes: up to the next one, or to the end of the line. */
static void skip_quoted(struct lexer *lexer) {
    while (lexer->cursor < lexer->limit && *lexer->cursor != '\n') {
        uint32_t point;
        size_t length = bytes_of_character(lexer, lexer->cursor, &point);
        lexer->cursor += length;
        if (is_typographic_quote(point) || point == '"') return;
    }
}

static const char *invisible_name(uint32_t point) {
    switch (point) {
    case 0xa0: return "a no-break space";
    case 0x202f: return "a narrow no-break space";
    case 0x3000: return "an ideographic space";
    case 0x200b: return "a zero-width space";
    case 0x200c: return "a zero-width non-joiner";
    case 0x200d: return "a zero-width joiner";
    case 0x2028: return "a line separator";
    case 0xad: return "a soft hyphen";
    case 0xfeff: return "a byte-order mark";
    default: return point >= 0x2000 && point <= 0x200a ? "a typographic space" : NULL;
    }
}

/* A character that stands for a sign of the language, or is one of another. */
struct sign {
    uint32_t point;
    uint32_t id;      /* what the parse goes on with; TOK_BAD: nothing */
    const char *help; /* what to write */
};
static const struct sign signs[] = {
    { 0x2013, TOK_MINUS, "write `-`" },
    { 0x2014, TOK_MINUS, "write `-`" },
    { 0x2212, TOK_MINUS, "write `-`" },
    { 0x2264, TOK_LESS_EQUAL, "write `<=`" },
    { 0x2265, TOK_GREATER_EQUAL, "write `>=`" },
    { 0x2260, TOK_NOT_EQUAL, "write `!=`" },
    { 0xd7, TOK_STAR, "write `*`" },
    { 0xf7, TOK_SLASH, "write `/`" },
    { 0x2192, TOK_ARROW, "write `->`" },
    { 0x2026, TOK_DOT_DOT, "write `..` for a range" },
    { '@', TOK_BAD, "a moment is `at 10s { … }`, a rate `load name at 50/s { … }`" },
    { '$', TOK_BAD, "a name is written without `$`; `${…}` belongs in a text in quotes" },
    { '\\', TOK_BAD, "a line goes on by itself behind an operator, a comma or a colon" },
};

static const struct sign *find_sign(uint32_t point) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].point == point) return &signs[i];
    return NULL;
}

static bool is_word_byte(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* The rest of a word with letters that are not ASCII. */
static void skip_word(struct lexer *lexer) {
    uint32_t point;
    while (lexer->cursor < lexer->limit) {
        size_t length = bytes_of_character(lexer, lexer->cursor, &point);
        bool letter = length > 1 && !invisible_name(point) && !is_typographic_quote(point) && !find_sign(point);
        if (!letter && !is_word_byte(*lexer->cursor)) return;
        lexer->cursor += length;
    }
}

static uint32_t report_character(struct lexer *lexer, const unsigned char *start, uint32_t point) {
    char message[96];
    const char *help = NULL;
    const struct sign *sign = find_sign(point);
    uint32_t id = sign ? sign->id : TOK_BAD;
    if (invisible_name(point)) {
        snprintf(message, sizeof message, "an invisible character: U+%04X, %s", (unsigned)point, invisible_name(point));
        help = "delete it, or write a plain blank";
    } else if (point < ' ' || point == 0x7f) {
        snprintf(message, sizeof message, "a control character: U+%04X", (unsigned)point);
    } else if (sign || point < 0x80) {
        snprintf(message, sizeof message, "`%.*s` means nothing here", (int)(lexer->cursor - start),
                 (const char *)start);
        help = sign ? sign->help : NULL;
    } else {
        skip_word(lexer);
        snprintf(message, sizeof message, "a word with letters that are not ASCII");
        help = "names are made of a to z, A to Z, 0 to 9 and _";
        id = TOK_BAD_LITERAL;
    }
    struct diagnostic *report = report_from(lexer, DIAG_E104, start, message);
    if (report && help) diagnostic_help(report, "%s", help);
    return id;
}

/* `text` as in a shell or a manual: up to the next backquote of the line. */
static uint32_t backquote(struct lexer *lexer, const unsigned char *start) {
    const unsigned char *at = lexer->cursor;
    while (at < lexer->limit && *at != '`' && *at != '\n') at++;
    bool closed = at < lexer->limit && *at == '`';
    if (closed) lexer->cursor = at + 1;
    struct diagnostic *report = report_from(lexer, DIAG_E104, start, "backquotes mean nothing here");
    if (report) diagnostic_help(report, "a text stands in \"…\"; a program's output is `process([…]).stdout`");
    return closed ? TOK_BAD_LITERAL : TOK_BAD;
}

/* What is reported once for the whole file, by lexer_mistake_bytes. */
static uint32_t silent(struct lexer *lexer) {
    doubt(lexer);
    lexer->parse->failed = true;
    return TOK_BAD;
}

uint32_t lexer_mistake_character(struct lexer *lexer, const unsigned char *start) {
    uint32_t point;
    lexer->cursor = start + bytes_of_character(lexer, start, &point);
    if (*start == '\0') {
        while (lexer->cursor < lexer->limit && *lexer->cursor == '\0') lexer->cursor++;
        return silent(lexer);
    }
    if (*start >= 0x80 && lexer->cursor - start == 1) return silent(lexer); /* not UTF-8 */
    if (*start == '`') return backquote(lexer, start);
    if (!is_typographic_quote(point)) return report_character(lexer, start, point);
    skip_quoted(lexer);
    struct diagnostic *report = report_from(lexer, DIAG_E104, start, "typographic quotes open no text");
    if (report) diagnostic_help(report, "write \"…\"");
    return TOK_STRING;
}
