/* Claims: what a condition is (recorded, live, or fixed), which clauses a time word takes, how formulas nest. The rules are
 * those of language.md 5; each has its code. */
#include "compiler/check.h"

/* What a condition varies with. */
enum nature { NATURE_BAD, NATURE_RECORDED, NATURE_LIVE };

static const char *word_of(const struct node *formula) {
    switch (formula->kind) {
    case NODE_ALWAYS: return "always";
    case NODE_NEVER: return "never";
    case NODE_EVENTUALLY: return "eventually";
    case NODE_SETTLES: return "settles";
    case NODE_WHENEVER: return "whenever";
    default: return "until";
    }
}

/* ---- conditions ---- */

/* A name that holds a value from the run, to point at where it was taken. */
static const struct symbol *captured(const struct node *node) {
    if (!node) return NULL;
    const struct symbol *symbol = node->resolved;
    if (node->kind == NODE_NAME) return symbol && symbol->kind == SYMBOL_LET ? symbol : NULL;
    const struct node *parts[] = { node->a, node->b, node->c };
    for (int i = 0; i < 3; i++) {
        const struct symbol *found = captured(parts[i]);
        if (found) return found;
    }
    for (const struct node *part = node->list; part; part = part->next) {
        const struct symbol *found = captured(part);
        if (found) return found;
    }
    return NULL;
}

static enum nature report_fixed(struct checker *checker, struct node *node, const char *word) {
    bool counted = node->effect == EFFECT_RECORDED;
    struct diagnostic *diagnostic = diagnostics_report(
        checker->diagnostics, DIAG_E422, node->span, "this is one value, %s: `%s` has nothing to go through",
        counted ? "computed once over the whole record" : "taken once", word);
    const struct symbol *symbol = counted ? NULL : captured(node);
    if (symbol) diagnostic_note(diagnostic, symbol->span, "it was taken here");
    if (counted)
        diagnostic_help(diagnostic, "take the time word away, or look through windows: `count(… over 10s)`");
    else
        diagnostic_help(diagnostic, "take the time word away, or make it a record: `watch x every 1s: …` in `run`");
    return NATURE_BAD;
}

static enum nature series_nature(struct checker *checker, struct node *node, const char *word) {
    const struct type *element = node->type->element;
    if (element->kind != TYPE_BOOL && element->kind != TYPE_JSON && !type_is_unknown(element)) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, element->kind == TYPE_OPTIONAL ? DIAG_E304 : DIAG_E302, node->span,
            "the condition of `%s` is true or false, and this is `%s`", word, type_text(checker, node->type));
        if (element->kind == TYPE_RECORD && type_find_field(element, TEXT("ok")))
            diagnostic_help(diagnostic, "did you mean `%s.ok`?", source_text(checker, node));
        return NATURE_BAD;
    }
    if (node->effect < EFFECT_PROBE) return NATURE_RECORDED;
    struct node *probe = effect_source(node, EFFECT_PROBE);
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E424, probe ? probe->span : node->span,
                           "recorded and live in one condition: this is asked now, the rest "
                           "happened in the run");
    diagnostic_help(diagnostic, "make it a record too: `watch x every 1s: …` in `run`");
    return NATURE_BAD;
}

static enum nature check_nature(struct checker *checker, struct node *node, const char *word) {
    if (!node) return NATURE_BAD;
    const struct type *type = check_expression(checker, node, NULL);
    if (type->kind == TYPE_POISON) return NATURE_BAD;
    if (node->effect == EFFECT_ACTION) {
        check_repeatable(checker, node, "a claim under a time word");
        return NATURE_BAD;
    }
    if (type_is_series(type)) return series_nature(checker, node, word);
    if (type->kind != TYPE_BOOL && type->kind != TYPE_JSON && type->kind != TYPE_ANY) {
        check_condition(checker, node, "a claim");
        return NATURE_BAD;
    }
    return node->effect < EFFECT_PROBE ? report_fixed(checker, node, word) : NATURE_LIVE;
}

/* ---- clauses ---- */

struct clauses {
    const struct node *within, *hold, *every, *during, *from, *before;
};

static const struct node **clause_slot(struct clauses *clauses, const struct node *clause) {
    switch (clause->kind) {
    case NODE_CLAUSE_WITHIN: return &clauses->within;
    case NODE_CLAUSE_FOR: return &clauses->hold;
    case NODE_CLAUSE_EVERY: return &clauses->every;
    case NODE_CLAUSE_DURING: return &clauses->during;
    case NODE_CLAUSE_FROM: return &clauses->from;
    case NODE_CLAUSE_BEFORE: return &clauses->before;
    default: return NULL;
    }
}

static const char *clause_word(const struct node *clause) {
    static const char *const words[] = { "within", "for", "every", "during", "from", "before" };
    return words[clause->kind - NODE_CLAUSE_WITHIN];
}

static struct clauses gather(const struct node *first) {
    struct clauses clauses = { 0 };
    for (const struct node *clause = first; clause; clause = clause->next) {
        const struct node **slot = clause_slot(&clauses, clause);
        if (slot && !*slot) *slot = clause;
    }
    return clauses;
}

/* Their own expressions, and that each stands once. */
void check_clauses(struct checker *checker, struct node *first, const char *owner) {
    struct clauses seen = { 0 };
    for (struct node *clause = first; clause; clause = clause->next) {
        const struct node **slot = clause_slot(&seen, clause);
        if (!slot) continue;
        if (*slot) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E315, clause->span, "`%s` of `%s` is given twice",
                                   clause_word(clause), owner);
            diagnostic_note(diagnostic, (*slot)->span, "first here");
        }
        *slot = clause;
        if (clause->kind <= NODE_CLAUSE_EVERY) {
            static const char *const what[] = { "`within`", "`for`", "`every`" };
            check_duration(checker, clause->a, what[clause->kind - NODE_CLAUSE_WITHIN]);
            if (clause->b) check_instant(checker, clause->b, "`of`");
        } else if (clause->kind == NODE_CLAUSE_DURING) {
            check_interval(checker, clause->a);
        } else {
            check_instant(checker, clause->a, clause->kind == NODE_CLAUSE_FROM ? "`from`" : "`before`");
            if (clause->b) check_instant(checker, clause->b, "`to`");
        }
    }
}

static void misfit(struct checker *checker, const struct node *formula, const struct node *clause, const char *advice) {
    if (!clause) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E314, clause->span, "`%s` does not go with `%s`",
                           clause_word(clause), word_of(formula));
    diagnostic_help(diagnostic, "%s", advice);
}

/* Which clauses the word takes at all. */
static void check_fit(struct checker *checker, const struct node *formula, const struct clauses *clauses) {
    bool holds = formula->kind == NODE_ALWAYS || formula->kind == NODE_NEVER;
    if (holds)
        misfit(checker, formula, clauses->within,
               "a deadline is for what has to come; the first part of a scope is `for`");
    if (formula->kind == NODE_WHENEVER) {
        misfit(checker, formula, clauses->within,
               "the deadline belongs to what must follow: `whenever c: eventually within 5s: …`");
        misfit(checker, formula, clauses->hold, "it belongs to what must follow: `whenever c: always for 5s: …`");
    }
    if (formula->kind == NODE_EVENTUALLY)
        misfit(checker, formula, clauses->hold, "what must hold for a time is `settles within … for …`");
    if (formula->kind == NODE_UNTIL)
        misfit(checker, formula, clauses->hold, "`until` ends when its right side comes true");
    const struct node *scopes[] = { clauses->during, clauses->from, clauses->before };
    const struct node *scope = NULL;
    for (int i = 0; i < 3; i++) {
        if (scopes[i] && scope) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E314, scopes[i]->span, "a claim has one scope");
            diagnostic_note(diagnostic, scope->span, "this is its scope");
            diagnostic_help(diagnostic, "from one instant to another it is `from a to b`");
        }
        if (scopes[i]) scope = scopes[i];
    }
    if (clauses->within && clauses->within->b && clauses->from)
        misfit(checker, formula, clauses->from, "`within … of` says already where the scope begins");
}

static void check_live(struct checker *checker, const struct node *formula, const struct clauses *clauses,
                       const struct node *condition) {
    const struct node *scopes[] = { clauses->during, clauses->from, clauses->before,
                                    clauses->within && clauses->within->b ? clauses->within : NULL };
    bool scoped = false;
    for (int i = 0; i < 4; i++) {
        if (!scopes[i]) continue;
        scoped = true;
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E317, scopes[i]->span,
                                                           "the condition is asked when the run is over, so it has no "
                                                           "part in `%s`",
                                                           clause_word(scopes[i]));
        diagnostic_note(diagnostic, condition->span, "this is asked live");
        diagnostic_help(diagnostic, "make it a record: `watch x every 1s: …` in `run`, and judge `x`");
    }
    bool holds = formula->kind == NODE_ALWAYS || formula->kind == NODE_NEVER;
    if (scoped || (holds ? clauses->hold != NULL : clauses->within != NULL)) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E421, formula->span,
                           "this asks the world without an end: `%s` is missing", holds ? "for" : "within");
    if (formula->kind == NODE_UNTIL)
        diagnostic_help(diagnostic, "say how long: `… until … within 10s`");
    else
        diagnostic_help(diagnostic, "say how long: `%s %s 10s: …`", word_of(formula), holds ? "for" : "within");
}

static void check_recorded(struct checker *checker, const struct node *formula, const struct clauses *clauses,
                           bool is_nested) {
    misfit(checker, formula, clauses->every, "a record has the interval that its `watch` or `load` gave it");
    bool needs = formula->kind == NODE_EVENTUALLY || formula->kind == NODE_SETTLES || formula->kind == NODE_UNTIL;
    if (!is_nested || !needs || clauses->within) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E421, formula->span,
                           "inside another formula `%s` needs a deadline", word_of(formula));
    diagnostic_help(diagnostic, "say how soon: `%s within 5s: …`", word_of(formula));
}

/* ---- formulas ---- */

static enum nature check_formula(struct checker *checker, struct node *node, bool is_nested);

static bool is_formula(const struct node *node) {
    return node && node->kind >= NODE_ALWAYS && node->kind <= NODE_UNTIL;
}

static void report_nested_live(struct checker *checker, const struct node *node) {
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E317, node->span,
                           "only the outermost formula may ask the world: this one speaks of "
                           "moments in the past");
    diagnostic_help(diagnostic, "make it a record: `watch x every 1s: …` in `run`, and judge `x`");
}

static enum nature check_body(struct checker *checker, struct node *formula, struct node *body) {
    if (!body) return NATURE_BAD;
    if (is_formula(body)) return check_formula(checker, body, true);
    struct node *condition = body->kind == NODE_PLAIN ? body->a : body;
    enum nature nature = check_nature(checker, condition, word_of(formula));
    bool bare = nature == NATURE_RECORDED && formula->kind == NODE_SETTLES && condition->type->kind == TYPE_STREAM;
    if (!bare) return nature;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E318, condition->span,
                                                       "events do not settle: between two of them there is nothing");
    diagnostic_help(diagnostic, "look through windows: `settles within 30s: ratio(… over 5s, .ok) >= 99%%`");
    return NATURE_BAD;
}

static enum nature check_until(struct checker *checker, struct node *formula) {
    enum nature a = check_nature(checker, formula->a, "until"), b = check_nature(checker, formula->b, "until");
    if (a == NATURE_BAD || b == NATURE_BAD || a == b) return a == b ? a : NATURE_BAD;
    const struct node *live = a == NATURE_LIVE ? formula->a : formula->b;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E424, live->span,
                                                       "recorded and live in one claim: this is asked now, the rest "
                                                       "happened in the run");
    diagnostic_help(diagnostic, "make it a record too: `watch x every 1s: …` in `run`");
    return NATURE_BAD;
}

static enum nature check_whenever(struct checker *checker, struct node *formula) {
    enum nature trigger = check_nature(checker, formula->a, "whenever");
    if (trigger == NATURE_LIVE) report_nested_live(checker, formula->a);
    if (is_formula(formula->b)) {
        check_formula(checker, formula->b, true);
    } else if (formula->b) {
        struct node *condition = formula->b->kind == NODE_PLAIN ? formula->b->a : formula->b;
        check_expression(checker, condition, NULL);
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E314, formula->b->span,
                                                           "what must follow needs a time word of its own");
        diagnostic_help(diagnostic, "`whenever …: eventually within 5s: %s`", source_text(checker, formula->b));
        return NATURE_BAD;
    }
    return trigger == NATURE_RECORDED ? trigger : NATURE_BAD;
}

/* The live condition of a formula, for a note. */
static const struct node *condition_of(const struct node *formula) {
    if (formula->kind == NODE_UNTIL || !formula->a) return formula;
    return formula->a->kind == NODE_PLAIN && formula->a->a ? formula->a->a : formula->a;
}

static enum nature check_formula(struct checker *checker, struct node *node, bool is_nested) {
    enum nature nature = node->kind == NODE_UNTIL      ? check_until(checker, node)
                         : node->kind == NODE_WHENEVER ? check_whenever(checker, node)
                                                       : check_body(checker, node, node->a);
    check_clauses(checker, node->list, word_of(node));
    struct clauses clauses = gather(node->list);
    check_fit(checker, node, &clauses);
    if (nature == NATURE_LIVE && is_nested) {
        report_nested_live(checker, condition_of(node));
        return NATURE_BAD;
    }
    if (nature == NATURE_LIVE) check_live(checker, node, &clauses, condition_of(node));
    if (nature == NATURE_RECORDED) check_recorded(checker, node, &clauses, is_nested);
    return nature;
}

/* A plain claim: one truth, computed once, when the run is over. */
static void check_plain_claim(struct checker *checker, struct node *node) {
    if (!node) return;
    const struct type *type = check_expression(checker, node, NULL);
    if (!type_is_series(type)) {
        check_condition(checker, node, "a claim");
        return;
    }
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E422, node->span,
                           "this is true or false at many moments, and a claim without a time word is one truth");
    diagnostic_help(diagnostic, "say when: `always: %s`, `never: …`, `eventually within 5s: …`",
                    source_text(checker, node));
}

/* ---- assertions ---- */

static void check_claims(struct checker *checker, struct node *first);

static void check_claim_for(struct checker *checker, struct node *node) {
    const struct type *each = check_loop(checker, node->a);
    scope_open(&checker->scopes);
    checker->context.scope_count++;
    declare(checker, SYMBOL_VARIABLE, node, each);
    check_claims(checker, node->list);
    checker->context.scope_count--;
    scope_close(&checker->scopes, true);
}

static void check_claim_if(struct checker *checker, struct node *node) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `if`");
    scope_open(&checker->scopes);
    checker->context.scope_count++;
    check_claims(checker, node->list);
    checker->context.scope_count--;
    scope_close(&checker->scopes, true);
}

static void check_claims(struct checker *checker, struct node *first) {
    for (struct node *node = first; node; node = node->next) {
        if (node->kind == NODE_LET)
            check_let(checker, node);
        else if (node->kind == NODE_CLAIM_FOR)
            check_claim_for(checker, node);
        else if (node->kind == NODE_CLAIM_IF)
            check_claim_if(checker, node);
        else if (is_formula(node))
            check_formula(checker, node, false);
        else
            check_plain_claim(checker, node->kind == NODE_PLAIN ? node->a : node);
    }
}

static void check_options(struct checker *checker, struct node *first) {
    const struct node *because = NULL;
    for (struct node *option = first; option; option = option->next) {
        if (option->kind == NODE_OPTION_BECAUSE) {
            if (because) diagnostics_report(checker->diagnostics, DIAG_E215, option->span, "`because` is given twice");
            because = option;
        } else if (option->kind == NODE_OPTION_ALLOW && !text_is(option->name->text, "empty")) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E306, option->name_span, "there is no `allow %.*s`",
                                   TEXT_ARGS(option->name->text));
            diagnostic_help(diagnostic, "`allow empty` lets a claim pass that had nothing to judge");
        }
    }
}

void check_assertion(struct checker *checker, struct node *node) {
    checker->context = (struct context){ .section = node };
    scope_open(&checker->scopes);
    check_options(checker, node->b ? node->b->list : NULL);
    check_claims(checker, node->list);
    scope_close(&checker->scopes, true);
}
