/* Text to tokens. Reads the text once, front to back, and never fails: what is no token is reported and becomes BAD,
 * a literal that is wrong BAD_LITERAL, an operator of another language the one it means. Owns the comments it
 * collects. */
#ifndef AOT_GRAMMAR_LEXER_H
#define AOT_GRAMMAR_LEXER_H
#include "base/vector.h"
#include "grammar/parse.h"

enum { BRACKET_LIMIT = 200 };

enum quote { QUOTE_PLAIN, QUOTE_RAW, QUOTE_BLOCK, QUOTE_RAW_BLOCK };

/* An open bracket, or the `${` of a text. */
struct bracket {
    uint32_t offset; /* where it stands */
    uint32_t text;   /* of `${`: where its text was opened */
    char kind;       /* ( [ { or $ */
    uint8_t quote;   /* of `${`: enum quote of the text */
};

struct lexer {
    struct parse *parse;         /* takes the reports */
    const unsigned char *start;  /* of the source text; a NUL stands behind its end */
    const unsigned char *cursor; /* the next byte */
    const unsigned char *limit;  /* the end */
    uint32_t previous;           /* id of the token before */
    uint32_t before_previous;    /* and of the one before that */
    bool joins_lines;            /* the innermost bracket is not a brace: newlines do not count */
    bool keeps_bad;              /* gives BAD tokens too, for a listing; else they are left out */
    bool has_pending;            /* `pending` was read already, to decide on a newline */
    struct token pending;        /* comes after that newline */
    uint32_t one_line_count;     /* how many of the brackets are a `${` of a text that must end on its line */
    uint32_t bracket_count;      /* open brackets, the last token included */
    uint32_t brackets_before;    /* and without it */
    struct bracket brackets[BRACKET_LIMIT];
    struct VECTOR(struct comment) comments; /* in order of appearance */
    struct keywords keywords;
};

void lexer_init(struct lexer *lexer, struct parse *parse, struct text text);
void lexer_done(struct lexer *lexer);
/* The next token under the newline rule; id 0 at the end, again and again. */
struct token lexer_next(struct lexer *lexer);
/* Forgets the innermost brackets, so that `count` stay open; the token at hand is none of them. */
void lexer_forget_brackets(struct lexer *lexer, uint32_t count);
/* Opens a brace that is missing at `offset`, before the token that comes next. */
void lexer_open_brace(struct lexer *lexer, uint32_t offset);
#endif
