/* Which expressions read the world: only those need what was seen to be recorded, so that judging again can do
 * without it. */
#include "compiler/emit.h"

static bool chain_is_live(const struct emitter *emitter, const struct node *first) {
    for (; first; first = first->next)
        if (node_is_live(emitter, first)) return true;
    return false;
}

/* A native that answers for a handle (`api.url`) needs the thing itself, unless it reads the record. */
static bool native_is_live(const struct emitter *emitter, const struct call *call) {
    uint32_t effect = emitter->checked->natives->rows[call->native].flags & NATIVE_EFFECT_MASK;
    if (effect >= NATIVE_PROBE) return true;
    if (effect == NATIVE_RECORDED) return false;
    for (uint32_t i = 0; i < call->count; i++)
        if (call->arguments[i] && call->arguments[i]->type && call->arguments[i]->type->kind == TYPE_HANDLE)
            return true;
    return false;
}

/* Functions do not call themselves, so following them ends. The answer is kept in the symbol's slot: 1 no, 2 yes. */
static bool function_is_live(const struct emitter *emitter, struct symbol *symbol) {
    if (symbol->slot == 0) {
        bool live = symbol->effect >= EFFECT_PROBE || node_is_live(emitter, symbol->declaration->c);
        symbol->slot = live ? 2 : 1;
    }
    return symbol->slot == 2;
}

static bool call_is_live(const struct emitter *emitter, const struct call *call) {
    switch (call->kind) {
    case CALL_NATIVE: return native_is_live(emitter, call);
    case CALL_SERVICE: return true;
    case CALL_FUNCTION: return function_is_live(emitter, call->function);
    }
    return true;
}

static const struct call *call_of(const struct node *node) {
    if (node->kind == NODE_CALL) return node->resolved;
    if (node->kind != NODE_FIELD) return NULL;
    const struct symbol *base = node->a->kind == NODE_NAME ? node->a->resolved : NULL;
    bool named = (base && base->kind == SYMBOL_IMPORT) || (node->a->type && node->a->type->kind == TYPE_INTERVAL);
    return named ? NULL : node->resolved;
}

bool node_is_live(const struct emitter *emitter, const struct node *node) {
    if (!node) return false;
    const struct call *call = call_of(node);
    if (call && call_is_live(emitter, call)) return true;
    if (node->kind == NODE_CALL) return chain_is_live(emitter, node->list) || node_is_live(emitter, node->a->a);
    return node_is_live(emitter, node->a) || node_is_live(emitter, node->b) || node_is_live(emitter, node->c) ||
           chain_is_live(emitter, node->list);
}
