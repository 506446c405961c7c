/* Which plain claims rest on a watch over a phase in a part of which it did not look: an aggregate is one value, which does not
 * know what it was made of, so the assertion's code is read. */
#ifndef AOT_JUDGE_UNWATCHED_H
#define AOT_JUDGE_UNWATCHED_H
#include "judge/trace.h"
#include "judge/world.h"

/* The hole in what a claim rests on. */
struct unwatched {
    uint32_t watch; /* its global; NO_LOAD: there is no hole */
    struct idle gap;
};
/* For each claim. NULL when nothing is unwatched. The caller releases it. */
struct unwatched *unwatched_claims(const struct world *world);
#endif
