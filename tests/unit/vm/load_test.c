/* Loads and watches over the virtual clock: schedules, lateness, starvation, grids, ends. */
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

static void finish(struct hand *hand, uint16_t registers) {
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, registers);
}

static const struct series *events_of(struct hand *hand, enum run_end wanted) {
    struct run_options options = fake_options(hand_program(hand));
    options.watcher.stage = keep;
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

/* The body pauses for `length` and gives the pause's 7. */
static uint16_t pausing(struct hand *hand, enum unit_kind kind, int64_t length) {
    uint32_t unit = hand_begin(hand, kind, "body", 0);
    hand_duration(hand, 0, length);
    hand_emit(hand, OP_CALL_NATIVE, 1, FAKE_PAUSE, 0);
    hand_emit(hand, OP_RETURN, 1, 0, 0);
    hand_end(hand, 2);
    return (uint16_t)unit;
}

static void load_rate(struct hand *hand, uint16_t body, double rate, int64_t length, int64_t run_length) {
    uint32_t global = hand_global(hand, GLOBAL_LOAD, "load");
    hand_begin(hand, UNIT_RUN, "run", 0);
    hand_constant(hand, 0, (struct constant){ .kind = CONSTANT_QUANTITY, .time_power = -1, .number = rate });
    if (length)
        hand_duration(hand, 1, length);
    else
        hand_emit(hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(hand, OP_LOAD_START, (uint16_t)global, body, 0);
    hand_duration(hand, 2, run_length);
    hand_emit(hand, OP_WAIT, 2, 0, 0);
    finish(hand, 3);
}

Test(load, the_open_model_starts_on_schedule_whatever_the_answers_do) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, 3 * SECOND); /* far slower than the pace */
    load_rate(&hand, body, 50, 0, 10 * SECOND - 1);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 500, "%zu", events->timing->count);
    int64_t start = events->provenance.alive_from;
    for (size_t i = 0; i < events->timing->count; i++) {
        cr_expect_eq(events->timing->intended[i], start + (int64_t)i * 20 * MILLISECOND);
        cr_expect_eq(events->timing->start[i], events->timing->intended[i]);
        cr_expect_eq(events->timing->end[i], events->timing->start[i] + 3 * SECOND);
        cr_expect_eq(events->values[i].integer, 7);
    }
    cr_expect_eq(events->provenance.rate, 50);
    cr_expect_eq(events->provenance.alive_to, start + 10 * SECOND - 1);
    cr_expect_not(events->provenance.starved);
    cr_expect(events->provenance.sampler);
    forget();
}

Test(load, a_length_of_its_own_ends_it_and_the_run_waits_for_it) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, MILLISECOND);
    load_rate(&hand, body, 10, 2 * SECOND, SECOND);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 20);
    cr_expect_eq(events->provenance.alive_to, events->provenance.alive_from + 2 * SECOND);
    forget();
}

Test(load, a_full_cap_makes_arrivals_late_and_the_load_starved) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, 4 * SECOND);
    load_rate(&hand, body, 1000, 0, 10 * SECOND); /* 4,000 would be in flight; 1,000 may */
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect(events->provenance.starved);
    cr_expect_eq(events->timing->count, 3000, "%zu", events->timing->count);
    size_t second = 1000; /* the first that had to wait: due after 1 s, sent after 4 */
    cr_expect_eq(events->timing->start[second] - events->timing->intended[second], 3 * SECOND);
    cr_expect_eq(events->timing->end[second] - events->timing->start[second], 4 * SECOND);
    forget();
}

Test(load, what_is_under_way_gets_a_grace_and_is_an_error_beyond_it) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, 8 * SECOND);
    load_rate(&hand, body, 1, 0, 10 * SECOND + 500 * MILLISECOND);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    /* Sent at 0 … 10 s; those sent by 7 s are complete within 5 s of the end at 10.5 s. */
    cr_assert_eq(events->timing->count, 11, "%zu", events->timing->count);
    for (size_t i = 0; i < 11; i++) cr_expect_eq(events->values[i].kind == VALUE_ERROR, i >= 8, "%zu", i);
    cr_expect(text_starts(value_text_of(events->values[10]), TEXT("not ended when the run was over, after 5.5s")));
    cr_expect_eq(fake_log.cancelled, 3);
    forget();
}

Test(load, workers_repeat_their_body) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, 100 * MILLISECOND);
    uint32_t global = hand_global(&hand, GLOBAL_LOAD, "load");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_integer(&hand, 0, 4);
    hand_emit(&hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(&hand, OP_LOAD_START, (uint16_t)global, body, 0);
    hand_duration(&hand, 2, SECOND);
    hand_emit(&hand, OP_WAIT, 2, 0, 0);
    finish(&hand, 3);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect(events->timing->count >= 40 && events->timing->count <= 44, "%zu", events->timing->count);
    cr_expect_null(events->timing->intended);
    cr_expect_not(events->provenance.starved);
    forget();
}

Test(load, a_body_that_fails_ends_the_run) {
    struct hand hand = hand_new();
    uint16_t body = (uint16_t)hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_duration(&hand, 0, SECOND);
    hand_emit(&hand, OP_WAIT, 0, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAIL, 0);
    finish(&hand, 1);
    load_rate(&hand, body, 10, 0, MINUTE);
    const struct series *events = events_of(&hand, RUN_ERROR);
    cr_expect_str_eq(message, "nothing listens on port 99");
    cr_expect_eq(events->timing->count, 0);
    forget();
}

Test(load, an_error_value_is_the_event) {
    struct hand hand = hand_new();
    uint16_t body = (uint16_t)hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_integer(&hand, 0, 1);
    hand_integer(&hand, 1, 0);
    hand_emit(&hand, OP_DIVIDE, 0, 0, 1);
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 2);
    load_rate(&hand, body, 10, 0, SECOND - 1);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 10);
    cr_expect_eq(events->values[0].kind, VALUE_ERROR);
    forget();
}

Test(load, refuses_what_is_no_pace) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, SECOND);
    uint32_t global = hand_global(&hand, GLOBAL_LOAD, "load");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_integer(&hand, 0, 0);
    hand_emit(&hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(&hand, OP_LOAD_START, (uint16_t)global, body, 0);
    finish(&hand, 3);
    struct run_options options = fake_options(hand_program(&hand));
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "a load needs 1 to 10,000 workers");
    hand_done(&hand);
}

Test(load, refuses_a_length_that_is_none) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_LOAD, SECOND);
    load_rate(&hand, body, 10, -SECOND, SECOND);
    struct run_options options = fake_options(hand_program(&hand));
    cr_expect_eq(fake_run(&options, message, sizeof message), RUN_ERROR);
    cr_expect_str_eq(message, "a load needs a length above 0s after `for`");
    hand_done(&hand);
}

Test(load, a_body_that_gives_its_own_stream_gives_an_error) {
    struct hand hand = hand_new();
    uint32_t global = hand_global(&hand, GLOBAL_LOAD, "load");
    uint16_t body = (uint16_t)hand_begin(&hand, UNIT_LOAD, "body", 0);
    hand_emit(&hand, OP_GET_GLOBAL, 0, (uint16_t)global, 0);
    hand_emit(&hand, OP_MAKE_LIST, 0, 0, 1);
    hand_emit(&hand, OP_RETURN, 0, 0, 0);
    hand_end(&hand, 1);
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_constant(&hand, 0, (struct constant){ .kind = CONSTANT_QUANTITY, .time_power = -1, .number = 10 });
    hand_emit(&hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(&hand, OP_LOAD_START, (uint16_t)global, body, 0);
    hand_duration(&hand, 2, SECOND - 1);
    hand_emit(&hand, OP_WAIT, 2, 0, 0);
    finish(&hand, 3);
    const struct series *events = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(events->timing->count, 10);
    cr_expect_str_eq(value_text_of(events->values[9]).bytes, "a stream cannot be an element of load");
    forget();
}

/* ---- watches ---- */
static void watch(struct hand *hand, uint16_t body, int64_t every, int64_t run_length) {
    uint32_t global = hand_global(hand, GLOBAL_WATCH, "watch");
    hand_begin(hand, UNIT_RUN, "run", 0);
    if (every)
        hand_duration(hand, 0, every);
    else
        hand_emit(hand, OP_LOAD_NONE, 0, 0, 0);
    hand_emit(hand, OP_WATCH_START, (uint16_t)global, body, 0);
    hand_duration(hand, 1, run_length);
    hand_emit(hand, OP_WAIT, 1, 0, 0);
    finish(hand, 2);
}

Test(load, a_watch_samples_on_a_fixed_grid) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_WATCH, 30 * MILLISECOND);
    watch(&hand, body, 0, 3 * SECOND - 1);
    const struct series *samples = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(samples->timing->count, 6);
    for (size_t i = 0; i < samples->timing->count; i++) {
        cr_expect_eq(samples->timing->start[i], samples->provenance.alive_from + (int64_t)i * 500 * MILLISECOND);
        cr_expect_eq(samples->timing->end[i], samples->timing->start[i] + 30 * MILLISECOND);
    }
    cr_expect_eq(samples->kind, SERIES_SAMPLES);
    cr_expect_eq(samples->provenance.every, 500 * MILLISECOND);
    forget();
}

Test(load, an_early_end_stops_loads_and_watches) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_WATCH, 300 * MILLISECOND),
             load_body = pausing(&hand, UNIT_LOAD, 300 * MILLISECOND);
    uint32_t watched = hand_global(&hand, GLOBAL_WATCH, "watch"), load = hand_global(&hand, GLOBAL_LOAD, "load");
    hand_begin(&hand, UNIT_RUN, "run", 0);
    hand_emit(&hand, OP_LOAD_NONE, 0, 0, 0);
    hand_emit(&hand, OP_WATCH_START, (uint16_t)watched, body, 0);
    hand_constant(&hand, 0, (struct constant){ .kind = CONSTANT_QUANTITY, .time_power = -1, .number = 10 });
    hand_emit(&hand, OP_LOAD_NONE, 1, 0, 0);
    hand_emit(&hand, OP_LOAD_START, (uint16_t)load, load_body, 0);
    hand_duration(&hand, 1, 1100 * MILLISECOND);
    hand_emit(&hand, OP_WAIT, 1, 0, 0);
    hand_emit(&hand, OP_CALL_NATIVE, 0, FAKE_FAIL, 0);
    finish(&hand, 2);
    const struct series *samples = events_of(&hand, RUN_ERROR);
    cr_expect_eq(samples->timing->count, 2); /* at 0 and 500 ms; the one at 1 s was under way */
    cr_expect_eq(samples->provenance.alive_to - samples->provenance.alive_from, 1100 * MILLISECOND);
    cr_expect_geq(fake_log.cancelled, 3);
    forget();
}

Test(load, a_slow_probe_skips_ticks_and_one_under_way_at_the_end_is_dropped) {
    struct hand hand = hand_new();
    uint16_t body = pausing(&hand, UNIT_WATCH, 250 * MILLISECOND);
    watch(&hand, body, 100 * MILLISECOND, 1000 * MILLISECOND);
    const struct series *samples = events_of(&hand, RUN_COMPLETE);
    cr_expect_eq(samples->timing->count, 3, "%zu", samples->timing->count); /* begun at 0, 300, 600; at 900 under way */
    cr_expect_eq(samples->timing->start[1] - samples->timing->start[0], 300 * MILLISECOND);
    cr_expect_eq(fake_log.cancelled, 1);
    forget();
}
