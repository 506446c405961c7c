/* Statements and clauses of time: waits that hide what they wait for, samples too few to decide, nested and reversed time words. */
#include "compiler/lint/lint.h"

static void check_sleep(struct linter *linter, const struct node *block) {
    for (const struct node *step = block->list; step && step->next; step = step->next) {
        if (step->kind != NODE_WAIT || step->next->kind != NODE_EXPECT) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_W429, step->span, "this sleeps and hopes that what is expected has come true");
        lint_note(report, step->next->span, "expected here");
        lint_help(report, "wait for it instead: `wait until … within …`");
    }
}

/* Where in the text an instant of a phase lies: `run` goes from top to bottom. */
static bool place_of(const struct node *instant, const struct node **phase, uint32_t *place) {
    if (!instant || instant->kind != NODE_FIELD) return false;
    *phase = lint_phase_of(instant->a);
    if (!*phase) return false;
    *place = text_is(instant->name->text, "end") ? lint_end(*phase) : (*phase)->span.start;
    return true;
}

static void check_order(struct linter *linter, const struct node *clause) {
    bool is_selection = clause->kind == NODE_FROM;
    const struct node *begin = NULL, *end = NULL;
    uint32_t from, to;
    if (!place_of(is_selection ? clause->b : clause->a, &begin, &from) ||
        !place_of(is_selection ? clause->c : clause->b, &end, &to))
        return;
    if (from <= to) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_E432, clause->span, "this ends before it begins: nothing lies between");
    lint_note(report, end->name_span, "the end, in the order of `run`");
    if (begin != end) lint_note(report, begin->name_span, "the beginning");
    lint_help(report, "exchange the two");
}

/* `at 20s { }` before `at 10s { }` */
static void check_schedule(struct linter *linter, const struct node *block) {
    const struct node *last = NULL;
    double time = 0, now;
    for (const struct node *step = block->list; step; step = step->next) {
        if (step->kind != NODE_AT || !lint_constant(step->a, &now)) continue;
        if (last && now < time) {
            struct diagnostic *report =
                lint_report(linter, DIAG_E432, step->a->span, "this is due before the one above it");
            lint_note(report, last->a->span, "which comes first in the text");
            lint_help(report, "put them into the order in which they happen");
        }
        last = step;
        time = now;
    }
}

static void check_samples(struct linter *linter, const struct node *first) {
    const struct node *within = NULL, *every = NULL;
    for (const struct node *clause = first; clause; clause = clause->next) {
        if (clause->kind == NODE_CLAUSE_WITHIN) within = clause;
        if (clause->kind == NODE_CLAUSE_EVERY) every = clause;
    }
    double most, step;
    if (!within || !every || !lint_number(within->a, &most) || !lint_number(every->a, &step) || most >= 3 * step)
        return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W425, every->span, "fewer than three looks fit into the time: too few to decide");
    lint_note(report, within->span, "the time");
    lint_help(report, "look more often: a tenth of the time or less");
}

/* The record of a watch knows a moment to within its interval. */
static void check_grain(struct linter *linter, const struct node *node) {
    if (node->operator<OPERATOR_LESS || node->operator> OPERATOR_GREATER_EQUAL || linter->place.section == NULL) return;
    const struct symbol *symbol = lint_symbol(node->a);
    if (!symbol || symbol->kind != SYMBOL_WATCH || !symbol->declaration->a || !node->a->type ||
        !type_is_series(node->a->type))
        return;
    if (!type_is_quantity(type_present(node->a->type->element), 1, 0)) return;
    double interval, most;
    if (!lint_number(symbol->declaration->a, &interval) || !lint_number(node->b, &most) || interval * 5 <= most) return;
    struct diagnostic *report = lint_report(
        linter, DIAG_W426, node->span, "the limit is finer than what is looked at: the watch may miss what exceeds it");
    lint_note(report, symbol->declaration->a->span, "the watch looks this often");
    lint_help(report, "watch at a fifth of the limit, or oftener");
}

static void check_nesting(struct linter *linter, const struct node *node) {
    if (!node->a || node->a->kind != NODE_ALWAYS) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W430, node->span, "`eventually: always:` has a word of its own");
    lint_help(report, "write `settles within …: …`");
}

static void check_loose_faults(struct linter *linter, const struct node *block) {
    const struct node *section = linter->place.section;
    if (!section || (section->kind != NODE_RUN && section->kind != NODE_SETUP)) return;
    for (const struct node *step = block->list; step; step = step->next) {
        if (step->kind != NODE_CALL || !text_is(lint_type_name(step), "fault")) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_E445, step->span,
                        "a fault that stands alone is never applied: a phase applies it and undoes it");
        lint_help(report, "write `phase outage with … { … }`");
    }
}

void lint_steps(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_BLOCK:
        check_sleep(linter, node);
        check_schedule(linter, node);
        check_loose_faults(linter, node);
        break;
    case NODE_FROM:
    case NODE_CLAUSE_FROM: check_order(linter, node); break;
    case NODE_WAIT_UNTIL:
    case NODE_READY:
    case NODE_ALWAYS:
    case NODE_NEVER:
    case NODE_SETTLES:
    case NODE_WHENEVER: check_samples(linter, node->list); break;
    case NODE_EVENTUALLY:
        check_samples(linter, node->list);
        check_nesting(linter, node);
        break;
    case NODE_BINARY: check_grain(linter, node); break;
    case NODE_WAIT:
        if (!linter->place.load) break;
        struct diagnostic *report = lint_report(
            linter, DIAG_W433, node->span, "a wait in the body of a load throttles the load that it claims to make");
        lint_note(report, linter->place.load->name_span, "the load");
        lint_help(report, "set its pace: `load … at 50/s { … }`");
        break;
    default: break;
    }
}
