/* Selections of a stream or signal: `where`, `during`, `over`, `from … to`, `before`. */
#include "compiler/check.h"

static bool check_series(struct checker *checker, struct node *node, const char *word) {
    if (!node || node->type->kind == TYPE_POISON) return false;
    if (type_is_series(node->type)) return true;
    if (node->type->kind == TYPE_WINDOW) {
        diagnostics_report(checker->diagnostics, DIAG_E313, node->span,
                           "`%s` does not take a window: `over` comes last", word);
        return false;
    }
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E312, node->span,
                           "`%s` takes a stream or signal, and this is `%s`", word, type_text(checker, node->type));
    if (node->type->kind == TYPE_LIST && node->kind != NODE_LIST_OF)
        diagnostic_help(diagnostic, "of a list: `[x for x in %s if …]`", source_text(checker, node));
    return false;
}

static void check_where(struct checker *checker, struct node *node, const struct type *series) {
    struct node *base = checker->context.element_base;
    const struct type *outer = checker->context.element_type;
    checker->context.element_base = node->a;
    checker->context.element_type = series;
    const struct type *type = check_expression(checker, node->b, NULL);
    bool is_theirs =
        type->kind == series->kind && (type->kind == TYPE_SIGNAL || effect_same_root(checker, node->b, node->a));
    checker->context.element_base = base;
    checker->context.element_type = outer;
    if (!node->b || type->kind == TYPE_POISON || series->kind == TYPE_POISON) return;
    if (!is_theirs) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E312, node->b->span,
                                                           "this condition says nothing of the elements");
        diagnostic_help(diagnostic, "`.field` is a field of the element: `%s where .ok`",
                        source_text(checker, node->a));
        return;
    }
    const struct type *element = type->element;
    if (element->kind != TYPE_BOOL && element->kind != TYPE_JSON && !type_is_unknown(element))
        diagnostics_report(checker->diagnostics, element->kind == TYPE_OPTIONAL ? DIAG_E304 : DIAG_E302, node->b->span,
                           "the condition of `where` is true or false, and this is `%s`", type_text(checker, element));
}

const struct type *check_selection(struct checker *checker, struct node *node) {
    static const char *const words[] = { "where", "during", "over", "from", "before" };
    const struct type *series = check_expression(checker, node->a, NULL);
    bool fine = check_series(checker, node->a, words[node->kind - NODE_WHERE]);
    if (!fine) series = simple(checker, TYPE_POISON);
    switch (node->kind) {
    case NODE_WHERE: check_where(checker, node, series); break;
    case NODE_DURING: check_interval(checker, node->b); break;
    case NODE_OVER: check_duration(checker, node->b, "the length of a window"); break;
    case NODE_FROM:
        check_instant(checker, node->b, "`from`");
        if (node->c) check_instant(checker, node->c, "`to`");
        break;
    default: check_instant(checker, node->b, "`before`"); break;
    }
    raise_effect(node, node->a);
    raise_effect(node, node->b);
    raise_effect(node, node->c);
    if (!fine || node->kind != NODE_OVER) return series;
    return type_of(checker->types, TYPE_WINDOW, series->element);
}
