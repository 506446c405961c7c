/* Names and types: which global or register a symbol has, which run-time shape a type. Both are given out when first
 * wanted. */
#include "compiler/emit.h"

/* ---- globals: symbol->slot is index + 1 ---- */

static enum global_kind global_kind(const struct symbol *symbol) {
    switch (symbol->kind) {
    case SYMBOL_INPUT: return GLOBAL_INPUT;
    case SYMBOL_SECRET: return GLOBAL_SECRET;
    case SYMBOL_AXIS: return GLOBAL_AXIS;
    case SYMBOL_SERVICE: return GLOBAL_SERVICE;
    case SYMBOL_PHASE: return GLOBAL_PHASE;
    case SYMBOL_MARK: return GLOBAL_MARK;
    case SYMBOL_LOAD: return GLOBAL_LOAD;
    case SYMBOL_WATCH: return GLOBAL_WATCH;
    case SYMBOL_TASK: return GLOBAL_TASK;
    case SYMBOL_LET:
    case SYMBOL_PARAMETER:
    case SYMBOL_VARIABLE:
    case SYMBOL_FUNCTION:
    case SYMBOL_IMPORT:
    case SYMBOL_MODULE:
    case SYMBOL_SELF: break;
    }
    if (!symbol->section) return GLOBAL_LET;
    return symbol->section->kind == NODE_SETUP ? GLOBAL_SETUP : GLOBAL_RUN;
}

/* "window" of the library known as "component" is "component.window". */
static struct text global_name(struct emitter *emitter, const struct symbol *symbol) {
    if (!symbol->module || symbol->module->alias.length == 0) return builder_text(emitter->builder, symbol->name->text);
    return arena_printf(emitter->builder->program->arena, "%.*s.%.*s", TEXT_ARGS(symbol->module->alias),
                        TEXT_ARGS(symbol->name->text));
}

uint32_t emit_global(struct emitter *emitter, struct symbol *symbol) {
    if (symbol->slot == 0) {
        struct global global = { .kind = global_kind(symbol),
                                 .name = global_name(emitter, symbol),
                                 .span = symbol->span,
                                 .shape = emit_shape(emitter, symbol->type) };
        VECTOR_PUSH(&emitter->builder->globals, global);
        symbol->slot = (uint32_t)emitter->builder->globals.count;
    }
    return symbol->slot - 1;
}

uint16_t emit_narrow_global(struct emitter *emitter, struct symbol *symbol) {
    uint32_t global = emit_global(emitter, symbol);
    if (global > UINT16_MAX) emit_too_large(emitter, symbol->span, "more than 65,536 names stand before this one");
    return (uint16_t)global;
}

/* ---- locals: symbol->slot is the register + 1 ---- */

void emit_bind_local(struct symbol *symbol, uint16_t index) {
    symbol->slot = index + (uint32_t)1;
}

bool emit_is_local(const struct symbol *symbol) {
    return !symbol->is_global && symbol->slot != 0;
}

uint16_t emit_local(const struct symbol *symbol) {
    return (uint16_t)(symbol->slot - 1);
}

/* ---- shapes ---- */

static enum shape_kind quantity_shape(const struct type *type) {
    if (type->time_power == 0 && type->byte_power == 0) return SHAPE_NUMBER;
    if (type->time_power == 1 && type->byte_power == 0) return SHAPE_DURATION;
    if (type->time_power == 0 && type->byte_power == 1) return SHAPE_SIZE;
    if (type->time_power == -1 && type->byte_power == 0) return SHAPE_RATE;
    if (type->time_power == -1 && type->byte_power == 1) return SHAPE_BANDWIDTH;
    return SHAPE_ANY;
}

static enum shape_kind shape_kind(const struct type *type) {
    switch (type->kind) {
    case TYPE_BOOL: return SHAPE_BOOL;
    case TYPE_INT: return SHAPE_INTEGER;
    case TYPE_QUANTITY: return quantity_shape(type);
    case TYPE_RATIO: return SHAPE_RATIO;
    case TYPE_INSTANT: return SHAPE_INSTANT;
    case TYPE_VERSION: return SHAPE_VERSION;
    case TYPE_WORDS:
    case TYPE_STRING: return SHAPE_STRING;
    case TYPE_BYTES: return SHAPE_BYTES;
    case TYPE_REGEX: return SHAPE_REGEX;
    case TYPE_URL: return SHAPE_URL;
    case TYPE_PATH: return SHAPE_PATH;
    case TYPE_LABEL: return SHAPE_LABEL;
    case TYPE_JSON: return SHAPE_JSON;
    case TYPE_LIST: return SHAPE_LIST;
    case TYPE_MAP: return SHAPE_MAP;
    case TYPE_OPTIONAL: return SHAPE_OPTIONAL;
    case TYPE_RECORD: return SHAPE_RECORD;
    case TYPE_HANDLE: return SHAPE_HANDLE;
    case TYPE_STREAM:
    case TYPE_SIGNAL: return SHAPE_STREAM;
    case TYPE_POISON:
    case TYPE_ANY:
    case TYPE_NOTHING:
    case TYPE_SQL:
    case TYPE_SHELL:
    case TYPE_COMMAND:
    case TYPE_WINDOW:
    case TYPE_INTERVAL:
    case TYPE_MODULE:
    case TYPE_VARIABLE:
    case TYPE_SERIES:
    case TYPE_EACH: break;
    }
    return SHAPE_ANY;
}

static struct shape_entry *shape_slot(struct emitter *emitter, const struct type *type) {
    uint32_t mask = emitter->shape_capacity - 1;
    uint32_t at = (uint32_t)(((uintptr_t)type >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;
    while (emitter->shapes[at].type && emitter->shapes[at].type != type) at = (at + 1) & mask;
    return &emitter->shapes[at];
}

static void grow_shapes(struct emitter *emitter) {
    struct shape_entry *old = emitter->shapes;
    uint32_t count = emitter->shape_capacity;
    emitter->shape_capacity = count ? count * 2 : 64;
    emitter->shapes = memory_allocate(emitter->shape_capacity * sizeof *emitter->shapes);
    for (uint32_t i = 0; i < count; i++)
        if (old[i].type) *shape_slot(emitter, old[i].type) = old[i];
    memory_release(old);
}

static void record_fields(struct emitter *emitter, const struct type *type, struct shape *shape, uint32_t depth);

static uint32_t shape_at(struct emitter *emitter, const struct type *type, uint32_t depth) {
    if (emitter->shape_count * 2 >= emitter->shape_capacity) grow_shapes(emitter);
    const struct shape_entry *known = shape_slot(emitter, type);
    if (known->type) return known->shape;
    enum { DEPTH_MAXIMUM = 50 };
    struct shape shape = { .kind = depth < DEPTH_MAXIMUM ? shape_kind(type) : SHAPE_ANY };
    if (shape.kind == SHAPE_LIST || shape.kind == SHAPE_MAP || shape.kind == SHAPE_OPTIONAL ||
        shape.kind == SHAPE_STREAM)
        shape.element = shape_at(emitter, type->element, depth + 1);
    if (shape.kind == SHAPE_RECORD) record_fields(emitter, type, &shape, depth);
    struct buffer name = { 0 };
    type_print(type, &name);
    shape.name = builder_text(emitter->builder, buffer_text(&name));
    buffer_done(&name);
    VECTOR_PUSH(&emitter->builder->shapes, shape);
    uint32_t index = (uint32_t)emitter->builder->shapes.count - 1;
    *shape_slot(emitter, type) = (struct shape_entry){ type, index };
    emitter->shape_count++;
    return index;
}

/* The fields' own types first, so that each shape refers only to those before it. */
static void record_fields(struct emitter *emitter, const struct type *type, struct shape *shape, uint32_t depth) {
    for (uint32_t i = 0; i < type->count; i++) shape_at(emitter, type->fields[i].type, depth + 1);
    shape->first_field = (uint32_t)emitter->builder->shape_fields.count;
    shape->field_count = type->count;
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t field = shape_at(emitter, type->fields[i].type, depth + 1);
        struct text name = builder_text(emitter->builder, type->fields[i].name);
        VECTOR_PUSH(&emitter->builder->shape_fields, (struct shape_field){ name, field });
    }
}

uint32_t emit_shape(struct emitter *emitter, const struct type *type) {
    return shape_at(emitter, type, 0);
}

uint16_t emit_narrow_shape(struct emitter *emitter, const struct node *node, const struct type *type) {
    uint32_t shape = emit_shape(emitter, type);
    if (shape > UINT16_MAX) emit_too_large(emitter, node->span, "there are more than 65,536 types");
    return (uint16_t)shape;
}
