/* Nested formulas: the same monitors, asked again at each moment that counts. A moment is the scope's start and the completion
 * of each element there; for `whenever` it is the completion of what triggered. */
#include "judge/formula.h"

static struct finding judge_node(const struct node *node, struct scope scope, struct scope after, bool already);

static enum membership membership_in(const struct trace *trace, struct scope scope) {
    return trace->events ? scope.membership : INSIDE;
}

static struct finding plain_finding(enum state state, enum reason reason, const struct trace *trace,
                                    struct scope scope) {
    return (struct finding){ .state = state,
                             .reason = reason,
                             .trace = trace,
                             .window = { scope.from, scope.to },
                             .membership = trace ? membership_in(trace, scope) : INSIDE,
                             .element = NO_ELEMENT,
                             .moment = scope.from,
                             .trigger = NO_ELEMENT };
}

int64_t formula_horizon(const struct node *node) {
    int64_t own = 0;
    if (node->kind == NODE_EVENTUALLY || node->kind == NODE_UNTIL || node->kind == NODE_SETTLES)
        own = node->within == TIME_END ? 0 : node->within;
    if ((node->kind == NODE_ALWAYS || node->kind == NODE_NEVER || node->kind == NODE_SETTLES) && node->hold != TIME_END)
        own = time_add(own, node->hold);
    bool goes_on = node->body && node->kind != NODE_WHENEVER;
    return goes_on ? time_add(own, formula_horizon(node->body)) : own;
}

void formula_each_trace(const struct node *node, void (*each)(void *data, const struct trace *trace), void *data) {
    if (node->condition) each(data, node->condition);
    if (node->ending) each(data, node->ending);
    if (node->body) formula_each_trace(node->body, each, data);
}

/* ---- a formula at a moment ---- */

static struct scope later(struct scope scope, int64_t moment) {
    scope.from = moment;
    scope.membership = BEGUN;
    return scope;
}

/* A scope of its own narrows what a nested formula may look at; the moment stays its beginning. */
static struct scope narrowed(const struct node *node, struct scope scope) {
    if (!node->has_own) return scope;
    if (node->own.from > scope.from) scope.from = node->own.from;
    if (node->own.to < scope.to) scope.to = node->own.to;
    scope.closed = scope.closed && node->own.closed;
    return scope;
}

/* Any true element inside the window will do: so `always: eventually` over millions of moments stays one pass. */
static bool still_witnessed(const struct node *node, struct scope scope, struct finding *finding) {
    if (node->kind != NODE_EVENTUALLY || node->body || !node->witness || !node->witness->is_known) return false;
    const struct trace *trace = node->condition;
    size_t element = node->witness->element;
    int64_t deadline = node->within == TIME_END ? TIME_END : time_add(scope.from, node->within);
    int64_t to = deadline < scope.to ? deadline : scope.to;
    if (trace->start[element] < scope.from || trace->end[element] > to) return false;
    *finding = plain_finding(STATE_PASS, REASON_NONE, trace,
                             (struct scope){ scope.from, trace->end[element], scope.closed, INSIDE });
    finding->membership = INSIDE;
    finding->element = element;
    return true;
}

static struct finding judge_at(const struct node *node, struct scope scope, struct scope after, int64_t moment) {
    struct scope here = narrowed(node, later(scope, moment));
    struct finding finding;
    if (node->kind == NODE_PLAIN) {
        finding = monitor_at(node->condition, moment);
    } else if (!still_witnessed(node, here, &finding)) {
        finding = judge_node(node, here, after, false);
        if (node->kind == NODE_EVENTUALLY && !node->body && node->witness && finding.state == STATE_PASS)
            *node->witness = (struct witness){ true, finding.element };
    }
    finding.moment = moment;
    return finding;
}

/* ---- always and eventually over a formula ---- */

/* What the moments of a scope came to so far. */
struct moments {
    const struct node *body;
    struct scope scope; /* of the body */
    struct scope after;
    int64_t last;              /* the last moment that counts */
    bool existential;          /* `eventually`: the best counts, not the worst */
    bool any;                  /* some moment counted */
    bool has_elements;         /* some of them are completions of elements */
    struct finding decisive;   /* the worst, or the best */
    const struct trace *trace; /* one that the moments come from */
};

static bool is_better(const struct moments *moments, const struct finding *finding) {
    if (!moments->any) return true;
    return moments->existential ? finding->state > moments->decisive.state : finding->state < moments->decisive.state;
}

static bool is_settled(const struct moments *moments) {
    return moments->any && moments->decisive.state == (moments->existential ? STATE_PASS : STATE_FAIL);
}

static void at_moment(struct moments *moments, int64_t moment) {
    if (moment > moments->last || is_settled(moments)) return;
    struct finding finding = judge_at(moments->body, moments->scope, moments->after, moment);
    if (is_better(moments, &finding)) moments->decisive = finding;
    moments->any = true;
}

static void at_each_end(void *data, const struct trace *trace) {
    struct moments *moments = data;
    struct walk walk = walk_over(trace, (struct stretch){ moments->scope.from, moments->scope.to }, INSIDE);
    moments->trace = trace;
    for (size_t i = walk_first(&walk); i < walk.stop && !is_settled(moments); i = walk_next(&walk, i)) {
        if (trace->end[i] <= moments->last) moments->has_elements = true;
        at_moment(moments, trace->end[i]);
    }
}

static struct finding always_formula(const struct node *node, struct scope scope, struct scope after) {
    bool bounded = node->hold != TIME_END;
    int64_t end = bounded ? time_add(scope.from, node->hold) : scope.to;
    bool closed = scope.closed || (bounded && scope.to >= end);
    struct scope inner = { scope.from, end < scope.to ? end : scope.to, closed, scope.membership };
    int64_t horizon = formula_horizon(node->body);
    /* Windows that reach beyond the scope are not judged: "never 5 s without c" needs 5 s. */
    int64_t last = inner.to < time_add(INT64_MIN, horizon) ? INT64_MIN : inner.to - horizon;
    struct moments moments = { .body = node->body, .scope = inner, .after = after, .last = last };
    at_moment(&moments, scope.from);
    formula_each_trace(node->body, at_each_end, &moments);
    if (moments.any && moments.decisive.state == STATE_FAIL) return moments.decisive;
    if (!closed) return plain_finding(STATE_HOLDING, REASON_NONE, moments.trace, inner);
    if (!moments.any || scope.to < end) return plain_finding(STATE_INCONCLUSIVE, REASON_SHORT, moments.trace, inner);
    if (moments.decisive.state != STATE_PASS) return moments.decisive;
    return plain_finding(STATE_PASS, REASON_NONE, moments.trace, inner);
}

static void look_for_gap(void *data, const struct trace *trace) {
    struct finding *finding = data;
    if (finding->gap.to == finding->gap.from && trace_has_gap(trace, finding->window, &finding->gap))
        finding->trace = trace;
}

static struct finding eventually_formula(const struct node *node, struct scope scope, struct scope after) {
    bool bounded = node->within != TIME_END;
    int64_t deadline = bounded ? time_add(scope.from, node->within) : scope.to;
    struct moments moments = { .body = node->body,
                               .scope = scope,
                               .after = after,
                               .last = deadline < scope.to ? deadline : scope.to,
                               .existential = true };
    at_moment(&moments, scope.from);
    formula_each_trace(node->body, at_each_end, &moments);
    struct scope looked = { scope.from, moments.last, scope.closed, scope.membership };
    if (!moments.any) return plain_finding(STATE_INCONCLUSIVE, REASON_NO_SAMPLES, moments.trace, looked);
    if (moments.decisive.state == STATE_PASS) return moments.decisive;
    if (scope.to < deadline || (!bounded && !scope.closed)) {
        if (!scope.closed) return plain_finding(STATE_PENDING, REASON_NONE, moments.trace, looked);
        return plain_finding(STATE_INCONCLUSIVE, REASON_SHORT, moments.trace, looked);
    }
    if (moments.decisive.state != STATE_FAIL) return moments.decisive;
    /* That no moment would do needs the evidence that the moments were looked at. */
    struct finding finding = plain_finding(STATE_INCONCLUSIVE, REASON_NO_SAMPLES, moments.trace, looked);
    if (!moments.has_elements) return finding;
    finding.reason = REASON_GAP;
    formula_each_trace(node->body, look_for_gap, &finding);
    if (finding.gap.to > finding.gap.from) return finding;
    moments.decisive.by_absence = true;
    return moments.decisive;
}

/* ---- whenever ---- */

/* Is an element of the trigger one that triggers, one that may be, or none? */
enum trigger { TRIGGERS_NOT, TRIGGERS_PERHAPS, TRIGGERS_BY_ERROR, TRIGGERS };

/* A sample triggers when it is true and the one before was not; each true event does. An error may hide a true, so what the
 * claim asks for must hold from there as well, and what comes behind it is a beginning again. */
static enum trigger trigger_at(const struct trace *trace, size_t index) {
    uint8_t now = trace->truth[index];
    if (now == TRUTH_FALSE) return TRIGGERS_NOT;
    if (now == TRUTH_ERROR) return TRIGGERS_BY_ERROR;
    if (now == TRUTH_NO_DATA) return TRIGGERS_PERHAPS;
    if (trace->events || index == trace->first) return TRIGGERS;
    uint8_t before = trace->truth[index - 1];
    return before == TRUTH_TRUE ? TRIGGERS_NOT : before == TRUTH_NO_DATA ? TRIGGERS_PERHAPS : TRIGGERS;
}

/* Errors in a row that began behind a false: whatever they hid, a true behind them has become true within the row. */
struct row {
    size_t last;
    bool is_rise;
};

static void follow_errors(struct row *row, const struct trace *trace, size_t index) {
    bool begins = index == trace->first || trace->truth[index - 1] == TRUTH_FALSE;
    bool goes_on = index > trace->first && row->is_rise && row->last == index - 1;
    *row = (struct row){ index, begins || goes_on };
}

/* Did something trigger here for certain, so that the claim is not empty? */
static bool has_become_true(const struct row *row, const struct trace *trace, size_t index) {
    if (trace->events || index == trace->first || trace->truth[index - 1] == TRUTH_FALSE) return true;
    return trace->truth[index - 1] == TRUTH_ERROR && row->is_rise && row->last == index - 1;
}

/* What a pass over the triggers came to. */
struct triggering {
    bool is_empty;        /* nothing to look at */
    bool any;             /* something triggered for certain */
    size_t perhaps;       /* the first that may have triggered and has no data, or NO_ELEMENT */
    bool is_open;         /* some demand is not decided yet */
    bool failed;          /* a demand of what triggered for certain failed: `worst` */
    struct finding worst; /* of the demands */
};

static void note_demand(struct triggering *triggering, struct finding demand, enum trigger trigger) {
    if (demand.state == STATE_PENDING || demand.state == STATE_HOLDING) {
        triggering->is_open = true;
        return;
    }
    if (demand.state == STATE_FAIL && trigger == TRIGGERS_PERHAPS) {
        demand.state = STATE_INCONCLUSIVE;
        demand.reason = REASON_NO_DATA;
    }
    triggering->failed = demand.state == STATE_FAIL;
    if (demand.state < triggering->worst.state) triggering->worst = demand;
}

static struct triggering trigger_all(const struct node *node, struct scope scope, struct scope after) {
    const struct trace *trace = node->condition;
    struct walk walk = walk_over(trace, (struct stretch){ scope.from, scope.to }, membership_in(trace, scope));
    struct triggering triggering = { .is_empty = true, .perhaps = NO_ELEMENT, .worst = { .state = STATE_PASS } };
    struct row row = { NO_ELEMENT, false };
    for (size_t i = walk_first(&walk); i < walk.stop && !triggering.failed; i = walk_next(&walk, i)) {
        triggering.is_empty = false;
        enum trigger trigger = trigger_at(trace, i);
        if (trigger == TRIGGERS_NOT) continue;
        if (trigger == TRIGGERS_BY_ERROR) follow_errors(&row, trace, i);
        if (trigger == TRIGGERS && has_become_true(&row, trace, i)) triggering.any = true;
        if (trigger == TRIGGERS_PERHAPS && triggering.perhaps == NO_ELEMENT) triggering.perhaps = i;
        struct finding demand = judge_at(node->body, after, after, trace->end[i]);
        demand.trigger = i;
        note_demand(&triggering, demand, trigger);
    }
    return triggering;
}

size_t formula_triggers(const struct node *node, struct scope scope) {
    const struct trace *trace = node->condition;
    struct walk walk = walk_over(trace, (struct stretch){ scope.from, scope.to }, membership_in(trace, scope));
    size_t count = 0;
    for (size_t i = walk_first(&walk); i < walk.stop; i = walk_next(&walk, i))
        count += trigger_at(trace, i) == TRIGGERS;
    return count;
}

static struct finding whenever_formula(const struct node *node, struct scope scope, struct scope after) {
    const struct trace *trace = node->condition;
    struct triggering triggering = trigger_all(node, scope, after);
    if (triggering.failed) return triggering.worst;
    if (!scope.closed || triggering.is_open) return plain_finding(STATE_HOLDING, REASON_NONE, trace, scope);
    if (triggering.worst.state != STATE_PASS) return triggering.worst;
    struct finding finding = plain_finding(STATE_INCONCLUSIVE, REASON_NO_SAMPLES, trace, scope);
    bool was_absent = trace->observer && !trace_watched(trace, (struct stretch){ scope.from, scope.to });
    if (was_absent || (triggering.is_empty && !trace->observer)) return finding;
    finding.reason = REASON_NO_DATA;
    finding.element = triggering.perhaps;
    if (!triggering.any && triggering.perhaps != NO_ELEMENT) return finding;
    finding.reason = REASON_GAP;
    if (trace_has_gap(trace, finding.window, &finding.gap)) return finding;
    finding.reason = REASON_VACUOUS;
    if (!triggering.any) return finding;
    return plain_finding(STATE_PASS, REASON_NONE, trace, scope);
}

/* ---- all of them ---- */

static struct finding judge_node(const struct node *node, struct scope scope, struct scope after, bool already) {
    switch (node->kind) {
    case NODE_PLAIN: return monitor_at(node->condition, scope.from);
    case NODE_ALWAYS:
        if (node->body) return always_formula(node, scope, after);
        return monitor_always(node->condition, false, scope, node->hold);
    case NODE_NEVER: return monitor_always(node->condition, true, scope, node->hold);
    case NODE_EVENTUALLY:
        if (node->body) return eventually_formula(node, scope, after);
        return monitor_eventually(node->condition, scope, node->within, already);
    case NODE_SETTLES: return monitor_settles(node->condition, scope, node->within, node->hold);
    case NODE_UNTIL: return monitor_until(node->condition, node->ending, scope, node->within);
    case NODE_WHENEVER: return whenever_formula(node, scope, after);
    }
    return plain_finding(STATE_INCONCLUSIVE, REASON_NO_SAMPLES, 0, scope);
}

struct finding formula_judge(const struct node *node, struct scope scope, struct scope after, bool recorded) {
    return judge_node(node, scope, after, recorded);
}
