/* judge/formula: `whenever`, and formulas behind the colon of `always` and `eventually`. */
#include "story.h"

#include <criterion/criterion.h>

static struct story first, second, third;

static struct node leaf(enum node_kind kind, const struct trace *trace, int64_t within, int64_t hold) {
    return (struct node){ .kind = kind, .condition = trace, .within = within, .hold = hold };
}

static const char *verdict(const struct node *node, int64_t from, int64_t to, int64_t run_end) {
    struct scope scope = { from, to, true, TOUCHING }, after = { from, run_end, true, TOUCHING };
    return shown(formula_judge(node, scope, after, true));
}

/* whenever TRIGGER: eventually within 5: BODY, triggers in [0, to], the run ends at 100 */
static const char *leads_to(const char *trigger, int64_t gap, const char *body, int64_t to) {
    struct node inner = leaf(NODE_EVENTUALLY, story(&second, body, 3), 5, TIME_END);
    struct node outer = { .kind = NODE_WHENEVER, .condition = story(&first, trigger, gap), .body = &inner };
    return verdict(&outer, 0, to, 100);
}

static const char heartbeat[] = "0-1F 2-3F 4-5F 6-7F 8-9T 10-11F 12-13F 14-15F 16-17F 18-19F 20-21F 22-23F";

Test(whenever, each_time_it_becomes_true) {
    cr_expect_str_eq(leads_to("0-1F 2-3F 4-5T 6-7T 8-9T", 3, heartbeat, 10), "pass");        /* one trigger, at 5 */
    cr_expect_str_eq(leads_to("0-1F 2-3T 4-5F 6-7T 8-9F 10-11T", 3, heartbeat, 12), "fail"); /* those at 3 and 11 */
    cr_expect_str_eq(leads_to("0-1F 2-3F 4-5F", 3, heartbeat, 6), "vacuous");
    cr_expect_str_eq(leads_to("", 3, heartbeat, 6), "no samples");
    cr_expect_str_eq(leads_to("0-1F 4-5T 20-21F", 3, heartbeat, 21), "gap");
}

Test(whenever, a_first_true_sample_triggers_unless_it_was_true_before_the_scope) {
    cr_expect_str_eq(leads_to("-4-3T 4-5T 6-7T", 20, heartbeat, 10), "vacuous");
    cr_expect_str_eq(leads_to("4-5T 6-7T", 20, heartbeat, 10), "pass");
    cr_expect_str_eq(leads_to("-4-3F 4-5T 6-7T", 20, heartbeat, 10), "pass");
}

Test(whenever, each_true_event) {
    cr_expect_str_eq(leads_to("4-4T 5-5T", EVENTS, heartbeat, 10), "pass");
    cr_expect_str_eq(leads_to("4-4T 5-5T 9-9T", EVENTS, heartbeat, 10), "fail");
    cr_expect_str_eq(leads_to("", OBSERVED, heartbeat, 10), "vacuous");
}

Test(whenever, what_it_asks_for_may_come_after_the_scope) {
    cr_expect_str_eq(leads_to("0-1F 4-5T", 3, heartbeat, 6), "pass");
}

Test(whenever, errors_and_missing_data_in_the_trigger) {
    cr_expect_str_eq(leads_to("0-1F 4-5E 6-7T", 3, heartbeat, 8), "pass");
    cr_expect_str_eq(leads_to("0-1F 2-3E 4-5T", 3, heartbeat, 8), "fail"); /* an error may hide a true */
    cr_expect_str_eq(leads_to("0-1F 4-5E 6-7F", 3, heartbeat, 8), "vacuous");
    cr_expect_str_eq(leads_to("0-1F 4-5N 6-7F", 3, heartbeat, 8), "no data");
    cr_expect_str_eq(leads_to("0-1F 2-3N 4-5F 6-7T", 3, heartbeat, 8), "no data");
    cr_expect_str_eq(leads_to("0-1F 4-5N 6-7F 7-8T", 3, heartbeat, 8),
                     "pass"); /* what may have triggered was answered, too */
}

Test(whenever, the_run_ends_inside_a_window) {
    struct node inner = leaf(NODE_EVENTUALLY, story(&second, "0-1F 2-3F 4-5F", 3), 5, TIME_END);
    struct node outer = { .kind = NODE_WHENEVER, .condition = story(&first, "0-1F 2-3T", 3), .body = &inner };
    cr_expect_str_eq(verdict(&outer, 0, 5, 5), "short");
}

Test(whenever, a_plain_condition_is_that_of_the_moment) {
    struct node inner = leaf(NODE_PLAIN, story(&second, "0-1F 2-3T 4-5F", 3), TIME_END, TIME_END);
    struct node outer = { .kind = NODE_WHENEVER, .condition = story(&first, "0-1F 3-4T 5-6F", 3), .body = &inner };
    cr_expect_str_eq(verdict(&outer, 0, 6, 6), "pass");
    story(&first, "0-1F 4-6T", 3);
    cr_expect_str_eq(verdict(&outer, 0, 6, 6), "fail");
}

/* always: eventually within D: c -- never D without c */
static const char *never_without(const char *body, int64_t within, int64_t to) {
    struct node inner = leaf(NODE_EVENTUALLY, story(&second, body, 3), within, TIME_END);
    struct node outer = { .kind = NODE_ALWAYS, .body = &inner, .hold = TIME_END };
    return verdict(&outer, 0, to, to);
}

Test(nested, never_so_long_without) {
    const char *beats = "0-1F 2-3T 4-5F 6-7F 8-9T 10-11F 12-13F 14-15T 16-17F 18-19F";
    cr_expect_str_eq(never_without(beats, 6, 19), "pass");
    cr_expect_str_eq(never_without(beats, 5, 19), "fail");
    cr_expect_str_eq(never_without(beats, 6, 18), "pass"); /* windows that reach beyond the scope are not judged */
    cr_expect_str_eq(never_without(beats, 30, 19), "short");
    cr_expect_str_eq(never_without("", 6, 19), "no samples");
}

Test(nested, the_moment_of_the_failure_is_told) {
    struct node inner = leaf(NODE_EVENTUALLY, story(&second, "0-1T 2-3F 4-5F 6-7F", 3), 4, TIME_END);
    struct node outer = { .kind = NODE_ALWAYS, .body = &inner, .hold = TIME_END };
    struct scope scope = { 0, 8, true, TOUCHING };
    struct finding finding = formula_judge(&outer, scope, scope, true);
    cr_expect_str_eq(shown(finding), "fail");
    cr_expect_eq(finding.moment, 1);
    cr_expect(finding.by_absence);
}

Test(nested, eventually_always) {
    struct node inner = leaf(NODE_ALWAYS, story(&second, "0-1F 2-3T 4-5T 6-7T 8-9F", 3), TIME_END, 4);
    struct node outer = { .kind = NODE_EVENTUALLY, .body = &inner, .within = 9, .hold = TIME_END };
    cr_expect_str_eq(verdict(&outer, 0, 10, 10), "pass");
    inner.hold = 8;
    cr_expect_str_eq(verdict(&outer, 0, 10, 10), "short");
    outer.within = 3;
    cr_expect_str_eq(verdict(&outer, 0, 10, 10), "fail");
}

Test(nested, whenever_in_whenever) {
    struct node inner = leaf(NODE_EVENTUALLY, story(&third, heartbeat, 3), 5, TIME_END);
    struct node middle = { .kind = NODE_WHENEVER, .condition = story(&second, "0-1F 2-3F 4-5T", 3), .body = &inner };
    struct node outer = { .kind = NODE_WHENEVER, .condition = story(&first, "0-1F 1-2T", 3), .body = &middle };
    cr_expect_str_eq(verdict(&outer, 0, 6, 6), "short"); /* what happens within is asked for by the end of the run */
    cr_expect_str_eq(verdict(&outer, 0, 2, 24), "gap");  /* the second trigger was not looked at for so long */
    middle.condition = story(&second, "0-1F 2-3F 4-5T", 30);
    cr_expect_str_eq(verdict(&outer, 0, 4, 24), "pass");
}

Test(nested, horizon) {
    struct node inner = leaf(NODE_SETTLES, NULL, 5, 3),
                middle = { .kind = NODE_EVENTUALLY, .body = &inner, .within = 2, .hold = TIME_END };
    cr_expect_eq(formula_horizon(&inner), 8);
    cr_expect_eq(formula_horizon(&middle), 10);
    struct node outer = { .kind = NODE_WHENEVER, .body = &middle };
    cr_expect_eq(formula_horizon(&outer), 0);
}
