/* Claims that hold whatever happens: constant ones, what no value can break, defaults that answer in the service's place. */
#include "compiler/lint/lint.h"

static bool reads_something(struct linter *linter, const struct node *node) {
    (void)linter;
    return node->kind == NODE_NAME || node->kind == NODE_CALL || node->kind == NODE_ELEMENT_FIELD ||
           node->kind == NODE_VERSION; /* which release that is, aot.yaml says */
}

static bool is_comparison(const struct node *node) {
    return node->kind == NODE_BINARY && node->operator>= OPERATOR_EQUAL && node->operator<= OPERATOR_NOT_MATCH;
}

/* In a branch the condition is what comes from the run, and `expect false` fails on purpose. */
static void check_constant(struct linter *linter, const struct node *node) {
    if (linter->place.in_branch || node->kind == NODE_FALSE) return;
    struct diagnostic *report = NULL;
    if (!lint_find(linter, node, reads_something))
        report =
            lint_report(linter, DIAG_E401, node->span, "this is the same in every run: nothing of the run is in it");
    else if (is_comparison(node) && lint_same(node->a, node->b))
        report = lint_report(linter, DIAG_E401, node->span,
                             "both sides are the same expression: this compares a value with itself");
    lint_help(report, "compare what the run saw with what it should be");
}

/* ---- what no value can break ---- */

static bool is_zero(const struct node *node) {
    return (node->kind == NODE_INTEGER || node->kind == NODE_DURATION || node->kind == NODE_SIZE) && node->integer == 0;
}

/* Durations that are measured, sizes and counts. A difference of instants may be negative. */
static bool is_never_negative(const struct linter *linter, const struct node *node) {
    if (lint_calls(linter, node, "count") || lint_calls(linter, node, "len")) return true;
    if (node->kind != NODE_FIELD || !node->type) return false;
    const struct type *type = type_is_series(node->type) ? node->type->element : node->type;
    return type_is_quantity(type_present(type), 1, 0) || type_is_quantity(type_present(type), 0, 1);
}

static void check_range(struct linter *linter, const struct node *node) {
    if (node->kind != NODE_BINARY) return;
    bool at_least = node->operator== OPERATOR_GREATER_EQUAL && is_zero(node->b) && is_never_negative(linter, node->a);
    bool at_most = node->operator== OPERATOR_LESS_EQUAL && is_zero(node->a) && is_never_negative(linter, node->b);
    if (!at_least && !at_most) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W403, node->span, "this is true of every value: it is never below zero");
    lint_help(report, "ask for more than zero, or for what is expected");
}

/* ---- defaults ---- */

static bool is_literal(const struct node *node) {
    return node->kind >= NODE_VERSION && node->kind <= NODE_FALSE ? true : node->kind == NODE_STRING;
}

static void check_wished_default(struct linter *linter, const struct node *node) {
    struct diagnostic *report = NULL;
    if (node->kind == NODE_BINARY && node->operator== OPERATOR_EQUAL) {
        const struct node *sides[] = { node->a, node->b };
        for (int i = 0; i < 2; i++) {
            const struct node *side = sides[i], *other = sides[1 - i];
            if (side->kind != NODE_BINARY || side->operator!= OPERATOR_COALESCE || !is_literal(side->b) ||
                !lint_same(side->b, other))
                continue;
            report = lint_report(linter, DIAG_W404, side->b->span,
                                 "where there is no answer, this supplies the one that is wished for");
            lint_help(report, "take the default away: `none` is not equal, and the claim fails as it should");
        }
    }
    bool or_true = node->kind == NODE_BINARY && (node->operator== OPERATOR_OR || node->operator== OPERATOR_COALESCE) &&
                   node->b->kind == NODE_TRUE;
    if (!or_true && !(node->kind == NODE_BINARY && node->operator== OPERATOR_OR && node->a->kind == NODE_TRUE)) return;
    report = lint_report(linter, DIAG_W404, (node->b->kind == NODE_TRUE ? node->b : node->a)->span,
                         "with this the claim holds whatever was seen");
    lint_help(report, "take it away, or say when nothing has to be shown: `if …` in the assertion");
}

static bool is_optional(const struct node *node) {
    if (!node->type) return false;
    const struct type *type = type_is_series(node->type) ? node->type->element : node->type;
    return type->kind == TYPE_OPTIONAL;
}

static void check_negative(struct linter *linter, const struct node *node) {
    if (node->kind != NODE_BINARY || node->operator!= OPERATOR_NOT_EQUAL || !is_literal(node->b)) return;
    const struct node *left = node->a;
    struct diagnostic *report = NULL;
    if (left->kind == NODE_BINARY && left->operator== OPERATOR_COALESCE && is_literal(left->b) &&
        !lint_same(left->b, node->b))
        report =
            lint_report(linter, DIAG_W405, left->b->span, "where there is no answer, this default satisfies the claim");
    else if (is_optional(left))
        report =
            lint_report(linter, DIAG_W405, node->span, "no answer at all satisfies this: `none` is not equal either");
    lint_help(report, "say what it should be: `== …`");
}

/* ---- conjunctions ---- */

static void check_condition(struct linter *linter, const struct node *node, bool is_denied) {
    if (node->kind == NODE_BINARY && node->operator== OPERATOR_AND) {
        check_condition(linter, node->a, is_denied);
        check_condition(linter, node->b, is_denied);
        return;
    }
    check_constant(linter, node);
    if (is_denied) return; /* under `never` all of this is the other way round */
    check_range(linter, node);
    check_wished_default(linter, node);
    check_negative(linter, node);
}

static const struct node *status_of(const struct node *node) {
    bool is_status = node->kind == NODE_FIELD && text_is(node->name->text, "status");
    return is_status ? node : NULL;
}

/* 404 and 302 are below 500, and none of them is healthy. */
static void check_ready(struct linter *linter, const struct node *node) {
    if (node->kind != NODE_BINARY) return;
    if (node->operator== OPERATOR_AND) {
        check_ready(linter, node->a);
        check_ready(linter, node->b);
    }
    bool is_loose =
        node->operator== OPERATOR_LESS || node->operator== OPERATOR_LESS_EQUAL || node->operator== OPERATOR_NOT_EQUAL;
    if (!is_loose || !status_of(node->a)) return;
    struct diagnostic *report = lint_report(linter, DIAG_W407, node->span, "404 and 302 count as ready here");
    lint_help(report, "ask for success: `.ok`, or the status that a healthy service answers with");
}

static void check_never(struct linter *linter, const struct node *node) {
    const struct node *condition = node->a && node->a->kind == NODE_PLAIN ? node->a->a : NULL;
    if (!condition || condition->kind != NODE_BINARY ||
        condition->operator!= OPERATOR_EQUAL || !status_of(condition->a))
        return;
    const struct symbol *symbol = lint_symbol(condition->a->a);
    if (symbol && symbol->kind == SYMBOL_LOAD) VECTOR_PUSH(&linter->statuses, condition);
}

void lint_conditions(struct linter *linter, const struct node *node) {
    const struct node *outer = linter->parents.count ? linter->parents.items[linter->parents.count - 1] : NULL;
    switch ((int)node->kind) {
    case NODE_PLAIN: check_condition(linter, node->a, outer && outer->kind == NODE_NEVER); break;
    case NODE_EXPECT: check_condition(linter, node->a, false); break;
    case NODE_READY: check_ready(linter, node->a); break;
    case NODE_NEVER: check_never(linter, node); break;
    default: break;
    }
}
