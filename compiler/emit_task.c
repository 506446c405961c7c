/* What runs beside its block: spawn, parallel, load, watch. The body is a unit of its own; the locals that it reads are
 * copied into its first registers when it starts. */
#include "compiler/emit.h"

/* A local of the unit around, as a body sees it. */
struct capture {
    struct symbol *symbol;
    uint16_t outside; /* its register there */
};
struct captures {
    struct VECTOR(struct capture) items;
};

static void add_capture(struct captures *captures, struct symbol *symbol) {
    for (size_t i = 0; i < captures->items.count; i++)
        if (captures->items.items[i].symbol == symbol) return;
    VECTOR_PUSH(&captures->items, (struct capture){ symbol, emit_local(symbol) });
}

/* The bound locals that are read in it, in order of appearance. Those that the body itself binds have no register
 * yet. */
static void find_captures(struct captures *captures, const struct node *node) {
    if (!node) return;
    if (node->kind == NODE_NAME && node->resolved && emit_is_local(node->resolved))
        add_capture(captures, node->resolved);
    find_captures(captures, node->a);
    find_captures(captures, node->b);
    find_captures(captures, node->c);
    for (const struct node *child = node->list; child; child = child->next) find_captures(captures, child);
}

/* The captures' values, one behind the other; returns where they start. */
static void copy_captures(struct emitter *emitter, const struct node *node, const struct captures *captures,
                          uint16_t first) {
    for (size_t i = 0; i < captures->items.count; i++)
        emit_op(emitter, node, OP_MOVE, (uint16_t)(first + i), captures->items.items[i].outside, 0);
}

static void body_begin(struct emitter *emitter, struct frame *frame, enum unit_kind kind, uint32_t unit,
                       const struct captures *captures) {
    frame_begin(emitter, frame, kind, unit);
    frame->parameter_count = (uint16_t)captures->items.count;
    uint16_t first = emit_take(emitter, (uint32_t)captures->items.count);
    for (size_t i = 0; i < captures->items.count; i++)
        emit_bind_local(captures->items.items[i].symbol, (uint16_t)(first + i));
}

static void body_end(struct emitter *emitter, struct frame *frame, struct captures *captures) {
    frame_end(emitter, frame);
    for (size_t i = 0; i < captures->items.count; i++)
        emit_bind_local(captures->items.items[i].symbol, captures->items.items[i].outside);
}

/* Compiles a body that is a block, a statement or an expression; returns its unit. */
static uint32_t body_unit(struct emitter *emitter, enum unit_kind kind, struct text name, struct node *body,
                          struct captures *captures) {
    uint32_t unit = emit_unit(emitter, kind, name, body->span);
    struct frame frame;
    body_begin(emitter, &frame, kind, unit, captures);
    if (kind == UNIT_LOAD) {
        emit_block(emitter, body, BLOCK_VALUE);
    } else if (kind == UNIT_WATCH) {
        emit_return(emitter, body);
    } else if (body->kind == NODE_BLOCK) {
        emit_block(emitter, body, BLOCK_SCOPE);
    } else {
        emit_statement(emitter, body);
    }
    body_end(emitter, &frame, captures);
    return unit;
}

/* ---- spawn, parallel ---- */

static void spawn_body(struct emitter *emitter, struct node *node, struct node *body, enum unit_kind kind,
                       struct text name, uint16_t target) {
    struct captures captures = { 0 };
    find_captures(&captures, body);
    uint32_t count = (uint32_t)captures.items.count;
    uint16_t first = count > 0 ? emit_take(emitter, count) : 0;
    copy_captures(emitter, node, &captures, first);
    uint32_t unit = body_unit(emitter, kind, name, body, &captures);
    emit_op(emitter, node, OP_SPAWN, target, (uint16_t)unit, first);
    VECTOR_DONE(&captures.items);
}

void emit_spawn(struct emitter *emitter, struct node *node) {
    struct symbol *symbol = node->resolved;
    uint16_t target = emit_take(emitter, 1);
    uint32_t mark = emit_mark(emitter);
    spawn_body(emitter, node, node->b, UNIT_SPAWN, symbol->name->text, target);
    emit_release(emitter, mark);
    if (symbol->is_global) {
        emit_wide(emitter, node, OP_SET_GLOBAL, target, emit_global(emitter, symbol));
    } else {
        emit_bind_local(symbol, target);
    }
}

void emit_parallel(struct emitter *emitter, struct node *node) {
    emit_op(emitter, node, OP_SCOPE_ENTER, 0, 0, 0);
    emitter->frame->open_scopes++;
    for (struct node *statement = node->b->list; statement; statement = statement->next) {
        uint32_t mark = emit_mark(emitter);
        uint16_t task = emit_take(emitter, 1);
        spawn_body(emitter, statement, statement, UNIT_PARALLEL, TEXT("parallel"), task);
        emit_release(emitter, mark);
        if (statement->kind == NODE_LET)
            ((struct symbol *)statement->resolved)->slot = 0; /* it was that unit's alone */
    }
    emitter->frame->open_scopes--;
    emit_op(emitter, node, OP_SCOPE_JOIN, 0, 0, 0);
}

void emit_parallel_for(struct emitter *emitter, struct node *node) {
    struct label head = emit_label(emitter), end = emit_label(emitter);
    uint32_t mark = emit_mark(emitter);
    uint16_t iterator = emit_take(emitter, 1), item = emit_take(emitter, 1), task = emit_take(emitter, 1);
    emit_op(emitter, node->a, OP_ITERATE, iterator, emit_value(emitter, node->a), 0);
    emit_bind_local(node->resolved, item);
    emit_op(emitter, node, OP_SCOPE_ENTER, 0, 0, 0);
    emitter->frame->open_scopes++;
    emit_place(emitter, head);
    emit_jump(emitter, node, OP_NEXT, item, iterator, end);
    spawn_body(emitter, node, node->b, UNIT_PARALLEL, TEXT("parallel for"), task);
    emit_jump(emitter, node, OP_JUMP, 0, 0, head);
    emit_place(emitter, end);
    emitter->frame->open_scopes--;
    emit_op(emitter, node, OP_SCOPE_JOIN, 0, 0, 0);
    emit_release(emitter, mark);
}

/* ---- load, watch ---- */

static void value_or_none(struct emitter *emitter, const struct node *node, struct node *value, uint16_t target) {
    if (value) {
        emit_into(emitter, value, target);
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
    }
}

static void background(struct emitter *emitter, struct node *node, enum unit_kind kind, enum op op, struct node *first,
                       struct node *second) {
    struct symbol *symbol = node->resolved;
    uint32_t mark = emit_mark(emitter), options = kind == UNIT_LOAD ? 2 : 1;
    struct captures captures = { 0 };
    find_captures(&captures, node->b);
    uint16_t range = emit_take(emitter, options + (uint32_t)captures.items.count);
    value_or_none(emitter, node, first, range);
    if (kind == UNIT_LOAD) value_or_none(emitter, node, second, (uint16_t)(range + 1));
    copy_captures(emitter, node, &captures, (uint16_t)(range + options));
    struct text name =
        arena_printf(emitter->checked->arena, "%s %.*s", unit_kind_name(kind), TEXT_ARGS(symbol->name->text));
    uint32_t unit = body_unit(emitter, kind, name, node->b, &captures);
    emit_op(emitter, node, op, emit_narrow_global(emitter, symbol), (uint16_t)unit, range);
    emit_release(emitter, mark);
    emitter->builder->program->uses_load_or_watch = true;
    VECTOR_DONE(&captures.items);
}

void emit_load(struct emitter *emitter, struct node *node) {
    background(emitter, node, UNIT_LOAD, OP_LOAD_START, node->a, node->c);
}

void emit_watch(struct emitter *emitter, struct node *node) {
    background(emitter, node, UNIT_WATCH, OP_WATCH_START, node->a, NULL);
}
