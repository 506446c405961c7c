/* The judge of one cell: hears of each claim from the machine, keeps and records the verdicts, and sums them up.
 * Owns copies of all it says. It looks at registers only during a call. */
#include "judge/judge.h"

#include "judge/case.h"
#include "judge/explain.h"
#include "judge/idle.h"
#include "judge/starved.h"
#include "judge/unwatched.h"
#include "base/json.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

#define NO_CLAIM UINT32_MAX

/* How often a claim was judged. Claims of one text under one title are one: a record knows no more of them. */
struct counter {
    struct text assertion, claim;
    uint32_t index; /* of the claim */
    uint32_t first; /* index of the first claim that is the same; counts for it */
    uint32_t count;
};

struct judge {
    const struct program *program;
    struct record *record;                      /* verdicts go there; NULL: nowhere */
    struct record *history;                     /* effects are read there; NULL: nowhere */
    struct VECTOR(struct verdict_row) verdicts; /* texts owned here */
    bool *is_judged;                            /* of each assertion: something of it was */
    const bool *passed_over;                    /* of each assertion: it does not count; NULL: all do */
    struct idle_faults idle_faults;
    bool knows_idle_faults;
    const struct native_catalogue *natives; /* NULL: not known */
    uint32_t *starved;                      /* of each claim, owned; NULL: no load is starved, or not looked yet */
    struct unwatched *unwatched;            /* of each claim, owned; NULL: nothing is, or not looked yet */
    const struct idle_fault **idle;         /* of each claim, owned; NULL: nothing rests on one, or not looked yet */
    bool knows_starved;                     /* and what is unwatched, and idle */
    struct counter *counters;               /* owned; of each claim, made when the first one is judged */
    uint32_t counter_count;
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

void judge_set_natives(struct judge *judge, const struct native_catalogue *natives) {
    judge->natives = natives;
}

void judge_set_passed_over(struct judge *judge, const bool *passed_over) {
    judge->passed_over = passed_over;
}

void judge_set_history(struct judge *judge, struct record *history) {
    judge->history = history;
}

struct world judge_world(const struct judge *judge) {
    return (struct world){ .program = judge->program, .history = judge->history, .natives = judge->natives };
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
    memory_release(judge->starved);
    memory_release(judge->unwatched);
    memory_release(judge->idle);
    memory_release(judge->counters);
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

static int compare_texts(struct text a, struct text b) {
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_counters(const void *left, const void *right) {
    const struct counter *a = left, *b = right;
    int order = compare_texts(a->claim, b->claim);
    if (order == 0) order = compare_texts(a->assertion, b->assertion);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_indexes(const void *left, const void *right) {
    const struct counter *a = left, *b = right;
    return (a->index > b->index) - (a->index < b->index);
}

/* Sorted by their texts the same claims stand together. */
static struct counter *make_counters(const struct program *program) {
    struct counter *counters = memory_allocate(program->claim_count * sizeof *counters);
    for (uint32_t i = 0; i < program->claim_count; i++) {
        uint32_t assertion = program->claims[i].assertion;
        struct text title = assertion < program->assertion_count ? program->assertions[assertion].title : TEXT_NONE;
        counters[i] = (struct counter){ title, program->claims[i].text, i, i, 0 };
    }
    qsort(counters, program->claim_count, sizeof *counters, compare_counters);
    for (uint32_t i = 1; i < program->claim_count; i++) {
        bool same = text_equal(counters[i].claim, counters[i - 1].claim) &&
                    text_equal(counters[i].assertion, counters[i - 1].assertion);
        if (same) counters[i].first = counters[i - 1].first;
    }
    qsort(counters, program->claim_count, sizeof *counters, compare_indexes);
    return counters;
}

static uint32_t occurrence_of(struct judge *judge, uint32_t claim) {
    if (claim >= judge->counter_count) { /* the first time, as a program does not grow but in tests */
        struct counter *counters = make_counters(judge->program);
        for (uint32_t i = 0; i < judge->counter_count; i++) counters[i].count = judge->counters[i].count;
        memory_release(judge->counters);
        judge->counters = counters;
        judge->counter_count = judge->program->claim_count;
    }
    return judge->counters[judge->counters[claim].first].count++;
}

/* Takes over explanation and evidence. */
static void add_row(struct judge *judge, uint32_t assertion_index, uint32_t claim, enum outcome outcome,
                    const char *reason, struct buffer *explanation, struct buffer *evidence) {
    const struct program *program = judge->program;
    struct span span = claim == NO_CLAIM ? program->assertions[assertion_index].span : program->claims[claim].span;
    const struct assertion *assertion = &program->assertions[assertion_index];
    struct source *source = program->sources ? source_set_get(program->sources, span.source) : NULL;
    struct place place = { 0 };
    if (source) place = source_place(source, span.start);
    struct verdict_row row = { .assertion = keep(assertion->title),
                               .rules = rules_of(program, assertion),
                               .claim = keep(claim == NO_CLAIM ? TEXT_NONE : program->claims[claim].text),
                               .is_assume = assertion->is_assume,
                               .outcome = keep(text_of(outcome_name(outcome))),
                               .reason = keep(text_of(reason)),
                               .explanation = keep(buffer_text(explanation)),
                               .evidence = keep(buffer_text(evidence)),
                               .file = keep(text_of(source ? source->path : "")),
                               .line = place.line,
                               .column = place.column };
    if (claim != NO_CLAIM) row.occurrence = occurrence_of(judge, claim);
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
    /* Claims are judged when all loads are over. */
    if (!judge->knows_starved) judge->starved = starved_claims(world);
    if (!judge->knows_starved) judge->unwatched = unwatched_claims(world);
    if (!judge->knows_starved) judge->idle = idle_claims(world, &judge->idle_faults);
    judge->knows_starved = true;
    struct world seen = *world;
    seen.starved = judge->starved;
    seen.unwatched = judge->unwatched;
    seen.idle = judge->idle;
    struct judgement judgement;
    judgement_make(&judgement, &seen, claim, registers, &judge->idle_faults);
    struct tally tally = tally_make(&judgement);
    struct buffer explanation = { 0 }, evidence = { 0 };
    explain(&judgement, &tally, &explanation);
    explain_evidence(&judgement, &tally, &evidence);
    bool passes = judgement.ruling.outcome == OUTCOME_PASS;
    add_row(judge, judgement.claim->assertion, claim, judgement.ruling.outcome,
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
    add_row(judge, skipped->assertion, claim, is_error ? OUTCOME_FAIL : OUTCOME_INCONCLUSIVE,
            is_error ? "" : reason_name(REASON_NO_DATA), &explanation, &evidence);
}

/* ---- the cell ---- */

/* An assertion of which nothing was judged: the run ended before, or all its claims stand under an `if` that was false. */
static void add_unjudged(struct judge *judge, bool ended_early) {
    for (uint32_t i = 0; i < judge->program->assertion_count; i++) {
        const struct assertion *assertion = &judge->program->assertions[i];
        if (judge->is_judged[i] || (judge->passed_over && judge->passed_over[i])) continue;
        struct buffer explanation = { 0 }, evidence = { 0 };
        enum reason reason = ended_early ? REASON_UNREACHED : REASON_VACUOUS;
        bool allowed = assertion->allow_empty;
        const char *why = ended_early ? "the run ended before it could be judged" : "no claim of it was reached";
        buffer_printf(&explanation, allowed ? "(allowed to be empty: %s)" : "%s: ", reason_name(reason));
        if (!allowed) buffer_append_string(&explanation, why);
        buffer_append_string(&evidence, "{}");
        add_row(judge, i, NO_CLAIM, allowed ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE, allowed ? "" : reason_name(reason),
                &explanation, &evidence);
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
    /* What could not be read (idle faults, what happened around) might have taken verdicts away. */
    const char *unread = judge->history ? record_reading_error(judge->history) : NULL;
    if (unread) outcome = worse(outcome, OUTCOME_ERROR);
    if (assume)
        buffer_printf(message, "assumption failed: %.*s", TEXT_ARGS(assume->assertion));
    else if (judge->verdicts.count == 0)
        buffer_append_string(message, "nothing was judged");
    if (end_message.length)
        buffer_printf(message, "%s%.*s", message->length ? "; " : "", TEXT_ARGS(end_message));
    else if (end == RUN_INTERRUPTED)
        buffer_printf(message, "%sinterrupted", message->length ? "; " : "");
    if (unread) buffer_printf(message, "%sthe record could not be read: %s", message->length ? "; " : "", unread);
    if (judge->record) record_outcome(judge->record, text_of(outcome_name(outcome)), buffer_text(message));
    return outcome;
}
