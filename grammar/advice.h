/* What was probably meant: for the mistakes that people make, a message of its own, help, and how the parse can go
 * on. */
#ifndef AOT_GRAMMAR_ADVICE_H
#define AOT_GRAMMAR_ADVICE_H
#include "grammar/recovery.h"

struct advice {
    enum diagnostic_code code;
    struct span span;      /* what the message is about: the token at hand unless told otherwise */
    struct buffer message; /* empty: "expected …, found …" */
    struct buffer help[2]; /* either may be empty */
    bool restart;          /* the statement's first token is the word `replace` */
    bool skip;             /* the token at hand says nothing */
    uint32_t insert;       /* a token that is missing before the one at hand; 0: none */
    uint32_t replace;      /* what the token at hand should be; 0: itself */
};
/* Fills `advice`, which is zeroed; free it with advice_done. */
void advice_find(const struct recovery *recovery, struct advice *advice);
void advice_done(struct advice *advice);
#endif
