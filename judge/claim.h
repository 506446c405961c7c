/* One claim of a program, judged: registers become traces, clauses times, formulas nodes; the finding is weighed. */
#ifndef AOT_JUDGE_CLAIM_H
#define AOT_JUDGE_CLAIM_H
#include "judge/evidence.h"
#include "judge/operand.h"

enum { CLAIM_DEPTH = 16 }; /* formulas in one another; the compiler allows no more */

struct judgement {
    const struct world *world;
    const struct claim *claim;
    const struct value *registers;
    const struct formula *root;
    struct operand operands[2 * CLAIM_DEPTH]; /* conditions of the chain */
    size_t operand_count;
    struct node nodes[CLAIM_DEPTH]; /* the chain, outermost first */
    size_t node_count;
    struct witness witness; /* of the innermost node, where it is an `eventually` */
    struct extent extent;
    struct finding finding;
    struct ruling ruling;
    struct text problem; /* message of an error or of no data that stands for a whole condition; borrowed */
};
/* Judges and explains nothing. The registers must stay until judgement_done. */
void judgement_make(struct judgement *judgement, const struct world *world, uint32_t claim,
                    const struct value *registers, const struct idle_faults *faults);
void judgement_done(struct judgement *judgement);
/* The operand that a trace belongs to, or NULL. */
const struct operand *judgement_operand(const struct judgement *judgement, const struct trace *trace);
#endif
