/* A text as the formatter moves it: tokens and comments in order, newlines as what they mean. */
#ifndef AOT_GRAMMAR_FORMAT_PIECES_H
#define AOT_GRAMMAR_FORMAT_PIECES_H
#include "base/vector.h"
#include "grammar/token.h"

#include <stdbool.h>

struct piece {
    uint32_t start, end;   /* bytes of the text */
    uint32_t string_end;   /* of a text in quotes: behind its last part; else 0 */
    uint8_t id;            /* TOK_…; TOK_NL is a `;` that must stay; 0 is a comment */
    bool starts_line;      /* a line of the text begins here */
    bool after_blank_line; /* and one without anything stands before it */
    bool starts_statement; /* an end of statement stands before it */
    bool is_verbatim; /* several tokens that are not touched: a text whose `${ }` goes over lines or has a comment */
};
struct pieces {
    struct VECTOR(struct piece) list;
};

/* The text must have parsed without a finding. */
void pieces_read(struct pieces *pieces, struct text text);
void pieces_done(struct pieces *pieces);
#endif
