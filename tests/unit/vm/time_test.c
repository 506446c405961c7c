/* Waits, polls, phases, tasks: time in a run, over the virtual clock. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static char message[600];

static void finish(struct hand *hand, uint16_t registers) {
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, registers);
}

static enum run_end run_of(struct hand *hand, uint32_t looked_at) {
    struct run_options options = fake_options(hand_program(hand));
    fake_look_at(&options, looked_at);
    enum run_end end = fake_run(&options, message, sizeof message);
    hand_done(hand);
    buffer_done(&fake_log.order);
    cr_expect_eq(memory_live_blocks(), 0, "%zu blocks are left", memory_live_blocks());
    return end;
}

/* R[0] = now, then later R[1] = now - R[0] into the global. */
static void measured(struct hand *hand, uint32_t global) {
    hand_emit(hand, OP_NOW, 1, 0, 0);
    hand_emit(hand, OP_SUBTRACT, 1, 1, 0);
    hand_emit(hand, OP_SET_GLOBAL, 1, (uint16_t)global, 0);
}

Test(time, wait_takes_its_time_and_at_counts_from_the_block) {
    struct hand hand = hand_new();
    uint32_t first = hand_global(&hand, GLOBAL_RUN, "first"), second = hand_global(&hand, GLOBAL_RUN, "second");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_NOW, 0, 0, 0);
    hand_duration(&hand, 2, 3 * SECOND);
    hand_emit(&hand, OP_WAIT, 2, 0, 0);
    measured(&hand, first);
    hand_duration(&hand, 2, 10 * SECOND);
    hand_emit(&hand, OP_WAIT_SINCE, 0, 2, 0);
    measured(&hand, second);
    hand_duration(&hand, 2, SECOND);
    hand_emit(&hand, OP_WAIT_SINCE, 0, 2, 0); /* long past: goes on at once */
    hand_duration(&hand, 2, 0);
    hand_emit(&hand, OP_WAIT, 2, 0, 0);
    finish(&hand, 3);
    cr_expect_eq(run_of(&hand, 2), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "3s");
    cr_expect_str_eq(fake_seen[1], "10s");
}

Test(time, a_negative_wait_is_refused) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 0, -SECOND);
    hand_emit(&hand, OP_WAIT, 0, 0, 0);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 0), RUN_ERROR);
    cr_expect_str_eq(message, "cannot wait for that: -1s");
}

/* wait until counter() >= limit within 2s every 500ms; then the number of probes and the time into globals. */
static void poll_counter(struct hand *hand, int32_t limit, int64_t within) {
    uint32_t count = hand_global(hand, GLOBAL_RUN, "count"), length = hand_global(hand, GLOBAL_RUN, "length");
    hand_begin(hand, UNIT_RUN, "run", 0);
    hand_emit(hand, OP_NOW, 0, 0, 0);
    hand_duration(hand, 2, within);
    hand_emit(hand, OP_LOAD_NONE, 3, 0, 0);
    hand_emit(hand, OP_POLL_BEGIN, 4, 2, UINT16_MAX);
    struct label again = assembly_here(&hand->code);
    hand_emit(hand, OP_POLL_PROBE, 4, 0, 0);
    hand_emit(hand, OP_CALL_NATIVE, 5, FAKE_COUNTER, 0);
    hand_emit(hand, OP_SET_GLOBAL, 5, (uint16_t)count, 0);
    hand_integer(hand, 6, limit);
    hand_emit(hand, OP_GREATER_EQUAL, 5, 5, 6);
    assembly_jump(&hand->code, OP_POLL_SAMPLE, 4, 5, again);
    measured(hand, length);
    hand_emit(hand, OP_WAIT_UNTIL_END, 4, hand_narrow_text(hand, "wait until counter() >= 3"), 0);
    finish(hand, 7);
}

Test(time, wait_until_probes_on_a_grid_and_stops_when_true) {
    struct hand hand = hand_new();
    poll_counter(&hand, 3, 2 * SECOND);
    cr_expect_eq(run_of(&hand, 2), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "3");
    cr_expect_str_eq(fake_seen[1], "1s");
}

Test(time, wait_until_tells_how_late_it_came_true) {
    struct hand hand = hand_new();
    poll_counter(&hand, 7, 2 * SECOND);
    cr_expect_eq(run_of(&hand, 2), RUN_FAILED);
    cr_expect_str_eq(message, "wait until counter() >= 3: not true within 2s; true 1s too late");
}

Test(time, wait_until_gives_up_after_as_long_again) {
    struct hand hand = hand_new();
    poll_counter(&hand, 1000000, 2 * SECOND);
    cr_expect_eq(run_of(&hand, 2), RUN_FAILED);
    cr_expect_str_eq(fake_seen[0], "8"); /* 0, 0.5 … 3.5 s */
    cr_expect_str_eq(message, "wait until counter() >= 3: not true within 2s; the last of 8 samples was false");
}

Test(time, wait_until_tells_lateness_for_30s_at_most) {
    struct hand hand = hand_new();
    poll_counter(&hand, 1000000, 5 * MINUTE);
    cr_expect_eq(run_of(&hand, 2), RUN_FAILED);
    cr_expect_str_eq(fake_seen[1], "5m29.5s");
}

/* A probe that never answers: cut at the deadline, an error value; the next ones begin after it. */
Test(time, no_probe_outlives_its_deadline) {
    struct hand hand = hand_new();
    uint32_t samples = hand_global(&hand, GLOBAL_RUN, "samples");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 2, 2 * SECOND);
    hand_emit(&hand, OP_LOAD_NONE, 3, 0, 0);
    hand_emit(&hand, OP_POLL_BEGIN, 4, 2, UINT16_MAX);
    struct label again = assembly_here(&hand.code);
    hand_emit(&hand, OP_POLL_PROBE, 4, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 5, FAKE_NEVER, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 5, FAKE_NEVER, 0); /* not even called: the time is over */
    assembly_jump(&hand.code, OP_POLL_SAMPLE, 4, 5, again);
    hand_emit(&hand, OP_POLL_END, 5, 4, 0);
    hand_emit(&hand, OP_SET_GLOBAL, 5, (uint16_t)samples, 0);
    hand_emit(&hand, OP_WAIT_UNTIL_END, 4, hand_narrow_text(&hand, "wait until never()"), 0);
    finish(&hand, 6);
    cr_expect_eq(run_of(&hand, 1), RUN_FAILED);
    cr_expect_str_eq(fake_seen[0], "2 samples, last error: the time of this probe was over before never");
    cr_expect_eq(fake_log.cancelled, 2, "%d", fake_log.cancelled);
}

Test(time, a_slow_probe_skips_ticks) {
    struct hand hand = hand_new();
    uint32_t samples = hand_global(&hand, GLOBAL_RUN, "samples");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 2, 10 * SECOND);
    hand_duration(&hand, 3, SECOND);
    hand_emit(&hand, OP_POLL_BEGIN, 4, 2, UINT16_MAX);
    struct label again = assembly_here(&hand.code);
    hand_emit(&hand, OP_POLL_PROBE, 4, 0, 0);
    hand_duration(&hand, 0, 2500 * MILLISECOND);
    hand_emit(&hand, OP_CALL_NATIVE, 5, FAKE_PAUSE, 0);
    hand_emit(&hand, OP_LOAD_FALSE, 5, 0, 0);
    assembly_jump(&hand.code, OP_POLL_SAMPLE, 4, 5, again);
    hand_emit(&hand, OP_POLL_END, 5, 4, 0);
    hand_emit(&hand, OP_SET_GLOBAL, 5, (uint16_t)samples, 0);
    finish(&hand, 6);
    cr_expect_eq(run_of(&hand, 1), RUN_COMPLETE);
    cr_expect_str_eq(fake_seen[0],
                     "8 samples, last false"); /* at 0, 3, 6, 9 s (cut at 10) and, for the lateness, 10, 13, 16, 19 s */
}

Test(time, retry_pauses_and_goes_back_while_it_fails) {
    struct hand hand = hand_new();
    uint32_t length = hand_global(&hand, GLOBAL_RUN, "length");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_NOW, 0, 0, 0);
    struct label again = assembly_here(&hand.code);
    hand_emit(&hand, OP_CALL_NATIVE, 2, FAKE_COUNTER, 0);
    hand_integer(&hand, 3, 4);
    hand_emit(&hand, OP_SUBTRACT, 3, 2, 3);
    hand_integer(&hand, 4, 1);
    hand_emit(&hand, OP_LESS, 5, 2, 4);
    struct label good = assembly_label(&hand.code);
    hand_integer(&hand, 4, 3);
    assembly_jump(&hand.code, OP_JUMP_IF_LESS, 4, 2, good);
    hand_integer(&hand, 4, 0);
    hand_emit(&hand, OP_DIVIDE, 2, 2, 4);
    assembly_place(&hand.code, good);
    hand_duration(&hand, 5, 200 * MILLISECOND);
    assembly_jump(&hand.code, OP_RETRY_AGAIN, 2, 5, again);
    measured(&hand, length);
    finish(&hand, 6);
    cr_expect_eq(run_of(&hand, 1), RUN_COMPLETE, "%s", message);
    cr_expect_eq(fake_log.counter, 4);
    cr_expect_str_eq(fake_seen[0], "600ms");
}

/* ---- tasks ---- */
static uint32_t sleeper(struct hand *hand, const char *name, int64_t length) {
    uint32_t unit = hand_begin(hand, UNIT_SPAWN, name, 0);
    hand_duration(hand, 0, length);
    hand_emit(hand, OP_WAIT, 0, 0, 0);
    finish(hand, 1);
    return unit;
}

Test(time, a_scope_joins_its_tasks) {
    struct hand hand = hand_new();
    uint32_t length = hand_global(&hand, GLOBAL_RUN, "length"), task = hand_global(&hand, GLOBAL_TASK, "long");
    uint16_t brief = (uint16_t)sleeper(&hand, "spawn brief", SECOND),
             prolonged = (uint16_t)sleeper(&hand, "spawn long", 4 * SECOND);
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_NOW, 0, 0, 0);
    hand_emit(&hand, OP_SPAWN, 2, prolonged, 0); /* of the outer scope: joined at the end only */
    hand_emit(&hand, OP_SET_GLOBAL, 2, (uint16_t)task, 0);
    hand_emit(&hand, OP_SCOPE_ENTER, 0, 0, 0);
    hand_emit(&hand, OP_SPAWN, 2, brief, 0);
    hand_emit(&hand, OP_SPAWN, 2, brief, 0);
    hand_emit(&hand, OP_SCOPE_JOIN, 0, 0, 0);
    measured(&hand, length);
    finish(&hand, 3);
    cr_expect_eq(run_of(&hand, 2), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "1s");
    cr_expect_str_eq(fake_seen[1], "long +0.000s … +4.000s");
}

Test(time, a_task_that_fails_takes_the_others_along) {
    struct hand hand = hand_new();
    uint16_t failing = (uint16_t)hand_begin(&hand, UNIT_SPAWN, "spawn failing", 0);
    hand_duration(&hand, 0, SECOND);
    hand_emit(&hand, OP_WAIT, 0, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAIL, 0);
    finish(&hand, 1);
    uint16_t waiting = (uint16_t)hand_begin(&hand, UNIT_SPAWN, "spawn waiting", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_NEVER, 0);
    finish(&hand, 1);
    uint32_t task = hand_global(&hand, GLOBAL_TASK, "waiting");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_SCOPE_ENTER, 0, 0, 0);
    hand_emit(&hand, OP_SPAWN, 2, waiting, 0);
    hand_emit(&hand, OP_SET_GLOBAL, 2, (uint16_t)task, 0);
    hand_emit(&hand, OP_SPAWN, 2, failing, 0);
    hand_emit(&hand, OP_SCOPE_JOIN, 0, 0, 0);
    finish(&hand, 3);
    cr_expect_eq(run_of(&hand, 1), RUN_ERROR);
    cr_expect_str_eq(message, "nothing listens on port 99");
    cr_expect_eq(fake_log.cancelled, 1);
    cr_expect_str_eq(fake_seen[0], "waiting +0.000s … +1.000s (cut)");
}

/* ---- phases ---- */
Test(time, a_phase_spans_its_fault) {
    struct hand hand = hand_new();
    uint16_t plain = hand_phase(&hand, "plain"), faulty = hand_phase(&hand, "faulty");
    hand_phase(&hand, "ahead");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_LOAD_NONE, 0, 0, 0);
    hand_duration(&hand, 1, SECOND);
    hand_emit(&hand, OP_PHASE_ENTER, plain, 0, 0);
    hand_emit(&hand, OP_WAIT, 1, 0, 0);
    hand_emit(&hand, OP_PHASE_LEAVE, plain, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAULT, 0);
    hand_emit(&hand, OP_PHASE_ENTER, faulty, 0, 0);
    hand_emit(&hand, OP_WAIT, 1, 0, 0);
    hand_emit(&hand, OP_PHASE_LEAVE, faulty, 0, 0);
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 3), RUN_COMPLETE, "%s", message);
    cr_expect_str_eq(fake_seen[0], "plain +0.000s … +1.000s");
    cr_expect_str_eq(fake_seen[1], "faulty +1.000s … +2.010s"); /* from before it is applied to before it is undone */
    cr_expect_str_eq(fake_seen[2], "ahead (never began)");
    cr_expect_eq(fake_log.applied, 1);
    cr_expect_eq(fake_log.undone, 1);
}

Test(time, an_early_end_undoes_the_fault_and_cuts_the_phases) {
    struct hand hand = hand_new();
    uint16_t outer = hand_phase(&hand, "outer"), inner = hand_phase(&hand, "inner");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAULT, 0);
    hand_emit(&hand, OP_PHASE_ENTER, outer, 0, 0);
    hand_emit(&hand, OP_LOAD_NONE, 0, 0, 0);
    hand_emit(&hand, OP_PHASE_ENTER, inner, 0, 0);
    hand_duration(&hand, 1, SECOND);
    hand_emit(&hand, OP_WAIT, 1, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAIL, 0);
    finish(&hand, 2);
    cr_expect_eq(run_of(&hand, 2), RUN_ERROR);
    cr_expect_str_eq(fake_seen[0], "outer +0.000s … +1.010s (cut)");
    cr_expect_str_eq(fake_seen[1], "inner +0.010s … +1.010s (cut)");
    cr_expect_eq(fake_log.applied, 1);
    cr_expect_eq(fake_log.undone, 1);
}

Test(time, what_is_no_fault_is_refused) {
    struct hand hand = hand_new();
    uint16_t phase = hand_phase(&hand, "p");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_THING, 0);
    hand_emit(&hand, OP_PHASE_ENTER, phase, 0, 0);
    hand_emit(&hand, OP_PHASE_LEAVE, phase, 0, 0);
    finish(&hand, 1);
    cr_expect_eq(run_of(&hand, 1), RUN_ERROR);
    cr_expect_str_eq(message, "this is no fault: thing#1");
    cr_expect_str_eq(fake_seen[0], "p (never began)");
}

Test(time, a_stall_of_aot_itself_is_noticed) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_duration(&hand, 0, 30 * MILLISECOND);
    hand_emit(&hand, OP_WAIT, 0, 0, 0);
    hand_integer(&hand, 0, 0);
    hand_integer(&hand, 1, 1);
    finish(&hand, 2);
    struct run_options options = fake_options(hand_program(&hand));
    options.clock = LOOP_REAL;
    struct run *run = run_new(&options);
    const struct stall *stalls;
    cr_expect_eq(run_execute(run), RUN_COMPLETE);
    size_t quiet = run_stalls(run, &stalls);
    for (size_t i = 0; i < quiet; i++)
        cr_expect_geq(stalls[i].length, 100 * MILLISECOND); /* a busy machine may have some */
    run_free(run);
    hand_done(&hand);
    cr_expect_eq(memory_live_blocks(), 0);
}
