/* Blocks and what stands in them: control flow, waiting, phases. Statements may end a run; expressions never do. */
#include "compiler/emit.h"
#include "base/clock.h"

/* ---- blocks ---- */

static bool directly_holds(const struct node *block, enum node_kind kind) {
    for (const struct node *node = block->list; node; node = node->next)
        if (node->kind == kind) return true;
    return false;
}

/* A block that spawns joins what it spawned; one with an `at` remembers when it began. */
void emit_block(struct emitter *emitter, struct node *block, enum block_use use) {
    struct frame *frame = emitter->frame;
    uint32_t mark = emit_mark(emitter);
    uint16_t outer_start = frame->block_start;
    bool spawns = directly_holds(block, NODE_SPAWN);
    if (directly_holds(block, NODE_AT)) {
        frame->block_start = emit_take(emitter, 1);
        emit_op(emitter, block, OP_NOW, frame->block_start, 0, 0);
    }
    if (spawns) {
        emit_op(emitter, block, OP_SCOPE_ENTER, 0, 0, 0);
        frame->open_scopes++;
    }
    for (struct node *node = block->list; node; node = node->next) {
        if (use == BLOCK_VALUE && !node->next && node_is_expression(node)) {
            emit_return(emitter, node);
        } else {
            emit_statement(emitter, node);
        }
    }
    if (spawns) {
        emit_op(emitter, block, OP_SCOPE_JOIN, 0, 0, 0);
        frame->open_scopes--;
    }
    frame->block_start = outer_start;
    if (use != BLOCK_OPEN) emit_release(emitter, mark);
}

/* ---- names ---- */

static void let(struct emitter *emitter, struct node *node) {
    struct symbol *symbol = node->resolved;
    uint32_t mark = emit_mark(emitter);
    if (!symbol->is_global) {
        uint16_t local = emit_take(emitter, 1);
        emit_into(emitter, node->b, local);
        emit_bind_local(symbol, local);
        return;
    }
    uint16_t value = emit_value(emitter, node->b);
    emit_wide(emitter, node, OP_SET_GLOBAL, value, emit_global(emitter, symbol));
    emit_release(emitter, mark);
}

static void mark_instant(struct emitter *emitter, struct node *node) {
    struct symbol *symbol = node->resolved;
    if (symbol->is_global) {
        emit_op(emitter, node, OP_MARK, emit_narrow_global(emitter, symbol), 0, 0);
        return;
    }
    uint16_t local = emit_take(emitter, 1);
    emit_op(emitter, node, OP_NOW, local, 0, 0);
    emit_bind_local(symbol, local);
}

/* ---- if, for ---- */

static void if_statement(struct emitter *emitter, struct node *node) {
    struct label otherwise = emit_label(emitter), end = emit_label(emitter);
    uint32_t mark = emit_mark(emitter);
    uint16_t condition = emit_value(emitter, node->a);
    emit_jump(emitter, node->a, OP_BRANCH, condition, 0, otherwise);
    emit_release(emitter, mark);
    emit_block(emitter, node->b, BLOCK_SCOPE);
    if (node->c) emit_jump(emitter, node, OP_JUMP, 0, 0, end);
    emit_place(emitter, otherwise);
    if (node->c) emit_block(emitter, node->c, BLOCK_SCOPE);
    emit_place(emitter, end);
}

static void for_statement(struct emitter *emitter, struct node *node) {
    struct label head = emit_label(emitter), end = emit_label(emitter);
    uint32_t mark = emit_mark(emitter);
    uint16_t iterator = emit_take(emitter, 1), item = emit_take(emitter, 1);
    emit_op(emitter, node->a, OP_ITERATE, iterator, emit_value(emitter, node->a), 0);
    emit_bind_local(node->resolved, item);
    emit_place(emitter, head);
    emit_jump(emitter, node, OP_NEXT, item, iterator, end);
    emit_block(emitter, node->b, BLOCK_SCOPE);
    emit_jump(emitter, node, OP_JUMP, 0, 0, head);
    emit_place(emitter, end);
    emit_release(emitter, mark);
}

/* ---- time ---- */

static void phase(struct emitter *emitter, struct node *node) {
    struct builder *builder = emitter->builder;
    struct symbol *symbol = node->resolved;
    uint32_t index = (uint32_t)builder->phases.count, outer = emitter->phase;
    if (index > UINT16_MAX) emit_too_large(emitter, node->span, "there are more than 65,536 phases");
    struct phase_entry entry = { .name = builder_text(builder, symbol->name->text),
                                 .global = emit_global(emitter, symbol),
                                 .span = node->span,
                                 .has_fault = node->a != NULL,
                                 .outer = outer };
    VECTOR_PUSH(&builder->phases, entry);
    uint32_t mark = emit_mark(emitter);
    uint16_t fault = emit_take(emitter, 1);
    if (node->a) {
        emit_into(emitter, node->a, fault);
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, fault, 0, 0);
    }
    emit_op(emitter, node, OP_PHASE_ENTER, (uint16_t)index, fault, 0);
    emit_release(emitter, mark);
    emitter->phase = index;
    emit_block(emitter, node->b, BLOCK_OPEN);
    emitter->phase = outer;
    emit_op(emitter, node, OP_PHASE_LEAVE, (uint16_t)index, 0, 0);
}

static void after(struct emitter *emitter, struct node *node) {
    uint32_t mark = emit_mark(emitter);
    uint16_t length = emit_value(emitter, node->a);
    if (node->kind == NODE_AT) {
        emit_op(emitter, node->a, OP_WAIT_SINCE, emitter->frame->block_start, length, 0);
    } else {
        emit_op(emitter, node->a, OP_WAIT, length, 0, 0);
    }
    emit_release(emitter, mark);
    if (node->b) emit_block(emitter, node->b, BLOCK_OPEN);
}

static struct node *find_clause(struct node *clauses, enum node_kind kind) {
    while (clauses && clauses->kind != kind) clauses = clauses->next;
    return clauses;
}

static void clause_or_none(struct emitter *emitter, const struct node *node, struct node *clause, uint16_t target) {
    if (clause) {
        emit_into(emitter, clause->a, target);
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
    }
}

void emit_wait_until(struct emitter *emitter, struct node *node, struct node *condition, struct node *clauses,
                     struct text message) {
    uint32_t mark = emit_mark(emitter);
    uint16_t poll = emit_take(emitter, 1), times = emit_take(emitter, 2), text;
    clause_or_none(emitter, node, find_clause(clauses, NODE_CLAUSE_WITHIN), times);
    clause_or_none(emitter, node, find_clause(clauses, NODE_CLAUSE_EVERY), (uint16_t)(times + 1));
    emit_op(emitter, node, OP_POLL_BEGIN, poll, times, UINT16_MAX);
    struct label head = emit_label(emitter);
    emit_place(emitter, head);
    emit_op(emitter, condition, OP_POLL_PROBE, poll, 0, 0);
    uint16_t value = emit_value(emitter, condition);
    emit_jump(emitter, condition, OP_POLL_SAMPLE, poll, value, head);
    if (!builder_narrow_constant(emitter->builder, (struct constant){ .kind = CONSTANT_TEXT, .text = message }, &text))
        emit_too_large(emitter, node->span, "there are more than 65,536 names of fields and texts of `wait until`");
    emit_op(emitter, node, OP_WAIT_UNTIL_END, poll, text, 0);
    emit_release(emitter, mark);
}

/* `every` that is not given: as often as a poll. */
static void retry_delay(struct emitter *emitter, struct node *node, uint16_t target) {
    if (node->b) {
        emit_into(emitter, node->b, target);
        return;
    }
    struct constant delay = { .kind = CONSTANT_DURATION, .integer = 500 * MILLISECOND };
    emit_wide(emitter, node, OP_LOAD_CONSTANT, target, builder_constant(emitter->builder, delay));
}

void emit_retry(struct emitter *emitter, struct node *node, uint16_t target) {
    struct label again = emit_label(emitter), check = emit_label(emitter), end = emit_label(emitter);
    uint16_t limit = emit_take(emitter, 3), delay = (uint16_t)(limit + 1), tries = (uint16_t)(limit + 2);
    emit_into(emitter, node->a, limit);
    retry_delay(emitter, node, delay);
    emit_wide(emitter, node, OP_LOAD_INTEGER, tries, 0);
    emit_place(emitter, again);
    emit_op(emitter, node, OP_ADD_INTEGER, tries, tries, 1);
    emit_into(emitter, node->c, target);
    emit_jump(emitter, node, OP_JUMP_IF_LESS, tries, limit, check);
    emit_jump(emitter, node, OP_JUMP, 0, 0, end);
    emit_place(emitter, check);
    emit_jump(emitter, node, OP_RETRY_AGAIN, target, delay, again);
    emit_place(emitter, end);
}

/* ---- all kinds ---- */

bool node_is_expression(const struct node *node) {
    return (node->kind >= NODE_WHERE && node->kind <= NODE_COMPREHENSION) || node->kind == NODE_RECORD ||
           node->kind == NODE_RETRY;
}

static void discarded(struct emitter *emitter, struct node *node) {
    uint32_t mark = emit_mark(emitter);
    emit_value(emitter, node);
    emit_release(emitter, mark);
}

void emit_statement(struct emitter *emitter, struct node *node) {
    switch (node->kind) {
    case NODE_LET: let(emitter, node); return;
    case NODE_IF: if_statement(emitter, node); return;
    case NODE_FOR: for_statement(emitter, node); return;
    case NODE_PARALLEL: emit_parallel(emitter, node); return;
    case NODE_PARALLEL_FOR: emit_parallel_for(emitter, node); return;
    case NODE_SPAWN: emit_spawn(emitter, node); return;
    case NODE_PHASE: phase(emitter, node); return;
    case NODE_MARK: mark_instant(emitter, node); return;
    case NODE_LOAD_RATE:
    case NODE_LOAD_WORKERS: emit_load(emitter, node); return;
    case NODE_WATCH: emit_watch(emitter, node); return;
    case NODE_AT:
    case NODE_AFTER:
    case NODE_WAIT: after(emitter, node); return;
    case NODE_WAIT_UNTIL:
        emit_wait_until(emitter, node, node->a, node->list, emit_canonical(emitter, node->a->span));
        return;
    case NODE_EXPECT: emit_expect(emitter, node); return;
    case NODE_RETURN: emit_return(emitter, node->a); return;
    case NODE_BLOCK: emit_block(emitter, node, BLOCK_SCOPE); return;
    default:
        if (node_is_expression(node)) discarded(emitter, node);
    }
}
