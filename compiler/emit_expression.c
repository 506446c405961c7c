/* Expressions: operators, names, fields. A value goes into a register that is given, or stays in a local's own.
 * An error value is a value: only statements may end a run, so nothing here branches on what is no bool. */
#include "compiler/emit.h"

/* ---- sites: what is worth showing when a claim fails ---- */

static bool type_shows(const struct type *type) {
    switch (type->kind) {
    case TYPE_HANDLE:
    case TYPE_MODULE:
    case TYPE_INTERVAL:
    case TYPE_SQL:
    case TYPE_SHELL:
    case TYPE_COMMAND:
    case TYPE_WINDOW: return false;
    case TYPE_POISON:
    case TYPE_ANY:
    case TYPE_NOTHING:
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_QUANTITY:
    case TYPE_RATIO:
    case TYPE_INSTANT:
    case TYPE_VERSION:
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_REGEX:
    case TYPE_URL:
    case TYPE_PATH:
    case TYPE_LABEL:
    case TYPE_JSON:
    case TYPE_WORDS:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OPTIONAL:
    case TYPE_RECORD:
    case TYPE_STREAM:
    case TYPE_SIGNAL:
    case TYPE_VARIABLE:
    case TYPE_SERIES:
    case TYPE_EACH: break;
    }
    return true;
}

static bool node_shows(const struct node *node) {
    switch (node->kind) {
    case NODE_NAME:
    case NODE_FIELD:
    case NODE_INDEX:
    case NODE_EACH:
    case NODE_CALL: return node->type && type_shows(node->type);
    default: return false;
    }
}

static void note(struct emitter *emitter, const struct node *node, uint16_t index) {
    if (emitter->quiet == 0 && node_shows(node)) emit_note_site(emitter, node, index);
}

/* ---- names and fields ---- */

static bool is_register(const struct emitter *emitter, const struct node *node, uint16_t *index) {
    if (node->kind != NODE_NAME || !node->resolved) return false;
    const struct symbol *symbol = node->resolved;
    if (symbol->kind == SYMBOL_SELF) {
        *index = emitter->frame->self;
        return true;
    }
    if (!emit_is_local(symbol)) return false;
    *index = emit_local(symbol);
    return true;
}

static void load_symbol(struct emitter *emitter, struct node *node, struct symbol *symbol, uint16_t target) {
    if (!symbol || !symbol->is_global) {
        /* a local of another unit: bound there, not here */
        emit_wide(emitter, node, OP_LOAD_NO_DATA, target, emit_text_index(emitter, TEXT("it was never bound here")));
        return;
    }
    emit_wide(emitter, node, OP_GET_GLOBAL, target, emit_global(emitter, symbol));
}

static void name(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t index;
    if (is_register(emitter, node, &index)) {
        emit_op(emitter, node, OP_MOVE, target, index, 0);
    } else {
        load_symbol(emitter, node, node->resolved, target);
    }
}

void emit_get_field(struct emitter *emitter, const struct node *node, uint16_t target, uint16_t from, struct text key) {
    uint16_t narrow;
    if (builder_narrow_constant(emitter->builder, (struct constant){ .kind = CONSTANT_TEXT, .text = key }, &narrow)) {
        emit_op(emitter, node, OP_GET_FIELD, target, from, narrow);
        return;
    }
    uint16_t index = emit_take(emitter, 1);
    emit_text_constant(emitter, node, index, key);
    emit_op(emitter, node, OP_GET_INDEX, target, from, index);
}

static bool is_import(const struct node *node) {
    const struct symbol *symbol = node->kind == NODE_NAME ? node->resolved : NULL;
    return symbol && symbol->kind == SYMBOL_IMPORT;
}

/* What `resolved` of a field is depends on what stands before the dot: see compiler/symbol.h. */
static void field(struct emitter *emitter, struct node *node, uint16_t target) {
    if (is_import(node->a)) {
        load_symbol(emitter, node, node->resolved, target);
        return;
    }
    bool of_interval = node->a->type && node->a->type->kind == TYPE_INTERVAL;
    if (node->resolved && !of_interval) {
        emit_call(emitter, node, node->resolved, target);
        return;
    }
    uint16_t from = emit_value_quietly(emitter, node->a);
    emit_get_field(emitter, node, target, from, node->name->text);
}

/* ---- operators ---- */

static enum op binary_op(const struct node *node) {
    switch ((enum tree_operator)node->operator) {
    case OPERATOR_EQUAL: return OP_EQUAL;
    case OPERATOR_NOT_EQUAL: return OP_NOT_EQUAL;
    case OPERATOR_LESS: return OP_LESS;
    case OPERATOR_LESS_EQUAL: return OP_LESS_EQUAL;
    case OPERATOR_GREATER: return OP_GREATER;
    case OPERATOR_GREATER_EQUAL: return OP_GREATER_EQUAL;
    case OPERATOR_MATCH: return OP_MATCH;
    case OPERATOR_NOT_MATCH: return OP_NOT_MATCH;
    case OPERATOR_IN: return OP_IN;
    case OPERATOR_NOT_IN: return OP_NOT_IN;
    case OPERATOR_RANGE: return OP_MAKE_RANGE;
    case OPERATOR_ADD: return OP_ADD;
    case OPERATOR_SUBTRACT: return OP_SUBTRACT;
    case OPERATOR_MULTIPLY: return OP_MULTIPLY;
    case OPERATOR_DIVIDE: return OP_DIVIDE;
    case OPERATOR_MODULO: return OP_MODULO;
    case OPERATOR_AND: return OP_AND;
    case OPERATOR_OR: return OP_OR;
    case OPERATOR_COALESCE: return OP_COALESCE;
    case OPERATOR_NONE:
    case OPERATOR_NOT:
    case OPERATOR_NEGATE: break;
    }
    return OP_MOVE;
}

static bool is_comparison(const struct node *node) {
    return node->operator>= OPERATOR_EQUAL && node->operator<= OPERATOR_NOT_IN;
}

static bool gives_series(const struct node *node) {
    return node->type && (type_is_series(node->type) || node->type->kind == TYPE_WINDOW);
}

/* An operand of a comparison is always shown; a literal is marked as one. */
static uint16_t operand(struct emitter *emitter, struct node *node, bool compared) {
    uint16_t value = emit_value(emitter, node);
    if (compared && emitter->quiet == 0 && !node_shows(node) && node->type && type_shows(node->type))
        emit_note_site(emitter, node, value);
    return value;
}

static bool small_integer(const struct node *node, int64_t *integer) {
    *integer = node->integer;
    return node->kind == NODE_INTEGER && node->integer >= -INT16_MAX && node->integer <= INT16_MAX;
}

/* `i + 1`, `i - 1`: the number stands in the instruction. Not in claims, where it would not be shown. */
static bool add_integer(struct emitter *emitter, struct node *node, uint16_t target) {
    int64_t integer;
    bool adds = node->operator== OPERATOR_ADD || node->operator== OPERATOR_SUBTRACT;
    if (!adds || emitter->quiet == 0 || !small_integer(node->b, &integer)) return false;
    if (!node->a->type || node->a->type->kind != TYPE_INT) return false;
    uint16_t value = emit_value(emitter, node->a);
    int16_t by = (int16_t)(node->operator== OPERATOR_ADD ? integer : - integer);
    emit_op(emitter, node, OP_ADD_INTEGER, target, value, (uint16_t)by);
    return true;
}

/* What the left side spared was not evaluated: its sites say so. */
static void spare_sites(struct emitter *emitter, const struct node *node, size_t first) {
    uint32_t reason = emit_text_index(emitter, TEXT("not evaluated"));
    for (size_t i = first; i < emitter->sites.count; i++)
        emit_wide(emitter, node, OP_LOAD_NO_DATA, emitter->sites.items[i].register_index, reason);
}

/* The left side, of which the target starts as a copy. Where sites are noted its own register must outlive the
 * result. */
static void left_side(struct emitter *emitter, struct node *node, uint16_t target) {
    if (emitter->quiet > 0) {
        emit_into(emitter, node, target);
    } else {
        emit_op(emitter, node, OP_MOVE, target, emit_value(emitter, node), 0);
    }
}

/* `and`, `or` of plain values: the right side is evaluated only when it matters. In a claim both are, unless the
 * right one probes, so that both can be shown. */
static void logic(struct emitter *emitter, struct node *node, uint16_t target) {
    enum op op = binary_op(node), jump = op == OP_AND ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE;
    bool shown = emitter->quiet == 0;
    if (gives_series(node->a) || gives_series(node->b) || (shown && node->b->effect < EFFECT_PROBE)) {
        uint16_t left = emit_value(emitter, node->a), right = emit_value(emitter, node->b);
        emit_op(emitter, node, op, target, left, right);
        return;
    }
    struct label spared = emit_label(emitter), end = emit_label(emitter);
    left_side(emitter, node->a, target);
    emit_jump(emitter, node, jump, target, 0, spared);
    size_t first = emitter->sites.count;
    uint16_t right = emit_value(emitter, node->b);
    emit_op(emitter, node, op, target, target, right);
    if (emitter->sites.count > first) emit_jump(emitter, node, OP_JUMP, 0, 0, end);
    emit_place(emitter, spared);
    spare_sites(emitter, node, first);
    emit_place(emitter, end);
}

static void coalesce(struct emitter *emitter, struct node *node, uint16_t target) {
    if (gives_series(node->a) || gives_series(node->b)) {
        uint16_t left = emit_value(emitter, node->a), right = emit_value(emitter, node->b);
        emit_op(emitter, node, OP_COALESCE, target, left, right);
        return;
    }
    struct label end = emit_label(emitter);
    left_side(emitter, node->a, target);
    emit_jump(emitter, node, OP_JUMP_IF_PRESENT, target, 0, end);
    emit_into_quietly(emitter, node->b, target);
    emit_place(emitter, end);
}

static void binary(struct emitter *emitter, struct node *node, uint16_t target) {
    if (node->operator== OPERATOR_AND || node->operator== OPERATOR_OR) {
        logic(emitter, node, target);
    } else if (node->operator== OPERATOR_COALESCE) {
        coalesce(emitter, node, target);
    } else if (!add_integer(emitter, node, target)) {
        bool compared = is_comparison(node);
        uint16_t left = operand(emitter, node->a, compared), right = operand(emitter, node->b, compared);
        emit_op(emitter, node, binary_op(node), target, left, right);
    }
}

/* `if c then a else b`: a condition that is no bool is the value. */
static void conditional(struct emitter *emitter, struct node *node, uint16_t target) {
    struct label otherwise = emit_label(emitter), then = emit_label(emitter), end = emit_label(emitter);
    uint16_t condition = emit_value(emitter, node->a);
    emit_jump(emitter, node->a, OP_JUMP_IF_FALSE, condition, 0, otherwise);
    emit_jump(emitter, node->a, OP_JUMP_IF_TRUE, condition, 0, then);
    emit_op(emitter, node->a, OP_MOVE, target, condition, 0);
    emit_jump(emitter, node->a, OP_JUMP, 0, 0, end);
    emit_place(emitter, then);
    emit_into_quietly(emitter, node->b, target);
    emit_jump(emitter, node->b, OP_JUMP, 0, 0, end);
    emit_place(emitter, otherwise);
    emit_into_quietly(emitter, node->c, target);
    emit_place(emitter, end);
}

/* ---- all kinds ---- */

static void literal(struct emitter *emitter, struct node *node, const struct constant *constant, uint16_t target) {
    if (constant->kind == CONSTANT_INTEGER && constant->integer >= INT32_MIN && constant->integer <= INT32_MAX) {
        emit_wide(emitter, node, OP_LOAD_INTEGER, target, (uint32_t)(int32_t)constant->integer);
    } else {
        emit_wide(emitter, node, OP_LOAD_CONSTANT, target, builder_constant(emitter->builder, *constant));
    }
}

static void unary(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t value = emit_value(emitter, node->a);
    emit_op(emitter, node, node->operator== OPERATOR_NOT ? OP_NOT : OP_NEGATE, target, value, 0);
}

static void index(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t from = emit_value_quietly(emitter, node->a), key = emit_value(emitter, node->b);
    emit_op(emitter, node, OP_GET_INDEX, target, from, key);
}

static void convert(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t value = emit_value(emitter, node->a);
    emit_op(emitter, node, OP_CONVERT, target, value, emit_narrow_shape(emitter, node, node->type));
}

static void dispatch(struct emitter *emitter, struct node *node, uint16_t target) {
    struct constant constant;
    if (constant_of(emitter, node, &constant)) {
        literal(emitter, node, &constant, target);
        return;
    }
    switch (node->kind) {
    case NODE_TRUE: emit_op(emitter, node, OP_LOAD_TRUE, target, 0, 0); return;
    case NODE_FALSE: emit_op(emitter, node, OP_LOAD_FALSE, target, 0, 0); return;
    case NODE_NONE: emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0); return;
    case NODE_NAME: name(emitter, node, target); return;
    case NODE_FIELD: field(emitter, node, target); return;
    case NODE_ELEMENT_FIELD: emit_element_field(emitter, node, target); return;
    case NODE_INDEX: index(emitter, node, target); return;
    case NODE_EACH: emit_op(emitter, node, OP_GET_EACH, target, emit_value_quietly(emitter, node->a), 0); return;
    case NODE_CALL: emit_call(emitter, node, node->resolved, target); return;
    case NODE_BINARY: binary(emitter, node, target); return;
    case NODE_UNARY: unary(emitter, node, target); return;
    case NODE_CONDITIONAL: conditional(emitter, node, target); return;
    case NODE_AS: convert(emitter, node, target); return;
    case NODE_STRING: emit_string(emitter, node, target); return;
    case NODE_LIST_OF: emit_list(emitter, node, target); return;
    case NODE_RECORD: emit_record(emitter, node, node->list, target); return;
    case NODE_COMPREHENSION: emit_comprehension(emitter, node, target); return;
    case NODE_RETRY: emit_retry(emitter, node, target); return;
    case NODE_WHERE:
    case NODE_DURING:
    case NODE_OVER:
    case NODE_FROM:
    case NODE_BEFORE: emit_selection(emitter, node, target); return;
    default: emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0); return;
    }
}

void emit_into(struct emitter *emitter, struct node *node, uint16_t target) {
    uint32_t mark = emit_mark(emitter);
    dispatch(emitter, node, target);
    emit_release(emitter, mark);
    note(emitter, node, target);
}

uint16_t emit_value(struct emitter *emitter, struct node *node) {
    uint16_t target;
    if (is_register(emitter, node, &target)) {
        note(emitter, node, target);
        return target;
    }
    target = emit_take(emitter, 1);
    emit_into(emitter, node, target);
    return target;
}

void emit_into_quietly(struct emitter *emitter, struct node *node, uint16_t target) {
    emitter->quiet++;
    emit_into(emitter, node, target);
    emitter->quiet--;
}

uint16_t emit_value_quietly(struct emitter *emitter, struct node *node) {
    emitter->quiet++;
    uint16_t value = emit_value(emitter, node);
    emitter->quiet--;
    return value;
}
