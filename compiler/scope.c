/* Scopes as an undo log: a binding hides the one before it, and the end of a scope takes back what it bound. */
#include "compiler/scope.h"

#include <string.h>

void scopes_done(struct scopes *scopes) {
    VECTOR_DONE(&scopes->bindings);
    VECTOR_DONE(&scopes->marks);
    memory_release(scopes->top);
    memory_release(scopes->closed);
    *scopes = (struct scopes){ 0 };
}

static void make_room(struct scopes *scopes, uint32_t index) {
    if (index < scopes->capacity) return;
    uint32_t capacity = scopes->capacity ? scopes->capacity : 256;
    while (capacity <= index) capacity *= 2;
    scopes->top = memory_resize(scopes->top, capacity * sizeof *scopes->top);
    scopes->closed = memory_resize(scopes->closed, capacity * sizeof *scopes->closed);
    memset(scopes->top + scopes->capacity, 0, (capacity - scopes->capacity) * sizeof *scopes->top);
    for (uint32_t i = scopes->capacity; i < capacity; i++) scopes->closed[i] = NULL;
    scopes->capacity = capacity;
}

void scope_open(struct scopes *scopes) {
    VECTOR_PUSH(&scopes->marks, (uint32_t)scopes->bindings.count);
}

void scope_close(struct scopes *scopes, bool remember) {
    uint32_t mark = scopes->marks.items[--scopes->marks.count];
    while (scopes->bindings.count > mark) {
        struct binding *binding = &scopes->bindings.items[--scopes->bindings.count];
        scopes->top[binding->symbol->name->index] = binding->hidden;
        if (remember) scopes->closed[binding->symbol->name->index] = binding->symbol;
    }
}

uint32_t scope_depth(const struct scopes *scopes) {
    return (uint32_t)scopes->marks.count;
}

void scope_bind(struct scopes *scopes, struct symbol *symbol) {
    uint32_t index = symbol->name->index;
    make_room(scopes, index);
    VECTOR_PUSH(&scopes->bindings, (struct binding){ symbol, scope_depth(scopes), scopes->top[index] });
    scopes->top[index] = (uint32_t)scopes->bindings.count;
}

static uint32_t top_of(const struct scopes *scopes, const struct name *name) {
    return name->index < scopes->capacity ? scopes->top[name->index] : 0;
}

const struct binding *scope_find(const struct scopes *scopes, const struct name *name) {
    for (uint32_t at = top_of(scopes, name); at; at = scopes->bindings.items[at - 1].hidden) {
        const struct binding *binding = &scopes->bindings.items[at - 1];
        if (binding->depth <= 1 || binding->depth >= scopes->floor) return binding;
    }
    return NULL;
}

const struct binding *scope_find_here(const struct scopes *scopes, const struct name *name) {
    uint32_t at = top_of(scopes, name);
    if (!at || scopes->bindings.items[at - 1].depth != scope_depth(scopes)) return NULL;
    return &scopes->bindings.items[at - 1];
}

const struct binding *scope_find_hidden(const struct scopes *scopes, const struct name *name) {
    uint32_t at = top_of(scopes, name);
    return at ? &scopes->bindings.items[at - 1] : NULL;
}

struct symbol *scope_closed(const struct scopes *scopes, const struct name *name) {
    return name->index < scopes->capacity ? scopes->closed[name->index] : NULL;
}
