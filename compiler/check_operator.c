/* Operators: which types they take, what they give, and how they are lifted over streams and signals (language.md 4). */
#include "compiler/check.h"

#include <stdio.h>

static const struct type *element_of(const struct type *type) {
    return type_is_series(type) ? type->element : type;
}

static const char *spelling(const struct node *node) {
    return operator_spelling((enum tree_operator)node->operator);
}

/* ---- arithmetic ---- */

static bool is_duration(const struct type *type) {
    return type_is_quantity(type, 1, 0);
}

static const struct type *quantity(struct checker *checker, const struct type *a, const struct type *b, int sign) {
    return type_quantity(checker->types, a->time_power + sign * b->time_power, a->byte_power + sign * b->byte_power);
}

static bool is_dimensional(const struct type *type) {
    return type->kind == TYPE_QUANTITY || type->kind == TYPE_INT;
}

/* `+` and `-`; NULL when they do not go together. */
static const struct type *sum(struct checker *checker, const struct type *a, const struct type *b, bool minus) {
    if (a->kind == TYPE_INT && b->kind == TYPE_INT) return a;
    if (is_dimensional(a) && is_dimensional(b) && a->time_power == b->time_power && a->byte_power == b->byte_power)
        return a->kind == TYPE_QUANTITY ? a : b;
    if (a->kind == TYPE_RATIO && b->kind == TYPE_RATIO) return a;
    if (a->kind == TYPE_INSTANT && is_duration(b)) return a;
    if (!minus && is_duration(a) && b->kind == TYPE_INSTANT) return b;
    if (minus && a->kind == TYPE_INSTANT && b->kind == TYPE_INSTANT) return type_quantity(checker->types, 1, 0);
    if (minus && a->kind == TYPE_VERSION && b->kind == TYPE_INT) return a;
    if (!minus && a->kind == TYPE_LIST && b->kind == TYPE_LIST) return type_join(checker->types, a, b);
    return NULL;
}

static const struct type *product(struct checker *checker, const struct type *a, const struct type *b) {
    if (a->kind == TYPE_INT && b->kind == TYPE_INT) return a;
    if (is_dimensional(a) && is_dimensional(b)) return quantity(checker, a, b, 1);
    if (a->kind == TYPE_RATIO && b->kind == TYPE_RATIO) return a;
    if (a->kind == TYPE_RATIO && is_dimensional(b)) return quantity(checker, b, a, 0);
    if (b->kind == TYPE_RATIO && is_dimensional(a)) return quantity(checker, a, b, 0);
    return NULL;
}

static const struct type *quotient(struct checker *checker, const struct type *a, const struct type *b) {
    if (is_dimensional(a) && is_dimensional(b)) return quantity(checker, a, b, -1);
    if (a->kind == TYPE_RATIO && b->kind == TYPE_RATIO) return simple(checker, TYPE_QUANTITY);
    if (a->kind == TYPE_RATIO && type_is_number(b)) return a;
    if (b->kind == TYPE_RATIO && is_dimensional(a)) return quantity(checker, a, b, 0);
    return NULL;
}

static const struct type *remainder_of(const struct type *a, const struct type *b) {
    if (a->kind == TYPE_INT && b->kind == TYPE_INT) return a;
    bool same =
        is_dimensional(a) && is_dimensional(b) && a->time_power == b->time_power && a->byte_power == b->byte_power;
    return !same ? NULL : a->kind == TYPE_QUANTITY ? a : b;
}

static const struct type *arithmetic(struct checker *checker, enum tree_operator operator, const struct type * a,
                                     const struct type *b) {
    bool dynamic = a->kind == TYPE_JSON || b->kind == TYPE_JSON;
    if (dynamic) {
        const struct type *other = a->kind == TYPE_JSON ? b : a;
        return other->kind == TYPE_JSON || is_dimensional(other) || other->kind == TYPE_RATIO
                   ? simple(checker, TYPE_JSON)
                   : NULL;
    }
    switch ((int)operator) {
    case OPERATOR_ADD: return sum(checker, a, b, false);
    case OPERATOR_SUBTRACT: return sum(checker, a, b, true);
    case OPERATOR_MULTIPLY: return product(checker, a, b);
    case OPERATOR_DIVIDE: return quotient(checker, a, b);
    default: return remainder_of(a, b);
    }
}

/* A bare number beside a quantity: the same finding wherever it happens. */
static bool report_unit(struct checker *checker, struct node *node, const struct type *a, const struct type *b) {
    bool ratio = a->kind == TYPE_RATIO || b->kind == TYPE_RATIO;
    bool numeric = (is_dimensional(a) || a->kind == TYPE_RATIO) && (is_dimensional(b) || b->kind == TYPE_RATIO);
    if (!numeric || a->kind == b->kind) {
        if (!(a->kind == TYPE_QUANTITY && b->kind == TYPE_QUANTITY)) return false;
    }
    bool bare_left = type_is_number(a), bare_right = type_is_number(b);
    if ((bare_left && !type_is_series(node->a->type)) || (bare_right && !type_is_series(node->b->type))) {
        bare_left = bare_left && !type_is_series(node->a->type);
        const char *text = source_text(checker, bare_left ? node->b : node->a);
        const struct type *other = bare_left ? b : a;
        char place[128];
        snprintf(place, sizeof place, "`%.60s` beside `%s`", text, spelling(node));
        report_misfit(checker, bare_left ? node->a : node->b, other, "%s", place);
        return true;
    }
    diagnostics_report(checker->diagnostics, ratio ? DIAG_E462 : DIAG_E460, node->span,
                       "`%s` takes two of a kind: the left is `%s`, the right `%s`", spelling(node),
                       type_text(checker, a), type_text(checker, b));
    return true;
}

static void help_arithmetic(struct checker *checker, struct diagnostic *diagnostic, const struct node *node,
                            const struct type *a, const struct type *b) {
    if (a->kind == TYPE_OPTIONAL || b->kind == TYPE_OPTIONAL) {
        diagnostic_help(diagnostic, "it may be none: say what then with `%s ?? …`",
                        source_text(checker, a->kind == TYPE_OPTIONAL ? node->a : node->b));
    } else if (node->operator== OPERATOR_ADD &&(type_is_text(a) || type_is_text(b))) {
        diagnostic_help(diagnostic, "texts are put together by `\"${…}${…}\"`");
    }
}

static const struct type *arithmetic_or_report(struct checker *checker, struct node *node, const struct type *a,
                                               const struct type *b) {
    if (type_is_unknown(a) || type_is_unknown(b)) return simple(checker, TYPE_POISON);
    const struct type *type = arithmetic(checker, (enum tree_operator)node->operator, a, b);
    if (type && type->kind != TYPE_POISON) return type;
    bool additive = node->operator!= OPERATOR_MULTIPLY && node->operator!= OPERATOR_DIVIDE;
    if (additive && report_unit(checker, node, a, b)) return simple(checker, TYPE_POISON);
    enum diagnostic_code code = a->kind == TYPE_OPTIONAL || b->kind == TYPE_OPTIONAL ? DIAG_E304
                                : node->operator== OPERATOR_ADD && type_is_text(a)   ? DIAG_E322
                                                                                     : DIAG_E301;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, code, node->span, "`%s` does not take `%s` and `%s`", spelling(node),
                           type_text(checker, a), type_text(checker, b));
    help_arithmetic(checker, diagnostic, node, a, b);
    return simple(checker, TYPE_POISON);
}

/* What is true or false; of something that was reported already nothing is known, so that nothing more is said of it. */
static const struct type *truth_of(struct checker *checker, const struct type *a, const struct type *b) {
    bool reported = a->kind == TYPE_POISON || b->kind == TYPE_POISON;
    return simple(checker, reported ? TYPE_POISON : TYPE_BOOL);
}

/* ---- comparison ---- */

static bool is_ordered(const struct type *type) {
    return is_dimensional(type) || type->kind == TYPE_RATIO || type->kind == TYPE_INSTANT ||
           type->kind == TYPE_VERSION || type->kind == TYPE_JSON || type_is_text(type);
}

static void help_comparison(struct checker *checker, struct diagnostic *diagnostic, struct node *node,
                            const struct type *a, const struct type *b) {
    bool left = a->kind == TYPE_RECORD;
    const struct type *record = left ? a : b, *other = type_present(left ? b : a);
    const char *text = source_text(checker, left ? node->a : node->b);
    if (record->kind == TYPE_RECORD && type_find_field(record, TEXT("status")) && other->kind == TYPE_INT) {
        diagnostic_help(diagnostic, "did you mean `%s.status`?", text);
    } else if (record->kind == TYPE_RECORD && type_find_field(record, TEXT("ok")) && other->kind == TYPE_BOOL) {
        diagnostic_help(diagnostic, "did you mean `%s.ok`?", text);
    } else if (node->b->kind == NODE_STRING && type_present(a)->kind == TYPE_INT) {
        struct text digits;
        if (literal_text(node->b, &digits))
            diagnostic_help(diagnostic, "numbers stand bare: `%.*s`", TEXT_ARGS(digits));
    } else if (type_present(a)->kind == TYPE_LABEL && node->b->kind == NODE_STRING) {
        diagnostic_help(diagnostic, "labels are written bare: `SIGKILL`");
    } else if (a->kind == TYPE_NOTHING || b->kind == TYPE_NOTHING) {
        diagnostic_help(diagnostic, "`%s` is never none",
                        source_text(checker, a->kind == TYPE_NOTHING ? node->b : node->a));
    }
}

static void report_comparison(struct checker *checker, struct node *node, const struct type *a, const struct type *b) {
    const struct type *left = type_present(a), *right = type_present(b);
    bool versions =
        (left->kind == TYPE_VERSION && type_is_text(right)) || (right->kind == TYPE_VERSION && type_is_text(left));
    if (versions) {
        report_misfit(checker, left->kind == TYPE_VERSION ? node->b : node->a, simple(checker, TYPE_VERSION),
                      "`%s` beside a version", spelling(node));
        return;
    }
    if (report_unit(checker, node, left, right)) return;
    bool equality = node->operator== OPERATOR_EQUAL || node->operator== OPERATOR_NOT_EQUAL;
    const char *outcome = node->operator== OPERATOR_EQUAL ? "never equal" : "never equal, so `!=` is always true";
    struct diagnostic *diagnostic =
        equality ? diagnostics_report(checker->diagnostics, DIAG_E402, node->span, "`%s` and `%s` are %s",
                                      type_text(checker, a), type_text(checker, b), outcome)
                 : diagnostics_report(checker->diagnostics, DIAG_E301, node->span, "`%s` does not order `%s` and `%s`",
                                      spelling(node), type_text(checker, a), type_text(checker, b));
    help_comparison(checker, diagnostic, node, a, b);
}

static bool compares(const struct node *node, const struct type *a, const struct type *b) {
    if (type_is_unknown(a) || type_is_unknown(b)) return true;
    if (!type_comparable(a, b)) return false;
    if (node->operator== OPERATOR_EQUAL || node->operator== OPERATOR_NOT_EQUAL) return true;
    return is_ordered(type_present(a)) && is_ordered(type_present(b));
}

/* A closed set of words against a text that is none of them: the comparison is decided already. */
static void check_words(struct checker *checker, struct node *node, const struct type *a, const struct type *b) {
    if (type_present(a)->kind == TYPE_WORDS && node->b->kind == NODE_STRING)
        check_fits(checker, node->b, type_present(a));
    if (type_present(b)->kind == TYPE_WORDS && node->a->kind == NODE_STRING)
        check_fits(checker, node->a, type_present(b));
}

static const struct type *comparison(struct checker *checker, struct node *node, const struct type *a,
                                     const struct type *b) {
    if (!compares(node, a, b))
        report_comparison(checker, node, a, b);
    else
        check_words(checker, node, a, b);
    return truth_of(checker, a, b);
}

static const struct type *match(struct checker *checker, struct node *node, const struct type *a,
                                const struct type *b) {
    const struct type *text = type_present(a);
    bool readable = type_is_text(text) || text->kind == TYPE_JSON || text->kind == TYPE_BYTES || type_is_unknown(text);
    if (!readable) {
        diagnostics_report(checker->diagnostics, DIAG_E301, node->a->span, "`%s` looks into a text, not `%s`",
                           spelling(node), type_text(checker, a));
    } else if (b->kind != TYPE_REGEX && !type_is_unknown(b)) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, DIAG_E301, node->b->span,
            "the right of `%s` is a regular expression, and this is `%s`", spelling(node), type_text(checker, b));
        if (type_is_text(b)) diagnostic_help(diagnostic, "write re'…'");
    }
    return truth_of(checker, a, b);
}

static bool holds(const struct type *container, const struct type *item) {
    if (type_is_unknown(container) || type_is_unknown(item) || container->kind == TYPE_JSON) return true;
    if (container->kind == TYPE_LIST) return type_comparable(item, container->element);
    return (container->kind == TYPE_MAP || container->kind == TYPE_RECORD) &&
           (type_is_text(type_present(item)) || item->kind == TYPE_JSON);
}

static const struct type *membership(struct checker *checker, struct node *node, const struct type *a,
                                     const struct type *b) {
    if (holds(b, a)) return truth_of(checker, a, b);
    if (b->kind == TYPE_LIST) {
        bool version = b->element->kind == TYPE_VERSION && type_is_text(a);
        diagnostics_report(checker->diagnostics, version ? DIAG_E465 : DIAG_E402, node->span, "`%s` is never in `%s`",
                           type_text(checker, a), type_text(checker, b));
    } else {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E301, node->b->span,
                               "`in` looks into a list, a range, a map or json, not `%s`", type_text(checker, b));
        if (type_is_text(b)) diagnostic_help(diagnostic, "in a text, look with `~ re'…'`");
    }
    return truth_of(checker, a, b);
}

static bool is_truth(const struct type *type) {
    return type->kind == TYPE_BOOL || type->kind == TYPE_JSON || type_is_unknown(type);
}

static void check_truth(struct checker *checker, struct node *node, const struct type *type, const char *what) {
    if (is_truth(type)) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, type->kind == TYPE_OPTIONAL ? DIAG_E304 : DIAG_E302, node->span,
                           "`%s` joins what is true or false, and this is `%s`", what, type_text(checker, type));
    if (type->kind == TYPE_RECORD && type_find_field(type, TEXT("ok")))
        diagnostic_help(diagnostic, "did you mean `%s.ok`?", source_text(checker, node));
}

/* ---- ?? and .. ---- */

static const struct type *coalesce(struct checker *checker, struct node *node, const struct type *a,
                                   const struct type *b) {
    if (!check_plain(checker, node->a, "the left of `??`") || !check_plain(checker, node->b, "the right of `??`"))
        return simple(checker, TYPE_POISON);
    const struct type *present = a->kind == TYPE_NOTHING ? b : type_present(a);
    const struct type *joined = type_join(checker->types, present, b);
    if (joined && type_fit(b, present) >= 0) joined = b->kind == TYPE_OPTIONAL ? joined : present;
    if (joined) {
        check_fits(checker, node->b, present);
        return joined;
    }
    report_misfit(checker, node->b, present, "the default behind `??`");
    return simple(checker, TYPE_POISON);
}

static const struct type *range(struct checker *checker, struct node *node, const struct type *a,
                                const struct type *b) {
    if (!check_plain(checker, node->a, "an end of a range") || !check_plain(checker, node->b, "an end of a range"))
        return simple(checker, TYPE_POISON);
    if (a->kind == TYPE_INT && b->kind == TYPE_INT) return type_of(checker->types, TYPE_LIST, a);
    bool numbers = is_ordered(a) && is_ordered(b) && !type_is_text(a) && type_comparable(a, b);
    if (numbers) return type_of(checker->types, TYPE_LIST, type_join(checker->types, a, b));
    if (!report_unit(checker, node, a, b))
        diagnostics_report(checker->diagnostics, DIAG_E301, node->span,
                           "`..` goes from number to number, not `%s` to `%s`", type_text(checker, a),
                           type_text(checker, b));
    return simple(checker, TYPE_POISON);
}

/* ---- the operator as a whole ---- */

static const struct type *plain(struct checker *checker, struct node *node, const struct type *a,
                                const struct type *b) {
    switch (node->operator) {
    case OPERATOR_OR:
    case OPERATOR_AND:
        check_truth(checker, node->a, a, spelling(node));
        check_truth(checker, node->b, b, spelling(node));
        return truth_of(checker, a, b);
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
    case OPERATOR_LESS:
    case OPERATOR_LESS_EQUAL:
    case OPERATOR_GREATER:
    case OPERATOR_GREATER_EQUAL: return comparison(checker, node, a, b);
    case OPERATOR_MATCH:
    case OPERATOR_NOT_MATCH: return match(checker, node, a, b);
    case OPERATOR_IN:
    case OPERATOR_NOT_IN: return membership(checker, node, a, b);
    case OPERATOR_COALESCE: return coalesce(checker, node, a, b);
    case OPERATOR_RANGE: return range(checker, node, a, b);
    default: return arithmetic_or_report(checker, node, a, b);
    }
}

static bool is_operand(struct checker *checker, struct node *node) {
    if (node->type->kind == TYPE_POISON || type_is_series(node->type)) return true;
    return check_plain(checker, node, "an operand");
}

/* Two streams run at different times; only parts of the same one stand side by side. */
static enum type_kind lifted_kind(struct checker *checker, struct node *node, const struct type *a,
                                  const struct type *b) {
    if (!type_is_series(a)) return type_is_series(b) ? b->kind : TYPE_POISON;
    if (!type_is_series(b)) return a->kind;
    if (a->kind == TYPE_SIGNAL && b->kind == TYPE_SIGNAL) return TYPE_SIGNAL;
    if (a->kind == b->kind && !effect_same_root(checker, node->a, node->b)) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E310, node->span,
                               "two different streams do not combine: their events happen at "
                               "different times");
        diagnostic_note(diagnostic, node->a->span, "one stream");
        diagnostic_note(diagnostic, node->b->span, "another one");
        diagnostic_help(diagnostic, "judge each by a claim of its own, or make signals of them: `count(… over 10s)`");
    }
    return TYPE_STREAM;
}

const struct type *check_binary(struct checker *checker, struct node *node, const struct type *expected) {
    bool default_first =
        node->operator== OPERATOR_COALESCE && checker->context.in_default && !checker->context.input_type;
    const struct type *b = NULL;
    if (default_first) { /* `env.X` is read as what stands behind the `??` */
        b = check_expression(checker, node->b, expected);
        if (b->kind != TYPE_POISON && b->kind != TYPE_NOTHING) checker->context.input_type = type_present(b);
    }
    bool passes_on = node->operator== OPERATOR_COALESCE || node->operator== OPERATOR_ADD;
    const struct type *a = check_expression(checker, node->a, passes_on ? expected : NULL);
    if (!b) b = check_expression(checker, node->b, passes_on ? expected : NULL);
    raise_effect(node, node->a);
    raise_effect(node, node->b);
    if (!node->a || !node->b) return simple(checker, TYPE_POISON);
    bool fine = is_operand(checker, node->a);
    if (!is_operand(checker, node->b) || !fine) return simple(checker, TYPE_POISON);
    enum type_kind kind = lifted_kind(checker, node, a, b);
    const struct type *type = plain(checker, node, element_of(a), element_of(b));
    return kind == TYPE_POISON || type->kind == TYPE_POISON ? type : type_of(checker->types, kind, type);
}

const struct type *check_unary(struct checker *checker, struct node *node) {
    const struct type *type = check_expression(checker, node->a, NULL), *element = element_of(type);
    raise_effect(node, node->a);
    if (!node->a || element->kind == TYPE_POISON || !is_operand(checker, node->a)) return simple(checker, TYPE_POISON);
    if (node->operator== OPERATOR_NOT) {
        check_truth(checker, node->a, element, "not");
        element = simple(checker, TYPE_BOOL);
    } else if (!is_dimensional(element) && element->kind != TYPE_RATIO && element->kind != TYPE_JSON) {
        diagnostics_report(checker->diagnostics, DIAG_E301, node->span, "`-` takes a number, not `%s`",
                           type_text(checker, element));
        return simple(checker, TYPE_POISON);
    }
    return type_is_series(type) ? type_of(checker->types, type->kind, element) : element;
}
