/* Claims to verdicts. A plain claim is its value; everything else goes through formula.c. Owns the operands while it lasts. */
#include "judge/claim.h"

#include "judge/unwatched.h"

const struct operand *judgement_operand(const struct judgement *judgement, const struct trace *trace) {
    for (size_t i = 0; i < judgement->operand_count; i++)
        if (&judgement->operands[i].trace == trace) return &judgement->operands[i];
    return NULL;
}

void judgement_done(struct judgement *judgement) {
    for (size_t i = 0; i < judgement->operand_count; i++) operand_done(&judgement->operands[i]);
}

/* ---- plain claims ---- */

/* What passes must not rest on a time in which nobody looked. */
static void look_for_hole(struct judgement *judgement) {
    const struct world *world = judgement->world;
    if (!world->unwatched) return;
    const struct unwatched *hole = &world->unwatched[judgement->claim - world->program->claims];
    if (hole->watch == NO_LOAD) return;
    judgement->finding.gap = hole->gap;
    judgement->ruling.outcome = OUTCOME_INCONCLUSIVE;
    judgement->ruling.load = hole->watch;
    judgement->ruling.stall = world_stall(world, hole->gap.from, hole->gap.to);
    judgement->ruling.reason = judgement->ruling.stall ? REASON_STALLED : REASON_GAP;
}

static const struct idle_fault *idle_fault_of(const struct judgement *judgement) {
    const struct world *world = judgement->world;
    return world->idle ? world->idle[judgement->claim - world->program->claims] : NULL;
}

static void judge_plain(struct judgement *judgement, bool allow_empty) {
    uint16_t index = judgement->claim->result != NO_REGISTER ? judgement->claim->result : judgement->root->condition;
    struct value value = judgement->registers[index];
    struct ruling *ruling = &judgement->ruling;
    const struct world *world = judgement->world;
    (void)allow_empty; /* a value is there or it is not */
    if (value.kind == VALUE_SERIES || value.kind == VALUE_STREAM) {
        *ruling = (struct ruling){ .outcome = OUTCOME_INCONCLUSIVE, .reason = REASON_NO_DATA };
        judgement->problem = TEXT("a recording is not one truth: say always, never or eventually");
        return;
    }
    enum truth truth = truth_of(value);
    ruling->outcome = truth == TRUTH_TRUE ? OUTCOME_PASS : truth == TRUTH_NO_DATA ? OUTCOME_INCONCLUSIVE : OUTCOME_FAIL;
    if (truth == TRUTH_NO_DATA) ruling->reason = REASON_NO_DATA;
    ruling->load = world->starved ? world->starved[judgement->claim - world->program->claims] : NO_LOAD;
    if (truth == TRUTH_TRUE && ruling->load != NO_LOAD) {
        ruling->outcome = OUTCOME_INCONCLUSIVE;
        ruling->reason = REASON_STARVED;
    }
    const struct idle_fault *idle = idle_fault_of(judgement);
    if (truth == TRUTH_TRUE && idle) {
        ruling->outcome = OUTCOME_INCONCLUSIVE;
        ruling->reason = REASON_IDLE_FAULT;
        ruling->idle_fault = text_of(idle->outcome);
    }
    if (ruling->outcome == OUTCOME_PASS) look_for_hole(judgement);
    if (value_is_bad(value))
        judgement->problem = value_text_of(value);
    else if (truth == TRUTH_ERROR)
        judgement->problem = TEXT("its value is neither true nor false");
}

/* ---- formulas ---- */

/* True if a register holds a recording. Else the whole claim has no data, or is an error. */
static const struct trace *read_condition(struct judgement *judgement, uint16_t index) {
    struct operand *operand = &judgement->operands[judgement->operand_count++];
    const struct world *world = judgement->world;
    *operand = operand_read(index == NO_REGISTER ? value_none() : judgement->registers[index], world->stalls,
                            world->stall_count);
    if (operand_is_series(operand)) return &operand->trace;
    bool is_error = operand->series.kind == VALUE_ERROR;
    if (judgement->problem.length == 0 || is_error) {
        judgement->ruling = (struct ruling){ .outcome = is_error ? OUTCOME_FAIL : OUTCOME_INCONCLUSIVE,
                                             .reason = is_error ? REASON_NONE : REASON_NO_DATA };
        judgement->problem = operand_message(operand, 0);
        if (judgement->problem.length == 0) judgement->problem = TEXT("the condition is one value, not a recording");
    }
    return NULL;
}

static enum node_kind kind_of(enum formula_kind kind) {
    switch (kind) {
    case FORMULA_PLAIN: return NODE_PLAIN;
    case FORMULA_ALWAYS: return NODE_ALWAYS;
    case FORMULA_NEVER: return NODE_NEVER;
    case FORMULA_EVENTUALLY: return NODE_EVENTUALLY;
    case FORMULA_SETTLES: return NODE_SETTLES;
    case FORMULA_WHENEVER: return NODE_WHENEVER;
    case FORMULA_UNTIL: return NODE_UNTIL;
    }
    return NODE_PLAIN;
}

static const struct formula *body_of(const struct judgement *judgement, const struct formula *formula) {
    return formula->body == NO_FORMULA ? NULL : &judgement->world->program->formulas[formula->body];
}

/* The condition of a time word may stand in a plain formula below it. */
static uint16_t condition_of(const struct judgement *judgement, const struct formula *formula) {
    const struct formula *body = body_of(judgement, formula);
    bool is_below = body && body->kind == FORMULA_PLAIN && formula->kind != FORMULA_WHENEVER;
    return is_below ? body->condition : formula->condition;
}

static const struct node *make_node(struct judgement *judgement, const struct formula *formula, struct scope base) {
    if (judgement->node_count == CLAIM_DEPTH) return NULL;
    struct node *node = &judgement->nodes[judgement->node_count++];
    const struct formula *body = body_of(judgement, formula);
    bool is_nested = body && (body->kind != FORMULA_PLAIN || formula->kind == FORMULA_WHENEVER);
    *node = (struct node){ .kind = kind_of(formula->kind), .witness = &judgement->witness };
    struct extent extent = extent_of(formula, judgement->registers, base);
    bool bounded = extent_duration(&extent, judgement->registers, formula->within, "within", &node->within);
    if (!extent_duration(&extent, judgement->registers, formula->hold, "for", &node->hold) || !bounded ||
        (formula != judgement->root && (extent.is_unreached || extent.is_backwards)))
        judgement->extent = extent;
    node->has_own = formula != judgement->root && formula_has_scope(formula);
    node->own = extent.scope;
    bool has_condition = !is_nested || formula->kind == FORMULA_WHENEVER;
    if (has_condition) node->condition = read_condition(judgement, condition_of(judgement, formula));
    if (formula->kind == FORMULA_UNTIL) node->ending = read_condition(judgement, formula->ending);
    if (is_nested) node->body = make_node(judgement, body, base);
    return node;
}

/* All bounds of a chain, one behind the other: how long it was polled. */
static int64_t bounds_of(const struct judgement *judgement) {
    int64_t sum = 0;
    for (size_t i = 0; i < judgement->node_count; i++) {
        const struct node *node = &judgement->nodes[i];
        if (node->within != TIME_END) sum = time_add(sum, node->within);
        if (node->hold != TIME_END) sum = time_add(sum, node->hold);
    }
    return sum;
}

/* A live claim counts from its first probe; what was not polled of its time is a gap. */
static struct scope polled(const struct judgement *judgement) {
    struct scope scope = { INT64_MAX, INT64_MIN, true, TOUCHING };
    for (size_t i = 0; i < judgement->operand_count; i++) {
        const struct trace *trace = &judgement->operands[i].trace;
        if (trace->alive_from < scope.from) scope.from = trace->alive_from;
        if (trace->alive_to > scope.to) scope.to = trace->alive_to;
    }
    int64_t wanted = time_add(scope.from, bounds_of(judgement));
    if (wanted > scope.to) scope.to = wanted;
    return scope;
}

static void judge_formula(struct judgement *judgement, const struct idle_faults *faults, bool allow_empty) {
    const struct world *world = judgement->world;
    struct scope run = { world->started, world->ended, !world->was_cut, TOUCHING };
    judgement->extent = extent_of(judgement->root, judgement->registers, run);
    const struct node *root = make_node(judgement, judgement->root, run);
    bool is_live = judgement->root->live && judgement->problem.length == 0 && judgement->operand_count;
    struct scope after = run;
    if (is_live) judgement->extent.scope = after = polled(judgement);
    if (is_live) judgement->extent.name = TEXT("poll");
    judgement->extent.rests_on = idle_fault_of(judgement);
    const struct extent *extent = &judgement->extent;
    bool has_scope = !extent->is_unreached && !extent->is_backwards && !extent->bound;
    if (has_scope && judgement->problem.length) return; /* ruled by read_condition */
    judgement->problem = extent->problem;
    if (has_scope) judgement->finding = formula_judge(root, extent->scope, after, !judgement->root->live);
    judgement->ruling = evidence_weigh(&judgement->finding, root, extent, world, faults, allow_empty);
}

void judgement_make(struct judgement *judgement, const struct world *world, uint32_t claim,
                    const struct value *registers, const struct idle_faults *faults) {
    *judgement = (struct judgement){ .world = world, .claim = &world->program->claims[claim], .registers = registers };
    judgement->finding.element = judgement->finding.trigger = NO_ELEMENT;
    judgement->root = &world->program->formulas[judgement->claim->formula];
    bool allow_empty = world->program->assertions[judgement->claim->assertion].allow_empty;
    if (judgement->root->kind == FORMULA_PLAIN)
        judge_plain(judgement, allow_empty);
    else
        judge_formula(judgement, faults, allow_empty);
}
