/* Scans texts in quotes for the lexer. What is between the quotes is decoded later, in quote.c. */
#include "grammar/lexer_text.h"

#include <string.h>

static const char *const tags[] = { [TAG_SQL] = "sql", [TAG_SH] = "sh", [TAG_JSON] = "json", [TAG_RE] = "re" };

enum tree_tag lexer_text_tag(struct text word) {
    for (size_t i = TAG_SQL; i <= TAG_RE; i++)
        if (text_is(word, tags[i])) return (enum tree_tag)i;
    return TAG_NONE;
}

static bool is_block(enum quote quote) {
    return quote == QUOTE_BLOCK || quote == QUOTE_RAW_BLOCK;
}

/* The end of a text that should have ended by here. */
static const unsigned char *unterminated(struct lexer *lexer, enum quote quote, uint32_t opened, const unsigned char *end) {
    while (end > lexer->cursor && end[-1] == '\r') end--;
    struct parse *parse = lexer->parse;
    uint32_t quotes = is_block(quote) ? 3 : 1;
    const char *written = (const char *)lexer->start + opened;
    uint32_t length = (uint32_t)(end - lexer->start);
    struct diagnostic *report = parse_report(parse, DIAG_E107, opened, opened + quotes, "this text is not closed: %.*s is missing%s",
                                             (int)quotes, written, is_block(quote) ? "" : " on its line");
    if (report && is_block(quote)) {
        diagnostic_help(report, "a text that opens with %.*s goes on to the next %.*s, here to the end of the file", (int)quotes,
                        written, (int)quotes, written);
    } else if (report) {
        const unsigned char *last = end;
        while (last > lexer->cursor && (last[-1] == ' ' || last[-1] == '\t')) last--;
        char other = *written == '"' ? '\'' : '"';
        if (last > lexer->cursor && last[-1] == (unsigned char)other)
            diagnostic_help(report, "a text that opens with %c is closed by %c, not by %c", *written, *written, other);
        else
            diagnostic_help(report, "close it with %c, or write %c%c%c around a text of several lines", *written, *written, *written,
                            *written);
    }
    if (parse->quiet_end < length) parse->quiet_end = length;
    return end;
}

const unsigned char *lexer_text_end(struct lexer *lexer, enum quote quote, uint32_t opened, bool *interpolates) {
    const unsigned char *at = lexer->cursor, *const limit = lexer->limit;
    const bool raw = quote == QUOTE_RAW || quote == QUOTE_RAW_BLOCK, block = is_block(quote);
    const unsigned char close = raw ? '\'' : '"';
    *interpolates = false;
    for (; at < limit; at++) {
        if (*at == close) {
            if (!block) return at + 1;
            if (limit - at >= 3 && at[1] == close && at[2] == close) return at + 3;
        } else if (*at == '\n' && !block) {
            break;
        } else if (*at == '\\' && !raw) {
            if (limit - at >= 2 && at[1] != '\n') at++;
        } else if (*at == '$' && !raw && limit - at >= 2 && at[1] == '{') {
            *interpolates = true;
            return at + 2;
        }
    }
    return unterminated(lexer, quote, opened, at);
}

void lexer_text_report_cut(struct lexer *lexer, const struct bracket *bracket) {
    struct parse *parse = lexer->parse;
    bool block = is_block((enum quote)bracket->quote);
    struct diagnostic *report = parse_report(parse, DIAG_E107, bracket->offset, bracket->offset + 2,
                                             block ? "this `${` is not closed: `}` is missing" : "this `${` is not closed on its line: `}` is missing");
    if (!report) return;
    diagnostic_note(report, span_of(parse, bracket->text, bracket->text + (block ? 3 : 1)), "in the text that opens here");
    diagnostic_help(report, "write `\\$` for a dollar sign that opens nothing");
}
