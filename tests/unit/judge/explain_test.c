/* judge/claim, judge/explain and what they need: whole verdicts, as a person reads them. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture f;

static void set_up(void) {
    fixture_open(&f);
}

static void tear_down(void) {
    fixture_close(&f);
}

TestSuite(explain, .init = set_up, .fini = tear_down);

static struct value milliseconds(int64_t number) {
    return value_duration(number * MILLISECOND);
}

/* 40 samples, 20 ms apart from 1 s on; `blocked` rises to 130 ms and falls again. */
static uint16_t blocked(void) {
    static int64_t values[40];
    for (int i = 0; i < 40; i++) values[i] = i < 20 ? 4 + i : i < 25 ? 112 + 4 * (i - 20) : 5;
    values[22] = 190;
    return fixture_register(&f, fixture_samples(&f, 1000, 20, values, 40, milliseconds));
}

static uint16_t condition_over(uint16_t series, enum lifted operation, struct value limit) {
    return fixture_register(&f, fixture_compared(&f, f.registers[series], operation, limit));
}

static struct formula *blocked_during_migrate(const char *text, enum formula_kind kind, enum lifted operation) {
    uint16_t series = blocked(), limit = fixture_register(&f, milliseconds(100));
    uint16_t condition = condition_over(series, operation, f.registers[limit]);
    struct formula *formula = fixture_time_word(&f, text, kind, condition);
    fixture_site(&f, "blocked", series);
    fixture_site(&f, "100ms", limit);
    formula->during = fixture_register(&f, fixture_interval(&f, "migrate", 1100, 1700, true, false));
    return formula;
}

Test(explain, always_fails) {
    blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    fixture_expect(&f, "fail",
                   "always during migrate: blocked <= 100ms\n"
                   "                       blocked = 112ms\n"
                   "first   sample 21   run +1.401s   migrate +0.301s   112ms\n"
                   "worst   sample 23   run +1.441s   migrate +0.341s   190ms\n"
                   "5 of 30 samples violate, over 81 ms; interval 20 ms, largest gap 19 ms, no stall");
}

Test(explain, never_fails) {
    blocked_during_migrate("never during migrate: blocked > 100ms", FORMULA_NEVER, LIFT_GREATER);
    fixture_expect(&f, "fail",
                   "never during migrate: blocked > 100ms\n"
                   "                      blocked = 112ms\n"
                   "first   sample 21   run +1.401s   migrate +0.301s   112ms\n"
                   "worst   sample 23   run +1.441s   migrate +0.341s   190ms\n"
                   "5 of 30 samples violate, over 81 ms; interval 20 ms, largest gap 19 ms, no stall");
}

Test(explain, the_worst_is_the_smallest_where_large_is_wanted) {
    blocked_during_migrate("always during migrate: blocked >= 100ms", FORMULA_ALWAYS, LIFT_GREATER_EQUAL);
    const struct verdict_row *row = fixture_judge(&f);
    /* 9ms at the scope's first sample, 5ms is less */
    cr_expect(strstr(row->explanation.bytes, "first   sample 6   run +1.101s   migrate +0.001s   9ms\nworst   sample "
                                             "26   run +1.501s   migrate +0.401s   5ms\n"),
              "%s", row->explanation.bytes);
}

Test(explain, always_passes) {
    struct formula *formula =
        blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    value_release(f.registers[formula->during]);
    f.registers[formula->during] = fixture_interval(&f, "migrate", 1100, 1300, true, false);
    fixture_expect(&f, "pass", "always during migrate: blocked <= 100ms (10 samples, interval 20 ms)");
}

Test(explain, stalls_stand_beside_violations) {
    blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    struct stall stall = { 1401 * MILLISECOND, 39 * MILLISECOND };
    f.world.stalls = &stall;
    f.world.stall_count = 1;
    fixture_expect(&f, "fail",
                   "always during migrate: blocked <= 100ms\n"
                   "                       blocked = 112ms\n"
                   "first   sample 21   run +1.401s   migrate +0.301s   112ms   (aot itself was frozen for 39 ms)\n"
                   "worst   sample 23   run +1.441s   migrate +0.341s   190ms   (aot itself was frozen for 39 ms)\n"
                   "5 of 30 samples violate, over 81 ms; interval 20 ms, largest gap 19 ms, 1 stall of 39 ms at run "
                   "+1.401s   migrate +0.301s");
}

Test(explain, what_happened_nearby) {
    fixture_record(&f);
    f.globals[0] = (struct global){ .kind = GLOBAL_PHASE, .name = TEXT("migrate") };
    f.globals[1] = (struct global){ .kind = GLOBAL_MARK, .name = TEXT("cut_over") };
    f.globals[2] = (struct global){ .kind = GLOBAL_PHASE, .name = TEXT("later") };
    f.program.global_count = 3;
    f.global_values[0] = fixture_interval(&f, "migrate", 1100, 1700, true, false);
    f.global_values[1] = value_instant(1350 * MILLISECOND);
    f.global_values[2] = fixture_interval(&f, "later", 50000, 51000, true, false);
    record_effect(f.record, "db.run", TEXT("0042_orders\nregion.sql"), 1101 * MILLISECOND, 1601 * MILLISECOND,
                  TEXT("ok"));
    record_effect(f.record, "db.run", TEXT("long ago.sql"), -60 * SECOND, -50 * SECOND, TEXT("ok"));
    for (int i = 0; i < 50; i++)
        record_effect(f.record, "http.get", TEXT("/"), (1400 + i) * MILLISECOND, (1410 + i) * MILLISECOND, TEXT("200"));
    blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    const struct verdict_row *row = fixture_judge(&f);
    const char *nearby = strstr(row->explanation.bytes, "\nnearby");
    cr_assert(nearby);
    cr_expect_str_eq(nearby, "\nnearby  migrate.start +1.100s · db.run 0042_orders region.sql +1.101s … +1.601s"
                             " · cut_over +1.350s · migrate.end +1.700s");
}

Test(explain, evidence_for_machines) {
    blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    const struct verdict_row *row = fixture_judge(&f);
    cr_expect_str_eq(row->evidence.bytes, "{\"scope\":{\"name\":\"migrate\",\"from\":1100000000,\"to\":1700000000},"
                                          "\"samples\":30,\"violations\":5,\"errors\":0,"
                                          "\"first\":{\"number\":21,\"start\":1400000000,\"end\":1401000000,"
                                          "\"operands\":[{\"of\":\"blocked\",\"value\":\"112ms\"}]},"
                                          "\"worst\":{\"number\":23,\"start\":1440000000,\"end\":1441000000,"
                                          "\"operands\":[{\"of\":\"blocked\",\"value\":\"190ms\"}]},"
                                          "\"decisive\":{\"number\":21,\"start\":1400000000,\"end\":1401000000,"
                                          "\"operands\":[{\"of\":\"blocked\",\"value\":\"112ms\"}]},"
                                          "\"latest\":{\"number\":35,\"start\":1680000000,\"end\":1681000000,"
                                          "\"operands\":[{\"of\":\"blocked\",\"value\":\"5ms\"}]},"
                                          "\"interval\":20000000,\"largest_gap\":19000000,\"stalls\":0}");
}

/* ---- plain ---- */

static struct formula *plain(const char *text, struct value owned) {
    struct formula *formula = fixture_claim(&f, text, FORMULA_PLAIN);
    formula->condition = fixture_register(&f, owned);
    f.claims[f.program.claim_count - 1].result = formula->condition;
    return formula;
}

Test(explain, plain) {
    plain("home.status == 200", value_boolean(false));
    fixture_site(&f, "home.status", fixture_register(&f, value_integer(503)));
    fixture_site(&f, "200", fixture_register(&f, value_integer(200)));
    fixture_expect(&f, "fail", "home.status == 200\nhome.status = 503");
    f.registers[0] = value_boolean(true);
    f.registers[1] = value_integer(200);
    fixture_expect(&f, "pass", "home.status == 200 (home.status = 200)");
}

Test(explain, plain_operands_stand_beneath_their_places) {
    plain("count(got) >= least and r.ok", value_boolean(false));
    fixture_site(&f, "count(got)", fixture_register(&f, value_integer(1)));
    fixture_site(&f, "least", fixture_register(&f, value_integer(3)));
    fixture_site(&f, "r.ok", fixture_register(&f, value_no_data(f.heap, "not evaluated")));
    fixture_expect(&f, "fail", "count(got) >= least and r.ok\ncount(got) = 1\n              least = 3");
}

Test(explain, plain_error_and_no_data) {
    plain("r.json.id == 3", value_error(f.heap, "no field `id`"));
    fixture_expect(&f, "fail", "r.json.id == 3\nerror   no field `id`");
    plain("r.json.absent > 3 and x", value_error(f.heap, "there is no field absent"));
    fixture_site(&f, "r.json.absent", fixture_register(&f, value_error(f.heap, "there is no field absent")));
    fixture_expect(&f, "fail", "r.json.absent > 3 and x\nr.json.absent = error: there is no field absent");
    plain("change.ok", value_no_data(f.heap, "`change` was never bound: the run ended before"));
    fixture_expect(&f, "no data", "change.ok\nno data: `change` was never bound: the run ended before");
    plain("r.json.ok", value_text(f.heap, TEXT("yes")));
    fixture_expect(&f, "fail", "r.json.ok\nerror   its value is neither true nor false");
    plain("orders.ok", fixture_samples(&f, 0, 20, NULL, 0, value_integer));
    fixture_expect(&f, "no data", NULL);
}

Test(explain, what_holds_is_named) {
    plain("count(queries) >= 1 and\n  r.json.zzz.y ?? 5 == 5", value_boolean(true));
    fixture_site(&f, "count(queries)", fixture_register(&f, value_integer(29540)));
    fixture_site(&f, "r.json.zzz.y", fixture_register(&f, value_error(f.heap, "there is no field zzz")));
    fixture_site(&f, "r.json.zzz.y ?? 5", fixture_register(&f, value_integer(5)));
    f.claims[0].text = TEXT("count(queries) >= 1 and r.json.zzz.y ?? 5 == 5");
    fixture_expect(&f, "pass",
                   "count(queries) >= 1 and r.json.zzz.y ?? 5 == 5 (count(queries) = 29,540, r.json.zzz.y ?? 5 = 5)");
    value_release(f.registers[2]);
    f.registers[2] = value_integer(5);
    fixture_expect(&f, "pass",
                   "count(queries) >= 1 and r.json.zzz.y ?? 5 == 5 (count(queries) = 29,540, r.json.zzz.y ?? 5 = 5)");
    plain("home.ok", value_boolean(true));
    fixture_site(&f, "home.ok", f.formulas[f.program.formula_count - 1].condition);
    fixture_expect(&f, "pass", "home.ok (holds)");
}

Test(explain, instants_are_told_on_the_runs_axis) {
    f.world.started = 6000 * SECOND;
    plain("done < begin", value_boolean(false));
    fixture_site(&f, "done", fixture_register(&f, value_instant(6001250 * MILLISECOND)));
    struct value both[] = { value_instant(6001 * SECOND), value_instant(5999 * SECOND) };
    fixture_site(&f, "begin", fixture_register(&f, value_list(f.heap, both, 2)));
    fixture_expect(&f, "fail", "done < begin\ndone = run +1.250s\n       begin = [run +1.000s, run -1.000s]");
    cr_expect(strstr(fixture_judge(&f)->evidence.bytes, "\"value\":\"run +1.250s\""));
}

Test(explain, numbers_are_short_unless_they_would_read_alike) {
    plain("avg(x) < limit", value_boolean(false));
    fixture_site(&f, "avg(x)", fixture_register(&f, value_number(2289.828137112159)));
    fixture_site(&f, "limit", fixture_register(&f, value_number(3)));
    fixture_expect(&f, "fail", "avg(x) < limit\navg(x) = 2289.83\n         limit = 3");
    plain("sum == part", value_boolean(false));
    fixture_site(&f, "sum", fixture_register(&f, value_number(0.1 + 0.2)));
    fixture_site(&f, "part", fixture_register(&f, value_number(0.3)));
    fixture_expect(&f, "fail", "sum == part\nsum = 0.30000000000000004\n       part = 0.3");
    plain("took == took2", value_boolean(false));
    fixture_site(&f, "took", fixture_register(&f, value_duration(1234567891)));
    fixture_site(&f, "took2", fixture_register(&f, value_duration(1234567892)));
    fixture_expect(&f, "fail", "took == took2\ntook = 1234567891ns\n        took2 = 1234567892ns");
}

/* Operands are clipped where they are long, so the difference is told where it is. */
Test(explain, the_first_difference_of_long_texts_and_lists) {
    char one[160], other[160];
    memset(one, 'a', sizeof one);
    memcpy(other, one, sizeof one);
    other[100] = 'b';
    plain("body == wanted", value_boolean(false));
    uint16_t left = fixture_register(&f, value_text(f.heap, (struct text){ one, sizeof one }));
    uint16_t right = fixture_register(&f, value_text(f.heap, (struct text){ other, sizeof other }));
    fixture_site(&f, "body", left);
    fixture_site(&f, "wanted", right);
    const char *text = fixture_judge(&f)->explanation.bytes;
    cr_expect(strstr(text, "\ndiffers at character 101: \"…aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\" != "
                           "\"…aaaaaaaaaaaabaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\""),
              "%s", text);
    struct value shorter[] = { value_integer(1) }, longer[] = { value_integer(1), value_integer(2) };
    value_release(f.registers[left]);
    value_release(f.registers[right]);
    f.registers[left] = value_list(f.heap, shorter, 1);
    f.registers[right] = value_list(f.heap, longer, 2);
    fixture_expect(&f, "fail", "body == wanted\nbody = [1]\n        wanted = [1, 2]\ndiffers at [1]: (absent) != 2");
    value_release(f.registers[left]);
    value_release(f.registers[right]);
    f.registers[left] = value_text(f.heap, TEXT("short"));
    f.registers[right] = value_text(f.heap, TEXT("shirt"));
    fixture_expect(&f, "fail", "body == wanted\nbody = \"short\"\n        wanted = \"shirt\"");
}

/* The beginning of a secret over a cut would not be known as one. */
Test(explain, secrets_are_masked_before_values_are_cut) {
    struct mask *mask = mask_new();
    mask_add(mask, TEXT("zebraumbrella"));
    char long_text[300];
    memset(long_text, '0', sizeof long_text);
    memcpy(long_text + 192, "zebraumbrella", 13);
    memcpy(long_text + 130, "zebraumbrella", 13);
    struct text text = { long_text, sizeof long_text };
    char other[300];
    memcpy(other, long_text, sizeof other);
    other[150] = '1';
    f.world.mask = mask;
    plain("out == wanted and [out] == 3", value_boolean(false));
    struct value held = value_text(f.heap, text);
    fixture_site(&f, "out", fixture_register(&f, value_retain(held)));
    fixture_site(&f, "wanted", fixture_register(&f, value_text(f.heap, (struct text){ other, sizeof other })));
    uint16_t list = fixture_register(&f, value_list(f.heap, &held, 1));
    fixture_site(&f, "[out]", list);
    f.sites[2].is_literal = false;
    value_release(held);
    const struct verdict_row *row = fixture_judge(&f);
    cr_expect(strstr(row->explanation.bytes, "***"), "%s", row->explanation.bytes);
    cr_expect(strstr(row->explanation.bytes, "[out] = [\"0"), "%s", row->explanation.bytes);
    cr_expect(strstr(row->explanation.bytes, "differs at character 141: "), "%s", row->explanation.bytes);
    cr_expect_not(strstr(row->explanation.bytes, "z"), "%s", row->explanation.bytes);
    cr_expect_not(strstr(row->explanation.bytes, "brella"), "%s", row->explanation.bytes);
    cr_expect_not(strstr(row->evidence.bytes, "zebra"), "%s", row->evidence.bytes);
    f.world.mask = NULL;
    mask_free(mask);
}

Test(explain, the_first_difference_of_lists_and_records) {
    struct value one[] = { value_integer(1), value_integer(2), value_integer(3) };
    struct value other[] = { value_integer(1), value_integer(5), value_integer(3) };
    plain("sort(found) == wanted", value_boolean(false));
    fixture_site(&f, "sort(found)", fixture_register(&f, value_list(f.heap, one, 3)));
    fixture_site(&f, "wanted", fixture_register(&f, value_list(f.heap, other, 3)));
    fixture_expect(
        &f, "fail",
        "sort(found) == wanted\nsort(found) = [1, 2, 3]\n               wanted = [1, 5, 3]\ndiffers at [1]: 2 != 5");
}

Test(explain, a_claim_that_was_written_on_two_lines) {
    plain("home.status == 200\n  # as it must\n  and home.latency < limit", value_boolean(false));
    f.claims[0].text = TEXT("home.status == 200 and home.latency < limit");
    fixture_site(&f, "home.status", fixture_register(&f, value_integer(200)));
    fixture_site(&f, "home.latency", fixture_register(&f, milliseconds(412)));
    fixture_site(&f, "limit", fixture_register(&f, milliseconds(300)));
    fixture_expect(&f, "fail",
                   "home.status == 200 and home.latency < limit\n"
                   "home.status = 200\n"
                   "                       home.latency = 412ms\n"
                   "                                      limit = 300ms");
}

/* ---- the other time words ---- */

/* 40 samples, 20 ms apart from 0 on, of a status. */
static uint16_t statuses(const int64_t *values, size_t count) {
    return fixture_register(&f, fixture_samples(&f, 0, 20, values, count, value_integer));
}

static struct formula *status_claim(const char *text, enum formula_kind kind, uint16_t series) {
    uint16_t condition = condition_over(series, LIFT_EQUAL, value_integer(200));
    struct formula *formula = fixture_time_word(&f, text, kind, condition);
    fixture_site(&f, "home.status", series);
    fixture_site(&f, "200", fixture_register(&f, value_integer(200)));
    f.world.ended = 200 * MILLISECOND;
    return formula;
}

static const int64_t late[] = { 503, 503, 503, 503, 503, 503, 200, 200, 200, 200 };

Test(explain, eventually_comes_too_late) {
    struct formula *formula =
        status_claim("eventually within 90ms: home.status == 200", FORMULA_EVENTUALLY, statuses(late, 10));
    formula->within = fixture_register(&f, milliseconds(90));
    fixture_expect(&f, "fail",
                   "eventually within 90ms: home.status == 200\n"
                   "                        home.status = 503\n"
                   "last    sample 5   run +0.081s   503\n"
                   "none of 5 samples in 90 ms was true; interval 20 ms, largest gap 19 ms, no stall\n"
                   "true 31 ms too late: sample 7   run +0.121s   200");
}

Test(explain, eventually_passes) {
    struct formula *formula =
        status_claim("eventually within 150ms: home.status == 200", FORMULA_EVENTUALLY, statuses(late, 10));
    formula->within = fixture_register(&f, milliseconds(150));
    fixture_expect(&f, "pass", "eventually within 150ms: home.status == 200 (after 121 ms; 7 samples, interval 20 ms)");
}

Test(explain, settles) {
    static const int64_t broken[] = { 503, 200, 200, 200, 200, 200, 200, 503, 200, 200 };
    struct formula *formula =
        status_claim("settles within 90ms: home.status == 200", FORMULA_SETTLES, statuses(broken, 10));
    formula->within = fixture_register(&f, milliseconds(90));
    fixture_expect(&f, "fail",
                   "settles within 90ms: home.status == 200\n"
                   "                     home.status = 503\n"
                   "last    sample 8   run +0.141s   503\n"
                   "2 of 10 samples are not true; interval 20 ms, largest gap 19 ms, no stall\n"
                   "it settled 71 ms too late");
    f.registers[formula->within] = milliseconds(170);
    fixture_expect(&f, "short", NULL);
}

Test(explain, settles_passes) {
    struct formula *formula =
        status_claim("settles within 150ms: home.status == 200", FORMULA_SETTLES, statuses(late, 10));
    formula->within = fixture_register(&f, milliseconds(150));
    fixture_expect(&f, "pass",
                   "settles within 150ms: home.status == 200 (settled after 121 ms; 10 samples, interval 20 ms)");
}

Test(explain, until_breaks) {
    static const int64_t old[] = { 200, 200, 500, 200, 200, 200, 200, 200, 200, 200 };
    uint16_t holds = condition_over(statuses(old, 10), LIFT_EQUAL, value_integer(200));
    uint16_t series = statuses(late, 10), comes = condition_over(series, LIFT_EQUAL, value_integer(200));
    struct formula *formula = fixture_claim(&f, "a.status == 200 until home.status == 200 within 150ms", FORMULA_UNTIL);
    formula->condition = holds;
    formula->ending = comes;
    formula->within = fixture_register(&f, milliseconds(150));
    fixture_site(&f, "a.status", 0);
    fixture_site(&f, "home.status", series);
    f.world.ended = 200 * MILLISECOND;
    fixture_expect(&f, "fail",
                   "a.status == 200 until home.status == 200 within 150ms\n"
                   "a.status = 500\n"
                   "                      home.status = 503\n"
                   "first   sample 3   run +0.041s   500\n"
                   "1 of 8 samples violates; interval 20 ms, largest gap 19 ms, no stall\n"
                   "came    sample 7   run +0.121s   200");
}

Test(explain, whenever) {
    static const int64_t crashes[] = { 0, 0, 1, 1, 0, 0, 0, 1, 0, 0 };
    uint16_t crashed = statuses(crashes, 10), trigger = condition_over(crashed, LIFT_EQUAL, value_integer(1));
    uint16_t series = statuses(late, 10);
    struct formula *formula =
        fixture_claim(&f, "whenever crashed == 1: eventually within 60ms: home.status == 200", FORMULA_WHENEVER);
    formula->condition = trigger;
    struct formula *inner = fixture_body(&f, formula, FORMULA_EVENTUALLY);
    fixture_body(&f, inner, FORMULA_PLAIN)->condition = condition_over(series, LIFT_EQUAL, value_integer(200));
    inner->within = fixture_register(&f, milliseconds(60));
    fixture_site(&f, "crashed", crashed);
    fixture_site(&f, "home.status", series);
    f.world.ended = 210 * MILLISECOND;
    fixture_expect(&f, "fail",
                   "whenever crashed == 1: eventually within 60ms: home.status == 200\n"
                   "         crashed = 1\n"
                   "                                               home.status = 503\n"
                   "trigger sample 3   run +0.041s   1\n"
                   "last    sample 6   run +0.101s   503\n"
                   "none of 3 samples in 60 ms was true; interval 20 ms, largest gap 19 ms, no stall\n"
                   "true 20 ms too late: sample 7   run +0.121s   200");
    f.registers[inner->within] = milliseconds(100);
    f.world.ended = 150 * MILLISECOND;
    fixture_expect(&f, "short", NULL); /* the second trigger, at 141 ms, has not so long */
    f.registers[inner->within] = milliseconds(50);
    f.registers[formula->before = fixture_register(&f, value_instant(30 * MILLISECOND))] =
        value_instant(30 * MILLISECOND);
    fixture_expect(&f, "vacuous", NULL);
}

Test(explain, nothing_behind_a_trigger_is_told_with_its_time) {
    uint16_t status = statuses(late, 10);
    uint16_t failed = condition_over(status, LIFT_EQUAL, value_integer(503));
    struct formula *formula = fixture_claim(&f, "whenever page.failed: always for 10ms: page.failed", FORMULA_WHENEVER);
    formula->condition = failed;
    struct formula *inner = fixture_body(&f, formula, FORMULA_ALWAYS);
    fixture_body(&f, inner, FORMULA_PLAIN)->condition = failed;
    inner->hold = fixture_register(&f, milliseconds(10));
    f.world.ended = 200 * MILLISECOND;
    fixture_expect(&f, "no samples",
                   "whenever page.failed: always for 10ms: page.failed\n"
                   "no samples: no sample in the 10 ms from run +0.001s");
}

/* Both from one watch: what stands beside the body's samples is the body's. */
Test(explain, whenever_over_one_recording) {
    uint16_t status = statuses(late, 10);
    uint16_t failed = condition_over(status, LIFT_EQUAL, value_integer(503));
    uint16_t ok = condition_over(status, LIFT_EQUAL, value_integer(200));
    struct formula *formula =
        fixture_claim(&f, "whenever page.failed: eventually within 60ms: page.ok", FORMULA_WHENEVER);
    formula->condition = failed;
    struct formula *inner = fixture_body(&f, formula, FORMULA_EVENTUALLY);
    fixture_body(&f, inner, FORMULA_PLAIN)->condition = ok;
    inner->within = fixture_register(&f, milliseconds(60));
    fixture_site(&f, "page.failed", failed);
    fixture_site(&f, "page.ok", ok);
    f.world.ended = 200 * MILLISECOND;
    fixture_expect(&f, "fail",
                   "whenever page.failed: eventually within 60ms: page.ok\n"
                   "         page.failed = true\n"
                   "                                              page.ok = false\n"
                   "trigger sample 1   run +0.001s   true\n"
                   "last    sample 4   run +0.061s   false\n"
                   "none of 3 samples in 60 ms was true; interval 20 ms, largest gap 19 ms, no stall\n"
                   "true 60 ms too late: sample 7   run +0.121s   true");
}

Test(explain, until_over_one_recording) {
    static const int64_t seen[] = { 1, 1, 9, 1, 1, 2, 2, 2, 2, 2 };
    uint16_t status = statuses(seen, 10);
    uint16_t one = condition_over(status, LIFT_EQUAL, value_integer(1));
    uint16_t two = condition_over(status, LIFT_EQUAL, value_integer(2));
    struct formula *formula = fixture_claim(&f, "\"until: \" != page.one until page.two within 150ms", FORMULA_UNTIL);
    formula->condition = one;
    formula->ending = two;
    formula->within = fixture_register(&f, milliseconds(150));
    fixture_site(&f, "page.one", one);
    fixture_site(&f, "page.two", two);
    f.world.ended = 200 * MILLISECOND;
    fixture_expect(&f, "fail",
                   "\"until: \" != page.one until page.two within 150ms\n"
                   "             page.one = false\n"
                   "                            page.two = false\n"
                   "first   sample 3   run +0.041s   false\n"
                   "4 of 8 samples violate, over 101 ms; interval 20 ms, largest gap 19 ms, no stall\n"
                   "came    sample 6   run +0.101s   true");
}

Test(explain, whenever_passes) {
    static const int64_t crashes[] = { 0, 0, 1, 1, 0, 0, 0, 1, 0, 0 };
    uint16_t crashed = statuses(crashes, 10), trigger = condition_over(crashed, LIFT_EQUAL, value_integer(1));
    struct formula *formula =
        fixture_claim(&f, "whenever crashed == 1: eventually within 40ms: crashed == 0", FORMULA_WHENEVER);
    formula->condition = trigger;
    struct formula *inner = fixture_body(&f, formula, FORMULA_EVENTUALLY);
    fixture_body(&f, inner, FORMULA_PLAIN)->condition = condition_over(crashed, LIFT_EQUAL, value_integer(0));
    inner->within = fixture_register(&f, milliseconds(40));
    f.world.ended = 200 * MILLISECOND;
    fixture_expect(
        &f, "pass",
        "whenever crashed == 1: eventually within 40ms: crashed == 0 (2 triggers among 10 samples, interval 20 ms)");
}

/* ---- live ---- */

Test(explain, live_claims_count_from_the_first_probe) {
    uint16_t series = statuses(late, 10);
    f.world.ended = -5 * SECOND;
    struct series *polled = series_of(f.registers[series]);
    polled->provenance.alive_from = -MILLISECOND;
    polled->provenance.alive_to = 180 * MILLISECOND;
    uint16_t condition = condition_over(series, LIFT_EQUAL, value_integer(200));
    struct formula *formula =
        fixture_time_word(&f, "eventually within 150ms: home.status == 200", FORMULA_EVENTUALLY, condition);
    formula->live = true;
    formula->within = fixture_register(&f, milliseconds(150));
    fixture_expect(&f, "pass", "eventually within 150ms: home.status == 200 (after 122 ms; 7 samples, interval 20 ms)");
    f.registers[formula->within] = milliseconds(90);
    fixture_expect(&f, "fail", NULL);
    /* asked for longer than it was polled: what was not looked at is a gap */
    polled = series_of(f.registers[condition]);
    polled->timing->count = 6;
    f.registers[formula->within] = milliseconds(500);
    fixture_expect(&f, "gap", NULL);
    polled->timing->count = 10;
}

/* Of what is polled only the last sample's operands are known: those of the sample that came too late explain no failure. */
Test(explain, live_operands_are_shown_with_their_own_sample) {
    static const int64_t seen[] = { 0, 0, 0, 1 };
    uint16_t condition = condition_over(statuses(seen, 4), LIFT_EQUAL, value_integer(1));
    struct formula *formula =
        fixture_time_word(&f, "eventually within 50ms: probe() == 2", FORMULA_EVENTUALLY, condition);
    formula->live = true;
    formula->within = fixture_register(&f, milliseconds(50));
    fixture_site(&f, "probe()", fixture_register(&f, value_integer(2)));
    series_of(f.registers[condition])->provenance.alive_to = 61 * MILLISECOND;
    fixture_expect(&f, "fail",
                   "eventually within 50ms: probe() == 2\n"
                   "last    sample 3   run +0.041s   poll +0.041s\n"
                   "none of 3 samples in 50 ms was true; interval 20 ms, largest gap 19 ms, no stall\n"
                   "true 11 ms too late: sample 4   run +0.061s   poll +0.061s   2");
    series_of(f.registers[condition])->timing->count = 3;
    f.registers[f.sites[0].register_index] = value_integer(1);
    fixture_expect(&f, "fail",
                   "eventually within 50ms: probe() == 2\n"
                   "                        probe() = 1\n"
                   "last    sample 3   run +0.041s   poll +0.041s   1\n"
                   "none of 3 samples in 50 ms was true; interval 20 ms, largest gap 19 ms, no stall");
    series_of(f.registers[condition])->timing->count = 4;
}

Test(explain, only_the_nearest_is_shown) {
    fixture_record(&f);
    static const struct {
        const char *kind;
        int64_t from, to;
    } effects[] = { { "a", -5000, -4000 }, { "b", 1390, 1420 }, { "c", 200, 300 },
                    { "d", 1700, 1750 },   { "e", 1000, 1100 }, { "g", 2300, 2400 } };
    for (size_t i = 0; i < 6; i++)
        record_effect(f.record, effects[i].kind, TEXT_NONE, effects[i].from * MILLISECOND, effects[i].to * MILLISECOND,
                      TEXT("ok"));
    blocked_during_migrate("always during migrate: blocked <= 100ms", FORMULA_ALWAYS, LIFT_LESS_EQUAL);
    const char *nearby = strstr(fixture_judge(&f)->explanation.bytes, "\nnearby");
    cr_expect_str_eq(nearby,
                     "\nnearby  e +1.000s … +1.100s · b +1.390s … +1.420s · d +1.700s … +1.750s · g +2.300s … +2.400s");
}
