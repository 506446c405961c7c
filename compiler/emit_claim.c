/* Assertions: a unit each, in which every claim's operands stay in registers of their own until it is judged. Also
 * `expect`, which shows its operands in the same way, and the loops and conditions around claims. */
#include "compiler/emit.h"

enum { CLAIM_LIMIT = UINT16_MAX }; /* the last number means "no claim" */

/* ---- entries and sites ---- */

void emit_note_site(struct emitter *emitter, const struct node *node, uint16_t index) {
    const struct node *place = emitter->frame->place ? emitter->frame->place : node;
    struct site site = { .span = place->span, .register_index = index, .is_literal = node_is_literal(node) };
    VECTOR_PUSH(&emitter->sites, site);
}

static uint32_t new_claim(struct emitter *emitter, struct span span, struct text text) {
    struct builder *builder = emitter->builder;
    if (builder->claims.count >= CLAIM_LIMIT) {
        emit_too_large(emitter, span, "there are more than 65,535 claims");
        return 0;
    }
    struct claim claim = {
        .assertion = emitter->assertion, .formula = NO_FORMULA, .text = text, .span = span, .result = NO_REGISTER
    };
    VECTOR_PUSH(&builder->claims, claim);
    return (uint32_t)builder->claims.count - 1;
}

uint32_t emit_claim_begin(struct emitter *emitter, struct span span, struct text text) {
    emitter->sites.count = 0;
    emitter->quiet--;
    emitter->frame->registers.kept = true;
    return new_claim(emitter, span, text);
}

void emit_claim_end(struct emitter *emitter, uint32_t claim) {
    struct builder *builder = emitter->builder;
    emitter->frame->registers.kept = false;
    emitter->quiet++;
    if (emitter->too_large) return;
    builder->claims.items[claim].first_site = (uint32_t)builder->sites.count;
    builder->claims.items[claim].site_count = (uint32_t)emitter->sites.count;
    for (size_t i = 0; i < emitter->sites.count; i++) VECTOR_PUSH(&builder->sites, emitter->sites.items[i]);
}

/* ---- expect ---- */

static struct text expectation(struct emitter *emitter, const struct node *node) {
    struct text condition = emit_canonical(emitter, node->a->span);
    if (!node->b) return condition;
    struct text because = emit_static_text(emitter, node->b);
    return arena_printf(emitter->builder->program->arena, "%.*s (%.*s)", TEXT_ARGS(condition), TEXT_ARGS(because));
}

void emit_expect(struct emitter *emitter, struct node *node) {
    uint32_t mark = emit_mark(emitter), assertion = emitter->assertion;
    emitter->assertion = UINT32_MAX;
    uint32_t claim = emit_claim_begin(emitter, node->span, expectation(emitter, node));
    uint16_t value = emit_value(emitter, node->a);
    emit_op(emitter, node, OP_EXPECT, value, (uint16_t)claim, 0);
    emit_claim_end(emitter, claim);
    emitter->assertion = assertion;
    emit_release(emitter, mark);
}

/* ---- values that probe ---- */

void emit_kept(struct emitter *emitter, struct node *node, struct span span, uint16_t target) {
    if (!node_is_live(emitter, node)) {
        emit_into(emitter, node, target);
        return;
    }
    struct label known = emit_label(emitter);
    uint32_t claim = new_claim(emitter, span, emit_canonical(emitter, span));
    emit_jump(emitter, node, OP_CLAIM_CACHED, (uint16_t)claim, 0, known);
    emit_into(emitter, node, target);
    emit_op(emitter, node, OP_CLAIM_KEEP, (uint16_t)claim, 0, 0);
    emit_place(emitter, known);
    struct builder *builder = emitter->builder;
    if (emitter->too_large) return;
    builder->claims.items[claim].first_site = (uint32_t)builder->sites.count;
    builder->claims.items[claim].site_count = 1;
    builder->claims.items[claim].live = true;
    VECTOR_PUSH(&builder->sites, (struct site){ .span = node->span, .register_index = target });
}

/* ---- what stands in an assert block ---- */

static void claim_item(struct emitter *emitter, struct node *node);

static void claim_items(struct emitter *emitter, struct node *first) {
    for (struct node *node = first; node; node = node->next) claim_item(emitter, node);
}

/* Each claim from `first` on was not reached, for the reason in a register. */
static void skip_claims(struct emitter *emitter, const struct node *node, size_t first, uint16_t reason) {
    for (size_t i = first; i < emitter->builder->claims.count; i++)
        if (emitter->builder->claims.items[i].formula != NO_FORMULA)
            emit_op(emitter, node, OP_CLAIM_SKIP, (uint16_t)i, reason, 0);
}

/* Over nothing, no claim inside was judged: that is no data, not a pass. */
static void claim_for(struct emitter *emitter, struct node *node) {
    struct label head = emit_label(emitter), end = emit_label(emitter), skip = emit_label(emitter),
                 done = emit_label(emitter);
    uint32_t mark = emit_mark(emitter);
    uint16_t iterator = emit_take(emitter, 4), item = (uint16_t)(iterator + 1), reason = (uint16_t)(iterator + 2),
             source = (uint16_t)(iterator + 3);
    size_t first = emitter->builder->claims.count;
    emit_kept(emitter, node->a, node->a->span, source);
    emit_op(emitter, node->a, OP_ITERATE, iterator, source, 0);
    emit_op(emitter, node->a, OP_MOVE, reason, iterator, 0);
    emit_jump(emitter, node->a, OP_JUMP_IF_BAD, iterator, 0, skip);
    emit_wide(emitter, node->a, OP_LOAD_NO_DATA, reason, emit_text_index(emitter, TEXT("the list of `for` is empty")));
    emit_bind_local(node->resolved, item);
    emit_place(emitter, head);
    emit_jump(emitter, node, OP_NEXT, item, iterator, end);
    emit_op(emitter, node, OP_LOAD_TRUE, reason, 0, 0);
    claim_items(emitter, node->list);
    emit_jump(emitter, node, OP_JUMP, 0, 0, head);
    emit_place(emitter, end);
    emit_jump(emitter, node, OP_JUMP_IF_TRUE, reason, 0, done);
    emit_place(emitter, skip);
    skip_claims(emitter, node, first, reason);
    emit_place(emitter, done);
    emit_release(emitter, mark);
}

static void claim_if(struct emitter *emitter, struct node *node) {
    struct label body = emit_label(emitter), skip = emit_label(emitter), done = emit_label(emitter);
    uint32_t mark = emit_mark(emitter);
    uint16_t condition = emit_take(emitter, 1);
    size_t first = emitter->builder->claims.count;
    emit_kept(emitter, node->a, node->a->span, condition);
    emit_jump(emitter, node->a, OP_JUMP_IF_FALSE, condition, 0, done);
    emit_jump(emitter, node->a, OP_JUMP_IF_TRUE, condition, 0, body);
    emit_jump(emitter, node->a, OP_JUMP, 0, 0, skip);
    emit_place(emitter, body);
    claim_items(emitter, node->list);
    emit_jump(emitter, node, OP_JUMP, 0, 0, done);
    emit_place(emitter, skip);
    skip_claims(emitter, node, first, condition);
    emit_place(emitter, done);
    emit_release(emitter, mark);
}

static void claim_let(struct emitter *emitter, struct node *node) {
    uint16_t local = emit_take(emitter, 1);
    emit_kept(emitter, node->b, node->span, local);
    emit_bind_local(node->resolved, local);
}

static void claim_item(struct emitter *emitter, struct node *node) {
    switch (node->kind) {
    case NODE_LET: claim_let(emitter, node); return;
    case NODE_CLAIM_FOR: claim_for(emitter, node); return;
    case NODE_CLAIM_IF: claim_if(emitter, node); return;
    default: emit_formula(emitter, node);
    }
}

/* ---- assertions ---- */

static void options(struct emitter *emitter, const struct node *node, struct assertion *assertion) {
    struct builder *builder = emitter->builder;
    assertion->first_rule = (uint32_t)builder->rule_names.count;
    for (const struct node *option = node->b->list; option; option = option->next) {
        if (option->kind == NODE_OPTION_BECAUSE) assertion->because = emit_static_text(emitter, option->a);
        if (option->kind == NODE_OPTION_ALLOW) assertion->allow_empty = text_is(option->name->text, "empty");
        if (option->kind != NODE_OPTION_RULE) continue;
        for (const struct node *rule = option->list; rule; rule = rule->next) {
            VECTOR_PUSH(&builder->rule_names, builder_text(builder, rule->name->text));
            assertion->rule_count++;
        }
    }
}

void emit_assertion(struct emitter *emitter, struct node *node) {
    struct builder *builder = emitter->builder;
    struct assertion assertion = { .is_assume = node->kind == NODE_ASSUME,
                                   .title = emit_static_text(emitter, node->a),
                                   .span = node->span };
    options(emitter, node, &assertion);
    assertion.unit = emit_unit(emitter, UNIT_ASSERT, assertion.title, node->span);
    emitter->assertion = (uint32_t)builder->assertions.count;
    VECTOR_PUSH(&builder->assertions, assertion);
    struct frame frame;
    frame_begin(emitter, &frame, UNIT_ASSERT, assertion.unit);
    claim_items(emitter, node->list);
    frame_end(emitter, &frame);
    emitter->assertion = UINT32_MAX;
}
