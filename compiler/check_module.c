/* One file: its top-level names, what it may hold, and the order in which its parts are checked: inputs, axes, the world,
 * the run, the claims, and at last the functions that nobody called. */
#include "compiler/check.h"

#include <string.h>

/* ---- names of the top level ---- */

static void enter(struct checker *checker, enum symbol_kind kind, struct node *node) {
    if (!node->name) return;
    struct symbol *symbol = declare(checker, kind, node, NULL);
    symbol->type = simple(checker, TYPE_POISON);
    symbol->progress = PROGRESS_NEW;
    symbol->is_template = kind == SYMBOL_SERVICE && node->a;
    symbol->is_global = kind != SYMBOL_FUNCTION && !symbol->is_template && kind != SYMBOL_IMPORT;
    module_add(checker->arena, checker->module, symbol);
}

static void enter_import(struct checker *checker, struct node *node) {
    struct module *used = module_of_use(node);
    enter(checker, SYMBOL_IMPORT, node);
    struct symbol *symbol = node->resolved;
    if (!symbol) return;
    symbol->module = used;
    symbol->type = simple(checker, TYPE_MODULE);
    symbol->progress = PROGRESS_DONE;
}

static void enter_axes(struct checker *checker, struct node *matrix) {
    for (struct node *axis = matrix->list; axis; axis = axis->next)
        if (axis->kind == NODE_AXIS) enter(checker, SYMBOL_AXIS, axis);
}

static void enter_names(struct checker *checker) {
    checker->items.count = 0;
    for (struct node *item = checker->module->tree->file->list; item; item = item->next) {
        VECTOR_PUSH(&checker->items, (struct item){ item, item->kind });
        switch (item->kind) {
        case NODE_INPUT: enter(checker, SYMBOL_INPUT, item); break;
        case NODE_SECRET:
            enter(checker, SYMBOL_SECRET, item);
            checker->has_secrets = true;
            break;
        case NODE_LET: enter(checker, SYMBOL_LET, item); break;
        case NODE_SERVICE: enter(checker, SYMBOL_SERVICE, item); break;
        case NODE_FUNCTION: enter(checker, SYMBOL_FUNCTION, item); break;
        case NODE_USE: enter_import(checker, item); break;
        case NODE_MATRIX: enter_axes(checker, item); break;
        default: break;
        }
    }
}

/* ---- what a file may hold ---- */

static const char *item_word(uint16_t kind) {
    switch (kind) {
    case NODE_RECIPE: return "recipe";
    case NODE_RULES: return "rules";
    case NODE_TAGS: return "tags";
    case NODE_NEEDS: return "needs";
    case NODE_LIMIT: return "limit";
    case NODE_MATRIX: return "matrix";
    case NODE_SETUP: return "setup";
    case NODE_RUN: return "run";
    case NODE_TEARDOWN: return "teardown";
    case NODE_ASSERT: return "assert";
    case NODE_ASSUME: return "assume";
    default: return NULL;
    }
}

static struct span word_span(const struct node *item, const char *word) {
    return (struct span){ item->span.source, item->span.start, (uint32_t)strlen(word) };
}

/* Said once: a `recipe` line was forgotten, and then the rest is right. */
static bool check_library(struct checker *checker) {
    for (size_t i = 0; i < checker->items.count; i++) {
        const char *word = item_word(checker->items.items[i].kind);
        if (!word) continue;
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E213, word_span(checker->items.items[i].node, word),
                               "`%s` stands in recipes only, and this file has no `recipe` line", word);
        diagnostic_help(diagnostic, "begin the file with `recipe T1 \"What it proves\"`");
        return false;
    }
    for (size_t i = 0; i < checker->items.count; i++) {
        const struct node *item = checker->items.items[i].node;
        if (checker->items.items[i].kind != NODE_SERVICE || item->a) continue;
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E213, item->name_span,
                                                           "a library starts nothing: its services are templates");
        diagnostic_help(diagnostic, "give it a parameter list: `service %.*s() { … }`", TEXT_ARGS(item->name->text));
    }
    return true;
}

/* Claims stand as often as wanted, the other parts of a recipe once. */
static void check_recipe(struct checker *checker) {
    const struct node *first[NODE_KIND_COUNT] = { 0 };
    for (size_t i = 0; i < checker->items.count; i++) {
        uint16_t kind = checker->items.items[i].kind;
        const struct node *item = checker->items.items[i].node;
        const char *word = item_word(kind);
        if (!word || kind == NODE_ASSERT || kind == NODE_ASSUME) continue;
        if (!first[kind]) {
            first[kind] = item;
            continue;
        }
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E213, word_span(item, word),
                                                           "`%s` stands twice in this file", word);
        diagnostic_note(diagnostic, word_span(first[kind], word), "first here");
    }
}

/* ---- inputs ---- */

static bool is_empty_list(const struct type *type) {
    return type->kind == TYPE_LIST && type->element->kind == TYPE_ANY;
}

static const struct type *input_type(struct checker *checker, struct node *node, const struct type *declared,
                                     const struct type *given) {
    const struct type *type = declared ? declared : given;
    if (type->kind == TYPE_POISON) return type;
    if (!declared && (given->kind == TYPE_NOTHING || is_empty_list(given))) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E308, node->span,
                               "the type of `%.*s` does not follow from its default", TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic, "write it: `%.*s: %s`", TEXT_ARGS(node->name->text),
                        given->kind == TYPE_NOTHING ? "string?" : "[string]");
        return simple(checker, TYPE_POISON);
    }
    if (!declared && checker->context.has_env && given->kind == TYPE_OPTIONAL) return given->element;
    if (type->is_data && type->kind != TYPE_ANY) return type;
    diagnostics_report(checker->diagnostics, DIAG_E308, node->span,
                       "an input is text, a number or the like, and `%.*s` is `%s`", TEXT_ARGS(node->name->text),
                       type_text(checker, type));
    return simple(checker, TYPE_POISON);
}

/* A credential in the repository: any text that is written there. */
static void check_secret_default(struct checker *checker, struct node *node) {
    if (!node) return;
    if (node->kind == NODE_STRING) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E483, node->span, "a secret written down is none");
        diagnostic_help(diagnostic, "take it from outside: `= env.NAME`, or leave the default out and use `--set`");
    } else if (node->kind == NODE_BINARY || node->kind == NODE_CONDITIONAL) {
        check_secret_default(checker, node->kind == NODE_BINARY ? node->a : node->c);
        check_secret_default(checker, node->b);
    }
}

static const struct type *secret_type(struct checker *checker, struct node *node, const struct type *type) {
    if (type->kind == TYPE_POISON || type_is_text(type) || type->kind == TYPE_BYTES) return type;
    diagnostics_report(checker->diagnostics, DIAG_E308, node->span, "a secret is text, and `%.*s` is `%s`",
                       TEXT_ARGS(node->name->text), type_text(checker, type));
    return simple(checker, TYPE_POISON);
}

static void check_default(struct checker *checker, struct node *node, const struct type *declared) {
    const struct type *given = check_expression(checker, node->b, declared);
    if (!check_plain(checker, node->b, "a default") || !declared) return;
    /* `= env.X` alone: when it is not set, the recipe does not start. */
    bool from_env = checker->context.has_env && given->kind == TYPE_OPTIONAL && type_fit(given->element, declared) >= 0;
    if (from_env || check_fits(checker, node->b, declared)) return;
    report_misfit(checker, node->b, declared, "`%.*s`", TEXT_ARGS(node->name->text));
}

void check_input(struct checker *checker, struct node *node) {
    struct symbol *symbol = node->resolved;
    struct context outer = checker->context;
    const struct type *declared = node->a ? check_type(checker, node->a) : NULL;
    bool is_secret = node->kind == NODE_SECRET;
    if (is_secret && !declared) declared = simple(checker, TYPE_STRING);
    symbol->progress = PROGRESS_OPEN;
    checker->context = (struct context){ .outer = &outer, .in_default = true, .is_early = true };
    checker->context.input_type = declared ? type_present(declared) : NULL;
    const struct type *given = declared;
    if (node->b) {
        check_default(checker, node, declared);
        given = node->b->type;
        if (is_secret) check_secret_default(checker, node->b);
        if (checker->context.reach > REACH_INPUT)
            diagnostics_report(
                checker->diagnostics, DIAG_E329, checker->context.reach_span,
                "inputs are known before anything runs: a default reads literals, `env` and other inputs");
        else if (node->b->effect > EFFECT_RECORDED)
            diagnostics_report(checker->diagnostics, DIAG_E329, node->b->span,
                               "inputs are known before anything runs: a default does not look at the world");
    } else if (!declared) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E308, node->span, "`%.*s` has neither type nor default",
                               TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic, "write `input %.*s: string`", TEXT_ARGS(node->name->text));
        given = simple(checker, TYPE_POISON);
    }
    symbol->type = input_type(checker, node, declared, given);
    if (is_secret) symbol->type = secret_type(checker, node, symbol->type);
    symbol->is_secret = is_secret || (node->b && secret_source(checker, node->b));
    symbol->progress = PROGRESS_DONE;
    checker->context = outer;
}

/* ---- the order ---- */

static void check_limit(struct checker *checker, struct node *node) {
    struct context outer = checker->context;
    checker->context = (struct context){ .outer = &outer, .is_early = true };
    check_duration(checker, node->a, "`limit`");
    if (checker->context.reach > REACH_INPUT)
        diagnostics_report(checker->diagnostics, DIAG_E329, checker->context.reach_span,
                           "`limit` is known before anything runs: it reads inputs only");
    checker->context = outer;
}

static void check_world(struct checker *checker, struct node *item) {
    if (item->kind == NODE_LET) check_let(checker, item);
    if (item->kind == NODE_SERVICE && !item->a) check_service(checker, item->resolved);
}

static void check_section(struct checker *checker, struct node *item) {
    checker->context = (struct context){ .section = item };
    check_block(checker, item->a);
}

/* The kinds stand beside the nodes: a long file's items lie far apart, and most passes want few of them. */
static void each_item(struct checker *checker, unsigned kinds_from, unsigned kinds_to,
                      void (*visit)(struct checker *, struct node *)) {
    for (size_t i = 0; i < checker->items.count; i++) {
        const struct item *item = &checker->items.items[i];
        if (item->kind >= kinds_from && item->kind <= kinds_to) visit(checker, item->node);
    }
}

/* `setup` and `run` share one scope, and what follows looks into it; `teardown` has its own beside. */
static void check_timeline(struct checker *checker) {
    scope_open(&checker->scopes);
    each_item(checker, NODE_SETUP, NODE_SETUP, check_section);
    each_item(checker, NODE_RUN, NODE_RUN, check_section);
    each_item(checker, NODE_ASSERT, NODE_ASSUME, check_assertion);
    scope_open(&checker->scopes);
    each_item(checker, NODE_TEARDOWN, NODE_TEARDOWN, check_section);
    scope_close(&checker->scopes, false);
    scope_close(&checker->scopes, false);
    checker->context = (struct context){ 0 };
}

static void check_rest(struct checker *checker, struct node *item) {
    if (item->kind == NODE_FUNCTION) check_function(checker, item->resolved);
    if (item->kind == NODE_SERVICE) check_service(checker, item->resolved);
}

void check_module(struct checker *checker, struct module *module) {
    checker->module = module;
    checker->context = (struct context){ 0 };
    scope_open(&checker->scopes);
    enter_names(checker);
    bool is_recipe = module->is_library ? !check_library(checker) : true;
    if (!module->is_library) check_recipe(checker);
    each_item(checker, NODE_INPUT, NODE_SECRET, check_input);
    each_item(checker, NODE_LIMIT, NODE_LIMIT, check_limit);
    each_item(checker, NODE_MATRIX, NODE_MATRIX, check_matrix);
    each_item(checker, NODE_LET, NODE_SERVICE, check_world);
    if (is_recipe) check_timeline(checker);
    each_item(checker, NODE_SERVICE, NODE_FUNCTION, check_rest);
    scope_close(&checker->scopes, false);
}
