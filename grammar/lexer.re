/* Text to tokens, and the newline rule between lexer and parser. Compiled by re2c; the words are not rules here but
 * rows of tokens.def. Texts in quotes are scanned in lexer_text.c, mistakes are named in lexer_mistake.c. Never
 * allocates for a token, never reads past the end: `start`..`limit` bound it, and NUL is a byte like any other. */
#include "grammar/lexer.h"

#include "grammar/lexer_mistake.h"
#include "grammar/lexer_text.h"

#include <string.h>

void lexer_init(struct lexer *lexer, struct parse *parse, struct text text) {
    /* The brackets need no zeroes. */
    memset(lexer, 0, offsetof(struct lexer, brackets));
    memset(&lexer->comments, 0, sizeof lexer->comments);
    keywords_init(&lexer->keywords);
    lexer->parse = parse;
    if (text.length > LONGEST_TEXT) {
        parse_report(parse, DIAG_E100, 0, 0, "this file is larger than %d MiB", (LONGEST_TEXT + 1) / (1024 * 1024));
        text = TEXT("");
    }
    lexer->start = lexer->cursor = (const unsigned char *)text.bytes;
    lexer->limit = lexer->start + text.length;
    lexer->previous = TOK_NL;
    lexer_mistake_bytes(lexer);
}

void lexer_done(struct lexer *lexer) {
    VECTOR_DONE(&lexer->comments);
}

static inline struct token token_from(const struct lexer *lexer, const unsigned char *start, uint32_t id) {
    return token_of((uint32_t)(start - lexer->start), (uint32_t)(lexer->cursor - start), id);
}

static void look_at_brackets(struct lexer *lexer) {
    uint32_t count = lexer->bracket_count;
    lexer->joins_lines = count && lexer->brackets[count - 1].kind != '{';
}

static bool is_one_line(const struct bracket *bracket) {
    return bracket->kind == '$' && (bracket->quote == QUOTE_PLAIN || bracket->quote == QUOTE_RAW);
}

static void close_brackets(struct lexer *lexer, uint32_t count) {
    while (lexer->bracket_count > count)
        if (is_one_line(&lexer->brackets[--lexer->bracket_count])) lexer->one_line_count--;
    look_at_brackets(lexer);
}

static void open_bracket(struct lexer *lexer, struct bracket bracket) {
    if (lexer->bracket_count == BRACKET_LIMIT) {
        parse_too_deep(lexer->parse, bracket.offset, bracket.offset + 1);
        lexer->cursor = lexer->limit;
        return;
    }
    lexer->brackets[lexer->bracket_count++] = bracket;
    lexer->one_line_count += is_one_line(&bracket);
    look_at_brackets(lexer);
}

void lexer_open_brace(struct lexer *lexer, uint32_t offset) {
    open_bracket(lexer, (struct bracket){ offset, offset, '{', QUOTE_PLAIN });
    lexer->brackets_before = lexer->bracket_count;
}

void lexer_forget_brackets(struct lexer *lexer, uint32_t count) {
    close_brackets(lexer, count);
    if (lexer->brackets_before > count) lexer->brackets_before = count;
}

/* A closing bracket closes the innermost one of its kind, and what was forgotten inside; without one it closes
 * nothing. */
static void close_bracket(struct lexer *lexer, char kind) {
    for (uint32_t i = lexer->bracket_count; i-- > 0 && lexer->brackets[i].kind != '$';) {
        if (lexer->brackets[i].kind != kind) continue;
        close_brackets(lexer, i);
        return;
    }
}

/* A text that was cut has swallowed the rest of its line, brackets included. */
static void close_swallowed(struct lexer *lexer) {
    uint32_t count = lexer->bracket_count;
    while (count && (lexer->brackets[count - 1].kind == '(' || lexer->brackets[count - 1].kind == '[')) count--;
    close_brackets(lexer, count);
}

static struct token text(struct lexer *lexer, const unsigned char *start, enum quote quote, uint32_t opened,
                         bool head) {
    enum text_end end = lexer_text_read(lexer, quote, opened);
    struct token token = token_from(lexer, start, head ? TOK_STRING : TOK_STRING_TAIL);
    if (end == TEXT_OPENED) {
        token.id = head ? TOK_STRING_HEAD : TOK_STRING_MIDDLE;
        open_bracket(lexer, (struct bracket){ token_end(token) - 2, opened, '$', (uint8_t)quote });
    }
    if (end == TEXT_CUT) close_swallowed(lexer);
    return token;
}

static struct token text_head(struct lexer *lexer, const unsigned char *start, enum quote quote) {
    return text(lexer, start, quote, (uint32_t)(start - lexer->start), true);
}

/* The innermost bracket is a `${`, and here is its `}`. */
static struct token text_goes_on(struct lexer *lexer, const unsigned char *start) {
    struct bracket bracket = lexer->brackets[lexer->bracket_count - 1];
    close_brackets(lexer, lexer->bracket_count - 1);
    return text(lexer, start, (enum quote)bracket.quote, bracket.text, false);
}

/* A `${` is open at the end of the line (of a one-line text) or of the file: closes the text there. */
static struct token text_is_cut(struct lexer *lexer, const unsigned char *at, bool only_one_line) {
    uint32_t i = 0;
    while (lexer->brackets[i].kind != '$' || (only_one_line && !is_one_line(&lexer->brackets[i]))) i++;
    lexer_text_report_cut(lexer, &lexer->brackets[i]);
    close_brackets(lexer, i);
    lexer->cursor = at;
    return token_from(lexer, at, TOK_STRING_TAIL);
}

static bool in_interpolation(const struct lexer *lexer) {
    for (uint32_t i = 0; i < lexer->bracket_count; i++)
        if (lexer->brackets[i].kind == '$') return true;
    return false;
}

static struct token opening(struct lexer *lexer, const unsigned char *start, uint32_t id) {
    uint32_t offset = (uint32_t)(start - lexer->start);
    struct token token = token_from(lexer, start, id);
    open_bracket(lexer, (struct bracket){ offset, offset, (char)*start, QUOTE_PLAIN });
    return token;
}

static struct token closing(struct lexer *lexer, const unsigned char *start, uint32_t id) {
    close_bracket(lexer, *start == ')' ? '(' : *start == ']' ? '[' : '{');
    return token_from(lexer, start, id);
}

static void comment(struct lexer *lexer, const unsigned char *start) {
    const unsigned char *end = memchr(lexer->cursor, '\n', (size_t)(lexer->limit - lexer->cursor));
    lexer->cursor = end ? end : lexer->limit;
    end = lexer->cursor;
    while (end > start && end[-1] == '\r') end--;
    const unsigned char *before = start;
    while (before > lexer->start && (before[-1] == ' ' || before[-1] == '\t')) before--;
    uint32_t offset = (uint32_t)(start - lexer->start);
    struct span span = { lexer->parse->source, offset, (uint32_t)(end - start) };
    bool is_doc = span.length >= 2 && start[1] == '#' && !(span.length >= 3 && start[2] == '#');
    bool alone = before == lexer->start || before[-1] == '\n';
    VECTOR_PUSH(&lexer->comments, (struct comment){ span, is_doc, alone });
}

static bool is_word_byte(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static struct token word(struct lexer *lexer, const unsigned char *start) {
    size_t length = (size_t)(lexer->cursor - start);
    uint32_t id = TOK_ID;
    if (lexer->previous != TOK_DOT) {
        id = keywords_find(&lexer->keywords, (const char *)start, length);
        bool before_quote = *lexer->cursor == '"' || *lexer->cursor == '\'';
        if (before_quote && lexer_text_tag((struct text){ (const char *)start, length })) id = TOK_TAG;
    }
    return token_from(lexer, start, id);
}

/* A capital word or a version. Behind a dot it is a plain field: `env.X-1` subtracts, `env.N` is no version. */
static struct token capital(struct lexer *lexer, const unsigned char *start, uint32_t id) {
    if (lexer->previous == TOK_DOT) {
        lexer->cursor = start;
        while (is_word_byte(*lexer->cursor)) lexer->cursor++;
        id = *start == 'v' ? TOK_ID : TOK_LABEL;
    }
    return token_from(lexer, start, id);
}

/* `50/s` is a rate, but `50/seconds` and `50/s2` divide: gives the number alone, the slash comes next. */
static struct token divided(struct lexer *lexer, const unsigned char *start) {
    uint32_t id = TOK_INTEGER;
    for (lexer->cursor = start; *lexer->cursor != '/'; lexer->cursor++) {
        if (*lexer->cursor == '.') id = TOK_NUMBER;
        if (*lexer->cursor == 'B') id = TOK_SIZE;
    }
    return token_from(lexer, start, id);
}

static struct token rate(struct lexer *lexer, const unsigned char *start, uint32_t id) {
    return is_word_byte(*lexer->cursor) ? divided(lexer, start) : token_from(lexer, start, id);
}

static struct token end_of_line(struct lexer *lexer, const unsigned char *start) {
    if (lexer->one_line_count) return text_is_cut(lexer, start, true);
    return token_from(lexer, start, TOK_NL);
}

static struct token end_of_file(struct lexer *lexer) {
    if (in_interpolation(lexer)) return text_is_cut(lexer, lexer->limit, false);
    return token_from(lexer, lexer->limit, 0);
}

/* The next token, newlines as they stand, but none inside ( ), [ ] and ${ }. */
static struct token scan(struct lexer *lexer) {
    const unsigned char *cursor = lexer->cursor, *marker = cursor, *start;
    const unsigned char *const limit = lexer->limit;
    /*!re2c
        re2c:define:YYCTYPE = "unsigned char";
        re2c:define:YYCURSOR = cursor;
        re2c:define:YYLIMIT = limit;
        re2c:define:YYMARKER = marker;
        re2c:yyfill:enable = 0;
        re2c:eof = 0;

        digits   = [0-9][0-9_]*;
        number   = digits ("." digits)?;
        exponent = [eE] [+-]? [0-9]+;
        time     = "ns" | "us" | "ms" | "s" | "m" | "h" | "d";
        bytes    = "B" | "KB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB";
        name     = [A-Za-z_][A-Za-z0-9_]*;
        micro    = "\xc2\xb5" | "\xce\xbc";
        foreign  = "&&" | "||" | "&" | "|" | "!" | "===" | "!==" | "<>" | "=~" | ":=" | "=>" | "%" | "**" | "^"
                 | "+=" | "-=" | "*=" | "/=" | "++" | "...";
    */
#define TAKE(function, ...) return (lexer->cursor = cursor, function(lexer, start, ##__VA_ARGS__))
#define SKIP(function) lexer->cursor = cursor, function(lexer, start), cursor = lexer->cursor
    for (;;) {
        start = cursor;
        /*!re2c
            [ \t\r]+                        { continue; }
            "\n" {
                if (lexer->joins_lines && !lexer->one_line_count) continue;
                TAKE(end_of_line);
            }
            ";"                             { TAKE(token_from, TOK_NL); }
            "#"                             { SKIP(comment); continue; }
            "//"                            { SKIP(lexer_mistake_comment); continue; }
            "/*"                            { SKIP(lexer_mistake_comment); continue; }

            "N" ("-" [0-9]+)?               { TAKE(capital, TOK_VERSION); }
            "v" [0-9]+ ("." [0-9]+)+        { TAKE(capital, TOK_VERSION); }
            [A-Z][A-Za-z0-9_]* ([.-] [0-9]+)* { TAKE(capital, TOK_LABEL); }
            [a-z_][A-Za-z0-9_]*             { TAKE(word); }
            [a-z]+ "://" [^ \t\r\n"'(){}[\],\x00]* { SKIP(lexer_mistake_url); TAKE(token_from, TOK_BAD_LITERAL); }

            digits                          { TAKE(token_from, TOK_INTEGER); }
            number exponent?                { TAKE(token_from, TOK_NUMBER); }
            (number time)+                  { TAKE(token_from, TOK_DURATION); }
            number bytes                    { TAKE(token_from, TOK_SIZE); }
            number "/" time                 { TAKE(rate, TOK_RATE); }
            number bytes "/" time           { TAKE(rate, TOK_BANDWIDTH); }
            number bytes? "/" name          { TAKE(divided); }
            number "%"                      { TAKE(token_from, TOK_RATIO); }
            number name                     { SKIP(lexer_mistake_unit); TAKE(token_from, TOK_BAD_LITERAL); }
            number micro name               { SKIP(lexer_mistake_unit); TAKE(token_from, TOK_BAD_LITERAL); }
            ("./" | "../") [A-Za-z0-9_./@%+-]+ { TAKE(token_from, TOK_PATH); }
            ("./" | "../") [A-Za-z0-9_./@%+-]* "*" [A-Za-z0-9_./@%+*-]* {
                SKIP(lexer_mistake_pattern);
                TAKE(token_from, TOK_BAD_LITERAL);
            }

            "\"\"\""                        { TAKE(text_head, QUOTE_BLOCK); }
            "'''"                           { TAKE(text_head, QUOTE_RAW_BLOCK); }
            "\""                            { TAKE(text_head, QUOTE_PLAIN); }
            "'"                             { TAKE(text_head, QUOTE_RAW); }

            "("                             { TAKE(opening, TOK_LEFT_PAREN); }
            "["                             { TAKE(opening, TOK_LEFT_BRACKET); }
            "{"                             { TAKE(opening, TOK_LEFT_BRACE); }
            ")"                             { TAKE(closing, TOK_RIGHT_PAREN); }
            "]"                             { TAKE(closing, TOK_RIGHT_BRACKET); }
            "}" {
                uint32_t count = lexer->bracket_count;
                if (count && lexer->brackets[count - 1].kind == '$') TAKE(text_goes_on);
                TAKE(closing, TOK_RIGHT_BRACE);
            }

            "=="                            { TAKE(token_from, TOK_EQUAL); }
            "!="                            { TAKE(token_from, TOK_NOT_EQUAL); }
            "<="                            { TAKE(token_from, TOK_LESS_EQUAL); }
            ">="                            { TAKE(token_from, TOK_GREATER_EQUAL); }
            "<"                             { TAKE(token_from, TOK_LESS); }
            ">"                             { TAKE(token_from, TOK_GREATER); }
            "~"                             { TAKE(token_from, TOK_MATCH); }
            "!~"                            { TAKE(token_from, TOK_NOT_MATCH); }
            "="                             { TAKE(token_from, TOK_ASSIGN); }
            ":"                             { TAKE(token_from, TOK_COLON); }
            ","                             { TAKE(token_from, TOK_COMMA); }
            "."                             { TAKE(token_from, TOK_DOT); }
            ".."                            { TAKE(token_from, TOK_DOT_DOT); }
            "->"                            { TAKE(token_from, TOK_ARROW); }
            "??"                            { TAKE(token_from, TOK_COALESCE); }
            "?"                             { TAKE(token_from, TOK_QUESTION); }
            "+"                             { TAKE(token_from, TOK_PLUS); }
            "-"                             { TAKE(token_from, TOK_MINUS); }
            "*"                             { TAKE(token_from, TOK_STAR); }
            "/"                             { TAKE(token_from, TOK_SLASH); }

            foreign {
                lexer->cursor = cursor;
                return token_from(lexer, start, lexer_mistake_operator(lexer, start));
            }
            $                               { lexer->cursor = limit; return end_of_file(lexer); }
            * {
                lexer->cursor = cursor;
                uint32_t id = lexer_mistake_character(lexer, start); /* moves the cursor */
                return token_from(lexer, start, id);
            }
        */
    }
#undef TAKE
#undef SKIP
}

/* The token before cannot end a statement. A clause word that stands where only a value can, as in `timeout: within`,
 * is a name, and names can end one. */
static bool previous_joins(const struct lexer *lexer) {
    unsigned flags = token_table[lexer->previous].flags, before = token_table[lexer->before_previous].flags;
    if (!(flags & CANT_END)) return false;
    bool is_name = (flags & SOFT) && (before & CANT_END) && !(before & WORD) && lexer->before_previous != TOK_NL;
    return !is_name;
}

/* The token that was just scanned cannot start a statement. A soft word with a colon behind it is a key, and can. */
static bool next_joins(const struct lexer *lexer, struct token next) {
    unsigned flags = token_table[next.id].flags;
    if (!(flags & CANT_START) || !(flags & SOFT)) return flags & CANT_START;
    const unsigned char *after = lexer->cursor;
    while (*after == ' ' || *after == '\t') after++;
    return *after != ':';
}

static inline struct token scan_next(struct lexer *lexer) {
    struct token token;
    do {
        lexer->brackets_before = lexer->bracket_count;
        token = scan(lexer);
    } while (token.id == TOK_BAD && !lexer->keeps_bad);
    return token;
}

static inline void remember(struct lexer *lexer, uint32_t id) {
    lexer->before_previous = lexer->previous;
    lexer->previous = id;
}

/* A newline, or a semicolon, which ends a statement even where a newline would not. Several count as one. */
static struct token end_statement(struct lexer *lexer, struct token end) {
    bool hard = false;
    struct token next = end;
    do {
        hard |= next.length == 1 && lexer->start[next.offset] == ';';
        next = scan_next(lexer);
    } while (next.id == TOK_NL);
    bool nothing_before = lexer->previous == TOK_NL || (hard && lexer->previous == TOK_LEFT_BRACE);
    bool nothing_behind = next.id == 0 || next.id == TOK_RIGHT_BRACE;
    if (nothing_before || nothing_behind || (!hard && (previous_joins(lexer) || next_joins(lexer, next)))) {
        remember(lexer, next.id);
        return next;
    }
    lexer->pending = next;
    lexer->has_pending = true;
    remember(lexer, TOK_NL);
    return end;
}

struct token lexer_next(struct lexer *lexer) {
    struct token token;
    if (lexer->has_pending) {
        lexer->has_pending = false;
        token = lexer->pending;
    } else {
        token = scan_next(lexer);
        if (token.id == TOK_NL) return end_statement(lexer, token);
        if (token.id == TOK_BAD) return token; /* newline and dot look past it */
    }
    remember(lexer, token.id);
    return token;
}
