/* Why nothing could be said, as a sentence for each reason. */
#include "judge/explain.h"

#include "judge/phrase.h"
#include "judge/starved.h"
#include "base/clock.h"

static void gap(const struct judgement *judgement, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    int64_t interval = phrase_interval(judgement, finding->trace);
    buffer_append_string(out, "no probe ");
    if (judgement->root->kind == FORMULA_PLAIN)
        buffer_printf(out, "of %.*s ", TEXT_ARGS(judgement->world->program->globals[judgement->ruling.load].name));
    buffer_append_string(out, "for ");
    phrase_length(out, finding->gap.to - finding->gap.from);
    buffer_append_string(out, " from ");
    phrase_time(out, judgement, finding->gap.from);
    if (interval > 0) {
        buffer_append_string(out, "; with an interval of ");
        phrase_length(out, interval);
        buffer_append_string(out, " up to ");
        phrase_length(out, 3 * interval);
        buffer_append_string(out, " count as covered");
    }
}

static void stalled(const struct judgement *judgement, struct buffer *out) {
    buffer_append_string(out, "aot itself was frozen for ");
    phrase_length(out, judgement->ruling.stall->length);
    buffer_append_string(out, " at ");
    phrase_time(out, judgement, judgement->ruling.stall->at);
}

static void unreached(const struct judgement *judgement, struct buffer *out) {
    const struct extent *extent = &judgement->extent;
    if (judgement->problem.length)
        buffer_append(out, judgement->problem);
    else if (extent->name.length)
        buffer_printf(out, "%.*s never began", TEXT_ARGS(extent->name));
    else
        buffer_append_string(out, "the scope never began");
}

static void too_short(const struct judgement *judgement, struct buffer *out) {
    const struct extent *extent = &judgement->extent;
    if (extent->is_backwards) {
        buffer_append_string(out, "the scope ends before it begins");
        return;
    }
    if (extent->bound) {
        buffer_printf(out, "`%s` is ", extent->bound);
        duration_print(out, extent->length);
        return;
    }
    buffer_append_string(out, "the scope ended at ");
    phrase_time(out, judgement, extent->scope.to);
    const struct node *root = &judgement->nodes[0];
    bool settled = root->kind == NODE_SETTLES && judgement->finding.element != NO_ELEMENT && root->hold == TIME_END;
    buffer_append_string(out, settled ? ", under three samples after it settled"
                                      : ", before the time that the claim asks for was over");
}

/* Judged again, what was not recorded has no data from its first sample to its last: this says what is missing. */
static bool never_looked(const struct judgement *judgement, const struct trace *trace, struct buffer *out) {
    const struct operand *operand = judgement_operand(judgement, trace);
    if (!operand || trace->count == 0 || trace->first < trace->count) return false;
    struct text why = operand_message(operand, trace->count - 1);
    buffer_append(out, why);
    return why.length > 0;
}

/* Probes begun in the scope of which all were answered behind it, if at all. */
static bool unanswered(const struct judgement *judgement, const struct trace *trace, struct buffer *out) {
    const struct stretch window = judgement->finding.window;
    size_t begun = 0;
    for (size_t i = trace->first; i < trace->count && !trace->events; i++)
        if (trace->start[i] >= window.from && trace->start[i] <= window.to && trace->end[i] > window.to) begun++;
    if (begun == 0) return false;
    phrase_count(out, begun, "probe was begun", "probes were begun");
    buffer_append_string(out, " and none was answered within ");
    phrase_length(out, window.to - window.from);
    return true;
}

/* What was watched before and behind: when it was not. */
static bool find_unwatched(const struct trace *trace, struct stretch window, int64_t *from, int64_t *to) {
    for (size_t i = 0; i < trace->unwatched_count; i++) {
        if (trace->unwatched_from[i] > window.from || trace->unwatched_to[i] < window.to) continue;
        *from = trace->unwatched_from[i];
        *to = trace->unwatched_to[i];
        return true;
    }
    return false;
}

static void no_samples(const struct judgement *judgement, struct buffer *out) {
    const struct trace *trace = judgement->finding.trace;
    if (trace && trace->observer) {
        const struct extent *extent = &judgement->extent;
        int64_t from = trace->alive_from, to = trace->alive_to;
        bool was_away = find_unwatched(trace, judgement->finding.window, &from, &to);
        buffer_append_string(out, was_away ? "there was nothing to watch from run " : "it was watched only from run ");
        offset_print(out, from - judgement->world->started);
        buffer_append_string(out, " to run ");
        offset_print(out, to - judgement->world->started);
        if (extent->name.length == 0 || extent->is_unreached) return;
        buffer_printf(out, " (%.*s began at ", TEXT_ARGS(extent->name));
        offset_print(out, extent->scope.from - judgement->world->started);
        buffer_append_byte(out, ')');
        return;
    }
    const struct finding *finding = &judgement->finding;
    if (trace && (never_looked(judgement, trace, out) || unanswered(judgement, trace, out))) return;
    const char *unit = trace ? phrase_unit(trace, false) : "sample";
    if (trace && finding->moment != judgement->extent.scope.from) { /* behind a trigger, or in a nested formula */
        buffer_printf(out, "no %s in the ", unit);
        phrase_length(out, finding->window.to - finding->window.from);
        buffer_append_string(out, " from ");
        phrase_time(out, judgement, finding->window.from);
        return;
    }
    buffer_printf(out, "no %s in the scope, which lasted ", unit);
    phrase_length(out, judgement->extent.scope.to - judgement->extent.scope.from);
}

static void no_data(const struct judgement *judgement, struct buffer *out) {
    const struct finding *finding = &judgement->finding;
    const struct operand *operand = finding->trace ? judgement_operand(judgement, finding->trace) : NULL;
    if (judgement->problem.length)
        buffer_append(out, judgement->problem);
    else if (operand && finding->element != NO_ELEMENT)
        buffer_append(out, operand_message(operand, finding->element));
    else
        buffer_append_string(out, "a value cannot be judged");
}

static void starved(const struct judgement *judgement, struct buffer *out) {
    const struct operand *operand = judgement_operand(judgement, judgement->ruling.trace);
    if (operand)
        starved_print_series(judgement->world, series_of(operand->series), out);
    else
        starved_print(judgement->world, judgement->ruling.load, out);
}

void explain_reason(const struct judgement *judgement, struct buffer *out) {
    switch (judgement->ruling.reason) {
    case REASON_NONE: break;
    case REASON_UNREACHED: unreached(judgement, out); break;
    case REASON_CUT: buffer_append_string(out, "the run ended before it could be decided"); break;
    case REASON_SHORT: too_short(judgement, out); break;
    case REASON_NO_SAMPLES: no_samples(judgement, out); break;
    case REASON_NO_DATA: no_data(judgement, out); break;
    case REASON_GAP: gap(judgement, out); break;
    case REASON_STALLED: stalled(judgement, out); break;
    case REASON_ALREADY_TRUE:
        buffer_append_string(
            out, "it was true before the scope and has not been false since, so nothing shows that it came true");
        break;
    case REASON_VACUOUS: buffer_append_string(out, "the trigger never came true"); break;
    case REASON_IDLE_FAULT: buffer_append(out, judgement->ruling.idle_fault); break;
    case REASON_STARVED: starved(judgement, out); break;
    }
}
