/* Calls of natives, functions and templates, properties, and the selections of a stream. All parameters of a call
 * stand in registers in a row, defaults filled in, so that nothing that is called counts its arguments. */
#include "compiler/emit.h"

/* ---- what a signature says of one parameter ---- */

/* Whether the parameter's type starts so: "each<". */
static bool parameter_is(const char *signature, uint32_t index, const char *type) {
    uint32_t depth = 0;
    bool in_quotes = false;
    const char *at = signature;
    for (; *at && index > 0; at++) {
        if (*at == '"') in_quotes = !in_quotes;
        if (in_quotes) continue;
        if (*at == '<' || *at == '[' || *at == '{' || *at == '(') depth++;
        if ((*at == '>' || *at == ']' || *at == '}' || *at == ')') && depth > 0) depth--;
        if (*at == ',' && depth == 0) index--;
    }
    struct text rest = text_of(at);
    size_t colon = text_find(rest, TEXT(": "));
    return colon != SIZE_MAX && text_starts(text_slice(rest, colon + 2, rest.length), text_of(type));
}

/* ---- arguments ---- */

/* The series whose elements the conditions of a call speak of: of a window written in place, what it is a window
 * over. */
static uint16_t first_argument(struct emitter *emitter, struct node *argument, uint16_t target) {
    if (argument->kind != NODE_OVER) {
        emit_into(emitter, argument, target);
        return target;
    }
    uint16_t series = emit_value_quietly(emitter, argument->a), length = emit_value_quietly(emitter, argument->b);
    emit_op(emitter, argument, OP_WINDOW, target, series, length);
    return series;
}

static void native_default(struct emitter *emitter, const struct node *node, struct node *expression, uint16_t target) {
    const struct node *place = emitter->frame->place;
    if (!place) emitter->frame->place = node;
    if (expression) {
        emit_into_quietly(emitter, expression, target);
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
    }
    emitter->frame->place = place;
}

static bool is_receiver(const struct node *node, const struct node *argument) {
    const struct node *callee = node->kind == NODE_CALL ? node->a : node;
    return callee->kind == NODE_FIELD && callee->a == argument;
}

static void native_arguments(struct emitter *emitter, struct node *node, const struct call *call, uint16_t first) {
    const struct native_row *row = &emitter->checked->natives->rows[call->native];
    uint16_t outer = emitter->frame->context, elements = first;
    for (uint32_t i = 0; i < call->count; i++) {
        uint16_t target = (uint16_t)(first + i);
        struct node *argument = call->arguments[i];
        if (!argument) {
            native_default(emitter, node, call->defaults ? call->defaults[i] : NULL, target);
        } else if (i == 0 && row->flags & NATIVE_SERIES) {
            emitter->quiet++;
            elements = first_argument(emitter, argument, target);
            emitter->quiet--;
        } else if (parameter_is(row->signature, i, "each<")) {
            emitter->frame->context = elements;
            emit_into_quietly(emitter, argument, target);
            emitter->frame->context = outer;
        } else {
            bool quiet = row->flags & NATIVE_SERIES || is_receiver(node, argument);
            emitter->quiet += quiet;
            emit_into(emitter, argument, target);
            emitter->quiet -= quiet;
        }
    }
}

/* ---- functions ---- */

static uint16_t function_unit(struct emitter *emitter, struct symbol *symbol) {
    if (symbol->unit == 0) {
        struct text alias = symbol->module ? symbol->module->alias : TEXT_NONE, name = symbol->name->text;
        if (alias.length > 0)
            name = arena_printf(emitter->checked->arena, "%.*s.%.*s", TEXT_ARGS(alias), TEXT_ARGS(name));
        symbol->unit = emit_unit(emitter, UNIT_FUNCTION, name, symbol->declaration->span) + 1;
        VECTOR_PUSH(&emitter->functions, symbol);
    }
    return (uint16_t)(symbol->unit - 1);
}

static void function_arguments(struct emitter *emitter, const struct node *node, const struct call *call,
                               uint16_t first) {
    for (uint32_t i = 0; i < call->count; i++) {
        uint16_t target = (uint16_t)(first + i);
        if (call->arguments[i]) {
            emit_into(emitter, call->arguments[i], target);
        } else if (call->defaults && call->defaults[i]) {
            emit_into_quietly(emitter, call->defaults[i], target);
        } else {
            emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
        }
    }
}

/* ---- calls ---- */

void emit_call(struct emitter *emitter, struct node *node, const struct call *call, uint16_t target) {
    uint16_t first = call->count > 0 ? emit_take(emitter, call->count) : 0;
    if (emitter->frame->registers.overflowed) return;
    switch (call->kind) {
    case CALL_NATIVE:
        native_arguments(emitter, node, call, first);
        emit_op(emitter, node, call->lifted ? OP_CALL_LIFTED : OP_CALL_NATIVE, target, (uint16_t)call->native, first);
        return;
    case CALL_FUNCTION:
        function_arguments(emitter, node, call, first);
        emit_op(emitter, node, OP_CALL, target, function_unit(emitter, call->function), first);
        return;
    case CALL_SERVICE:
        function_arguments(emitter, node, call, first);
        emit_op(emitter, node, OP_MAKE_SERVICE, target, (uint16_t)emit_service_unit(emitter, call->function), first);
        return;
    }
}

void emit_element_field(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t context = emitter->frame->context;
    if (context == NO_REGISTER) {
        emit_op(emitter, node, OP_LOAD_NONE, target, 0, 0);
        return;
    }
    const struct call *call = node->resolved;
    if (!call) {
        emit_get_field(emitter, node, target, context, node->name->text);
        return;
    }
    uint16_t first = emit_take(emitter, call->count);
    emit_op(emitter, node, OP_MOVE, first, context, 0);
    for (uint32_t i = 1; i < call->count; i++)
        native_default(emitter, node, call->defaults ? call->defaults[i] : NULL, (uint16_t)(first + i));
    emit_op(emitter, node, OP_CALL_LIFTED, target, (uint16_t)call->native, first);
}

/* ---- selections ---- */

static void where(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t series = emit_value(emitter, node->a), outer = emitter->frame->context;
    emitter->frame->context = series;
    uint16_t condition = emit_value(emitter, node->b);
    emitter->frame->context = outer;
    emit_op(emitter, node, OP_FILTER, target, series, condition);
}

static void from(struct emitter *emitter, struct node *node, uint16_t target) {
    uint16_t series = emit_value(emitter, node->a), ends = emit_take(emitter, 2);
    emit_into(emitter, node->b, ends);
    if (node->c) {
        emit_into(emitter, node->c, (uint16_t)(ends + 1));
    } else {
        emit_op(emitter, node, OP_LOAD_NONE, (uint16_t)(ends + 1), 0, 0);
    }
    emit_op(emitter, node, OP_CUT_FROM, target, series, ends);
}

void emit_selection(struct emitter *emitter, struct node *node, uint16_t target) {
    emitter->quiet++;
    if (node->kind == NODE_WHERE) {
        where(emitter, node, target);
    } else if (node->kind == NODE_FROM) {
        from(emitter, node, target);
    } else {
        enum op op = node->kind == NODE_DURING ? OP_CUT_DURING : node->kind == NODE_OVER ? OP_WINDOW : OP_CUT_BEFORE;
        uint16_t series = emit_value(emitter, node->a), by = emit_value(emitter, node->b);
        emit_op(emitter, node, op, target, series, by);
    }
    emitter->quiet--;
}
