/* judge/judge: rows, skipped claims, and how a cell's outcome comes from verdicts, assumptions and the end of the run. */
#include "fixture.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct fixture f;

static void set_up(void) {
    fixture_open(&f);
}

static void tear_down(void) {
    fixture_close(&f);
}

TestSuite(judge, .init = set_up, .fini = tear_down);

/* An assertion with one plain claim of this value. */
static void add(struct value owned, bool is_assume, const char *title) {
    uint32_t index = f.program.claim_count;
    if (index > 0) f.program.assertion_count++;
    f.assertions[index].title = text_of(title);
    f.assertions[index].is_assume = is_assume;
    struct formula *formula = fixture_claim(&f, "c", FORMULA_PLAIN);
    formula->condition = fixture_register(&f, owned);
    f.claims[index].assertion = index;
    f.claims[index].result = formula->condition;
}

static void anew(void) {
    judge_free(f.judge);
    f.judge = judge_new(&f.program, f.record);
}

static void expect_cell(enum run_end end, const char *end_message, const char *outcome, const char *message) {
    struct buffer said = { 0 };
    anew();
    for (uint32_t i = 0; i < f.program.claim_count; i++) judge_claim(f.judge, &f.world, i, f.registers);
    enum outcome is = judge_sum(f.judge, end, text_of(end_message), &said);
    cr_expect_str_eq(outcome_name(is), outcome);
    cr_expect_str_eq(said.bytes ? said.bytes : "", message);
    buffer_done(&said);
}

Test(judge, fail_then_error_then_inconclusive_then_pass) {
    add(value_boolean(true), false, "one");
    expect_cell(RUN_COMPLETE, "", "pass", "");
    expect_cell(RUN_ERROR, "no server", "error", "no server");
    expect_cell(RUN_NOT_BUILT, "roll is not built yet", "error", "roll is not built yet");
    expect_cell(RUN_FAILED, "expect: false", "fail", "expect: false");
    expect_cell(RUN_INTERRUPTED, "", "inconclusive", "interrupted");
    add(value_no_data(f.heap, "nothing"), false, "two");
    expect_cell(RUN_COMPLETE, "", "inconclusive", "");
    expect_cell(RUN_ERROR, "no server", "error", "no server");
    add(value_boolean(false), false, "three");
    expect_cell(RUN_COMPLETE, "", "fail", "");
    expect_cell(RUN_ERROR, "no server", "fail", "no server");
    expect_cell(RUN_INTERRUPTED, "interrupted", "fail", "interrupted");
}

Test(judge, a_failed_assumption_voids_the_cell) {
    add(value_boolean(false), false, "an assertion");
    add(value_boolean(false), true, "the machine is quiet");
    expect_cell(RUN_COMPLETE, "", "inconclusive", "assumption failed: the machine is quiet");
    expect_cell(RUN_FAILED, "expect: false", "inconclusive", "assumption failed: the machine is quiet; expect: false");
    expect_cell(RUN_ERROR, "no server", "error", "assumption failed: the machine is quiet; no server");
    f.registers[1] = value_boolean(true);
    expect_cell(RUN_COMPLETE, "", "fail", "");
    f.registers[1] = value_no_data(f.heap, "unknown");
    expect_cell(RUN_COMPLETE, "", "fail", "");
    f.registers[0] = value_boolean(true);
    expect_cell(RUN_COMPLETE, "", "inconclusive", "");
}

Test(judge, what_was_never_judged_is_inconclusive) {
    add(value_boolean(true), false, "judged");
    add(value_boolean(true), false, "not judged");
    struct buffer message = { 0 };
    judge_claim(f.judge, &f.world, 0, f.registers);
    anew();
    judge_claim(f.judge, &f.world, 0, f.registers);
    cr_expect_eq(judge_sum(f.judge, RUN_COMPLETE, TEXT_NONE, &message), OUTCOME_INCONCLUSIVE);
    cr_assert_eq(judge_verdict_count(f.judge), 2);
    const struct verdict_row *row = judge_verdict(f.judge, 1);
    cr_expect_str_eq(row->reason.bytes, "vacuous");
    cr_expect_str_eq(row->explanation.bytes, "vacuous: no claim of it was reached");
    anew();
    cr_expect_eq(judge_sum(f.judge, RUN_ERROR, TEXT("x"), &message), OUTCOME_ERROR);
    cr_expect_str_eq(judge_verdict(f.judge, 0)->reason.bytes, "unreached");
    f.assertions[1].allow_empty = true;
    anew();
    judge_claim(f.judge, &f.world, 0, f.registers);
    cr_expect_eq(judge_sum(f.judge, RUN_COMPLETE, TEXT_NONE, &message), OUTCOME_PASS);
    cr_expect_str_eq(judge_verdict(f.judge, 1)->explanation.bytes, "(allowed to be empty: vacuous)");
    buffer_done(&message);
}

Test(judge, nothing_at_all_proves_nothing) {
    f.program.assertion_count = 0;
    struct buffer message = { 0 };
    cr_expect_eq(judge_sum(f.judge, RUN_COMPLETE, TEXT_NONE, &message), OUTCOME_INCONCLUSIVE);
    cr_expect_str_eq(message.bytes, "nothing was judged");
    buffer_done(&message);
}

static bool ignore_effect(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                          struct text outcome) {
    (void)data, (void)kind, (void)subject, (void)start, (void)end, (void)outcome;
    return true;
}

Test(judge, a_record_that_cannot_be_read_proves_nothing) {
    fixture_record(&f);
    add(value_boolean(true), false, "fine");
    expect_cell(RUN_COMPLETE, "", "pass", "");
    cr_assert(record_flush(f.record, SECOND));
    char command[128];
    snprintf(command, sizeof command, "sqlite3 %s/run.aotrec 'DROP VIEW effects; DROP TABLE effect'", f.folder);
    cr_assert_eq(system(command), 0);
    cr_expect_not(record_each_effect_of(f.record, "idle fault", ignore_effect, NULL));
    expect_cell(RUN_COMPLETE, "", "error", "the record could not be read: no such table: effect");
    f.registers[0] = value_boolean(false);
    expect_cell(RUN_COMPLETE, "", "fail", "the record could not be read: no such table: effect");
}

Test(judge, rows) {
    fixture_record(&f);
    add(value_boolean(false), false, "a title");
    f.assertions[0].rule_count = 2;
    judge_claim(f.judge, &f.world, 0, f.registers);
    judge_claim(f.judge, &f.world, 0, f.registers);
    const struct verdict_row *row = judge_verdict(f.judge, 1);
    cr_expect_str_eq(row->assertion.bytes, "a title");
    cr_expect_str_eq(row->rules.bytes, "R3.1, R3.2");
    cr_expect_str_eq(row->claim.bytes, "c");
    cr_expect_str_eq(row->file.bytes, "t4.aot");
    cr_expect(row->occurrence == 1 && row->line == 1 && row->column == 1 && !row->is_assume);
    cr_expect_eq(judge_verdict(f.judge, 0)->occurrence, 0);
    cr_expect_str_eq(row->evidence.bytes, "{\"operands\":[]}");
}

static bool keep_row(void *data, const struct verdict_row *row) {
    buffer_printf(data, "%.*s %.*s|", TEXT_ARGS(row->claim), TEXT_ARGS(row->outcome));
    return true;
}

Test(judge, rows_and_outcome_are_recorded) {
    fixture_record(&f);
    add(value_boolean(true), false, "a title");
    struct buffer rows = { 0 }, message = { 0 }, outcome = { 0 };
    judge_claim(f.judge, &f.world, 0, f.registers);
    judge_sum(f.judge, RUN_FAILED, TEXT("expect"), &message);
    cr_assert(record_each_verdict(f.record, keep_row, &rows));
    cr_expect_str_eq(rows.bytes, "c pass|");
    buffer_clear(&message);
    cr_assert(record_read_outcome(f.record, &outcome, &message));
    cr_expect_str_eq(outcome.bytes, "fail");
    cr_expect_str_eq(message.bytes, "expect");
    buffer_done(&rows);
    buffer_done(&message);
    buffer_done(&outcome);
}

Test(judge, skipped_claims) {
    add(value_boolean(true), false, "a title");
    struct value empty = value_no_data(f.heap, "the list of `for` is empty"), error = value_error(f.heap, "no bool");
    judge_skip(f.judge, 0, empty);
    judge_skip(f.judge, 0, error);
    cr_expect_str_eq(judge_verdict(f.judge, 0)->outcome.bytes, "inconclusive");
    cr_expect_str_eq(judge_verdict(f.judge, 0)->reason.bytes, "no data");
    cr_expect_str_eq(judge_verdict(f.judge, 0)->explanation.bytes, "c\nno data: the list of `for` is empty");
    cr_expect_str_eq(judge_verdict(f.judge, 1)->outcome.bytes, "fail");
    cr_expect_str_eq(judge_verdict(f.judge, 1)->explanation.bytes, "c\nerror   no bool");
    value_release(empty);
    value_release(error);
}

Test(judge, what_is_no_claim_is_not_judged) {
    add(value_boolean(false), false, "a title");
    f.claims[0].formula = NO_FORMULA; /* the sites of an `expect` */
    judge_claim(f.judge, &f.world, 0, f.registers);
    judge_skip(f.judge, 0, value_none());
    judge_claim(f.judge, &f.world, 77, f.registers);
    cr_expect_eq(judge_verdict_count(f.judge), 0);
}

/* A `for` over tens of thousands of elements: each verdict costs the same. */
Test(judge, occurrences_are_counted_not_looked_for) {
    enum { MANY = 40000 };
    add(value_boolean(true), false, "one");
    add(value_boolean(true), false, "two");
    f.assertions[1].title = TEXT("one"); /* a record tells the same claims apart by their occurrence alone */
    anew();
    struct value reason = value_no_data(f.heap, "empty");
    clock_t begin = clock();
    for (int i = 0; i < MANY; i++) judge_skip(f.judge, (uint32_t)i % 2, reason);
    double took = (double)(clock() - begin) / CLOCKS_PER_SEC;
    value_release(reason);
    for (uint32_t i = 0; i < MANY; i += 997) cr_expect_eq(judge_verdict(f.judge, i)->occurrence, i);
    cr_expect_lt(took, 4.0, "%d verdicts took %.1f s", MANY, took);
}
