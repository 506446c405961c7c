/* The extent of a finding: how many elements, how many of them violate, from when to when, the worst, the longest gap. */
#ifndef AOT_JUDGE_TALLY_H
#define AOT_JUDGE_TALLY_H
#include "judge/claim.h"

struct tally {
    const struct trace *trace; /* that was counted; NULL: none */
    bool never;                /* a true element violates */
    size_t elements;           /* in the window */
    size_t violations;         /* of them, not as the claim wants them (errors too) */
    size_t errors;             /* of them, errors */
    size_t first, last, worst; /* violations, or NO_ELEMENT; worst by the comparison's operands */
    size_t latest;             /* the last element, or NO_ELEMENT */
    struct idle idle;          /* the longest time without a probe */
    size_t stalls;             /* that touch the window */
    const struct stall *stall; /* the longest of them */
};
struct tally tally_make(const struct judgement *judgement);
/* The node whose condition a trace is, or NULL. */
const struct node *tally_node(const struct judgement *judgement, const struct trace *trace);
#endif
