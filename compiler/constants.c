/* Literals as constants of the program. A negated literal is one too. */
#include "compiler/emit.h"
#include "compiler/module.h"
#include <string.h>

static bool text_of_string(struct emitter *emitter, const struct node *node, struct constant *constant) {
    static const enum constant_kind kinds[] = {
        [TAG_NONE] = CONSTANT_TEXT, [TAG_JSON] = CONSTANT_JSON, [TAG_RE] = CONSTANT_REGEX
    };
    if (node->tag == TAG_SQL || node->tag == TAG_SH) return false;
    for (const struct node *part = node->list; part; part = part->next)
        if (part->kind != NODE_TEXT) return false;
    constant->kind = kinds[node->tag];
    const struct node *first = node->list;
    if (!first) {
        constant->text = TEXT_NONE;
    } else if (!first->next) {
        constant->text = first->string;
    } else {
        struct buffer joined = { 0 };
        for (const struct node *part = first; part; part = part->next) buffer_append(&joined, part->string);
        constant->text = arena_copy(emitter->checked->arena, buffer_text(&joined));
        buffer_done(&joined);
    }
    return true;
}

static struct constant number_constant(const struct node *node, enum constant_kind kind, int8_t time, int8_t bytes) {
    return (struct constant){ .kind = kind, .time_power = time, .byte_power = bytes, .number = node->number };
}

static struct constant integer_constant(const struct node *node, enum constant_kind kind) {
    return (struct constant){ .kind = kind, .integer = node->integer };
}

/* A path opens from the working folder, wherever its file stands. */
static struct constant path_constant(struct emitter *emitter, const struct node *node) {
    const struct source *source = source_set_get(emitter->checked->sources, node->span.source);
    struct text base = source ? text_of(source->path) : TEXT_NONE;
    struct text path = module_path(emitter->checked->arena, base, node->string);
    return (struct constant){ .kind = CONSTANT_PATH, .text = path };
}

static bool negated(struct emitter *emitter, const struct node *node, struct constant *constant) {
    if (node->operator!= OPERATOR_NEGATE || !constant_of(emitter, node->a, constant)) return false;
    switch (constant->kind) {
    case CONSTANT_INTEGER:
    case CONSTANT_DURATION:
    case CONSTANT_SIZE:
        if (constant->integer == INT64_MIN) return false;
        constant->integer = -constant->integer;
        return true;
    case CONSTANT_NUMBER:
    case CONSTANT_QUANTITY:
    case CONSTANT_RATIO: constant->number = -constant->number; return true;
    case CONSTANT_TEXT:
    case CONSTANT_LABEL:
    case CONSTANT_VERSION:
    case CONSTANT_PATH:
    case CONSTANT_REGEX:
    case CONSTANT_JSON:
    case CONSTANT_KEYS: break;
    }
    return false;
}

bool constant_of(struct emitter *emitter, const struct node *node, struct constant *constant) {
    memset(constant, 0, sizeof *constant);
    switch (node->kind) {
    case NODE_INTEGER: *constant = integer_constant(node, CONSTANT_INTEGER); return true;
    case NODE_DURATION: *constant = integer_constant(node, CONSTANT_DURATION); return true;
    case NODE_SIZE: *constant = integer_constant(node, CONSTANT_SIZE); return true;
    case NODE_NUMBER: *constant = number_constant(node, CONSTANT_NUMBER, 0, 0); return true;
    case NODE_RATIO: *constant = number_constant(node, CONSTANT_RATIO, 0, 0); return true;
    case NODE_RATE: *constant = number_constant(node, CONSTANT_QUANTITY, -1, 0); return true;
    case NODE_BANDWIDTH: *constant = number_constant(node, CONSTANT_QUANTITY, -1, 1); return true;
    case NODE_VERSION: *constant = (struct constant){ .kind = CONSTANT_VERSION, .text = node->string }; return true;
    case NODE_LABEL: *constant = (struct constant){ .kind = CONSTANT_LABEL, .text = node->name->text }; return true;
    case NODE_PATH: *constant = path_constant(emitter, node); return true;
    case NODE_STRING: return text_of_string(emitter, node, constant);
    case NODE_UNARY: return negated(emitter, node, constant);
    default: return false;
    }
}

static bool parts_are_literal(const struct node *first, bool fields) {
    for (const struct node *part = first; part; part = part->next)
        if (!node_is_literal(fields ? part->a : part)) return false;
    return true;
}

bool node_is_literal(const struct node *node) {
    switch (node->kind) {
    case NODE_INTEGER:
    case NODE_DURATION:
    case NODE_SIZE:
    case NODE_NUMBER:
    case NODE_RATIO:
    case NODE_RATE:
    case NODE_BANDWIDTH:
    case NODE_LABEL:
    case NODE_PATH:
    case NODE_TRUE:
    case NODE_FALSE:
    case NODE_NONE:
    case NODE_TEXT: return true;
    case NODE_STRING:
    case NODE_LIST_OF: return parts_are_literal(node->list, false);
    case NODE_RECORD: return parts_are_literal(node->list, true);
    case NODE_UNARY: return node_is_literal(node->a);
    default: return false; /* a version too: what N is, the run decides */
    }
}

uint32_t emit_text_index(struct emitter *emitter, struct text text) {
    return builder_constant(emitter->builder, (struct constant){ .kind = CONSTANT_TEXT, .text = text });
}

void emit_text_constant(struct emitter *emitter, const struct node *node, uint16_t target, struct text text) {
    emit_wide(emitter, node, OP_LOAD_CONSTANT, target, emit_text_index(emitter, text));
}
