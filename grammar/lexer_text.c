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

/* The `${` that this quote was probably meant to follow: it closes the text around, whose `}` was forgotten. */
static const struct bracket *forgotten_value(const struct lexer *lexer, enum quote quote) {
    for (uint32_t i = lexer->bracket_count; i-- > 0;)
        if (lexer->brackets[i].kind == '$') return lexer->brackets[i].quote == quote ? &lexer->brackets[i] : NULL;
    return NULL;
}

static void help_close(struct diagnostic *report, const struct lexer *lexer, enum quote quote, uint32_t opened) {
    char written = (char)lexer->start[opened], other = written == '"' ? '\'' : '"';
    if (is_block(quote)) {
        diagnostic_help(report, "a text that opens with %c%c%c goes on to the next %c%c%c, here to the end of the file",
                        written, written, written, written, written, written);
        return;
    }
    const unsigned char *last = lexer->cursor;
    while (last[-1] == ' ' || last[-1] == '\t') last--;
    if (last[-1] == (unsigned char)other)
        diagnostic_help(report, "a text that opens with %c is closed by %c, not by %c", written, written, other);
    else
        diagnostic_help(report, "close it with %c, or write %c%c%c around a text of several lines", written, written,
                        written, written);
}

/* The text from `opened` should have ended before the cursor. */
static void report_unterminated(struct lexer *lexer, enum quote quote, uint32_t opened) {
    struct parse *parse = lexer->parse;
    const struct bracket *value = forgotten_value(lexer, quote);
    uint32_t quotes = is_block(quote) ? 3 : 1, end = (uint32_t)(lexer->cursor - lexer->start);
    if (value) {
        lexer_text_report_cut(lexer, value);
    } else {
        struct diagnostic *report =
            parse_report(parse, DIAG_E107, opened, opened + quotes, "this text is not closed: %.*s is missing%s",
                         (int)quotes, (const char *)lexer->start + opened, is_block(quote) ? "" : " on its line");
        if (report) help_close(report, lexer, quote, opened);
    }
    if (parse->quiet_end <= end) parse->quiet_end = end + 1;
}

enum text_end lexer_text_read(struct lexer *lexer, enum quote quote, uint32_t opened) {
    const unsigned char *at = lexer->cursor, *const limit = lexer->limit;
    const bool raw = quote == QUOTE_RAW || quote == QUOTE_RAW_BLOCK, block = is_block(quote);
    const unsigned char close = raw ? '\'' : '"';
    for (; at < limit; at++) {
        if (*at == close && (!block || (limit - at >= 3 && at[1] == close && at[2] == close))) {
            lexer->cursor = at + (block ? 3 : 1);
            return TEXT_CLOSED;
        }
        if (*at == '\n' && !block) break;
        if (raw || limit - at < 2) continue;
        if (*at == '\\' && at[1] != '\n') {
            at++;
        } else if (*at == '$' && at[1] == '{') {
            lexer->cursor = at + 2;
            return TEXT_OPENED;
        }
    }
    while (at > lexer->cursor && at[-1] == '\r') at--;
    lexer->cursor = at;
    report_unterminated(lexer, quote, opened);
    return TEXT_CUT;
}

void lexer_text_report_cut(struct lexer *lexer, const struct bracket *bracket) {
    struct parse *parse = lexer->parse;
    bool block = is_block((enum quote)bracket->quote);
    struct diagnostic *report = parse_report(parse, DIAG_E107, bracket->offset, bracket->offset + 2,
                                             block ? "this `${` is not closed: `}` is missing"
                                                   : "this `${` is not closed on its line: `}` is missing");
    if (!report) return;
    diagnostic_note(report, span_of(parse, bracket->text, bracket->text + (block ? 3 : 1)),
                    "in the text that opens here");
    diagnostic_help(report, "write `\\$` for a dollar sign that opens nothing");
}
