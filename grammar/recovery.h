/* The careful pass over a file that has errors: asks the parser before each token, reports what does not fit, repairs
 * or skips, and goes on, so that one run finds several errors and none twice. */
#ifndef AOT_GRAMMAR_RECOVERY_H
#define AOT_GRAMMAR_RECOVERY_H
#include "grammar/engine.h"

struct recovery {
    struct parse *parse;
    struct lexer *lexer;
    struct engine *engine;
    struct token token;    /* the one at hand */
    struct token previous; /* the last one that the parser took */
    struct token first;    /* the first one of this statement, field or declaration */
    uint32_t first_depth;  /* of the parser's stack before it */
    uint32_t taken;        /* tokens since then, `first` included */
    bool fresh;            /* the next token is the first of a statement */
    bool astray;           /* a `}` too many: what follows, up to the next declaration, is its consequence */
    uint32_t suspect;      /* a brace whose `}` stands at another indentation; UINT32_MAX: none */
    uint32_t *starts;      /* where each entry of the parser's stack starts in the text */
};

/* Reads the whole file. Syntax errors go to parse->diagnostics, items to parse->items. */
void recovery_read(struct parse *parse, struct lexer *lexer);

/* For advice about the token at hand. */
bool recovery_starts_line(const struct recovery *recovery, struct token token);
uint32_t recovery_column(const struct recovery *recovery, uint32_t offset); /* from 0, in bytes */
/* A declaration at the left margin: whatever is still open was forgotten. */
bool recovery_is_item(const struct recovery *recovery, struct token token);
/* A word at the start of a line that can only begin a statement or a declaration, even inside ( ) and [ ]. */
bool recovery_is_start(const struct recovery *recovery, struct token token);
/* "expected …, found …" */
void recovery_describe(const struct recovery *recovery, struct buffer *out);
/* The innermost bracket that was open before the token at hand; NULL if there is none. */
const struct bracket *recovery_bracket(const struct recovery *recovery);
#endif
