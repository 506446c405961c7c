/* How long things take, as far as the text says: recipes that outlast their limit, deadlines behind the end of their phase, loads that are
 * over before the phase they are judged in, counts that cannot be reached. Inputs count with their defaults. */
#include "compiler/lint/lint.h"

#include "base/clock.h"

/* ---- lengths ---- */

static double least_of_block(const struct node *block, size_t *steps);

/* What a statement takes at the least, in nanoseconds, whatever the inputs are. `steps` counts what is looked at. */
static double least(const struct node *step, size_t *steps) {
    double value, other;
    ++*steps;
    switch ((int)step->kind) {
    case NODE_WAIT: return lint_constant(step->a, &value) && value > 0 ? value : 0;
    case NODE_PHASE: return least_of_block(step->b, steps);
    case NODE_IF:
        value = least_of_block(step->b, steps);
        other = step->c ? least_of_block(step->c, steps) : 0;
        return value < other ? value : other;
    default: return 0; /* tasks run beside, loops may be empty, requests are quick */
    }
}

static double least_of_block(const struct node *block, size_t *steps) {
    double sum = 0;
    for (const struct node *step = block ? block->list : NULL; step; step = step->next) sum += least(step, steps);
    return sum;
}

/* A block that only waits takes as long as it says: loads and watches run beside. */
static bool length_of(const struct node *phase, bool (*number)(const struct node *, double *), double *length) {
    const struct node *block = phase->b;
    *length = 0;
    if (phase->a) return false; /* applying and undoing its fault takes time, too */
    for (const struct node *step = block ? block->list : NULL; step; step = step->next) {
        double value;
        switch ((int)step->kind) {
        case NODE_WAIT:
            if (!number(step->a, &value) || value < 0) return false;
            *length += value;
            break;
        case NODE_LOAD_RATE:
        case NODE_LOAD_WORKERS:
        case NODE_WATCH:
        case NODE_MARK: break;
        default: return false;
        }
    }
    return block != NULL;
}

/* From one statement to another, in the order of the text. */
struct way {
    const struct node *from, *to;
    bool is_behind, is_there; /* `from` was passed, `to` was reached */
    size_t steps;             /* looked at so far */
};

/* What passes at the least on the way, as far as it leads through this block. */
static double between(struct way *way, const struct node *block) {
    double sum = 0;
    for (const struct node *step = block ? block->list : NULL; step; step = step->next, way->steps++) {
        if (step == way->to && way->is_behind) way->is_there = true;
        if (way->is_there) break;
        bool holds = step->kind == NODE_PHASE && !way->is_behind && way->from->span.start >= step->span.start &&
                     way->from->span.start < lint_end(step);
        if (holds)
            sum += between(way, step->b);
        else if (way->is_behind)
            sum += least(step, &way->steps);
        if (step == way->from) way->is_behind = true;
    }
    return sum;
}

static const char *written(double nanoseconds, struct buffer *out) {
    buffer_clear(out);
    duration_print(out, nanoseconds < 9e18 ? (int64_t)nanoseconds : INT64_MAX);
    return out->bytes;
}

/* ---- the recipe ---- */

static void check_limit(struct linter *linter) {
    const struct node *limit = lint_item(linter, NODE_LIMIT), *run = lint_item(linter, NODE_RUN);
    double most = 600.0 * SECOND;
    size_t steps = 0;
    if (!run || (limit && !lint_constant(limit->a, &most))) return;
    double sum = least_of_block(run->a, &steps);
    if (sum <= most) return;
    struct buffer first = { 0 }, second = { 0 };
    struct span word = { run->span.source, run->span.start, sizeof("run") - 1 };
    struct diagnostic *report = lint_report(linter, DIAG_E427, limit ? limit->a->span : word,
                                            "`run` waits %s at the least, and its limit is %s: it can only be ended",
                                            written(sum, &first), written(most, &second));
    if (limit) lint_note(report, word, "what it limits");
    lint_help(report, limit ? "raise the limit, or wait less" : "write `limit`, or wait less; without one it is 10m");
    buffer_done(&first);
    buffer_done(&second);
}

/* ---- loads that are over ---- */

static bool has_timeout(struct linter *linter, const struct node *node) {
    (void)linter;
    return node->kind == NODE_CALL && lint_argument(node, "timeout");
}

static bool is_of_own(struct linter *linter, const struct node *node) {
    return node->kind == NODE_CALL && !lint_native(linter, node);
}

/* An event belongs to every scope that its life touches: how long a request may still be under way. */
static double longest_request(struct linter *linter, const struct node *load) {
    enum { USUAL = 10, OF_A_FUNCTION = 60 }; /* seconds: the default of `timeout`, and more than any usual one */
    double timeout = 0;
    const struct node *call = lint_find(linter, load->b, has_timeout);
    if (lint_find(linter, load->b, is_of_own)) return (double)OF_A_FUNCTION * SECOND;
    if (call && !lint_constant(lint_argument(call, "timeout"), &timeout)) return (double)OF_A_FUNCTION * SECOND;
    return timeout > (double)USUAL * SECOND ? timeout : (double)USUAL * SECOND;
}

static void check_ended(struct linter *linter, const struct lint_use *use, const struct node *run, size_t *steps) {
    const struct node *load = use->symbol->declaration;
    bool is_load =
        use->symbol->kind == SYMBOL_LOAD && (load->kind == NODE_LOAD_RATE || load->kind == NODE_LOAD_WORKERS);
    const struct node *phase = lint_phase_looked_at(use);
    double lasts;
    if (!is_load || !phase || !load->c || !lint_constant(load->c, &lasts)) return;
    struct way way = { .from = load, .to = phase };
    double passes = between(&way, run->a);
    *steps += way.steps;
    if (!way.is_there || passes < lasts + longest_request(linter, load)) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_E442, use->node->span,
                    "`%.*s` is over when the phase begins: it made no request there", TEXT_ARGS(load->name->text));
    lint_note(report, load->c->span, "it lasts this long");
    lint_note(report, phase->name_span, "the phase");
    lint_help(report, "let it last longer, or take the `for` away: a load ends with the run");
}

/* ---- deadlines ---- */

static void check_deadline(struct linter *linter, const struct node *formula) {
    const struct node *within = NULL, *phase = NULL;
    for (const struct node *clause = formula->list; clause; clause = clause->next) {
        if (clause->kind == NODE_CLAUSE_WITHIN && !clause->b) within = clause;
        if (clause->kind == NODE_CLAUSE_DURING) phase = lint_phase_of(clause->a);
    }
    double most, length;
    if (!within || !phase || !lint_constant(within->a, &most) || !length_of(phase, lint_constant, &length) ||
        most <= length)
        return;
    struct buffer out = { 0 };
    struct diagnostic *report = lint_report(
        linter, DIAG_E428, within->span, "the phase is over before this time is: it lasts %s", written(length, &out));
    lint_note(report, phase->name_span, "the phase");
    lint_help(report, "let the phase last longer than the deadline");
    buffer_done(&out);
}

/* ---- counts ---- */

/* The load and the phase of `count(orders during p)`. */
static const struct node *counted(struct linter *linter, const struct node *node, const struct node **phase) {
    if (!lint_calls(linter, node, "count") || !node->list || node->list->a->kind != NODE_DURING) return NULL;
    const struct symbol *symbol = lint_symbol(node->list->a->a);
    *phase = lint_phase_of(node->list->a->b);
    return *phase && symbol && symbol->kind == SYMBOL_LOAD && symbol->declaration->kind == NODE_LOAD_RATE
               ? symbol->declaration
               : NULL;
}

static void check_count(struct linter *linter, const struct node *node) {
    const struct node *phase, *load = counted(linter, node->a, &phase);
    double rate, length, wanted;
    if (!load || node->operator<OPERATOR_LESS || node->operator> OPERATOR_GREATER_EQUAL) return;
    if (!lint_number(load->a, &rate) || !length_of(phase, lint_number, &length) || !lint_number(node->b, &wanted))
        return;
    double most = rate * (length + longest_request(linter, load)) / SECOND; /* those under way at its begin, too */
    if (wanted <= most * 1.02 + 2) return;
    bool is_least = node->operator== OPERATOR_GREATER || node->operator== OPERATOR_GREATER_EQUAL;
    struct diagnostic *report =
        lint_report(linter, DIAG_W413, node->span, "the load makes some %.0f requests in this phase: the number is %s",
                    most, is_least ? "never reached" : "never exceeded");
    lint_note(report, load->a->span, "its rate");
    lint_help(report, "ask for what the rate allows, or raise it");
}

void lint_time(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_EVENTUALLY:
    case NODE_SETTLES: check_deadline(linter, node); break;
    case NODE_BINARY: check_count(linter, node); break;
    default: break;
    }
}

void lint_timeline(struct linter *linter) {
    check_limit(linter);
    const struct node *run = lint_item(linter, NODE_RUN);
    size_t steps = 0; /* a file made to be slow is left alone */
    for (size_t i = 0; run && i < linter->uses.count && steps < LINT_MOST_STEPS; i++)
        check_ended(linter, &linter->uses.items[i], run, &steps);
}
