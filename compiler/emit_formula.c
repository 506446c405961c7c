/* Claims: a chain of formulas, each the body of the one before. Clauses come first, then conditions: read from the
 * record as whole series, or polled from now when they probe. What is evaluated stays in its registers for the
 * judge. */
#include "compiler/emit.h"

enum { CHAIN_MAXIMUM = 16 };

/* One formula of the chain on its way into the table. */
struct link {
    struct node *node;
    struct formula formula;
    struct node *conditions[2]; /* its own: condition and ending; NULL where it has none */
    bool live;                  /* they probe */
};
struct chain {
    struct link links[CHAIN_MAXIMUM];
    uint32_t count;
    uint32_t claim;
};

/* ---- the chain ---- */

static enum formula_kind kind_of(const struct node *node) {
    switch (node->kind) {
    case NODE_ALWAYS: return FORMULA_ALWAYS;
    case NODE_NEVER: return FORMULA_NEVER;
    case NODE_EVENTUALLY: return FORMULA_EVENTUALLY;
    case NODE_SETTLES: return FORMULA_SETTLES;
    case NODE_WHENEVER: return FORMULA_WHENEVER;
    case NODE_UNTIL: return FORMULA_UNTIL;
    default: return FORMULA_PLAIN;
    }
}

static struct node *body_of(const struct node *node) {
    if (node->kind == NODE_PLAIN || node->kind == NODE_UNTIL) return NULL;
    return node->kind == NODE_WHENEVER ? node->b : node->a;
}

static struct link link_of(const struct emitter *emitter, struct node *node) {
    struct link link = { .node = node, .formula = { .kind = kind_of(node), .span = node->span, .body = NO_FORMULA } };
    struct formula *f = &link.formula;
    f->condition = f->ending = f->within = f->within_of = f->hold = NO_REGISTER;
    f->during = f->from = f->to = f->before = f->every = NO_REGISTER;
    if (node->kind == NODE_PLAIN || node->kind == NODE_UNTIL || node->kind == NODE_WHENEVER)
        link.conditions[0] = node->a;
    if (node->kind == NODE_UNTIL) link.conditions[1] = node->b;
    link.live = node_is_live(emitter, link.conditions[0]) || node_is_live(emitter, link.conditions[1]);
    return link;
}

static bool chain_of(struct emitter *emitter, struct node *node, struct chain *chain) {
    chain->count = 0;
    for (; node; node = body_of(node)) {
        if (chain->count == CHAIN_MAXIMUM) {
            emit_too_large(emitter, node->span, "more than 16 time words stand in one another");
            return false;
        }
        chain->links[chain->count++] = link_of(emitter, node);
    }
    return true;
}

/* ---- clauses ---- */

static uint16_t clause_value(struct emitter *emitter, struct node *node) {
    if (!node) return NO_REGISTER;
    uint16_t target = emit_take(emitter, 1);
    emit_kept(emitter, node, node->span, target);
    return target;
}

static void clauses(struct emitter *emitter, struct link *link) {
    struct formula *f = &link->formula;
    struct node *first = link->node->kind == NODE_PLAIN ? NULL : link->node->list;
    for (struct node *clause = first; clause; clause = clause->next) {
        uint16_t a = clause_value(emitter, clause->a), b = clause_value(emitter, clause->b);
        switch (clause->kind) {
        case NODE_CLAUSE_WITHIN: f->within = a, f->within_of = b; break;
        case NODE_CLAUSE_FOR: f->hold = a; break;
        case NODE_CLAUSE_EVERY: f->every = a; break;
        case NODE_CLAUSE_DURING: f->during = a; break;
        case NODE_CLAUSE_FROM: f->from = a, f->to = b; break;
        case NODE_CLAUSE_BEFORE: f->before = a; break;
        default: break;
        }
    }
}

/* ---- conditions that are read from the record ---- */

static void conditions(struct emitter *emitter, struct link *link) {
    if (link->conditions[0]) link->formula.condition = emit_value(emitter, link->conditions[0]);
    if (link->conditions[1]) link->formula.ending = emit_value(emitter, link->conditions[1]);
}

/* ---- conditions that are polled ---- */

/* How long to poll: all bounds of the chain, one behind the other. */
static void poll_length(struct emitter *emitter, const struct chain *chain, uint16_t target) {
    const struct node *node = chain->links[0].node;
    bool any = false;
    for (uint32_t i = 0; i < chain->count; i++) {
        const uint16_t bounds[] = { chain->links[i].formula.within, chain->links[i].formula.hold };
        for (int k = 0; k < 2; k++) {
            if (bounds[k] == NO_REGISTER) continue;
            if (any)
                emit_op(emitter, node, OP_ADD, target, target, bounds[k]);
            else
                emit_op(emitter, node, OP_MOVE, target, bounds[k], 0);
            any = true;
        }
    }
    if (!any) emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
}

static void poll_every(struct emitter *emitter, struct chain *chain, uint16_t target) {
    uint16_t every = NO_REGISTER;
    for (uint32_t i = 0; i < chain->count && every == NO_REGISTER; i++) every = chain->links[i].formula.every;
    const struct node *node = chain->links[0].node;
    if (every == NO_REGISTER)
        emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
    else
        emit_op(emitter, node, OP_MOVE, target, every, 0);
    for (uint32_t i = 0; i < chain->count; i++) chain->links[i].formula.every = every;
}

/* Where the polled conditions' series will stand, in the order in which they are sampled. */
static uint32_t polled_conditions(struct chain *chain, struct node **nodes, uint16_t **registers) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < chain->count; i++) {
        struct link *link = &chain->links[i];
        if (!link->live) continue;
        nodes[count] = link->conditions[0];
        registers[count++] = &link->formula.condition;
        if (!link->conditions[1]) continue;
        nodes[count] = link->conditions[1];
        registers[count++] = &link->formula.ending;
    }
    return count;
}

/* A tick's sample of several conditions is a list. A lone `until` has its answer once it came true or broke. */
static void sample_list(struct emitter *emitter, const struct chain *chain, struct node **nodes, uint32_t count,
                        uint16_t poll, struct label head) {
    const struct node *node = chain->links[0].node;
    uint16_t first = emit_take(emitter, count), list = emit_take(emitter, 1);
    for (uint32_t i = 0; i < count; i++) emit_into(emitter, nodes[i], (uint16_t)(first + i));
    emit_op(emitter, node, OP_MAKE_LIST, list, first, (uint16_t)count);
    struct label last = emit_label(emitter), done = emit_label(emitter);
    if (chain->count == 1) {
        emit_jump(emitter, node, OP_JUMP_IF_TRUE, (uint16_t)(first + 1), 0, last);
        emit_jump(emitter, node, OP_JUMP_IF_FALSE, first, 0, last);
    }
    emit_jump(emitter, node, OP_POLL_SAMPLE, poll, list, head);
    emit_jump(emitter, node, OP_JUMP, 0, 0, done);
    emit_place(emitter, last);
    emit_jump(emitter, node, OP_POLL_SAMPLE, poll, list, done);
    emit_place(emitter, done);
}

/* The series of each condition out of the series of lists. */
static void split_samples(struct emitter *emitter, const struct node *node, uint16_t series, uint16_t **registers,
                          uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint16_t index = emit_take(emitter, 1);
        *registers[i] = emit_take(emitter, 1);
        emit_wide(emitter, node, OP_LOAD_INTEGER, index, i);
        emit_op(emitter, node, OP_GET_INDEX, *registers[i], series, index);
    }
}

static void polled(struct emitter *emitter, struct chain *chain) {
    struct node *nodes[2 * CHAIN_MAXIMUM], *root = chain->links[0].node;
    uint16_t *registers[2 * CHAIN_MAXIMUM];
    uint32_t count = polled_conditions(chain, nodes, registers);
    if (count == 0) return; /* no link is live */
    uint16_t poll = emit_take(emitter, 1), times = emit_take(emitter, 2), series = emit_take(emitter, 1);
    poll_length(emitter, chain, times);
    poll_every(emitter, chain, (uint16_t)(times + 1));
    emit_op(emitter, root, OP_POLL_BEGIN, poll, times, (uint16_t)chain->claim);
    struct label head = emit_label(emitter);
    emit_place(emitter, head);
    emit_op(emitter, nodes[0], OP_POLL_PROBE, poll, 0, 0);
    if (count == 1) {
        uint16_t value = emit_value(emitter, nodes[0]);
        emit_jump(emitter, nodes[0], OP_POLL_SAMPLE, poll, value, head);
    } else {
        sample_list(emitter, chain, nodes, count, poll, head);
    }
    emit_op(emitter, root, OP_POLL_END, series, poll, 0);
    if (count == 1)
        *registers[0] = series;
    else
        split_samples(emitter, root, series, registers, count);
}

/* ---- the claim ---- */

static void note_liveness(struct chain *chain) {
    for (uint32_t i = chain->count; i-- > 0;) {
        struct link *link = &chain->links[i];
        link->formula.live =
            link->conditions[0] || i + 1 == chain->count ? link->live : chain->links[i + 1].formula.live;
    }
    if (chain->count == 1 && chain->links[0].formula.kind == FORMULA_PLAIN) chain->links[0].formula.live = false;
}

static void add_formulas(struct emitter *emitter, struct chain *chain) {
    struct builder *builder = emitter->builder;
    uint32_t first = (uint32_t)builder->formulas.count;
    for (uint32_t i = 0; i < chain->count; i++) {
        if (i + 1 < chain->count) chain->links[i].formula.body = first + i + 1;
        VECTOR_PUSH(&builder->formulas, chain->links[i].formula);
    }
    if (emitter->too_large) return;
    struct claim *claim = &builder->claims.items[chain->claim];
    claim->formula = first;
    if (chain->links[0].formula.kind == FORMULA_PLAIN) claim->result = chain->links[0].formula.condition;
}

/* A live value must be among the sites: judging again takes it from there. */
static void note_result(struct emitter *emitter, const struct link *link) {
    for (size_t i = 0; i < emitter->sites.count; i++)
        if (emitter->sites.items[i].register_index == link->formula.condition) return;
    emit_note_site(emitter, link->conditions[0], link->formula.condition);
}

static void conditions_of(struct emitter *emitter, struct chain *chain, bool live) {
    struct node *root = chain->links[0].node;
    struct label known = emit_label(emitter);
    for (uint32_t i = 0; i < chain->count; i++)
        if (!chain->links[i].live) conditions(emitter, &chain->links[i]);
    if (live) {
        emit_jump(emitter, root, OP_CLAIM_CACHED, (uint16_t)chain->claim, 0, known);
        if (root->kind == NODE_PLAIN) {
            conditions(emitter, &chain->links[0]);
            note_result(emitter, &chain->links[0]);
        } else {
            polled(emitter, chain);
        }
    }
    emit_place(emitter, known);
    emit_op(emitter, root, OP_CLAIM, (uint16_t)chain->claim, 0, 0);
}

void emit_formula(struct emitter *emitter, struct node *node) {
    struct chain chain;
    bool live = false;
    if (!chain_of(emitter, node, &chain)) return;
    uint32_t mark = emit_mark(emitter);
    for (uint32_t i = 0; i < chain.count; i++) {
        clauses(emitter, &chain.links[i]);
        live |= chain.links[i].live;
    }
    chain.claim = emit_claim_begin(emitter, node->span, emit_canonical(emitter, node->span));
    note_liveness(&chain);
    conditions_of(emitter, &chain, live);
    add_formulas(emitter, &chain);
    if (!emitter->too_large) emitter->builder->claims.items[chain.claim].live = live;
    emit_claim_end(emitter, chain.claim);
    emit_release(emitter, mark);
}
