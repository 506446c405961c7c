/* From what a monitor found to a verdict: what has to be there for a pass, or for a failure by absence, and what takes it away. */
#ifndef AOT_JUDGE_EVIDENCE_H
#define AOT_JUDGE_EVIDENCE_H
#include "judge/formula.h"
#include "judge/idle.h"
#include "judge/judge.h"
#include "judge/scope.h"

/* "gap", as verdicts and exit reports spell it. */
const char *reason_name(enum reason reason);

struct ruling {
    enum outcome outcome;
    enum reason reason;        /* of an inconclusive one, and of a pass that `allow empty` made */
    bool is_allowed;           /* `allow empty` made it a pass */
    const struct stall *stall; /* of REASON_STALLED */
    struct text idle_fault;    /* of REASON_IDLE_FAULT: what the record says; borrowed */
    uint32_t load;             /* of REASON_STARVED or GAP in a plain claim: the global of the load or watch */
    const struct trace *trace; /* of REASON_STARVED in a formula: what was recorded of the load */
};

struct ruling evidence_weigh(const struct finding *finding, const struct node *node, const struct extent *extent,
                             const struct world *world, const struct idle_faults *faults, bool allow_empty);
#endif
