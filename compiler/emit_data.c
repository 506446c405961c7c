/* Texts with `${}`, lists, records and comprehensions: values made of values. */
#include "compiler/emit.h"
#include <string.h>

/* ---- texts ---- */

/* sql and sh want texts and values in turn, a text first; elsewhere they may come as they like. */
static bool alternates(const struct node *node) {
    return node->tag == TAG_SQL || node->tag == TAG_SH;
}

static uint32_t count_parts(const struct node *node) {
    uint32_t count = 0;
    for (const struct node *part = node->list; part; part = part->next) {
        bool is_value = part->kind != NODE_TEXT;
        if (alternates(node) && is_value != (count % 2 == 1)) count++; /* an empty text between two values */
        count++;
    }
    return alternates(node) && count == 0 ? 1 : count;
}

static void load_parts(struct emitter *emitter, struct node *node, uint16_t first, uint32_t count) {
    uint32_t at = 0;
    for (struct node *part = node->list; part; part = part->next) {
        bool is_value = part->kind != NODE_TEXT;
        if (alternates(node) && is_value != (at % 2 == 1))
            emit_text_constant(emitter, node, (uint16_t)(first + at++), TEXT_NONE);
        if (is_value) {
            emit_into(emitter, part, (uint16_t)(first + at++));
        } else {
            emit_text_constant(emitter, part, (uint16_t)(first + at++), part->string);
        }
    }
    while (at < count) emit_text_constant(emitter, node, (uint16_t)(first + at++), TEXT_NONE);
}

void emit_string(struct emitter *emitter, struct node *node, uint16_t target) {
    uint32_t count = count_parts(node);
    uint16_t first = emit_take(emitter, count);
    if (emitter->frame->registers.overflowed) return;
    load_parts(emitter, node, first, count);
    switch (node->tag) {
    case TAG_SQL: emit_op(emitter, node, OP_MAKE_SQL, target, first, (uint16_t)count); return;
    case TAG_SH: emit_op(emitter, node, OP_MAKE_SHELL, target, first, (uint16_t)count); return;
    default:
        emit_op(emitter, node, OP_MAKE_TEXT, target, first, (uint16_t)count);
        return; /* json and re are fixed texts */
    }
}

/* ---- lists ---- */

enum { CHUNK = 256 }; /* elements that are in registers at once */

/* Up to a chunk of elements as a list; returns the first that is left. */
static struct node *list_chunk(struct emitter *emitter, const struct node *node, struct node *element,
                               uint16_t target) {
    uint32_t count = 0;
    for (struct node *at = element; at && count < CHUNK; at = at->next) count++;
    uint16_t first = emit_take(emitter, count);
    for (uint32_t i = 0; i < count; i++, element = element->next) emit_into(emitter, element, (uint16_t)(first + i));
    emit_op(emitter, node, OP_MAKE_LIST, target, count > 0 ? first : 0, (uint16_t)count);
    return element;
}

void emit_list(struct emitter *emitter, struct node *node, uint16_t target) {
    uint32_t mark = emit_mark(emitter);
    struct node *rest = list_chunk(emitter, node, node->list, target);
    while (rest && !emitter->frame->registers.overflowed) {
        emit_release(emitter, mark);
        uint16_t chunk = emit_take(emitter, 1);
        rest = list_chunk(emitter, node, rest, chunk);
        emit_op(emitter, node, OP_ADD, target, target, chunk);
    }
}

/* ---- records ---- */

static bool is_field(const struct node *node) {
    return node->kind == NODE_RECORD_FIELD || (node->kind == NODE_SERVICE_FIELD && !node_is_asked_later(node));
}

static bool keys_of(struct emitter *emitter, const struct node *node, const struct node *fields, uint16_t *index) {
    struct buffer keys = { 0 };
    bool good = true;
    for (const struct node *field = fields; field; field = field->next) {
        if (!is_field(field)) continue;
        if (memchr(field->name->text.bytes, '\0', field->name->text.length)) {
            emit_too_large(emitter, field->span, "a key cannot hold the character U+0000");
            good = false;
        }
        buffer_append(&keys, field->name->text);
        buffer_append_byte(&keys, '\0');
    }
    struct constant constant = { .kind = CONSTANT_KEYS, .text = buffer_text(&keys) };
    if (good && !builder_narrow_constant(emitter->builder, constant, index)) {
        emit_too_large(emitter, node->span, "there are more than 65,536 kinds of records and names of fields");
        good = false;
    }
    buffer_done(&keys);
    return good;
}

void emit_record(struct emitter *emitter, const struct node *node, struct node *fields, uint16_t target) {
    uint32_t count = 0;
    for (const struct node *field = fields; field; field = field->next) count += is_field(field);
    uint16_t first = emit_take(emitter, count), keys;
    if (emitter->frame->registers.overflowed || !keys_of(emitter, node, fields, &keys)) return;
    uint16_t at = first;
    for (struct node *field = fields; field; field = field->next)
        if (is_field(field)) emit_into(emitter, field->a, at++);
    emit_op(emitter, node, OP_MAKE_RECORD, target, count > 0 ? first : 0, keys);
}

/* ---- [e for x in xs if c] ---- */

/* A source or condition that is bad is the value: in a claim it must not end the unit. */
void emit_comprehension(struct emitter *emitter, struct node *node, uint16_t target) {
    struct label head = emit_label(emitter), end = emit_label(emitter);
    emitter->quiet++;
    uint16_t iterator = emit_take(emitter, 1), item = emit_take(emitter, 1);
    uint16_t source = emit_value(emitter, node->b);
    emit_op(emitter, node->b, OP_ITERATE, iterator, source, 0);
    emit_op(emitter, node->b, OP_MOVE, target, iterator, 0);
    emit_jump(emitter, node->b, OP_JUMP_IF_BAD, iterator, 0, end);
    emit_op(emitter, node, OP_MAKE_LIST, target, 0, 0);
    emit_bind_local(node->resolved, item);
    emit_place(emitter, head);
    emit_jump(emitter, node, OP_NEXT, item, iterator, end);
    uint32_t mark = emit_mark(emitter);
    if (node->c) {
        struct label good = emit_label(emitter);
        uint16_t condition = emit_value(emitter, node->c);
        emit_jump(emitter, node->c, OP_JUMP_IF_FALSE, condition, 0, head);
        emit_jump(emitter, node->c, OP_JUMP_IF_TRUE, condition, 0, good);
        emit_op(emitter, node->c, OP_MOVE, target, condition, 0);
        emit_jump(emitter, node->c, OP_JUMP, 0, 0, end);
        emit_place(emitter, good);
    }
    uint16_t element = emit_value(emitter, node->a);
    emit_op(emitter, node, OP_APPEND, target, target, element);
    emit_release(emitter, mark);
    emit_jump(emitter, node, OP_JUMP, 0, 0, head);
    emit_place(emitter, end);
    emitter->quiet--;
}
