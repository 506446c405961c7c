/* What every stage may ask of a tree: names of kinds and operators, the length of a chain. */
#include "grammar/tree.h"

const char *node_kind_name(enum node_kind kind) {
    static const char *const names[] = {
#define NODE(kind, slots) [NODE_##kind] = #kind,
        NODE_KINDS(NODE)
#undef NODE
    };
    return kind < NODE_KIND_COUNT ? names[kind] : "?";
}

const char *operator_spelling(enum tree_operator operator) {
    static const char *const spellings[] = {
        [OPERATOR_NONE] = "",        [OPERATOR_OR] = "or",
        [OPERATOR_AND] = "and",      [OPERATOR_NOT] = "not",
        [OPERATOR_EQUAL] = "==",     [OPERATOR_NOT_EQUAL] = "!=",
        [OPERATOR_LESS] = "<",       [OPERATOR_LESS_EQUAL] = "<=",
        [OPERATOR_GREATER] = ">",    [OPERATOR_GREATER_EQUAL] = ">=",
        [OPERATOR_MATCH] = "~",      [OPERATOR_NOT_MATCH] = "!~",
        [OPERATOR_IN] = "in",        [OPERATOR_NOT_IN] = "not in",
        [OPERATOR_COALESCE] = "?\?", [OPERATOR_RANGE] = "..",
        [OPERATOR_ADD] = "+",        [OPERATOR_SUBTRACT] = "-",
        [OPERATOR_MULTIPLY] = "*",   [OPERATOR_DIVIDE] = "/",
        [OPERATOR_MODULO] = "mod",   [OPERATOR_NEGATE] = "-",
    };
    return operator<= OPERATOR_NEGATE ? spellings[operator] : "?";
}

size_t node_chain_length(const struct node *first) {
    size_t length = 0;
    for (; first; first = first->next) length++;
    return length;
}

bool node_same_value(const struct node *a, const struct node *b) {
    switch ((int)a->kind) {
    case NODE_INTEGER:
    case NODE_DURATION:
    case NODE_SIZE: return a->integer == b->integer;
    case NODE_NUMBER:
    case NODE_RATE:
    case NODE_BANDWIDTH:
    case NODE_RATIO: return a->number == b->number;
    case NODE_VERSION:
    case NODE_PATH:
    case NODE_TEXT: return text_equal(a->string, b->string);
    default: return true;
    }
}
