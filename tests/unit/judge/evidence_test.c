/* judge/scope and judge/evidence: which time is looked at, and what takes a verdict away. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture f;
static uint16_t series, condition;

static void set_up(void) {
    fixture_open(&f);
    f.world.ended = 200 * MILLISECOND;
}

static void tear_down(void) {
    fixture_close(&f);
}

TestSuite(evidence, .init = set_up, .fini = tear_down);

/* always: x == 1 over samples each 20 ms from 0 on */
static struct formula *always(const int64_t *values, size_t count) {
    series = fixture_register(&f, fixture_samples(&f, 0, 20, values, count, value_integer));
    condition = fixture_register(&f, fixture_compared(&f, f.registers[series], LIFT_EQUAL, value_integer(1)));
    return fixture_time_word(&f, "always: x == 1", FORMULA_ALWAYS, condition);
}

static const int64_t good[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, bad_at_the_end[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 };

static uint16_t instant(int64_t at) {
    return fixture_register(&f, value_instant(at * MILLISECOND));
}

static struct provenance *origin(void) {
    return &series_of(f.registers[condition])->provenance;
}

static void make_events(void) {
    series_of(f.registers[condition])->kind = SERIES_EVENTS;
    origin()->every = 0;
}

Test(evidence, no_scope_is_the_whole_run) {
    always(bad_at_the_end, 10);
    fixture_expect(&f, "fail", NULL);
    f.world.ended = 180 * MILLISECOND;
    fixture_expect(&f, "pass", NULL);
    f.world.started = 10 * MILLISECOND;
    fixture_expect(&f, "pass", "always: x == 1 (8 samples, interval 20 ms)");
}

Test(evidence, during) {
    struct formula *formula = always(bad_at_the_end, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 100, true, false));
    fixture_expect(&f, "pass", "always: x == 1 (4 samples, interval 20 ms)");
}

Test(evidence, unreached) {
    struct formula *formula = always(good, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 0, 0, false, false));
    fixture_expect(&f, "unreached", "always: x == 1\nunreached: p never began");
    formula->during = fixture_register(&f, value_no_data(f.heap, "`p` was not reached"));
    fixture_expect(&f, "unreached", "always: x == 1\nunreached: `p` was not reached");
    formula->during = fixture_register(&f, value_error(f.heap, "no such phase"));
    fixture_expect(&f, "fail", "always: x == 1\nerror   no such phase");
    formula->during = fixture_register(&f, value_integer(3));
    fixture_expect(&f, "fail", NULL);
}

Test(evidence, from_to_before_and_within_of) {
    struct formula *formula = always(bad_at_the_end, 10);
    formula->from = instant(100);
    fixture_expect(&f, "fail", NULL);
    formula->to = instant(160);
    fixture_expect(&f, "pass", "always: x == 1 (3 samples, interval 20 ms)");
    formula->to = instant(90);
    fixture_expect(&f, "short", "always: x == 1\nshort: the scope ends before it begins");
    formula->from = formula->to = NO_REGISTER;
    formula->before = instant(100);
    fixture_expect(&f, "pass", "always: x == 1 (5 samples, interval 20 ms)");
    formula->before = NO_REGISTER;
    formula->within_of = instant(160);
    fixture_expect(&f, "fail", NULL);
    formula->hold = fixture_register(&f, value_duration(15 * MILLISECOND));
    fixture_expect(&f, "pass", NULL);
    formula->within_of = fixture_register(&f, value_no_data(f.heap, "never marked"));
    fixture_expect(&f, "unreached", NULL);
}

Test(evidence, clauses_meet_at_what_they_have_in_common) {
    struct formula *formula = always(bad_at_the_end, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 200, true, false));
    formula->before = instant(180);
    fixture_expect(&f, "pass", "always: x == 1 (8 samples, interval 20 ms)");
}

Test(evidence, what_was_cut_stays_open) {
    struct formula *formula = always(good, 10);
    f.world.was_cut = true;
    fixture_expect(&f, "cut", NULL);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 100, true, false));
    fixture_expect(&f, "pass", NULL); /* this phase was over */
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 100, true, true));
    fixture_expect(&f, "cut", NULL);
    formula->hold = fixture_register(&f, value_duration(50 * MILLISECOND));
    fixture_expect(&f, "pass", NULL); /* certain by then */
}

Test(evidence, a_definite_failure_in_a_cut_phase_stands) {
    struct formula *formula = always(bad_at_the_end, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 200, true, true));
    fixture_expect(&f, "fail", NULL);
}

Test(evidence, gaps_and_stalls) {
    struct formula *formula = always(good, 10);
    f.world.ended = 300 * MILLISECOND;
    fixture_expect(&f, "gap",
                   "always: x == 1\ngap: no probe for 119 ms from run +0.181s; with an interval of 20 ms up to 60 ms "
                   "count as covered\n"
                   "seen: 10 samples, interval 20 ms");
    struct stall stalls[] = { { 50 * MILLISECOND, 60 * MILLISECOND }, { 200 * MILLISECOND, 150 * MILLISECOND } };
    f.world.stalls = stalls;
    f.world.stall_count = 1;
    fixture_expect(&f, "gap", NULL); /* frozen at another time */
    f.world.stall_count = 2;
    fixture_expect(
        &f, "stalled",
        "always: x == 1\nstalled: aot itself was frozen for 150 ms at run +0.200s\nseen: 10 samples, interval 20 ms");
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 0, 190, true, false));
    fixture_expect(&f, "pass",
                   "always: x == 1 (10 samples, interval 20 ms; 1 stall of 60 ms at run +0.050s   p +0.050s)");
}

/* A probe was in flight all the time, but nobody looked at anything. */
Test(evidence, a_stall_in_a_probes_life_is_a_gap) {
    always(good, 10);
    struct timing *timing = series_of(f.registers[condition])->timing;
    for (size_t i = 4; i < 10; i++) {
        timing->start[i] += 60 * MILLISECOND;
        timing->end[i] += 60 * MILLISECOND;
    }
    timing->start[3] = 60 * MILLISECOND; /* from 60 to 139 ms */
    timing->end[3] = 139 * MILLISECOND;
    fixture_expect(&f, "pass", "always: x == 1 (7 samples, interval 20 ms)");
    struct stall stall = { 65 * MILLISECOND, 70 * MILLISECOND };
    f.world.stalls = &stall;
    f.world.stall_count = 1;
    fixture_expect(&f, "stalled",
                   "always: x == 1\nstalled: aot itself was frozen for 70 ms at run +0.065s\nseen: 7 samples, interval "
                   "20 ms");
    stall.length = 60 * MILLISECOND; /* no longer than a gap may be */
    fixture_expect(&f, "pass", "always: x == 1 (7 samples, interval 20 ms; 1 stall of 60 ms at run +0.065s)");
}

Test(evidence, a_stall_in_the_lives_of_several_probes) {
    static const int64_t few[] = { 1, 1, 1, 1, 1 };
    always(few, 5);
    struct timing *timing = series_of(f.registers[condition])->timing;
    for (size_t i = 0; i < 5; i++)
        timing->end[i] = (150 + (int64_t)i) * MILLISECOND; /* all in flight from 0, 20 … on */
    f.world.ended = 180 * MILLISECOND;
    struct stall stalls[] = { { 10 * MILLISECOND, 40 * MILLISECOND }, { 85 * MILLISECOND, 61 * MILLISECOND } };
    f.world.stalls = stalls;
    f.world.stall_count = 1;
    fixture_expect(&f, "pass", NULL);
    f.world.stall_count = 2;
    fixture_expect(&f, "stalled", NULL);
    stalls[1].at = 170 * MILLISECOND; /* behind them all */
    fixture_expect(&f, "pass", NULL);
}

/* A frozen beginning and the time without a probe behind it are one gap. */
Test(evidence, a_stall_and_the_time_beside_it_are_one_gap) {
    static const int64_t few[] = { 1, 1, 1 };
    always(few, 3);
    struct timing *timing = series_of(f.registers[condition])->timing;
    timing->end[0] = timing->start[1] = 100 * MILLISECOND;
    timing->end[1] = 101 * MILLISECOND;
    timing->start[2] = 140 * MILLISECOND;
    timing->end[2] = 145 * MILLISECOND;
    struct stall stall = { 30 * MILLISECOND, 70 * MILLISECOND };
    struct formula *formula = &f.formulas[0];
    formula->from = instant(75); /* 25 ms of it, and nothing in flight up to 140 ms */
    timing->start[1] = 139 * MILLISECOND;
    timing->end[1] = 139 * MILLISECOND;
    fixture_expect(&f, "pass", NULL);
    f.world.stalls = &stall;
    f.world.stall_count = 1;
    fixture_expect(&f, "stalled", NULL);
}

Test(evidence, a_bound_that_leaves_no_time) {
    struct formula *formula = always(good, 10);
    formula->hold = fixture_register(&f, value_duration(0));
    fixture_expect(&f, "short", "always: x == 1\nshort: `for` is 0s");
    formula->kind = FORMULA_EVENTUALLY;
    formula->hold = NO_REGISTER;
    formula->within = fixture_register(&f, value_duration(-SECOND));
    fixture_expect(&f, "short", "always: x == 1\nshort: `within` is -1s");
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 0, 0, false, false));
    fixture_expect(&f, "unreached", NULL);
}

Test(evidence, a_stall_over_the_end_may_hide_events) {
    always(good, 10);
    make_events();
    fixture_expect(&f, "pass", "always: x == 1 (10 events)");
    struct stall stall = { 150 * MILLISECOND, 110 * MILLISECOND };
    f.world.stalls = &stall;
    f.world.stall_count = 1;
    fixture_expect(&f, "stalled", NULL);
    stall.length = 20 * MILLISECOND;
    fixture_expect(&f, "pass", NULL);
    f.formulas[0].kind = FORMULA_EVENTUALLY;
    stall = (struct stall){ 0, 10 * MILLISECOND };
    fixture_expect(&f, "pass", NULL); /* it came, however late it was noted */
}

Test(evidence, observers) {
    always(good, 0);
    make_events();
    fixture_expect(&f, "no samples", "always: x == 1\nno samples: no event in the scope, which lasted 200 ms");
    *origin() = (struct provenance){ .observer = true, .alive_from = -1, .alive_to = INT64_MAX };
    fixture_expect(&f, "pass", "always: x == 1 (0 events, watched throughout)");
    origin()->alive_from = 50 * MILLISECOND;
    fixture_expect(&f, "pass", "always: x == 1 (0 events, watched from run +0.050s to run +0.200s)");
    origin()->alive_from = 5 * SECOND;
    origin()->alive_to = 6 * SECOND;
    fixture_expect(&f, "no samples", "always: x == 1\nno samples: it was watched only from run +5.000s to run +6.000s");
    f.formulas[0].during = fixture_register(&f, fixture_interval(&f, "p", 100, 200, true, false));
    fixture_expect(
        &f, "no samples",
        "always: x == 1\nno samples: it was watched only from run +5.000s to run +6.000s (p began at +0.100s)");
    f.formulas[0].during = NO_REGISTER;
    origin()->alive_from = 0;
    origin()->sampler = true; /* combined with a load: that one must have something */
    fixture_expect(&f, "no samples", NULL);
}

/* One probe, begun in the scope and answered long after it. */
Test(evidence, probes_that_hang) {
    always(good, 1);
    struct timing *timing = series_of(f.registers[condition])->timing;
    timing->start[0] = 0;
    timing->end[0] = 3 * SECOND;
    f.formulas[0].kind = FORMULA_EVENTUALLY;
    fixture_expect(&f, "no samples",
                   "always: x == 1\nno samples: 1 probe was begun and none was answered within 200 ms");
}

Test(evidence, starved) {
    always(good, 10);
    make_events();
    origin()->starved = true;
    fixture_expect(&f, "starved",
                   "always: x == 1\nstarved: blocked reached less than 95% of its rate\nseen: 10 events");
    origin()->rate = 100000;
    fixture_expect(&f, "starved",
                   "always: x == 1\nstarved: blocked reached less than 95% of 100,000/s\nseen: 10 events");
    f.globals[0] = (struct global){ .kind = GLOBAL_LOAD, .name = TEXT("blocked") };
    f.program.global_count = 1;
    struct provenance load = *origin();
    load.alive_from = SECOND;
    f.global_values[0] = stream_new(f.heap, NULL, TEXT("blocked"), SERIES_EVENTS, load);
    struct stream *stream = stream_of(f.global_values[0]);
    for (int i = 0; i < 2290; i++) stream_add(stream, SECOND + i, SECOND + i, INT64_MIN, value_boolean(true));
    stream_set_starved(stream);
    stream_close(stream, 2 * SECOND);
    fixture_expect(&f, "starved", "always: x == 1\nstarved: blocked reached 2,290/s of 100,000/s\nseen: 10 events");
}

Test(evidence, starved_but_violated) {
    always(bad_at_the_end, 10);
    make_events();
    origin()->starved = true;
    fixture_expect(&f, "fail", NULL);
}

Test(evidence, idle_fault) {
    fixture_record(&f);
    record_effect(f.record, "idle fault", TEXT("p"), 20 * MILLISECOND, 150 * MILLISECOND,
                  TEXT("no traffic met proxy#1.cut"));
    struct formula *formula = always(bad_at_the_end, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 150, true, false));
    fixture_expect(&f, "idle fault",
                   "always: x == 1\nidle fault: no traffic met proxy#1.cut\nseen: 7 samples, interval 20 ms");
    formula->during = fixture_register(&f, fixture_interval(&f, "q", 20, 170, true, false));
    fixture_expect(&f, "pass", NULL); /* another phase */
    formula->during = NO_REGISTER;
    formula->from = instant(30);
    formula->to = instant(100);
    fixture_expect(&f, "idle fault", NULL); /* within its time, too */
    formula->from = formula->to = NO_REGISTER;
    fixture_expect(&f, "fail", NULL);
}

Test(evidence, allow_empty) {
    struct formula *formula = always(good, 10);
    f.assertions[0].allow_empty = true;
    fixture_expect(&f, "pass", "always: x == 1 (10 samples, interval 20 ms)");
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 0, 0, false, false));
    fixture_expect(&f, "pass", "always: x == 1 (allowed to be empty: unreached)");
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 22, 24, true, false));
    fixture_expect(&f, "pass", "always: x == 1 (allowed to be empty: no samples)");
    f.world.ended = 600 * MILLISECOND;
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 100, 500, true, false));
    fixture_expect(&f, "gap", NULL); /* not one of the three */
}

Test(evidence, a_condition_that_is_no_recording) {
    always(good, 10);
    struct formula *body = &f.formulas[1];
    body->condition = fixture_register(&f, value_no_data(f.heap, "`change` was never bound"));
    fixture_expect(&f, "no data", "always: x == 1\nno data: `change` was never bound");
    body->condition = fixture_register(&f, value_error(f.heap, "two streams do not combine"));
    fixture_expect(&f, "fail", "always: x == 1\nerror   two streams do not combine");
    body->condition = fixture_register(&f, value_boolean(true));
    fixture_expect(&f, "no data", "always: x == 1\nno data: the condition is one value, not a recording");
    f.formulas[0].within = fixture_register(&f, value_no_data(f.heap, "no bound"));
    fixture_expect(&f, "unreached", NULL);
}

Test(evidence, no_data_tells_why) {
    always(good, 10);
    struct value *values = series_of(f.registers[condition])->values;
    values[4] = value_no_data(f.heap, "nothing in the window");
    fixture_expect(&f, "no data",
                   "always: x == 1\nno data: nothing in the window\nfirst   sample 5   run +0.081s\nseen: 10 samples, "
                   "interval 20 ms");
}

Test(evidence, before_an_instant_events_that_ended_by_it) {
    struct formula *formula = always(bad_at_the_end, 10);
    make_events();
    series_of(f.registers[condition])->timing->start[9] = 150 * MILLISECOND; /* in flight from 150 to 181 ms */
    formula->before = instant(170);
    fixture_expect(&f, "pass", "always: x == 1 (9 events)");
    formula->before = NO_REGISTER;
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 100, 170, true, false));
    fixture_expect(&f, "fail", NULL);
}

Test(evidence, clauses_never_widen_a_scope) {
    static const int64_t bad_at_first[] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    struct formula *formula = always(bad_at_first, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 100, true, false));
    formula->from = instant(0);
    fixture_expect(&f, "pass", NULL);
    formula->from = NO_REGISTER;
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 100, 500, true, false));
    fixture_expect(&f, "pass", NULL); /* no further than the run went */
}

Test(evidence, three_intervals_without_a_probe_are_allowed) {
    always(good, 10);
    struct timing *timing = series_of(f.registers[condition])->timing;
    timing->end[4] = timing->start[4] = timing->end[5] = timing->start[5] = 62 * MILLISECOND;
    timing->end[6] = timing->start[6] = 121 * MILLISECOND;
    fixture_expect(&f, "pass", NULL);
    timing->end[6] = timing->start[6] = 123 * MILLISECOND;
    fixture_expect(&f, "gap", NULL);
}

Test(evidence, already_true) {
    static const int64_t high[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    struct formula *formula = always(high, 10);
    formula->kind = FORMULA_EVENTUALLY;
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 50, 190, true, false));
    fixture_expect(&f, "already true",
                   "always: x == 1\nalready true: it was true before the scope and has not been false since, so "
                   "nothing shows that it came true\n"
                   "first   sample 4   run +0.061s   p +0.011s\nseen: 7 samples, interval 20 ms");
    formula->during = NO_REGISTER;
    fixture_expect(&f, "pass", NULL); /* nothing was before the run */
}

Test(evidence, in_a_cut_phase_the_true_reason_is_given) {
    struct formula *formula = always(good, 10);
    formula->kind = FORMULA_EVENTUALLY;
    static const int64_t low[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    series = fixture_register(&f, fixture_samples(&f, 300, 20, low, 10, value_integer));
    f.formulas[1].condition =
        fixture_register(&f, fixture_compared(&f, f.registers[series], LIFT_EQUAL, value_integer(1)));
    f.world.ended = 500 * MILLISECOND;
    f.world.was_cut = true;
    formula->within = fixture_register(&f, value_duration(400 * MILLISECOND));
    fixture_expect(&f, "gap", NULL);
    f.registers[formula->within] = value_duration(SECOND);
    fixture_expect(&f, "cut", NULL);
}

Test(evidence, an_idle_fault_is_known_by_its_phase) {
    fixture_record(&f);
    record_effect(f.record, "idle fault", TEXT("p"), 30 * MILLISECOND, 140 * MILLISECOND, TEXT("nothing met it"));
    struct formula *formula = always(good, 10);
    formula->during = fixture_register(&f, fixture_interval(&f, "p", 20, 150, true, false));
    fixture_expect(&f, "idle fault", NULL);
}
