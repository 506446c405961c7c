/* Statements: what each takes, where it may stand, what it binds. A phase's block is no scope; if, for, load, spawn and
 * parallel open one. */
#include "compiler/check.h"

static bool in_function(const struct checker *checker) {
    return checker->context.function != NULL;
}

/* Names bound here get a slot in the program's globals: every later block sees them. */
static bool binds_globally(const struct checker *checker) {
    const struct node *section = checker->context.section;
    return section && (section->kind == NODE_SETUP || section->kind == NODE_RUN) && !checker->context.scope_count &&
           !in_function(checker);
}

static void bind_global(struct checker *checker, enum symbol_kind kind, struct node *node, const struct type *type,
                        enum effect effect) {
    struct symbol *symbol = declare(checker, kind, node, type);
    symbol->effect = effect;
    symbol->is_global = true;
}

/* Phases, loads, watches and marks belong to the timeline: `run` itself or its phases. */
static void check_placement(struct checker *checker, const struct node *node, const char *word) {
    const struct node *section = checker->context.section;
    bool fine = section && section->kind == NODE_RUN && !checker->context.scope_count && !in_function(checker);
    if (fine) return;
    struct diagnostic *diagnostic = diagnostics_report(
        checker->diagnostics, DIAG_E214, node->span, "`%s` stands in `run` or in a phase, not in %s", word,
        in_function(checker)                     ? "a function"
        : checker->context.scope_count           ? "if, for, load, spawn or parallel"
        : section && section->kind == NODE_SETUP ? "`setup`"
                                                 : "`teardown`");
    diagnostic_help(diagnostic, "a run has one timeline, and every `%s` is on it exactly once", word);
}

static void check_inner(struct checker *checker, struct node *block) {
    checker->context.scope_count++;
    scope_open(&checker->scopes);
    check_block(checker, block);
    scope_close(&checker->scopes, true);
    checker->context.scope_count--;
}

static void check_task(struct checker *checker, struct node *block) {
    bool outer = checker->context.in_task;
    checker->context.in_task = true;
    check_inner(checker, block);
    checker->context.in_task = outer;
}

/* ---- let ---- */

static const struct type *value_type(struct checker *checker, struct node *node, const struct type *declared) {
    const struct type *type = check_expression(checker, node->b, declared);
    if (!node->b) return simple(checker, TYPE_POISON);
    if (!type_is_series(type) && !check_plain(checker, node->b, "what a name is given"))
        return simple(checker, TYPE_POISON);
    if (declared) {
        if (!check_fits(checker, node->b, declared))
            report_misfit(checker, node->b, declared, "`%.*s`", TEXT_ARGS(node->name->text));
        return declared;
    }
    if (type->kind != TYPE_NOTHING) return type;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E308, node->b->span,
                           "the type of `%.*s` does not follow from `none`", TEXT_ARGS(node->name->text));
    diagnostic_help(diagnostic, "write it: `let %.*s: string? = none`", TEXT_ARGS(node->name->text));
    return simple(checker, TYPE_POISON);
}

void check_let(struct checker *checker, struct node *node) {
    struct symbol *symbol = node->resolved; /* at top level it is entered already */
    if (symbol) symbol->progress = PROGRESS_OPEN;
    const struct type *declared = node->a ? check_type(checker, node->a) : NULL;
    const struct type *type = value_type(checker, node, declared);
    if (!symbol) {
        symbol = declare(checker, SYMBOL_LET, node, type);
        symbol->is_global = binds_globally(checker);
    }
    symbol->type = type;
    symbol->effect = type_is_series(type) ? EFFECT_RECORDED : EFFECT_CONST;
    symbol->is_secret = secret_source(checker, node->b) != NULL;
    symbol->progress = PROGRESS_DONE;
}

/* ---- branches and loops ---- */

static void check_if(struct checker *checker, struct node *node) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `if`");
    check_inner(checker, node->b);
    if (node->c) check_inner(checker, node->c);
}

const struct type *check_loop(struct checker *checker, struct node *source) {
    if (!source) return simple(checker, TYPE_POISON);
    const struct type *type = check_expression(checker, source, NULL), *each = iterated(checker, type);
    if (source->kind == NODE_LIST_OF && !source->list)
        diagnostics_report(checker->diagnostics, DIAG_E490, source->span, "a loop over an empty list does nothing");
    if (each) return each;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E321, source->span,
                                                       "`for` runs through a list, not `%s`", type_text(checker, type));
    if (type_is_series(type)) diagnostic_help(diagnostic, "of all elements at once: `always: …`, `count(… where …)`");
    if (type->kind == TYPE_INT)
        diagnostic_help(diagnostic, "numbers from 0: `range(%s)`", source_text(checker, source));
    return simple(checker, TYPE_POISON);
}

static void check_for(struct checker *checker, struct node *node) {
    const struct type *each = check_loop(checker, node->a);
    scope_open(&checker->scopes);
    declare(checker, SYMBOL_VARIABLE, node, each);
    if (node->kind == NODE_PARALLEL_FOR)
        check_task(checker, node->b);
    else
        check_inner(checker, node->b);
    scope_close(&checker->scopes, true);
}

static void check_spawn(struct checker *checker, struct node *node) {
    struct symbol *symbol = declare(checker, SYMBOL_TASK, node, simple(checker, TYPE_INTERVAL));
    symbol->is_global = binds_globally(checker);
    check_task(checker, node->b);
}

/* ---- the timeline ---- */

static void check_phase(struct checker *checker, struct node *node) {
    check_placement(checker, node, "phase");
    if (node->a) {
        const struct type *fault = signature_type(checker->natives, TEXT("fault"));
        const struct type *type = check_expression(checker, node->a, NULL);
        if (fault && type->kind != TYPE_POISON && type != fault) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E300, node->a->span,
                                   "`with` takes a fault, and this is `%s`", type_text(checker, type));
            diagnostic_help(
                diagnostic,
                "a proxy, a sandbox, `crash(…)`, `freeze(…)` and `fault(…)` give faults: `with road.fault(\"down\")`");
        }
    }
    bind_global(checker, SYMBOL_PHASE, node, simple(checker, TYPE_INTERVAL), EFFECT_CONST);
    check_block(checker, node->b);
}

/* The value of the body's last statement is the event. */
static const struct type *body_type(struct checker *checker, const struct node *block) {
    struct node *last = block ? block->list : NULL;
    while (last && last->next) last = last->next;
    bool is_value = last && last->type && (last->kind >= NODE_WHERE || last->kind == NODE_RETRY);
    if (!is_value || last->type->kind == TYPE_NOTHING) return simple(checker, TYPE_NOTHING);
    return check_plain(checker, last, "what a load's body gives") ? last->type : simple(checker, TYPE_POISON);
}

static void check_load(struct checker *checker, struct node *node) {
    check_placement(checker, node, "load");
    if (node->kind == NODE_LOAD_RATE)
        check_wanted(checker, node->a, type_quantity(checker->types, -1, 0), "`at` of a load");
    else
        check_wanted(checker, node->a, simple(checker, TYPE_INT), "the number of workers");
    if (node->c) check_duration(checker, node->c, "`for` of a load");
    uint32_t outer = checker->context.load_depth;
    checker->context.load_depth = scope_depth(&checker->scopes) + 1;
    check_task(checker, node->b);
    checker->context.load_depth = outer;
    const struct type *body = body_type(checker, node->b);
    const struct type *type = body->kind == TYPE_POISON ? body : type_load(checker->types, body);
    bind_global(checker, SYMBOL_LOAD, node, type, EFFECT_RECORDED);
}

static void check_watch(struct checker *checker, struct node *node) {
    check_placement(checker, node, "watch");
    if (node->a) check_duration(checker, node->a, "`every`");
    const struct type *type = check_expression(checker, node->b, NULL);
    check_repeatable(checker, node->b, "a `watch`");
    if (type_is_series(type)) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E311, node->b->span,
                                                           "this is recorded already: `%s`", type_text(checker, type));
        diagnostic_help(diagnostic, "use it as it is; a `watch` turns a probe into a record");
        type = simple(checker, TYPE_POISON);
    } else if (!check_plain(checker, node->b, "what a `watch` looks at")) {
        type = simple(checker, TYPE_POISON);
    }
    if (type->kind != TYPE_POISON) type = type_of(checker->types, TYPE_SIGNAL, type);
    bind_global(checker, SYMBOL_WATCH, node, type, EFFECT_RECORDED);
}

static void check_mark(struct checker *checker, struct node *node) {
    check_placement(checker, node, "mark");
    bind_global(checker, SYMBOL_MARK, node, simple(checker, TYPE_INSTANT), EFFECT_CONST);
}

/* ---- waiting, expecting, returning ---- */

static void check_wait_until(struct checker *checker, struct node *node) {
    bool has_within = false;
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `wait until`");
    check_repeatable(checker, node->a, "`wait until`");
    note_effect(checker, EFFECT_PROBE);
    for (struct node *clause = node->list; clause; clause = clause->next) {
        has_within |= clause->kind == NODE_CLAUSE_WITHIN;
        bool fits = (clause->kind == NODE_CLAUSE_WITHIN && !clause->b) || clause->kind == NODE_CLAUSE_EVERY;
        if (!fits)
            diagnostics_report(checker->diagnostics, DIAG_E314, clause->span,
                               "`wait until` takes `within` and `every` only");
    }
    check_clauses(checker, node->list, "wait until");
    if (!has_within) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E420, node->span,
                                                           "this may wait for ever: `within` is missing");
        diagnostic_help(diagnostic, "say how long: `wait until … within 10s`");
    }
    bool fixed = node->a && node->a->effect == EFFECT_CONST && node->a->type->kind != TYPE_POISON;
    if (fixed)
        diagnostics_report(checker->diagnostics, DIAG_E422, node->a->span,
                           "nothing in it looks at the world or the record: it never changes while one waits");
}

static void check_return(struct checker *checker, struct node *node) {
    const struct type *wanted = checker->context.wanted_result;
    const struct type *type = check_expression(checker, node->a, wanted);
    if (!in_function(checker) || checker->context.in_task) {
        diagnostics_report(checker->diagnostics, DIAG_E214, node->span, "`return` stands in functions%s",
                           in_function(checker) ? ", not in a task of its own" : " only");
        return;
    }
    if (!check_plain(checker, node->a, "what a function gives")) {
        checker->context.result = simple(checker, TYPE_POISON);
        return;
    }
    if (wanted) {
        if (!check_fits(checker, node->a, wanted))
            report_misfit(checker, node->a, wanted, "the result of the function");
        return;
    }
    const struct type *before = checker->context.result;
    const struct type *joined = before ? type_join(checker->types, before, type) : type;
    if (!joined)
        diagnostics_report(checker->diagnostics, DIAG_E320, node->a->span,
                           "a function gives one type: this is `%s`, an earlier `return` gave `%s`",
                           type_text(checker, type), type_text(checker, before));
    checker->context.result = joined ? joined : simple(checker, TYPE_POISON);
}

static void check_expect(struct checker *checker, struct node *node) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "`expect`");
    note_effect(checker, EFFECT_PROBE);
}

void check_statement(struct checker *checker, struct node *node) {
    switch (node->kind) {
    case NODE_LET: check_let(checker, node); return;
    case NODE_IF: check_if(checker, node); return;
    case NODE_FOR:
    case NODE_PARALLEL_FOR: check_for(checker, node); return;
    case NODE_PARALLEL: check_task(checker, node->b); return;
    case NODE_SPAWN: check_spawn(checker, node); return;
    case NODE_PHASE: check_phase(checker, node); return;
    case NODE_MARK: check_mark(checker, node); return;
    case NODE_LOAD_RATE:
    case NODE_LOAD_WORKERS: check_load(checker, node); return;
    case NODE_WATCH: check_watch(checker, node); return;
    case NODE_AT:
    case NODE_AFTER:
        check_duration(checker, node->a, node->kind == NODE_AT ? "`at`" : "`after`");
        check_block(checker, node->b);
        return;
    case NODE_WAIT:
        check_duration(checker, node->a, "`wait`");
        note_effect(checker, EFFECT_PROBE);
        return;
    case NODE_WAIT_UNTIL: check_wait_until(checker, node); return;
    case NODE_EXPECT: check_expect(checker, node); return;
    case NODE_RETURN: check_return(checker, node); return;
    default: check_expression(checker, node, NULL); return;
    }
}

void check_block(struct checker *checker, struct node *block) {
    struct node *ended = NULL;
    for (struct node *node = block ? block->list : NULL; node; node = node->next) {
        if (ended) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E490, node->span, "this is never reached");
            diagnostic_note(diagnostic, ended->span, "the function ends here");
            ended = NULL;
        }
        __builtin_prefetch(node->next);
        check_statement(checker, node);
        if (node->kind == NODE_RETURN && node->next) ended = node;
    }
}
