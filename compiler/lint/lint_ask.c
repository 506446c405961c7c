/* Questions that the lints share: what a call calls, what a number comes to, whether two expressions say the same. */
#include "compiler/lint/lint.h"

#include <string.h>

enum { NAME_DEPTH = 20, SAME_BUDGET = 200, NODE_BUDGET = 500 };

const struct symbol *lint_symbol(const struct node *node) {
    return node && node->kind == NODE_NAME ? node->resolved : NULL;
}

const char *lint_native(const struct linter *linter, const struct node *node) {
    if (!node || node->kind != NODE_CALL) return NULL;
    const struct call *call = node->resolved;
    return call && call->kind == CALL_NATIVE ? linter->checked->natives->rows[call->native].name : NULL;
}

bool lint_calls(const struct linter *linter, const struct node *node, const char *name) {
    const char *native = lint_native(linter, node);
    return native && strcmp(native, name) == 0;
}

const struct node *lint_argument(const struct node *call, const char *name) {
    for (const struct node *argument = call->list; argument; argument = argument->next)
        if (argument->kind == NODE_ARGUMENT && argument->name && text_is(argument->name->text, name))
            return argument->a;
    return NULL;
}

struct reckoning {
    bool takes_defaults; /* of inputs, which a run may set otherwise */
    int names, budget;   /* names behind names, nodes in all */
};

static bool number_of(const struct node *node, double *value, struct reckoning *reckoning) {
    double left, right;
    if (!node || --reckoning->budget < 0) return false;
    switch ((int)node->kind) {
    case NODE_INTEGER:
    case NODE_DURATION:
    case NODE_SIZE: return *value = (double)node->integer, true;
    case NODE_NUMBER:
    case NODE_RATE:
    case NODE_BANDWIDTH:
    case NODE_RATIO: return *value = node->number, true;
    case NODE_UNARY:
        if (node->operator!= OPERATOR_NEGATE || !number_of(node->a, &left, reckoning)) return false;
        return *value = -left, true;
    case NODE_NAME: {
        const struct symbol *symbol = node->resolved;
        bool is_known =
            symbol && (symbol->kind == SYMBOL_LET || (symbol->kind == SYMBOL_INPUT && reckoning->takes_defaults));
        if (!is_known || !reckoning->names) return false;
        reckoning->names--;
        bool good = number_of(symbol->declaration->b, value, reckoning);
        reckoning->names++;
        return good;
    }
    case NODE_BINARY:
        if (!number_of(node->a, &left, reckoning) || !number_of(node->b, &right, reckoning)) return false;
        switch (node->operator) {
        case OPERATOR_ADD: return *value = left + right, true;
        case OPERATOR_SUBTRACT: return *value = left - right, true;
        case OPERATOR_MULTIPLY: return *value = left * right, true;
        case OPERATOR_DIVIDE: return *value = left / right, right != 0;
        default: return false;
        }
    default: return false;
    }
}

bool lint_number(const struct node *node, double *value) {
    struct reckoning reckoning = { true, NAME_DEPTH, NODE_BUDGET };
    return number_of(node, value, &reckoning);
}

bool lint_constant(const struct node *node, double *value) {
    struct reckoning reckoning = { false, NAME_DEPTH, NODE_BUDGET };
    return number_of(node, value, &reckoning);
}

bool lint_text(const struct node *node, struct text *text) {
    if (!node || node->kind != NODE_STRING || node->list->kind != NODE_TEXT || node->list->next) return false;
    *text = node->list->string;
    return true;
}

static bool same(const struct node *a, const struct node *b, int *budget) {
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->name != b->name || a->operator!= b->operator|| a->tag != b->tag || -- * budget<0)
        return false;
    if (a->kind == NODE_NAME || a->kind == NODE_LABEL) return a->resolved == b->resolved;
    if (!node_same_value(a, b)) return false;
    if (a->kind == NODE_CALL && a->effect >= EFFECT_PROBE) return false; /* each call is another one */
    if (!same(a->a, b->a, budget) || !same(a->b, b->b, budget) || !same(a->c, b->c, budget)) return false;
    const struct node *left = a->list, *right = b->list;
    for (; left && right; left = left->next, right = right->next)
        if (!same(left, right, budget)) return false;
    return left == right;
}

bool lint_same(const struct node *a, const struct node *b) {
    int budget = SAME_BUDGET;
    return same(a, b, &budget);
}

const struct node *lint_find(struct linter *linter, const struct node *node,
                             bool (*is)(struct linter *, const struct node *)) {
    if (!node) return NULL;
    if (is(linter, node)) return node;
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        const struct node *found = lint_find(linter, slots[i], is);
        if (found) return found;
    }
    for (const struct node *child = node->list; child; child = child->next) {
        const struct node *found = lint_find(linter, child, is);
        if (found) return found;
    }
    return NULL;
}

struct text lint_type_name(const struct node *node) {
    const struct type *type = node ? node->type : NULL;
    if (type && (type_is_series(type) || type->kind == TYPE_WINDOW)) type = type->element;
    return type ? type->name : TEXT_NONE;
}

const struct node *lint_phase_of(const struct node *interval) {
    const struct symbol *symbol = lint_symbol(interval);
    return symbol && symbol->kind == SYMBOL_PHASE ? symbol->declaration : NULL;
}

const struct node *lint_clause(const struct node *formula, enum node_kind kind) {
    for (const struct node *clause = formula ? formula->list : NULL; clause; clause = clause->next)
        if (clause->kind == kind) return clause;
    return NULL;
}

const struct node *lint_phase_looked_at(const struct lint_use *use) {
    if (use->interval) return lint_phase_of(use->interval);
    const struct node *clause = lint_clause(use->place.formula, NODE_CLAUSE_DURING);
    return use->in_call || !clause ? NULL : lint_phase_of(clause->a); /* an aggregate goes through the whole run */
}

bool lint_is_uuid(struct linter *linter, const struct node *node) {
    return lint_calls(linter, node, "uuid");
}

const struct node *lint_item(const struct linter *linter, enum node_kind kind) {
    for (const struct node *item = linter->file->list; item; item = item->next)
        if (item->kind == kind) return item;
    return NULL;
}
