/* Formulas over traces, nested to the right of the colon: `whenever c: F`, `always: F`, `eventually: F`. A nested formula counts
 * from a moment. Still no values and no machine; claims become formulas in claim.c. */
#ifndef AOT_JUDGE_FORMULA_H
#define AOT_JUDGE_FORMULA_H
#include "judge/monitor.h"

enum node_kind { NODE_PLAIN, NODE_ALWAYS, NODE_NEVER, NODE_EVENTUALLY, NODE_SETTLES, NODE_UNTIL, NODE_WHENEVER };

/* Where a nested `eventually` last found its condition true: moments come in order, and it is often the next one's witness too. */
struct witness {
    bool is_known;
    size_t element;
};
struct node {
    enum node_kind kind;
    const struct trace
        *condition; /* of a time word without a nested formula; WHENEVER: the trigger; UNTIL: what must hold */
    const struct trace *ending; /* UNTIL: what must come */
    const struct node *body;    /* WHENEVER, and ALWAYS or EVENTUALLY over a formula; else NULL */
    int64_t within;             /* EVENTUALLY, SETTLES, UNTIL; TIME_END: none */
    int64_t hold;               /* `for D`: ALWAYS, NEVER, SETTLES; TIME_END: none */
    bool has_own;               /* a nested formula that names a scope of its own */
    struct scope own;           /* that scope */
    struct witness *witness;    /* of a nested EVENTUALLY; NULL: it is looked for anew each time */
};

/* `after`: the scope of what `whenever` asks for: from a moment to the end of the run. */
struct finding formula_judge(const struct node *node, struct scope scope, struct scope after, bool recorded);
/* How many elements of a WHENEVER's trigger triggered in a scope. */
size_t formula_triggers(const struct node *node, struct scope scope);
/* How long after a moment a formula is decided, at most; what has no bound counts 0. */
int64_t formula_horizon(const struct node *node);
/* Calls `each` with every trace below a node, triggers too. */
void formula_each_trace(const struct node *node, void (*each)(void *data, const struct trace *trace), void *data);
#endif
