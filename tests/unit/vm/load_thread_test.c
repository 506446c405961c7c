/* Loads on threads of their own, over the real clock: events and failures come back, everything is given back. Times are only
 * looked at where no busy machine can change them. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"
#include "vm/heap.h"

#include <criterion/criterion.h>
#include <string.h>

static char message[600];
static struct value kept; /* the first global as a series, copied off the run */
static struct heap *keeper;

static void keep(void *data, struct run *run, enum run_stage stage) {
    (void)data;
    if (stage != STAGE_STOP) return;
    struct value series = value_as_series(run_global(run, 0));
    kept = value_copy(keeper, series);
    value_release(series);
}

static void body(struct hand *hand, enum fake native, int64_t length, uint16_t captures) {
    hand_begin(hand, UNIT_LOAD, "body", captures);
    hand_duration(hand, captures, length);
    hand_emit(hand, OP_CALL_NATIVE, (uint16_t)(captures + 1), (uint16_t)native, captures);
    hand_emit(hand, OP_RETURN, (uint16_t)(captures + 1), 0, 0);
    hand_end(hand, (uint16_t)(captures + 2));
}

static uint16_t start_load(struct hand *hand, double rate, int32_t workers, int64_t length) {
    uint16_t unit = (uint16_t)hand->unit;
    uint32_t global = hand_global(hand, GLOBAL_LOAD, "load");
    hand_begin(hand, UNIT_RUN, "run", 0);
    if (workers)
        hand_integer(hand, 0, workers);
    else
        hand_constant(hand, 0, (struct constant){ .kind = CONSTANT_QUANTITY, .time_power = -1, .number = rate });
    if (length)
        hand_duration(hand, 1, length);
    else
        hand_emit(hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(hand, OP_LOAD_START, (uint16_t)global, unit, 0);
    return (uint16_t)global;
}

static const struct series *run_it(struct hand *hand, int64_t wait, enum run_end wanted) {
    hand_duration(hand, 2, wait);
    hand_emit(hand, OP_WAIT, 2, 0, 0);
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, 4);
    struct run_options options = fake_options(hand_program(hand));
    options.watcher.stage = keep;
    options.clock = LOOP_REAL;
    keeper = heap_new(0);
    enum run_end end = fake_run(&options, message, sizeof message);
    cr_assert_eq(end, wanted, "%s", message);
    hand_done(hand);
    cr_assert_eq(kept.kind, VALUE_SERIES);
    return series_of(kept);
}

static void forget(void) {
    value_release(kept);
    cr_expect_eq(heap_free(keeper), 0);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(load_thread, every_arrival_of_a_rate_is_an_event) {
    struct hand hand = hand_new();
    body(&hand, FAKE_PAUSE, MILLISECOND, 0);
    start_load(&hand, 1000, 0, 500 * MILLISECOND);
    const struct series *events = run_it(&hand, MILLISECOND, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 500, "%zu", events->timing->count);
    for (size_t i = 0; i < events->timing->count; i++) {
        cr_expect_eq(events->values[i].integer, 7);
        cr_expect_geq(events->timing->start[i], events->timing->intended[i], "never sent early");
        cr_expect_geq(events->timing->end[i] - events->timing->start[i], MILLISECOND);
    }
    cr_expect_eq(events->provenance.alive_to - events->provenance.alive_from, 500 * MILLISECOND);
    forget();
}

Test(load_thread, workers_repeat_their_body_until_the_run_ends) {
    struct hand hand = hand_new();
    body(&hand, FAKE_PAUSE, MILLISECOND, 0);
    start_load(&hand, 0, 8, 0);
    const struct series *events = run_it(&hand, 300 * MILLISECOND, RUN_COMPLETE);
    cr_expect_geq(events->timing->count, 8, "%zu", events->timing->count);
    cr_expect_null(events->timing->intended);
    forget();
}

Test(load_thread, a_failure_ends_the_run_with_its_reason) {
    struct hand hand = hand_new();
    body(&hand, FAKE_FAIL, MILLISECOND, 0);
    start_load(&hand, 10, 0, 0);
    run_it(&hand, MINUTE, RUN_ERROR);
    cr_expect_str_eq(message, "nothing listens on port 99");
    forget();
}

Test(load_thread, what_never_ends_is_cancelled_and_told) {
    struct hand hand = hand_new();
    body(&hand, FAKE_NEVER, MILLISECOND, 0);
    start_load(&hand, 0, 5, 0);
    const struct series *events = run_it(&hand, 50 * MILLISECOND, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 5, "%zu", events->timing->count);
    cr_expect_eq(fake_log.cancelled, 5);
    cr_expect(text_starts(value_text_of(events->values[0]), TEXT("not ended when the run was over, after ")));
    forget();
}

Test(load_thread, many_values_come_back_in_their_order) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_emit(&hand, OP_NOW, 0, 0, 0);
    hand_emit(&hand, OP_MAKE_LIST, 1, 0, 1);
    hand_duration(&hand, 2, MILLISECOND);
    hand_emit(&hand, OP_CALL_NATIVE, 3, FAKE_PAUSE, 2);
    hand_emit(&hand, OP_RETURN, 1, 0, 0);
    hand_end(&hand, 4);
    start_load(&hand, 2000, 0, 200 * MILLISECOND);
    const struct series *events = run_it(&hand, MILLISECOND, RUN_COMPLETE);
    cr_assert_eq(events->timing->count, 400, "%zu", events->timing->count);
    for (size_t i = 0; i < events->timing->count; i++) {
        int64_t told = value_at(events->values[i], 0).integer;
        cr_expect(told >= events->timing->start[i] && told <= events->timing->end[i], "an event has its own value");
    }
    forget();
}

Test(load_thread, a_body_that_needs_the_run_stays_on_its_loop) {
    struct hand hand = hand_new();
    hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_COUNTER, 0); /* its row does not allow a thread */
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 1);
    start_load(&hand, 100, 0, 100 * MILLISECOND);
    const struct series *events = run_it(&hand, MILLISECOND, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 10);
    cr_expect_eq(fake_log.counter, 10);
    forget();
}

Test(load_thread, several_loads_at_once_give_everything_back) {
    struct hand hand = hand_new();
    body(&hand, FAKE_PAUSE, MILLISECOND, 0);
    uint16_t unit = (uint16_t)hand.unit;
    start_load(&hand, 500, 0, 0);
    for (int i = 0; i < 3; i++)
        hand_emit(&hand, OP_LOAD_START, (uint16_t)hand_global(&hand, GLOBAL_LOAD, i ? i > 1 ? "c" : "b" : "a"), unit,
                  0);
    const struct series *events = run_it(&hand, 200 * MILLISECOND, RUN_COMPLETE);
    cr_expect_geq(events->timing->count, 1);
    forget();
}
