/* judge/trace and judge/monitor: each sentence of docs/language.md 5 about a time word, as a case that can be read.
 * The property tests against the reference monitor stand in tests/judge_reference/. */
#include "story.h"

#include <criterion/criterion.h>
#include <string.h>

static struct story first, second;

static struct scope scope(int64_t from, int64_t to) {
    return (struct scope){ from, to, true, TOUCHING };
}

static struct scope open_scope(int64_t from, int64_t to) {
    return (struct scope){ from, to, false, TOUCHING };
}

#define EXPECT(finding, wanted) \
    do { \
        const char *was = shown(finding); \
        cr_expect_str_eq(was, wanted, "%s: is %s, wanted %s", #finding, was, wanted); \
    } while (0)

#define ALWAYS(text, gap, scope) monitor_always(story(&first, text, gap), false, scope, TIME_END)
#define ALWAYS_FOR(text, gap, scope, length) monitor_always(story(&first, text, gap), false, scope, length)
#define NEVER(text, gap, scope) monitor_always(story(&first, text, gap), true, scope, TIME_END)
#define EVENTUALLY(text, gap, scope, within) monitor_eventually(story(&first, text, gap), scope, within, true)
#define SETTLES(text, gap, scope, within) monitor_settles(story(&first, text, gap), scope, within, TIME_END)
#define SETTLES_FOR(text, gap, scope, within, hold) monitor_settles(story(&first, text, gap), scope, within, hold)
#define UNTIL(a, b, gap, scope, within) monitor_until(story(&first, a, gap), story(&second, b, gap), scope, within)

Test(always, every_sample_in_scope) {
    EXPECT(ALWAYS("1-2T 3-4T", 3, scope(0, 5)), "pass");
    EXPECT(ALWAYS("1-2T 3-4F", 3, scope(0, 5)), "fail");
    EXPECT(ALWAYS("1-2T 3-4E", 3, scope(0, 5)), "fail");
    EXPECT(ALWAYS("", 3, scope(0, 5)), "no samples");
    cr_expect_eq(ALWAYS("1-2T 3-4F 5-6F", 3, scope(0, 9)).element, 1);
}

Test(always, a_sample_counts_if_both_ends_lie_in_the_scope) {
    EXPECT(ALWAYS("1-3F 4-5T 6-9F", 3, scope(2, 8)), "pass");
    EXPECT(ALWAYS("2-3F 4-5T", 3, scope(2, 8)), "fail");
    EXPECT(ALWAYS("4-5T 6-8F", 3, scope(2, 8)), "fail");
}

Test(always, an_event_counts_if_its_life_touches_the_scope) {
    EXPECT(ALWAYS("1-3F 4-5T", EVENTS, scope(2, 8)), "fail");
    EXPECT(ALWAYS("4-5T 7-9F", EVENTS, scope(2, 8)), "fail");
    EXPECT(ALWAYS("0-1F 4-5T 9-9F", EVENTS, scope(2, 8)), "pass");
    /* ends ascend, starts do not: one that began in the scope and ended last */
    EXPECT(ALWAYS("4-5T 9-10T 3-20F", EVENTS, scope(2, 8)), "fail");
    EXPECT(ALWAYS("4-5T 9-10T 9-20F", EVENTS, scope(2, 8)), "pass");
}

Test(always, before_an_instant_events_that_ended_by_it) {
    struct scope before = { 0, 8, true, ENDED };
    EXPECT(ALWAYS("4-5T 7-9F", EVENTS, before), "pass");
    EXPECT(ALWAYS("4-5T 7-8F", EVENTS, before), "fail");
}

Test(always, a_gap_is_time_without_a_probe_in_flight) {
    EXPECT(ALWAYS("0-1T 4-5T", 3, scope(0, 8)), "pass");
    EXPECT(ALWAYS("0-1T 5-6T", 3, scope(0, 8)), "gap");
    EXPECT(ALWAYS("0-1T 2-90T 91-92T", 3, scope(0, 92)), "pass"); /* a slow answer is none */
    EXPECT(ALWAYS("4-5T 6-7T", 3, scope(0, 8)), "gap");
    EXPECT(ALWAYS("-9-3T 4-5T 6-7T", 3, scope(0, 8)), "pass"); /* a probe spans the edge */
    EXPECT(ALWAYS("1-2T", 3, scope(0, 6)), "gap");
    EXPECT(ALWAYS("1-2T 3-90F", 3, scope(0, 6)), "pass");
    EXPECT(ALWAYS("1-2T 10-11T 0-12T", 3, scope(0, 13)), "pass"); /* overlapping probes cover each other's gaps */
    EXPECT(ALWAYS("1-2T", 0, scope(0, 100)), "pass");             /* windows have no interval */
    EXPECT(ALWAYS("1-2T", EVENTS, scope(0, 100)), "pass");
    struct finding gap = ALWAYS("0-1T 2-3T 9-10T", 3, scope(0, 10));
    cr_expect(gap.gap.from == 3 && gap.gap.to == 9);
}

Test(always, a_violation_stands_beside_a_gap) {
    EXPECT(ALWAYS("0-1F 50-51T", 3, scope(0, 60)), "fail");
}

Test(always, no_data_is_inconclusive) {
    EXPECT(ALWAYS("1-2T 3-4N 5-6T", 3, scope(0, 7)), "no data");
    EXPECT(ALWAYS("1-2T 3-4N 5-6F", 3, scope(0, 7)), "fail");
    EXPECT(ALWAYS("1-2N 3-4T", 3, scope(0, 5)), "pass"); /* before its first data it is no sample */
    EXPECT(ALWAYS("1-2N 4-5T", 3, scope(0, 5)), "gap");
    EXPECT(ALWAYS("1-2N 4-5T", EVENTS, scope(0, 5)), "no data");
}

Test(always, an_observer_needs_no_events) {
    EXPECT(NEVER("", EVENTS, scope(0, 5)), "no samples");
    EXPECT(NEVER("", OBSERVED, scope(0, 5)), "pass");
    EXPECT(NEVER("1-1T", OBSERVED, scope(0, 5)), "fail");
    story(&first, "", OBSERVED);
    first.trace.alive_from = 6;
    EXPECT(monitor_always(&first.trace, true, scope(0, 5), TIME_END), "no samples");
    first.trace.alive_from = 3;
    EXPECT(monitor_always(&first.trace, true, scope(0, 5), TIME_END), "pass");
    first.trace.alive_from = 0;
    first.trace.alive_to = 2;
    EXPECT(monitor_always(&first.trace, true, scope(3, 5), TIME_END), "no samples");
}

Test(always, of_two_signals_one_that_ended_ends_the_pair) {
    story(&first, "0-1T 2-3T 4-5T 6-7T 8-9T 10-11T", 3);
    EXPECT(monitor_always(&first.trace, false, scope(0, 11), TIME_END), "pass");
    first.trace.alive_to = 3;
    trace_prepare(&first.trace);
    EXPECT(monitor_always(&first.trace, false, scope(0, 11), TIME_END), "gap");
    EXPECT(monitor_always(&first.trace, false, scope(0, 6), TIME_END), "pass");
}

Test(always, for_a_time) {
    EXPECT(ALWAYS_FOR("1-2T 3-4T 5-6F", 3, scope(0, 9), 4), "pass");
    EXPECT(ALWAYS_FOR("1-2T 3-4T 5-6F", 3, scope(0, 9), 6), "fail");
    EXPECT(ALWAYS_FOR("1-2T 3-4T", 3, scope(0, 5), 6), "short");
    EXPECT(ALWAYS_FOR("1-2T 3-4F", 3, scope(0, 5), 6), "fail");
}

Test(never, is_always_not) {
    EXPECT(NEVER("1-2F 3-4F", 3, scope(0, 5)), "pass");
    EXPECT(NEVER("1-2F 3-4T", 3, scope(0, 5)), "fail");
    EXPECT(NEVER("1-2F 3-4E", 3, scope(0, 5)), "fail");
    EXPECT(NEVER("1-2F 3-4N", 3, scope(0, 5)), "no data");
}

Test(always, while_it_goes_on) {
    EXPECT(ALWAYS("1-2T", 3, open_scope(0, 3)), "holding");
    EXPECT(ALWAYS("1-2F", 3, open_scope(0, 3)), "fail");
    EXPECT(ALWAYS_FOR("1-2T 3-4T", 3, open_scope(0, 5), 4), "pass");
    EXPECT(ALWAYS_FOR("1-2T 3-4T", EVENTS, open_scope(0, 5), 4), "holding"); /* one in flight may yet violate */
}

Test(eventually, a_sample_begun_in_scope_completed_true_by_the_deadline) {
    EXPECT(EVENTUALLY("1-2F 3-4T", 3, scope(0, 9), 4), "pass");
    EXPECT(EVENTUALLY("1-2F 3-4F 5-6T", 3, scope(0, 9), 4), "fail");
    EXPECT(EVENTUALLY("1-2F 3-5T", 3, scope(0, 9), 4), "fail");       /* completed after it */
    EXPECT(EVENTUALLY("-1-1T 2-3F 4-5F", 3, scope(0, 5), 5), "fail"); /* begun before the scope */
    EXPECT(EVENTUALLY("-1-1T 2-3F", EVENTS, scope(0, 5), 5), "fail"); /* events too */
    EXPECT(EVENTUALLY("1-2E 3-4E", 3, scope(0, 5), 5), "fail");
    EXPECT(EVENTUALLY("1-2F 3-4T", 3, scope(0, 4), TIME_END), "pass");
    EXPECT(EVENTUALLY("1-2F 3-4F", 3, scope(0, 4), TIME_END), "fail");
    cr_expect(EVENTUALLY("1-2F 3-4F", 3, scope(0, 4), TIME_END).by_absence);
}

Test(eventually, a_failure_needs_evidence) {
    EXPECT(EVENTUALLY("1-2F", 3, scope(0, 4), 5), "short");
    EXPECT(EVENTUALLY("", 3, scope(0, 4), 4), "no samples");
    EXPECT(EVENTUALLY("", OBSERVED, scope(0, 4), 4), "fail");
    EXPECT(EVENTUALLY("1-2F 7-8F", 3, scope(0, 9), 9), "gap");
    EXPECT(EVENTUALLY("1-2F 3-4N 5-6F", 3, scope(0, 6), 6), "no data");
    EXPECT(EVENTUALLY("1-2F 3-4N 5-6T", 3, scope(0, 6), 6), "pass");
}

Test(eventually, already_true) {
    EXPECT(EVENTUALLY("0-1T 3-4T", 3, scope(2, 9), 5), "already true");
    EXPECT(EVENTUALLY("0-1F 3-4T", 3, scope(2, 9), 5), "pass");
    EXPECT(EVENTUALLY("0-1T 3-4F 5-6T", 3, scope(2, 9), 5), "pass");
    EXPECT(EVENTUALLY("3-4T", 3, scope(2, 9), 5), "pass");
    EXPECT(EVENTUALLY("0-1T 3-4N 5-6T", 3, scope(2, 9), 5), "no data");
    EXPECT(EVENTUALLY("0-1T 3-4T", EVENTS, scope(2, 9), 5), "already true");
    EXPECT(EVENTUALLY("0-1T 3-4T", OBSERVED, scope(2, 9), 5), "pass"); /* a log's line is a moment, not a state */
    EXPECT(monitor_eventually(story(&first, "0-1T 3-4T", 3), scope(2, 9), 5, false), "pass"); /* live */
}

Test(eventually, while_it_goes_on) {
    EXPECT(EVENTUALLY("1-2F", 3, open_scope(0, 3), 9), "pending");
    EXPECT(EVENTUALLY("1-2T", 3, open_scope(0, 3), 9), "pass");
    EXPECT(EVENTUALLY("1-2F", 3, open_scope(0, 3), 3), "fail");
    EXPECT(EVENTUALLY("1-2F", 3, open_scope(0, 3), TIME_END), "pending");
}

Test(settles, recovers_and_stays_recovered) {
    EXPECT(SETTLES("1-2F 3-4T 5-6T 7-8T", 3, scope(0, 9), 5), "pass");
    EXPECT(SETTLES("1-2F 3-4T 5-6F 7-8T 9-10T 11-12T", 3, scope(0, 13), 5), "fail"); /* broken, then too late */
    EXPECT(SETTLES("1-2F 3-4T 5-6T 7-8E", 3, scope(0, 9), 5), "fail");
    EXPECT(SETTLES("1-2F 3-4F 5-6T 7-8T 9-10T", 3, scope(0, 11), 5), "fail");
    EXPECT(SETTLES("1-2F 3-4T 5-6T", 3, scope(0, 7), 5), "short"); /* under three samples */
    EXPECT(SETTLES("1-2F 3-4T 5-6T 7-8T", 3, scope(0, 12), 5), "gap");
    EXPECT(SETTLES("1-2F 3-4T 8-9T 10-11T 12-13T", 3, scope(0, 13), 5), "gap");
    EXPECT(SETTLES("1-2T 8-9T 10-11T 12-13T", 3, scope(0, 13), 9), "pass"); /* settled in time behind the gap, too */
    EXPECT(SETTLES("1-2F 3-4F", 3, scope(0, 4), 5), "short");
    EXPECT(SETTLES("", 3, scope(0, 9), 5), "no samples");
    EXPECT(SETTLES("1-2F 3-4T 5-6N 7-8T 9-10T 11-12T", 3, scope(0, 13), 5), "no data");
    EXPECT(SETTLES("1-2N 3-4T 5-6N 7-8F", 3, scope(0, 9), 5), "fail");
}

Test(settles, holds_for_a_time) {
    EXPECT(SETTLES_FOR("1-2F 3-4T 5-6T 7-8T 9-10F", 3, scope(0, 11), 5, 4), "pass");
    EXPECT(SETTLES_FOR("1-2F 3-4T 5-6T 7-8F 9-10F", 3, scope(0, 11), 5, 4), "fail");
    EXPECT(SETTLES_FOR("1-2F 3-4T 5-6T", 3, scope(0, 7), 5, 4), "short");
    EXPECT(SETTLES_FOR("1-2F 3-4F 5-6T 7-8T 9-10T 11-12T", 3, scope(0, 13), 5, 4), "fail"); /* begun too late */
    EXPECT(SETTLES_FOR("1-2F 3-4T 8-9T 10-11F", 3, scope(0, 12), 5, 4), "gap");
    EXPECT(SETTLES_FOR("1-2F 3-4T 20-21F 22-23F", 3, scope(0, 24), 5, 4),
           "gap"); /* it may have held on until the gap's end */
}

Test(settles, while_it_goes_on) {
    EXPECT(SETTLES("1-2T 3-4T 5-6T", 3, open_scope(0, 7), 5), "pending");
    EXPECT(SETTLES("1-2F 3-4F 5-6F", 3, open_scope(0, 7), 5), "fail");
    EXPECT(SETTLES_FOR("1-2T 3-4T 5-6T", 3, open_scope(0, 7), 5, 4), "pass");
}

Test(until, holds_until_it_comes) {
    EXPECT(UNTIL("1-2T 3-4T 5-6F", "1-2F 3-4F 5-6T", 3, scope(0, 9), 9), "pass"); /* not at the sample itself */
    EXPECT(UNTIL("1-2T 3-4F 5-6T", "1-2F 3-4F 5-6T", 3, scope(0, 9), 9), "fail");
    EXPECT(UNTIL("1-2T 3-4E 5-6T", "1-2F 3-4F 5-6T", 3, scope(0, 9), 9), "fail");
    EXPECT(UNTIL("1-2T 3-4T 5-6T", "1-2F 3-4F 5-6F", 3, scope(0, 6), 6), "fail"); /* strong: it must come */
    EXPECT(UNTIL("1-2T 3-4T", "1-2F 3-4F", 3, scope(0, 5), 6), "short");
    EXPECT(UNTIL("1-2T 9-10T", "1-2F 3-4F 5-6F 8-9T", 3, scope(0, 11), 10), "gap");
    EXPECT(UNTIL("1-2T 3-4T 5-6T 7-8T", "1-2F 9-10F", 3, scope(0, 10), 10), "gap");
    EXPECT(UNTIL("1-2T 3-4N 5-6T", "1-2F 3-4F 5-6T", 3, scope(0, 9), 9), "no data");
    EXPECT(UNTIL("1-2T 3-4F 5-6T", "1-2F 3-4N 5-6T", 3, scope(0, 9), 9), "no data"); /* it may have come first */
    EXPECT(UNTIL("1-2T 3-4F 5-6T", "1-2F 3-4F 5-6N", 3, scope(0, 6), 6), "fail");
    EXPECT(UNTIL("", "1-2F 3-4T", EVENTS, scope(0, 9), 9), "no samples");
    EXPECT(UNTIL("1-2T 3-4F", "1-2F", 3, open_scope(0, 5), 9), "fail");
    EXPECT(UNTIL("1-2T 3-4T", "1-2F", 3, open_scope(0, 5), 9), "pending");
}

Test(at_a_moment, the_latest_completed) {
    EXPECT(monitor_at(story(&first, "1-2T 3-4F 5-6T", 3), 5), "fail");
    EXPECT(monitor_at(story(&first, "1-2T 3-4F 5-6T", 3), 6), "pass");
    EXPECT(monitor_at(story(&first, "1-2T 3-4F 5-6T", 3), 1), "no samples");
    EXPECT(monitor_at(story(&first, "1-2T", 3), 9), "gap");
    EXPECT(monitor_at(story(&first, "1-2T 5-6N", 3), 7), "no data");
}

Test(trace, times_do_not_overflow) {
    story(&first, "1-2T", 3);
    first.start[0] = INT64_MIN;
    first.end[0] = INT64_MAX;
    trace_prepare(&first.trace);
    EXPECT(monitor_always(&first.trace, false, scope(INT64_MIN, INT64_MAX), TIME_END), "pass");
    EXPECT(monitor_always(&first.trace, false, scope(0, INT64_MAX), INT64_MAX - 1), "no samples");
    EXPECT(monitor_eventually(&first.trace, scope(INT64_MAX - 1, INT64_MAX), INT64_MAX - 1, true), "no samples");
}
