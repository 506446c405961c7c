/* Nodes of documents, and paths to them. */
#include "stdlib/document/tree.h"

#include "base/json.h"

#include <string.h>

struct document_node *document_node_new(struct arena *arena, enum document_kind kind) {
    struct document_node *node = arena_allocate(arena, sizeof *node);
    node->kind = kind;
    return node;
}

void document_append(struct document_node *container, struct document_node *node) {
    if (container->last)
        container->last->next = node;
    else
        container->first = node;
    container->last = node;
    container->count++;
}

struct document_node *document_member(const struct document_node *object, struct text name) {
    struct document_node *found = NULL;
    if (object->kind != DOCUMENT_OBJECT) return NULL;
    for (struct document_node *member = object->first; member; member = member->next)
        if (text_equal(member->name, name)) found = member;
    return found;
}

/* ---- paths ---- */

static bool is_plain(char byte) {
    return byte == '_' || byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

void document_path_name(struct buffer *path, struct text name) {
    size_t plain = 0;
    while (plain < name.length && is_plain(name.bytes[plain])) plain++;
    bool word = name.length && plain == name.length;
    buffer_append_string(path, word ? "." : "[");
    if (word)
        buffer_append(path, name);
    else
        json_quote(path, name);
    if (!word) buffer_append_byte(path, ']');
}

static bool refuse(struct buffer *problem, struct text rest) {
    buffer_printf(problem, "`%.*s` is no step of a path: .name, [0] or [\"a name\"]",
                  TEXT_ARGS(text_slice(rest, 0, 40)));
    return false;
}

/* How long the quoted name is, quotes included; 0: it has no end. */
static size_t quoted_length(struct text text) {
    for (size_t i = 1; i < text.length; i++) {
        if (text.bytes[i] == '\\')
            i++;
        else if (text.bytes[i] == '"')
            return i + 1;
    }
    return 0;
}

static bool read_bracket(struct arena *arena, struct text *rest, struct document_step *step, struct buffer *problem) {
    struct text inside = text_slice(*rest, 1, SIZE_MAX);
    size_t length = 0;
    if (inside.length && inside.bytes[0] == '"') {
        length = quoted_length(inside);
        struct document_node *name = length ? document_read(arena, text_slice(inside, 0, length), problem) : NULL;
        if (!name) return refuse(problem, *rest);
        step->name = name->text;
    } else {
        step->is_index = true;
        while (length < 9 && length < inside.length && inside.bytes[length] >= '0' && inside.bytes[length] <= '9')
            step->index = step->index * 10 + (size_t)(inside.bytes[length++] - '0');
    }
    if (!length || length >= inside.length || inside.bytes[length] != ']') return refuse(problem, *rest);
    *rest = text_slice(inside, length + 1, SIZE_MAX);
    return true;
}

bool document_step_next(struct arena *arena, struct text *rest, struct document_step *step, struct buffer *problem) {
    *step = (struct document_step){ 0 };
    if (!rest->length) return false;
    if (rest->bytes[0] == '[') return read_bracket(arena, rest, step, problem);
    struct text word = rest->bytes[0] == '.' ? text_slice(*rest, 1, SIZE_MAX) : *rest;
    size_t length = 0;
    while (length < word.length && word.bytes[length] != '.' && word.bytes[length] != '[') length++;
    if (!length) return refuse(problem, *rest);
    step->name = text_slice(word, 0, length);
    *rest = text_slice(word, length, SIZE_MAX);
    return true;
}

struct document_node *document_step_into(const struct document_node *node, const struct document_step *step) {
    if (!step->is_index) return document_member(node, step->name);
    struct document_node *element = node->kind == DOCUMENT_LIST ? node->first : NULL;
    for (size_t i = 0; element && i < step->index; i++) element = element->next;
    return element;
}
