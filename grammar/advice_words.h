/* Words of other languages and what they are called here. Part of advice. */
#ifndef AOT_GRAMMAR_ADVICE_WORDS_H
#define AOT_GRAMMAR_ADVICE_WORDS_H
#include "grammar/token.h"

enum advice_place { AT_ITEM = 1, AT_STATEMENT = 2, IN_LINE = 4 };

struct advice_word {
    const char *word;    /* as people write it */
    unsigned places;     /* enum advice_place: where it is taken for this */
    uint32_t id;         /* the token that is meant; 0: there is none */
    const char *message; /* NULL: "`word` is called `spelling` here" */
    const char *help;    /* NULL: none */
};
/* NULL for any other word. */
const struct advice_word *advice_word_find(struct text word, enum advice_place place);
#endif
