/* Explanations in the form of docs/language.md 5, "Report". A pass states its evidence in one line; a failure shows the operands,
 * the first and the worst violation, the extent and what happened nearby. */
#include "judge/explain.h"

#include "judge/answers.h"
#include "judge/nearby.h"
#include "judge/phrase.h"
#include "judge/sites.h"

/* ---- a pass ---- */

/* What was stopped and came back had nothing to say in between; that is said. */
static void unwatched(const struct judgement *judgement, const struct trace *trace, struct stretch window,
                      struct buffer *out) {
    size_t seen = 0;
    for (size_t i = 0; i < trace->unwatched_count; i++) {
        int64_t from = trace->unwatched_from[i], to = trace->unwatched_to[i];
        if (from > window.to || to < window.from || seen++ > 0) continue;
        buffer_append_string(out, ", not watched from ");
        phrase_time(out, judgement, from > window.from ? from : window.from);
        buffer_append_string(out, " to ");
        phrase_time(out, judgement, to < window.to ? to : window.to);
    }
    if (seen > 1) buffer_printf(out, " and %zu more time%s", seen - 1, seen == 2 ? "" : "s");
}

static void watched(const struct judgement *judgement, const struct trace *trace, struct stretch window,
                    struct buffer *out) {
    if (trace->alive_from <= window.from && trace->alive_to >= window.to) {
        size_t length = out->length;
        unwatched(judgement, trace, window, out);
        if (out->length == length) buffer_append_string(out, ", watched throughout");
        return;
    }
    buffer_append_string(out, ", watched from ");
    phrase_time(out, judgement, trace->alive_from > window.from ? trace->alive_from : window.from);
    buffer_append_string(out, " to ");
    phrase_time(out, judgement, trace->alive_to < window.to ? trace->alive_to : window.to);
    unwatched(judgement, trace, window, out);
}

static void rests_on(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct trace *trace = tally->trace;
    phrase_count(out, tally->elements, phrase_unit(trace, false), phrase_unit(trace, true));
    int64_t interval = phrase_interval(judgement, trace);
    if (interval > 0) {
        buffer_append_string(out, ", interval ");
        phrase_length(out, interval);
    }
    if (trace->observer) watched(judgement, trace, judgement->finding.window, out);
}

/* "after 1.3 s; " for what came. */
static void came_after(const struct judgement *judgement, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    const struct node *root = &judgement->nodes[0];
    int64_t when = finding->window.to;
    if (root->body || (root->kind != NODE_EVENTUALLY && root->kind != NODE_SETTLES && root->kind != NODE_UNTIL)) return;
    if (root->kind != NODE_UNTIL) {
        if (finding->element == NO_ELEMENT) return;
        when = finding->trace->end[finding->element];
    }
    buffer_append_string(out, root->kind == NODE_SETTLES ? "settled after " : "after ");
    phrase_length(out, when - judgement->extent.scope.from);
    buffer_append_string(out, "; ");
}

static void stalls(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    if (!tally->stall) {
        buffer_append_string(out, "no stall");
        return;
    }
    phrase_count(out, tally->stalls, "stall", "stalls");
    buffer_append_string(out, tally->stalls == 1 ? " of " : ", the longest of ");
    phrase_length(out, tally->stall->length);
    buffer_append_string(out, " at ");
    phrase_time(out, judgement, tally->stall->at);
}

static void pass_lines(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    buffer_append_string(out, " (");
    if (judgement->ruling.is_allowed) {
        buffer_printf(out, "allowed to be empty: %s", reason_name(judgement->ruling.reason));
    } else if (judgement->root->kind == FORMULA_PLAIN) {
        size_t begin = out->length;
        sites_named(judgement, 3, out);
        if (out->length == begin) buffer_append_string(out, "holds");
    } else if (tally->trace) {
        if (judgement->root->kind == FORMULA_WHENEVER) {
            phrase_count(out, formula_triggers(&judgement->nodes[0], judgement->extent.scope), "trigger", "triggers");
            buffer_append_string(out, " among ");
        }
        came_after(judgement, out);
        rests_on(judgement, tally, out);
        if (tally->stall) {
            buffer_append_string(out, "; ");
            stalls(judgement, tally, out);
        }
    }
    buffer_append_byte(out, ')');
}

/* ---- a failure ---- */

/* "; interval 20 ms, largest gap 31 ms, no stall" */
static void conditions(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    buffer_append_string(out, "; ");
    int64_t interval = phrase_interval(judgement, tally->trace);
    if (interval > 0) {
        buffer_append_string(out, "interval ");
        phrase_length(out, interval);
        buffer_append_string(out, ", largest gap ");
        phrase_length(out, tally->idle.to - tally->idle.from);
        buffer_append_string(out, ", ");
    }
    stalls(judgement, tally, out);
}

static void violations(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct trace *trace = tally->trace;
    phrase_element(out, judgement, "first", trace, tally->first);
    if (tally->worst != NO_ELEMENT && tally->worst != tally->first)
        phrase_element(out, judgement, "worst", trace, tally->worst);
    buffer_append_byte(out, '\n');
    phrase_count(out, tally->violations, NULL, NULL);
    buffer_append_string(out, " of ");
    phrase_count(out, tally->elements, phrase_unit(trace, false), phrase_unit(trace, true));
    buffer_append_string(out, tally->violations == 1 ? " violates" : " violate");
    if (tally->errors) {
        buffer_append_string(out, " (");
        phrase_count(out, tally->errors, "error", "errors");
        buffer_append_byte(out, ')');
    }
    if (tally->last != tally->first) {
        buffer_append_string(out, ", over ");
        phrase_length(out, trace->end[tally->last] - trace->start[tally->first]);
    }
    conditions(judgement, tally, out);
    answers_print(judgement, tally, out);
}

/* When it came true after all: "true 1.3 s too late". */
static void too_late(const struct judgement *judgement, const struct trace *trace, int64_t deadline,
                     struct buffer *out) {
    for (size_t i = trace_ended_after(trace, deadline); i < trace->count; i++) {
        if (trace->truth[i] != TRUTH_TRUE) continue;
        buffer_append_string(out, "\ntrue ");
        phrase_length(out, trace->end[i] - deadline);
        buffer_printf(out, " too late: %s ", phrase_unit(trace, false));
        phrase_count(out, i + 1, NULL, NULL);
        buffer_append_string(out, "   ");
        phrase_time(out, judgement, trace->end[i]);
        phrase_operand(out, judgement, trace, i);
        return;
    }
}

static void never_true(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    if (tally->latest != NO_ELEMENT) phrase_element(out, judgement, "last", tally->trace, tally->latest);
    buffer_append_string(out, "\nnone of ");
    phrase_count(out, tally->elements, phrase_unit(tally->trace, false), phrase_unit(tally->trace, true));
    buffer_append_string(out, " in ");
    phrase_length(out, finding->window.to - finding->window.from);
    buffer_append_string(out, " was true");
    conditions(judgement, tally, out);
    too_late(judgement, tally->trace, finding->window.to, out);
}

static void not_settled(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    if (finding->element != NO_ELEMENT) phrase_element(out, judgement, "last", tally->trace, finding->element);
    buffer_append_byte(out, '\n');
    phrase_count(out, tally->violations, NULL, NULL);
    buffer_append_string(out, " of ");
    phrase_count(out, tally->elements, phrase_unit(tally->trace, false), phrase_unit(tally->trace, true));
    buffer_append_string(out, tally->violations == 1 ? " is not true" : " are not true");
    conditions(judgement, tally, out);
    if (finding->element == NO_ELEMENT || finding->element + 1 >= tally->trace->count) return;
    if (tally->trace->truth[finding->element + 1] != TRUTH_TRUE) return;
    const struct node *node = tally_node(judgement, tally->trace);
    int64_t deadline = node && node->within != TIME_END ? time_add(finding->moment, node->within) : TIME_END;
    if (tally->trace->end[finding->element + 1] > deadline) {
        buffer_append_string(out, "\nit settled ");
        phrase_length(out, tally->trace->end[finding->element + 1] - deadline);
        buffer_append_string(out, " too late");
    }
}

static void broke_before(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    const struct node *node = tally_node(judgement, tally->trace);
    violations(judgement, tally, out);
    if (!node || node->kind != NODE_UNTIL) return;
    struct walk walk = walk_over(node->ending, (struct stretch){ finding->window.from, TIME_END }, INSIDE);
    for (size_t i = walk_first(&walk); i < walk.stop; i = walk_next(&walk, i)) {
        if (node->ending->truth[i] != TRUTH_TRUE) continue;
        phrase_element(out, judgement, "came", node->ending, i);
        return;
    }
    buffer_append_string(out, "\nwhat it should hold until never came");
}

/* What a nested formula counts from. */
static void origin(const struct judgement *judgement, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    if (finding->trigger != NO_ELEMENT) {
        const struct trace *trigger = NULL;
        for (size_t i = 0; i < judgement->node_count; i++)
            if (judgement->nodes[i].kind == NODE_WHENEVER) trigger = judgement->nodes[i].condition;
        if (trigger) phrase_element(out, judgement, "trigger", trigger, finding->trigger);
    } else if (judgement->nodes[0].body) {
        buffer_append_string(out, "\nfrom    ");
        phrase_time(out, judgement, finding->moment);
    }
}

static void difference(const struct judgement *judgement, const struct trace *trace, size_t element,
                       struct buffer *out) {
    struct buffer text = { 0 };
    if (sites_difference(judgement, trace, element, &text))
        buffer_printf(out, "\ndiffers %.*s", TEXT_ARGS(buffer_text(&text)));
    buffer_done(&text);
}

static void formula_lines(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    const struct trace *trace = tally->trace;
    size_t decisive = finding->element != NO_ELEMENT ? finding->element : tally->latest;
    sites_print(judgement, trace, decisive, out);
    difference(judgement, trace, decisive, out);
    origin(judgement, out);
    const struct node *node = tally_node(judgement, trace);
    enum node_kind kind = node ? node->kind : NODE_PLAIN;
    if (kind == NODE_PLAIN || kind == NODE_WHENEVER)
        phrase_element(out, judgement, "then", trace, finding->element);
    else if (kind == NODE_SETTLES)
        not_settled(judgement, tally, out);
    else if (finding->by_absence)
        never_true(judgement, tally, out);
    else
        broke_before(judgement, tally, out);
    bool has_place = decisive != NO_ELEMENT;
    int64_t from = has_place ? trace->start[decisive] : finding->window.from;
    int64_t to = tally->last != NO_ELEMENT ? trace->end[tally->last]
                 : has_place               ? trace->end[decisive]
                                           : finding->window.to;
    nearby_print(judgement->world, from, to, out);
}

static void fail_lines(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    if (tally->trace) {
        formula_lines(judgement, tally, out);
        return;
    }
    sites_print(judgement, AT_NO_ELEMENT, out);
    difference(judgement, AT_NO_ELEMENT, out);
    if (judgement->problem.length && !sites_say(judgement, judgement->problem))
        buffer_printf(out, "\nerror   %.*s", TEXT_ARGS(judgement->problem));
    nearby_troubles(judgement->world, out);
}

/* ---- neither ---- */

static void other_lines(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    if (judgement->root->kind == FORMULA_PLAIN) sites_print(judgement, AT_NO_ELEMENT, out);
    buffer_printf(out, "\n%s: ", reason_name(judgement->ruling.reason));
    explain_reason(judgement, out);
    enum reason reason = judgement->ruling.reason;
    const struct finding *finding = &judgement->finding;
    bool has_element = finding->trace && finding->element != NO_ELEMENT;
    if (has_element && (reason == REASON_NO_DATA || reason == REASON_ALREADY_TRUE))
        phrase_element(out, judgement, "first", finding->trace, finding->element);
    if (!tally->trace || tally->elements == 0) return;
    buffer_append_string(out, "\nseen: ");
    rests_on(judgement, tally, out);
}

void explain(const struct judgement *judgement, const struct tally *tally, struct buffer *out) {
    buffer_append(out, judgement->claim->text);
    switch (judgement->ruling.outcome) {
    case OUTCOME_PASS: pass_lines(judgement, tally, out); return;
    case OUTCOME_FAIL: fail_lines(judgement, tally, out); return;
    case OUTCOME_INCONCLUSIVE:
    case OUTCOME_ERROR: other_lines(judgement, tally, out); return;
    }
}
