/* Cuts a plain SQL dump into statements and COPY data, as psql would. Knows quoting and nesting, not the grammar. */
#ifndef AOT_STDLIB_SQL_SPLITTER_H
#define AOT_STDLIB_SQL_SPLITTER_H
#include "base/text.h"

struct splitter {
    struct text text; /* the whole file; somebody else's */
    size_t at;        /* the next byte */
    int line;         /* its line, from 1 */
};
enum piece_kind {
    PIECE_STATEMENT,
    PIECE_COPY,         /* COPY … FROM stdin, with its rows */
    PIECE_PSQL_COMMAND, /* \connect and its like: only psql understands them */
    PIECE_UNFINISHED,   /* a quote, comment or COPY that never ends */
    PIECE_END
};
struct piece {
    enum piece_kind kind;
    struct text text; /* the statement without blanks, comments before it, and semicolon; or the command */
    struct text rows; /* of COPY: the lines before "\." */
    int line;         /* where the text begins */
    bool deep;        /* its tree may be so deep that reading it would need more stack than there is */
};
#define SPLITTER_TOO_DEEP "its expressions, joins or sub-selects are too long or nested too deeply to be read"
struct piece splitter_next(struct splitter *splitter);
/* The first word is `word`, in any case. */
bool statement_begins(struct text statement, const char *word);
#endif
