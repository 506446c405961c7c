/* Names: declared and never read, axes that vary nothing, one word with two meanings. */
#include "compiler/lint/lint.h"
#include "compiler/module.h"

static const char *word_for(const struct symbol *symbol) {
    switch ((int)symbol->kind) {
    case SYMBOL_INPUT: return "input";
    case SYMBOL_SECRET: return "secret";
    case SYMBOL_FUNCTION: return "function";
    case SYMBOL_IMPORT: return "library";
    case SYMBOL_AXIS: return "axis";
    case SYMBOL_SERVICE: return "service";
    case SYMBOL_PHASE: return "phase";
    case SYMBOL_WATCH: return "watch";
    default: return "value";
    }
}

static void check_unused(struct linter *linter, const struct symbol *symbol) {
    const struct node *node = symbol->declaration;
    if (symbol->is_used) return;
    struct diagnostic *report;
    if (symbol->kind == SYMBOL_AXIS) {
        report = lint_report(linter, DIAG_W484, symbol->span,
                             "nothing depends on this axis: it multiplies the time, not what is shown");
        lint_help(report, "use it, or take it out of the matrix");
    } else if (symbol->kind == SYMBOL_LET && lint_find(linter, node->b, lint_is_uuid) == node->b) {
        report = lint_report(linter, DIAG_W450, symbol->span, "this key is made and never sent");
        lint_help(report, "send it with the request: `headers: { \"Idempotency-Key\": %.*s }`",
                  TEXT_ARGS(symbol->name->text));
    } else if (symbol->kind != SYMBOL_LET || node->b->effect < EFFECT_ACTION) {
        report = lint_report(linter, DIAG_W489, symbol->span, "the %s `%.*s` is never used", word_for(symbol),
                             TEXT_ARGS(symbol->name->text));
        lint_help(report, "take it away, or write the check that was forgotten");
    }
}

static bool counts_at_top(const struct symbol *symbol) {
    switch ((int)symbol->kind) {
    case SYMBOL_INPUT:
    case SYMBOL_SECRET:
    case SYMBOL_LET:
    case SYMBOL_FUNCTION:
    case SYMBOL_IMPORT:
    case SYMBOL_AXIS: return true;
    default: return false;
    }
}

/* What a name inside a block, a loop or a list means outside of it. */
static void check_hiding(struct linter *linter, const struct node *node) {
    const struct symbol *hidden = module_find(linter->module, node->name), *own = node->resolved;
    if (!hidden || hidden == own) return;
    bool counts = hidden->kind == SYMBOL_AXIS || hidden->kind == SYMBOL_INPUT || hidden->kind == SYMBOL_SERVICE ||
                  hidden->kind == SYMBOL_LET;
    if (!counts) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W488, node->name_span, "`%.*s` has two meanings: here it hides the %s of this name",
                    TEXT_ARGS(node->name->text), word_for(hidden));
    lint_note(report, hidden->span, "the other one");
    lint_help(report, "take another word");
}

void lint_names(struct linter *linter) {
    if (!linter->module->is_library)
        for (uint32_t i = 0; i < linter->module->symbol_count; i++)
            if (counts_at_top(linter->module->symbols[i])) check_unused(linter, linter->module->symbols[i]);
    for (size_t i = 0; i < linter->locals.count; i++) {
        const struct node *node = linter->locals.items[i];
        const struct symbol *symbol = node->resolved;
        if ((node->kind == NODE_LET || node->kind == NODE_WATCH) && symbol) check_unused(linter, symbol);
        check_hiding(linter, node);
    }
}
