/* "Did you mean": the nearest of some names (Damerau-Levenshtein, at most 3 edits and at most a third of the word, at least 1). */
#ifndef AOT_BASE_SUGGEST_H
#define AOT_BASE_SUGGEST_H
#include "base/text.h"

struct suggestion {
    struct text wanted; /* what was written */
    struct text best;   /* the nearest so far; empty when none is near */
    size_t distance;
};
struct suggestion suggestion_for(struct text wanted);
void suggestion_offer(struct suggestion *suggestion, struct text candidate);
#endif
