/* Values: measured ones compared for equality, percentiles of too few samples, two kinds of megabytes, settings without a default. */
#include "compiler/lint/lint.h"

#include <string.h>

static bool is_measured(struct linter *linter, const struct node *node) {
    const struct type *type = node->type && type_is_series(node->type) ? node->type->element : node->type;
    bool is_duration = type && type_is_quantity(type_present(type), 1, 0);
    if (node->kind == NODE_FIELD && is_duration &&
        (text_is(node->name->text, "latency") || text_is(node->name->text, "late")))
        return true;
    static const char *const natives[] = { "p50", "p90", "p95", "p99", "p999", "avg" };
    for (size_t i = 0; i < sizeof natives / sizeof natives[0] && node->effect >= EFFECT_RECORDED; i++)
        if (lint_calls(linter, node, natives[i])) return true;
    return false;
}

static void check_equality(struct linter *linter, const struct node *node) {
    if (node->operator!= OPERATOR_EQUAL && node->operator!= OPERATOR_NOT_EQUAL) return;
    const struct node *measured = is_measured(linter, node->a)   ? node->a
                                  : is_measured(linter, node->b) ? node->b
                                                                 : NULL;
    if (!measured) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W464, node->span, "what is measured is never exactly a value, or by luck");
    lint_help(report, "compare with `<`, `<=`, `>` or `>=`");
}

/* `p99(orders.latency over 1s)` at 50/s: 50 samples have no 99th percentile. */
static void check_percentile(struct linter *linter, const struct node *node) {
    static const struct {
        const char *native;
        double samples;
    } table[] = { { "p90", 10 }, { "p95", 20 }, { "p99", 100 }, { "p999", 1000 } };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (!lint_calls(linter, node, table[i].native) || !node->list) continue;
        const struct node *window = node->list->a;
        if (!window || window->kind != NODE_OVER) return;
        const struct node *stream = window->a;
        while (stream && stream->kind != NODE_NAME) stream = stream->a;
        const struct symbol *symbol = lint_symbol(stream);
        double rate, span;
        if (!symbol || symbol->kind != SYMBOL_LOAD || symbol->declaration->kind != NODE_LOAD_RATE) return;
        if (!lint_number(symbol->declaration->a, &rate) || !lint_number(window->b, &span)) return;
        double samples = rate * span / 1e9;
        if (samples >= table[i].samples) return;
        struct diagnostic *report =
            lint_report(linter, DIAG_W414, node->span, "some %.0f samples have no %s: it is the largest of them",
                        samples, table[i].native);
        lint_note(report, symbol->span, "the load's rate");
        lint_help(report, "look through a longer window: `over %.0fs` or more", table[i].samples / rate);
    }
}

/* KB, MB … or KiB, MiB …: 'B' says nothing. */
static int kind_of_unit(const struct linter *linter, const struct node *node) {
    struct text text = span_text(linter->checked->sources, node->span);
    size_t slash = text_find(text, TEXT("/"));
    if (slash != SIZE_MAX) text = text_slice(text, 0, slash);
    if (text_ends(text, TEXT("iB"))) return 2;
    return text.length > 1 && strchr("KMGT", text.bytes[text.length - 2]) ? 1 : 0;
}

static void check_megabytes(struct linter *linter, const struct node *node) {
    int kind = kind_of_unit(linter, node);
    if (!kind) return;
    if (!linter->first_size) linter->first_size = node;
    int first = kind_of_unit(linter, linter->first_size);
    if (kind == first) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W463, node->span, "MB and MiB in one recipe: they are 5%% apart");
    lint_note(report, linter->first_size->span, "the other kind");
    lint_help(report, "take one of them throughout");
}

/* `env.X`; with another type than text the checker has put it under an `as`. */
static bool is_environment(const struct node *node) {
    if (node->kind == NODE_AS) node = node->a;
    return node->kind == NODE_FIELD && node->a->kind == NODE_NAME && text_is(node->a->name->text, "env");
}

static void check_default(struct linter *linter, const struct node *node) {
    if (!node->b || !is_environment(node->b)) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W481, node->b->span, "without the variable the recipe does not start");
    lint_help(report, "give it a default: `= %.*s ?? …`",
              TEXT_ARGS(span_text(linter->checked->sources, node->b->span)));
}

void lint_values(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_BINARY: check_equality(linter, node); break;
    case NODE_CALL: check_percentile(linter, node); break;
    case NODE_SIZE:
    case NODE_BANDWIDTH: check_megabytes(linter, node); break;
    case NODE_INPUT: check_default(linter, node); break;
    default: break;
    }
}
