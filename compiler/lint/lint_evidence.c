/* What was recorded and who looks at it: loads whose errors nobody reads, phases and faults that prove nothing, watches that began too
 * late, roads past the proxy. A phase occurs once and `run` goes from top to bottom, so places in the text are places in time. */
#include "compiler/lint/lint.h"

#include <stdlib.h>
#include <string.h>

static bool in_claim(const struct lint_use *use) {
    return use->place.section && (use->place.section->kind == NODE_ASSERT || use->place.section->kind == NODE_ASSUME);
}

/* ---- who reads a name ---- */

static int by_symbol(const void *left, const void *right) {
    const struct lint_use *a = left, *b = right;
    if (a->symbol != b->symbol)
        return a->symbol->span.start < b->symbol->span.start   ? -1
               : a->symbol->span.start > b->symbol->span.start ? 1
               : (uintptr_t)a->symbol < (uintptr_t)b->symbol   ? -1
                                                               : 1;
    return a->node->span.start < b->node->span.start ? -1 : a->node->span.start > b->node->span.start;
}

/* Only of what is asked about below: loads, proxies and what they stand before. */
static bool is_asked_about(const struct lint_use *use) {
    return use->symbol->kind == SYMBOL_LOAD || (use->symbol->type && use->symbol->type->kind == TYPE_HANDLE);
}

static void sort_uses(struct linter *linter) {
    for (size_t i = 0; i < linter->uses.count; i++)
        if (is_asked_about(&linter->uses.items[i])) VECTOR_PUSH(&linter->sorted, linter->uses.items[i]);
    if (linter->sorted.count) qsort(linter->sorted.items, linter->sorted.count, sizeof(struct lint_use), by_symbol);
}

struct uses {
    const struct lint_use *first;
    size_t count;
};

static struct uses uses_of(const struct linter *linter, const struct symbol *symbol) {
    struct node nothing = { 0 };
    struct lint_use key = { .symbol = symbol, .node = &nothing };
    size_t low = 0, high = linter->sorted.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_symbol(&linter->sorted.items[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct uses uses = { linter->sorted.items + low, 0 };
    while (low + uses.count < linter->sorted.count && uses.first[uses.count].symbol == symbol) uses.count++;
    return uses;
}

/* ---- loads ---- */

static bool is_outcome(const struct node *field) {
    static const char *const names[] = { "ok", "failed", "status", "error", "error_class", "code" };
    for (size_t i = 0; field && i < sizeof names / sizeof names[0]; i++)
        if (text_is(field->name->text, names[i])) return true;
    return false;
}

static bool is_outcome_field(struct linter *linter, const struct node *node) {
    (void)linter;
    return node->kind == NODE_ELEMENT_FIELD && is_outcome(node);
}

/* An aggregate counts or measures the events, whatever became of them; any other function may look at what they were. */
static bool is_aggregate(const struct linter *linter, const struct node *call) {
    const char *native = lint_native(linter, call);
    static const char *const names[] = { "count", "len", "rate", "sum", "min", "max", "avg" };
    for (size_t i = 0; native && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(native, names[i]) == 0) return true;
    return native && native[0] == 'p' && native[1] >= '0' && native[1] <= '9';
}

static bool looks_at_outcome(struct linter *linter, const struct lint_use *use) {
    if (is_outcome(use->field) || use->is_handed_on) return true;
    if (use->where && lint_find(linter, use->where, is_outcome_field)) return true;
    if (!use->call || is_aggregate(linter, use->call)) return false;
    return !use->field;
}

static bool has_outcome(const struct symbol *load) {
    const struct type *body = load->type && load->type->kind == TYPE_STREAM ? load->type->load_body : NULL;
    if (!body || body->kind != TYPE_RECORD) return false;
    return type_find_field(body, TEXT("ok")) || type_find_field(body, TEXT("failed"));
}

static bool is_ok_or_failed(const struct node *field) {
    return field && (text_is(field->name->text, "ok") || text_is(field->name->text, "failed"));
}

static void check_load(struct linter *linter, const struct node *node) {
    const struct symbol *symbol = node->resolved;
    if (!symbol || !has_outcome(symbol)) return;
    bool is_judged = false;
    struct uses uses = uses_of(linter, symbol);
    for (size_t i = 0; i < uses.count; i++) is_judged |= looks_at_outcome(linter, &uses.first[i]);
    if (is_judged) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W412, node->name_span,
                    "nothing claims that the requests of `%.*s` succeed: its errors are read by nobody",
                    TEXT_ARGS(node->name->text));
    lint_help(report, "write `assert \"…\": always: %.*s.ok`, or `never: %.*s.failed`", TEXT_ARGS(node->name->text),
              TEXT_ARGS(node->name->text));
}

static bool is_judged_as_a_whole(struct linter *linter, const struct symbol *symbol) {
    struct uses uses = uses_of(linter, symbol);
    for (size_t i = 0; i < uses.count; i++) {
        const struct lint_use *use = &uses.first[i];
        if (is_ok_or_failed(use->field) || use->where || use->is_handed_on ||
            (use->call && !is_aggregate(linter, use->call)))
            return true;
    }
    return false;
}

static int by_load(const void *left, const void *right) {
    const struct symbol *a = lint_symbol((*(const struct node *const *)left)->a->a),
                        *b = lint_symbol((*(const struct node *const *)right)->a->a);
    if (a->span.start != b->span.start) return a->span.start < b->span.start ? -1 : 1;
    return 0;
}

/* `never: orders.status == 500`, and no claim about all of its errors. */
static void check_statuses(struct linter *linter) {
    const struct symbol *last = NULL;
    bool is_whole = false;
    if (linter->statuses.count) qsort(linter->statuses.items, linter->statuses.count, sizeof(struct node *), by_load);
    for (size_t i = 0; i < linter->statuses.count; i++) {
        const struct node *condition = linter->statuses.items[i];
        const struct symbol *symbol = lint_symbol(condition->a->a);
        if (!symbol) continue;
        if (symbol != last) is_whole = is_judged_as_a_whole(linter, symbol);
        last = symbol;
        if (is_whole) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_W406, condition->span,
                        "this misses every other error, and requests that got no answer have no status at all");
        lint_help(report, "say `never: %.*s.failed`", TEXT_ARGS(symbol->name->text));
    }
}

/* ---- scopes ---- */

static bool is_series_use(const struct lint_use *use) {
    return use->node->type && type_is_series(use->node->type);
}

static bool is_recorded_use(const struct lint_use *use) {
    return is_series_use(use) || (use->field && use->field->type && type_is_series(use->field->type));
}

static bool is_whole_run(const struct lint_use *use) {
    const struct node *formula = use->place.formula;
    return is_recorded_use(use) && !use->interval && !lint_clause(formula, NODE_CLAUSE_DURING) &&
           !lint_clause(formula, NODE_CLAUSE_FROM) && !lint_clause(formula, NODE_CLAUSE_BEFORE);
}

/* `from a.start to c.end` goes through whatever lies between. */
static bool spans_phases(const struct lint_use *use) {
    return is_recorded_use(use) && !use->interval &&
           (lint_clause(use->place.formula, NODE_CLAUSE_FROM) || lint_clause(use->place.formula, NODE_CLAUSE_BEFORE));
}

static bool asks_the_world(struct linter *linter, const struct node *node) {
    (void)linter;
    return (node->kind == NODE_CALL || (node->kind == NODE_FIELD && node->resolved)) && node->effect >= EFFECT_PROBE;
}

/* Where in `run` the claims look. */
struct outlook {
    bool at_everything;                   /* one goes through the whole run, or asks the world when it is over */
    struct VECTOR(uint32_t) declarations; /* of phases, watches, loads and values that a claim reads, in order */
    struct VECTOR(uint32_t) ends;         /* of phases whose end a claim reads, likewise */
};

static int by_offset(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static bool reads_end(const struct lint_use *use) {
    if (use->symbol->kind != SYMBOL_PHASE) return false;
    return (use->field && text_is(use->field->name->text, "end")) || lint_clause(use->place.formula, NODE_CLAUSE_FROM);
}

static struct outlook look(struct linter *linter) {
    struct outlook outlook = { 0 };
    for (size_t i = 0; i < linter->uses.count; i++) {
        const struct lint_use *use = &linter->uses.items[i];
        if (!in_claim(use)) continue;
        outlook.at_everything |= is_whole_run(use) || spans_phases(use);
        if (use->symbol->section && use->symbol->section->kind == NODE_RUN)
            VECTOR_PUSH(&outlook.declarations, use->symbol->span.start);
        if (reads_end(use)) VECTOR_PUSH(&outlook.ends, use->symbol->span.start);
    }
    for (size_t i = 0; i < linter->claims.count && !outlook.at_everything; i++)
        outlook.at_everything |= lint_find(linter, linter->claims.items[i], asks_the_world) != NULL;
    if (outlook.declarations.count)
        qsort(outlook.declarations.items, outlook.declarations.count, sizeof(uint32_t), by_offset);
    if (outlook.ends.count) qsort(outlook.ends.items, outlook.ends.count, sizeof(uint32_t), by_offset);
    return outlook;
}

static bool has_between(const uint32_t *offsets, size_t count, uint32_t from, uint32_t to) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (offsets[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && offsets[low] < to;
}

static void check_phase(struct linter *linter, const struct outlook *outlook, const struct node *phase) {
    if (!phase->resolved || outlook->at_everything || !linter->claims.count) return;
    if (has_between(outlook->declarations.items, outlook->declarations.count, phase->span.start, lint_end(phase)))
        return;
    struct diagnostic *report = lint_report(linter, DIAG_W443, phase->name_span,
                                            "no claim looks at this phase: what happens in it proves nothing");
    lint_help(report, "claim something of it: `always during %.*s: …`", TEXT_ARGS(phase->name->text));
}

/* A crash, or a fault without `undo`: nothing comes back by itself. */
static bool is_permanent(const struct linter *linter, const struct node *fault) {
    return lint_calls(linter, fault, "crash") || (lint_calls(linter, fault, "fault") && !lint_argument(fault, "undo"));
}

/* A claim about a later phase or value, or about a time from the end of this phase on, sees whether all comes back. */
static void check_recovery(struct linter *linter, const struct outlook *outlook, const struct node *phase) {
    if (!phase->a || is_permanent(linter, phase->a) || outlook->at_everything || !linter->claims.count) return;
    if (has_between(outlook->declarations.items, outlook->declarations.count, lint_end(phase), UINT32_MAX)) return;
    if (has_between(outlook->ends.items, outlook->ends.count, phase->span.start, lint_end(phase))) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W444, phase->a->span,
                    "nothing is claimed of the time after this fault: whether all comes back is not seen");
    lint_help(report, "add a phase behind it, and a claim: `settles during recovery within 30s: …`");
}

/* ---- watches and loads that began too late ---- */

static void check_beginning(struct linter *linter, const struct lint_use *use) {
    const struct symbol *symbol = use->symbol;
    if (!in_claim(use) || (symbol->kind != SYMBOL_WATCH && symbol->kind != SYMBOL_LOAD)) return;
    const struct node *phase = lint_phase_looked_at(use);
    if (!phase || symbol->span.start < lint_end(phase)) return;
    struct diagnostic *report = lint_report(linter, DIAG_E441, use->node->span,
                                            "`%.*s` begins when the phase is over: there is not one sample of it",
                                            TEXT_ARGS(symbol->name->text));
    lint_note(report, phase->name_span, "the phase");
    lint_note(report, symbol->span, "begins here");
    lint_help(report, "move it up, before the phase");
}

/* ---- faults ---- */

static bool is_address(const struct node *field) {
    return field && (text_is(field->name->text, "url") || text_is(field->name->text, "address") ||
                     text_is(field->name->text, "port"));
}

/* Only where nobody at all goes through the proxy: one road past it may be meant, as a comparison or a part that stays whole. */
static void check_road(struct linter *linter, const struct symbol *proxy, const struct symbol *behind, size_t *steps) {
    bool has_fault = false, is_used = false;
    struct uses of_proxy = uses_of(linter, proxy), of_behind = uses_of(linter, behind);
    *steps += of_proxy.count + of_behind.count;
    for (size_t i = 0; i < of_proxy.count; i++) {
        const struct lint_use *use = &of_proxy.first[i];
        has_fault |= use->field && text_is(use->field->name->text, "fault");
        is_used |= is_address(use->field) || use->call || use->is_handed_on;
    }
    for (size_t i = 0; i < of_behind.count && has_fault && !is_used; i++) {
        const struct lint_use *use = &of_behind.first[i];
        bool is_wiring = !use->place.section || use->place.section->kind == NODE_SERVICE;
        if (!is_wiring || !is_address(use->field)) continue;
        struct diagnostic *report = lint_report(linter, DIAG_E446, use->field->span,
                                                "this goes past the proxy: its faults can hit nothing here");
        lint_note(report, proxy->span, "the proxy in front of it, through which nobody goes");
        lint_help(report, "hand over the proxy's address: `%.*s.%.*s`", TEXT_ARGS(proxy->name->text),
                  TEXT_ARGS(use->field->name->text));
    }
}

static void check_proxies(struct linter *linter) {
    size_t steps = 0; /* a file made to be slow is left alone */
    for (const struct node *item = linter->file->list; item && steps < LINT_MOST_STEPS; item = item->next) {
        if (item->kind != NODE_LET || !lint_calls(linter, item->b, "proxy") || !item->b->list) continue;
        const struct symbol *behind = lint_symbol(item->b->list->a);
        if (behind && item->resolved) check_road(linter, item->resolved, behind, &steps);
    }
}

void lint_evidence(struct linter *linter) {
    sort_uses(linter);
    for (size_t i = 0; i < linter->loads.count; i++) check_load(linter, linter->loads.items[i]);
    check_statuses(linter);
    struct outlook outlook = look(linter);
    for (size_t i = 0; i < linter->phases.count; i++) {
        check_phase(linter, &outlook, linter->phases.items[i]);
        check_recovery(linter, &outlook, linter->phases.items[i]);
    }
    VECTOR_DONE(&outlook.declarations);
    VECTOR_DONE(&outlook.ends);
    for (size_t i = 0; i < linter->uses.count; i++) check_beginning(linter, &linter->uses.items[i]);
    check_proxies(linter);
}
