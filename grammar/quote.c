/* Decodes texts in quotes. The parts stay raw until the tail is read, because only the closing quotes tell how much
 * indentation goes. Decoded texts live on the arena. */
#include "grammar/quote.h"

#include "grammar/lexer_text.h"

#include <string.h>

/* How one text is written, found from its first and last byte. */
struct style {
    uint32_t quotes;         /* at each end: 1 or 3; 0 for a text that was reported as no text */
    bool raw;                /* '…' */
    bool closed;             /* the closing quotes are there */
    bool has_indentation;    /* the closing quotes stand on a later line than the opening ones */
    struct text indentation; /* the blanks before the closing quotes' line */
    uint32_t start, end;     /* of the content, without the quotes */
};

static struct style style_of(const struct parse *parse, uint32_t start, uint32_t end) {
    const char *bytes = parse->bytes;
    struct style style = { .quotes = 1, .raw = bytes[start] == '\'' };
    char quote = style.raw ? '\'' : '"';
    if (bytes[start] != quote) return (struct style){ .start = end, .end = end, .closed = true };
    if (end - start >= 3 && bytes[start + 1] == quote && bytes[start + 2] == quote) style.quotes = 3;
    style.start = start + style.quotes;
    style.end = end;
    uint32_t found = 0;
    while (found < style.quotes && end - found > style.start && bytes[end - found - 1] == quote) found++;
    style.closed = found == style.quotes;
    if (!style.closed) return style;
    style.end = end - found;
    if (style.quotes == 1) return style;
    uint32_t line = style.end;
    while (line > style.start && bytes[line - 1] != '\n') line--;
    if (line == style.start) return style;
    uint32_t after = line;
    while (after < style.end && (bytes[after] == ' ' || bytes[after] == '\t')) after++;
    style.has_indentation = true;
    style.indentation = (struct text){ bytes + line, after - line };
    return style;
}

/* The decoder of one text, part after part. */
struct decoder {
    struct parse *parse;
    struct style style;
    bool line_starts; /* the next byte is the first of a line */
    bool complained;  /* about a line with too little indentation */
    const char *at;   /* the next byte */
    const char *end;  /* of this part */
    char *out;        /* behind what was decoded */
};

static uint32_t offset_of(const struct decoder *decoder, const char *at) {
    return (uint32_t)(at - decoder->parse->bytes);
}

static bool newline_at(const struct decoder *decoder, const char *at) {
    return at < decoder->end && (*at == '\n' || (*at == '\r' && at + 1 < decoder->end && at[1] == '\n'));
}

static void take_indentation(struct decoder *decoder) {
    struct text wanted = decoder->style.indentation;
    const char *line = decoder->at, *after = line;
    while (after < decoder->end && (size_t)(after - line) < wanted.length && *after == wanted.bytes[after - line])
        after++;
    decoder->at = after;
    decoder->line_starts = false;
    if ((size_t)(after - line) == wanted.length) return;
    while (after < decoder->end && (*after == ' ' || *after == '\t')) after++;
    if (newline_at(decoder, after)) {
        decoder->at = after; /* an empty line needs no blanks */
        return;
    }
    decoder->at = after;
    if (decoder->complained) return;
    decoder->complained = true;
    uint32_t start = offset_of(decoder, line), end = offset_of(decoder, after);
    struct diagnostic *report = parse_report(decoder->parse, DIAG_E109, start, end > start ? end : start + 1,
                                             "this line is indented less than the quotes that close the text");
    if (!report) return;
    uint32_t close = decoder->style.end;
    diagnostic_note(report, span_of(decoder->parse, close, close + 3), "their indentation is removed from every line");
    if ((size_t)(after - line) >= wanted.length) diagnostic_help(report, "tabs and blanks are mixed");
}

static size_t encode_utf8(uint32_t point, char *out) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = length; i-- > 1; point >>= 6) out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(leads[length] | point);
    return length;
}

static int hexadecimal(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* At the `{` of \u{…}. The decoded character is never longer than what was written. */
static bool unicode_escape(struct decoder *decoder) {
    uint32_t point = 0;
    const char *at = decoder->at;
    if (at == decoder->end || *at++ != '{') return false;
    const char *first = at;
    for (; at < decoder->end && hexadecimal(*at) >= 0; at++) {
        point = point * 16 + (uint32_t)hexadecimal(*at);
        if (point > 0x10ffff) return false;
    }
    if (at == first || at == decoder->end || *at != '}' || (point >= 0xd800 && point <= 0xdfff)) return false;
    decoder->at = at + 1;
    decoder->out += encode_utf8(point, decoder->out);
    return true;
}

static void report_escape(struct decoder *decoder, const char *start) {
    const char *end = start + 2 < decoder->end ? start + 2 : decoder->end;
    while (end < decoder->end && ((unsigned char)*end & 0xc0) == 0x80) end++;
    struct diagnostic *report;
    if (end - start < 2 || start[1] == '\n' || start[1] == '\r') {
        report = parse_report(decoder->parse, DIAG_E108, offset_of(decoder, start), offset_of(decoder, start + 1),
                              "a `\\` at the end of a line is no escape");
    } else if (start[1] == 'u') {
        while (end < decoder->end && end - start < 12 && (hexadecimal(*end) >= 0 || *end == '{')) end++;
        if (end < decoder->end && *end == '}') end++;
        report = parse_report(decoder->parse, DIAG_E108, offset_of(decoder, start), offset_of(decoder, end),
                              "`%.*s` is no character", (int)(end - start), start);
        if (report)
            diagnostic_help(
                report,
                "write `\\u{…}` with the hexadecimal number of a Unicode character: `\\u{20ac}` is the euro sign");
        return;
    } else {
        report = parse_report(decoder->parse, DIAG_E108, offset_of(decoder, start), offset_of(decoder, end),
                              "`%.*s` is no escape", (int)(end - start), start);
    }
    if (!report) return;
    diagnostic_help(
        report, "the escapes are \\n \\t \\\" \\\\ \\$ and \\u{…}; a text in '…' has none and keeps its backslashes");
}

/* At a backslash. */
static void escape(struct decoder *decoder) {
    static const char written[] = "nt\"\\$", meant[] = "\n\t\"\\$";
    const char *start = decoder->at++;
    if (decoder->at < decoder->end && *decoder->at != '\0') {
        const char *known = strchr(written, *decoder->at);
        if (known) {
            *decoder->out++ = meant[known - written];
            decoder->at++;
            return;
        }
        if (*decoder->at == 'u') {
            decoder->at++;
            if (unicode_escape(decoder)) return;
        }
    }
    report_escape(decoder, start);
}

/* The text of a block starts behind its first line if nothing but blanks stands there. */
static void skip_first_line(struct decoder *decoder) {
    const char *at = decoder->at;
    while (at < decoder->end && (*at == ' ' || *at == '\t')) at++;
    if (!newline_at(decoder, at)) return;
    decoder->at = at + (*at == '\r' ? 2 : 1);
    decoder->line_starts = true;
}

static void decode(struct decoder *decoder, struct node *text, bool first) {
    const bool block = decoder->style.quotes == 3, raw = decoder->style.raw;
    decoder->at = decoder->parse->bytes + text->span.start;
    decoder->end = decoder->at + text->span.length;
    char *start = decoder->out = arena_allocate(decoder->parse->arena, text->span.length + 1);
    if (first && block) skip_first_line(decoder);
    while (decoder->at < decoder->end || decoder->line_starts) {
        if (decoder->line_starts && decoder->style.has_indentation) take_indentation(decoder);
        decoder->line_starts = false;
        if (decoder->at == decoder->end) break;
        char byte = *decoder->at;
        if (newline_at(decoder, decoder->at)) {
            decoder->at += byte == '\r' ? 2 : 1;
            *decoder->out++ = '\n';
            decoder->line_starts = true;
        } else if (byte == '\\' && !raw) {
            escape(decoder);
        } else {
            *decoder->out++ = byte;
            decoder->at++;
        }
    }
    text->string = (struct text){ start, (size_t)(decoder->out - start) };
}

static struct node *raw_text(struct parse *parse, uint32_t start, uint32_t end) {
    struct node *text = node_new(parse, NODE_TEXT, start);
    text->span = span_of(parse, start, end);
    return text;
}

static void set_style(struct node *string, const struct style *style) {
    if (style->raw) string->flags |= NODE_RAW_STRING;
    if (style->quotes == 3) string->flags |= NODE_BLOCK_STRING;
}

struct node *quote_whole(struct parse *parse, struct token token) {
    struct decoder decoder = { .parse = parse, .style = style_of(parse, token.offset, token_end(token)) };
    struct node *text = raw_text(parse, decoder.style.start, decoder.style.end);
    struct node *string = node_list(parse, NODE_STRING, token.offset, chain_of(text));
    set_style(string, &decoder.style);
    decode(&decoder, text, true);
    return string;
}

struct chain quote_head(struct parse *parse, struct token token, struct node *expression) {
    uint32_t quotes = style_of(parse, token.offset, token_end(token)).start - token.offset;
    struct node *text = raw_text(parse, token.offset + quotes, token_end(token) - 2);
    return chain_add(chain_of(text), expression);
}

struct chain quote_middle(struct parse *parse, struct chain parts, struct token token, struct node *expression) {
    return chain_add(chain_add(parts, raw_text(parse, token.offset + 1, token_end(token) - 2)), expression);
}

/* Takes out the empty texts around expressions. */
static void drop_empty(struct node *string) {
    for (struct node **at = &string->list; *at;) {
        if ((*at)->kind == NODE_TEXT && (*at)->string.length == 0)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

struct node *quote_tail(struct parse *parse, struct chain parts, struct token token) {
    uint32_t content = parts.first->span.start, start = content - 1, end = token_end(token);
    if (content >= 3 && parse->bytes[content - 2] == '"' && parse->bytes[content - 3] == '"') start = content - 3;
    struct decoder decoder = { .parse = parse, .style = style_of(parse, start, end) };
    if (token.length > 0) { /* 0: the text was cut, and reported */
        uint32_t last = token.offset + 1;
        parts = chain_add(parts, raw_text(parse, last, decoder.style.end > last ? decoder.style.end : last));
    }
    struct node *string = node_list(parse, NODE_STRING, start, parts);
    set_style(string, &decoder.style);
    for (struct node *part = parts.first; part; part = part->next)
        if (part->kind == NODE_TEXT) decode(&decoder, part, part == parts.first);
    drop_empty(string);
    return string;
}

struct node *quote_tagged(struct parse *parse, struct token tag, struct node *string) {
    string->tag = (uint8_t)lexer_text_tag(token_text(parse, tag));
    uint32_t end = node_end(string);
    string->span = span_of(parse, tag.offset, end);
    return string;
}
