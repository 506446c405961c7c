/* Effects: const < recorded < probe < action. Where one comes from, and where one must not be. Also which series run over
 * the same elements, since only these combine. */
#include "compiler/check.h"

static bool own_effect(const struct node *node, enum effect effect) {
    if (node->effect < effect) return false;
    if (node->kind == NODE_CALL) return true;
    return node->kind == NODE_FIELD && node->resolved && node->type && node->type->kind != TYPE_MODULE;
}

/* Innermost first, in the order of the text, so that the caret stands at what acts and not at what holds it. */
struct node *effect_source(struct node *node, enum effect effect) {
    if (!node || node->effect < effect) return NULL;
    struct node *parts[] = { node->a, node->b, node->c };
    for (int i = 0; i < 3; i++) {
        struct node *found = effect_source(parts[i], effect);
        if (found) return found;
    }
    for (struct node *part = node->list; part; part = part->next) {
        struct node *found =
            effect_source(part->kind == NODE_ARGUMENT || part->kind == NODE_RECORD_FIELD ? part->a : part, effect);
        if (found) return found;
    }
    return own_effect(node, effect) ? node : NULL;
}

void check_repeatable(struct checker *checker, struct node *node, const char *what) {
    if (!node || node->effect < EFFECT_ACTION) return;
    struct node *source = effect_source(node, EFFECT_ACTION);
    if (!source) source = node;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E423, source->span,
                           "%s evaluates this again and again, and it changes the world", what);
    diagnostic_help(diagnostic, "do it once in `run`, bind what it gives with `let`, and look at that");
}

/* ---- roots ---- */

/* The series whose elements the node's elements come from, one by one: through fields and operators, not through
 * `where` and scopes, which leave some out. */
static const struct node *root_of(const struct checker *checker, const struct node *node) {
    for (;;) {
        const struct symbol *symbol = node->resolved;
        const struct call *call = node->resolved;
        if (node->kind == NODE_NAME && symbol && symbol->kind == SYMBOL_LET && symbol->declaration->b &&
            symbol->declaration->b->type && type_is_series(symbol->declaration->b->type)) {
            node = symbol->declaration->b;
        } else if (node->kind == NODE_ELEMENT_FIELD && checker->context.element_base) {
            node = checker->context.element_base;
            if (node->kind == NODE_ELEMENT_FIELD) return node;
        } else if ((node->kind == NODE_FIELD || node->kind == NODE_INDEX || node->kind == NODE_UNARY) && node->a &&
                   node->a->type && type_is_series(node->a->type)) {
            node = node->a;
        } else if (node->kind == NODE_CALL && call && call->lifted && call->arguments[0]) {
            node = call->arguments[0];
        } else if (node->kind == NODE_BINARY && node->a && node->b) {
            node = node->a->type->kind == TYPE_STREAM ? node->a : node->b;
        } else {
            return node;
        }
    }
}

static bool same(const struct node *a, const struct node *b, int *budget) {
    if (a == b) return true;
    if (!a || !b || a->kind != b->kind || a->name != b->name || a->operator!= b->operator|| -- * budget<0) return false;
    if (a->kind == NODE_NAME || a->kind == NODE_LABEL) return a->resolved == b->resolved;
    if (!node_same_value(a, b)) return false;
    if (a->kind == NODE_CALL) return false; /* each call is another one */
    if (!same(a->a, b->a, budget) || !same(a->b, b->b, budget) || !same(a->c, b->c, budget)) return false;
    const struct node *left = a->list, *right = b->list;
    for (; left && right; left = left->next, right = right->next)
        if (!same(left, right, budget)) return false;
    return left == right;
}

bool effect_same_root(const struct checker *checker, const struct node *a, const struct node *b) {
    int budget = 1000;
    return same(root_of(checker, a), root_of(checker, b), &budget);
}
