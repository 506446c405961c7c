/* The judge of one cell: hears of each claim from the machine, keeps and records the verdicts, and sums them up.
 * Owns copies of all it says. It looks at registers only during a call. */
#include "judge/judge.h"

#include "judge/case.h"
#include "judge/explain.h"
#include "base/json.h"
#include "base/vector.h"

#include <string.h>

struct judge {
    const struct program *program;
    struct record *record;                      /* verdicts go there; NULL: nowhere */
    struct record *history;                     /* effects are read there; NULL: nowhere */
    struct VECTOR(struct verdict_row) verdicts; /* texts owned here */
    bool *is_judged;                            /* of each assertion: something of it was */
    struct idle_faults idle_faults;
    bool knows_idle_faults;
};

const char *outcome_name(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_PASS: return "pass";
    case OUTCOME_INCONCLUSIVE: return "inconclusive";
    case OUTCOME_ERROR: return "error";
    case OUTCOME_FAIL: return "fail";
    }
    return "";
}

struct judge *judge_new(const struct program *program, struct record *record) {
    struct judge *judge = memory_allocate(sizeof *judge);
    judge->program = program;
    judge->record = judge->history = record;
    judge->is_judged = memory_allocate(program->assertion_count * sizeof *judge->is_judged);
    return judge;
}

void judge_set_history(struct judge *judge, struct record *history) {
    judge->history = history;
}

struct world judge_world(const struct judge *judge) {
    return (struct world){ .program = judge->program, .history = judge->history };
}

static struct text keep(struct text text) {
    return (struct text){ memory_copy(text.bytes, text.length), text.length };
}

static void forget(struct text text) {
    memory_release((char *)text.bytes);
}

void judge_free(struct judge *judge) {
    if (!judge) return;
    for (size_t i = 0; i < judge->verdicts.count; i++) {
        struct verdict_row *row = &judge->verdicts.items[i];
        struct text texts[] = { row->assertion, row->rules,       row->claim,    row->outcome,
                                row->reason,    row->explanation, row->evidence, row->file };
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) forget(texts[k]);
    }
    VECTOR_DONE(&judge->verdicts);
    memory_release(judge->is_judged);
    idle_faults_done(&judge->idle_faults);
    memory_release(judge);
}

size_t judge_verdict_count(const struct judge *judge) {
    return judge->verdicts.count;
}

const struct verdict_row *judge_verdict(const struct judge *judge, size_t index) {
    return &judge->verdicts.items[index];
}

/* ---- rows ---- */

static struct text rules_of(const struct program *program, const struct assertion *assertion) {
    struct buffer rules = { 0 };
    for (uint32_t i = 0; i < assertion->rule_count; i++) {
        if (i) buffer_append_string(&rules, ", ");
        buffer_append(&rules, program->rule_names[assertion->first_rule + i]);
    }
    size_t length = rules.length;
    return (struct text){ buffer_take(&rules), length };
}

/* Takes over explanation and evidence. */
static void add_row(struct judge *judge, uint32_t assertion_index, struct text claim, struct span span,
                    enum outcome outcome, const char *reason, struct buffer *explanation, struct buffer *evidence) {
    const struct program *program = judge->program;
    const struct assertion *assertion = &program->assertions[assertion_index];
    struct source *source = program->sources ? source_set_get(program->sources, span.source) : NULL;
    struct place place = { 0 };
    if (source) place = source_place(source, span.start);
    struct verdict_row row = { .assertion = keep(assertion->title),
                               .rules = rules_of(program, assertion),
                               .claim = keep(claim),
                               .is_assume = assertion->is_assume,
                               .outcome = keep(text_of(outcome_name(outcome))),
                               .reason = keep(text_of(reason)),
                               .explanation = keep(buffer_text(explanation)),
                               .evidence = keep(buffer_text(evidence)),
                               .file = keep(text_of(source ? source->path : "")),
                               .line = place.line,
                               .column = place.column };
    for (size_t i = 0; i < judge->verdicts.count; i++) {
        const struct verdict_row *other = &judge->verdicts.items[i];
        row.occurrence += text_equal(other->claim, row.claim) && text_equal(other->assertion, row.assertion);
    }
    VECTOR_PUSH(&judge->verdicts, row);
    judge->is_judged[assertion_index] = true;
    if (judge->record) record_verdict(judge->record, &row);
    buffer_done(explanation);
    buffer_done(evidence);
}

/* ---- hooks ---- */

static bool is_judged(const struct judge *judge, uint32_t claim) {
    return claim < judge->program->claim_count && judge->program->claims[claim].formula != NO_FORMULA;
}

void judge_claim(struct judge *judge, const struct world *world, uint32_t claim, const struct value *registers) {
    if (!is_judged(judge, claim)) return;
    if (!judge->knows_idle_faults) idle_faults_read(&judge->idle_faults, judge->history);
    judge->knows_idle_faults = true;
    struct judgement judgement;
    judgement_make(&judgement, world, claim, registers, &judge->idle_faults);
    struct tally tally = tally_make(&judgement);
    struct buffer explanation = { 0 }, evidence = { 0 };
    explain(&judgement, &tally, &explanation);
    explain_evidence(&judgement, &tally, &evidence);
    bool passes = judgement.ruling.outcome == OUTCOME_PASS;
    add_row(judge, judgement.claim->assertion, judgement.claim->text, judgement.claim->span, judgement.ruling.outcome,
            passes ? "" : reason_name(judgement.ruling.reason), &explanation, &evidence);
    judgement_done(&judgement);
}

void judge_skip(struct judge *judge, uint32_t claim, struct value reason) {
    if (!is_judged(judge, claim)) return;
    const struct claim *skipped = &judge->program->claims[claim];
    bool is_error = reason.kind == VALUE_ERROR;
    struct text why = value_is_bad(reason) ? value_text_of(reason) : TEXT("it was not reached");
    struct buffer explanation = { 0 }, evidence = { 0 };
    buffer_printf(&explanation, "%.*s\n%s %.*s", TEXT_ARGS(skipped->text),
                  is_error ? "error  " : "no data:", TEXT_ARGS(why));
    struct json_writer writer = json_writer_on(&evidence);
    json_object_begin(&writer);
    json_key(&writer, "message");
    json_text(&writer, why);
    json_object_end(&writer);
    add_row(judge, skipped->assertion, skipped->text, skipped->span, is_error ? OUTCOME_FAIL : OUTCOME_INCONCLUSIVE,
            is_error ? "" : reason_name(REASON_NO_DATA), &explanation, &evidence);
}

/* ---- the cell ---- */

/* An assertion of which nothing was judged: the run ended before, or all its claims stand under an `if` that was false. */
static void add_unjudged(struct judge *judge, bool ended_early) {
    for (uint32_t i = 0; i < judge->program->assertion_count; i++) {
        const struct assertion *assertion = &judge->program->assertions[i];
        if (judge->is_judged[i]) continue;
        struct buffer explanation = { 0 }, evidence = { 0 };
        enum reason reason = ended_early ? REASON_UNREACHED : REASON_VACUOUS;
        bool allowed = assertion->allow_empty;
        const char *why = ended_early ? "the run ended before it could be judged" : "no claim of it was reached";
        buffer_printf(&explanation, allowed ? "(allowed to be empty: %s)" : "%s: ", reason_name(reason));
        if (!allowed) buffer_append_string(&explanation, why);
        buffer_append_string(&evidence, "{}");
        add_row(judge, i, TEXT_NONE, assertion->span, allowed ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE,
                allowed ? "" : reason_name(reason), &explanation, &evidence);
    }
}

static enum outcome outcome_of(struct text name) {
    for (int outcome = OUTCOME_PASS; outcome <= OUTCOME_FAIL; outcome++)
        if (text_is(name, outcome_name((enum outcome)outcome))) return (enum outcome)outcome;
    return OUTCOME_ERROR;
}

static enum outcome worse(enum outcome a, enum outcome b) {
    return a > b ? a : b;
}

static const struct verdict_row *first_with(const struct judge *judge, bool is_assume, enum outcome outcome) {
    for (size_t i = 0; i < judge->verdicts.count; i++) {
        const struct verdict_row *row = &judge->verdicts.items[i];
        if (row->is_assume == is_assume && text_is(row->outcome, outcome_name(outcome))) return row;
    }
    return NULL;
}

static enum outcome worst_verdict(const struct judge *judge) {
    enum outcome worst =
        judge->verdicts.count ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE; /* nothing judged proves nothing */
    for (size_t i = 0; i < judge->verdicts.count; i++)
        worst = worse(worst, outcome_of(judge->verdicts.items[i].outcome));
    return worst;
}

/* What the way in which the run ended says by itself. */
static enum outcome outcome_of_end(enum run_end end) {
    switch (end) {
    case RUN_COMPLETE: return OUTCOME_PASS;
    case RUN_FAILED: return OUTCOME_FAIL;
    case RUN_ERROR:
    case RUN_NOT_BUILT: return OUTCOME_ERROR;
    case RUN_INTERRUPTED: return OUTCOME_INCONCLUSIVE;
    }
    return OUTCOME_ERROR;
}

enum outcome judge_sum(struct judge *judge, enum run_end end, struct text end_message, struct buffer *message) {
    add_unjudged(judge, end != RUN_COMPLETE);
    const struct verdict_row *assume = first_with(judge, true, OUTCOME_FAIL);
    enum outcome by_end = outcome_of_end(end), outcome = worse(worst_verdict(judge), by_end);
    /* Under an assumption that failed nothing is proven, be it good or bad; that the environment broke stays so. */
    if (assume) outcome = by_end == OUTCOME_ERROR ? OUTCOME_ERROR : OUTCOME_INCONCLUSIVE;
    if (assume)
        buffer_printf(message, "assumption failed: %.*s", TEXT_ARGS(assume->assertion));
    else if (judge->verdicts.count == 0)
        buffer_append_string(message, "nothing was judged");
    if (end_message.length)
        buffer_printf(message, "%s%.*s", message->length ? "; " : "", TEXT_ARGS(end_message));
    else if (end == RUN_INTERRUPTED)
        buffer_printf(message, "%sinterrupted", message->length ? "; " : "");
    if (judge->record) record_outcome(judge->record, text_of(outcome_name(outcome)), buffer_text(message));
    return outcome;
}
