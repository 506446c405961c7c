/* Loads on threads of their own, over the real clock: events and failures come back, everything is given back. Times are only
 * looked at where no busy machine can change them. */
#include "hand.h"

#include "base/clock.h"
#include "base/memory.h"
#include "vm/heap.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- a thread that does not end ---- */
static size_t threads(void) {
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks)) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static bool are_left(size_t wanted) {
    for (int i = 0; i < 1000 && threads() != wanted; i++) usleep(10000);
    return threads() == wanted;
}

static void hang_body(struct hand *hand) {
    hand_begin(hand, UNIT_LOAD, "body", 0);
    hand_emit(hand, OP_CALL_NATIVE, 0, FAKE_HANG, 0);
    hand_emit(hand, OP_RETURN, 0, 0, 0);
    hand_end(hand, 1);
}

/* A phase with a fault and a thing of the world: both must come to their end. */
static void hang_in_a_world(struct hand *hand) {
    uint16_t phase = hand_phase(hand, "broken");
    hang_body(hand);
    start_load(hand, 0, 1, 0);
    hand_emit(hand, OP_CALL_NATIVE, 3, FAKE_LASTING, 3);
    hand_emit(hand, OP_CALL_NATIVE, 2, FAKE_FAULT, 2);
    hand_emit(hand, OP_PHASE_ENTER, phase, 2, 0);
    hand_duration(hand, 4, MINUTE);
    hand_emit(hand, OP_WAIT, 4, 0, 0);
    hand_emit(hand, OP_PHASE_LEAVE, phase, 0, 0);
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, 5);
}

static void hang_alone(struct hand *hand) {
    hang_body(hand);
    start_load(hand, 0, 1, 0);
    hand_duration(hand, 2, MINUTE);
    hand_emit(hand, OP_WAIT, 2, 0, 0);
    hand_emit(hand, OP_RETURN_NONE, 0, 0, 0);
    hand_end(hand, 3);
}

static size_t threads_before;

static void unhang_at_stop(void *data, struct run *run, enum run_stage stage) {
    (void)data, (void)run;
    if (stage != STAGE_STOP) return;
    fake_unhang(); /* its last words arrive while the run gives back what it has */
    are_left(threads_before);
}

enum { CHILD_GOOD, CHILD_END, CHILD_WORLD, CHILD_THREAD };

/* In a process of its own, as every cell is: it leaves by _exit. The limit ends the run: else its load would get 5 s more. */
static int abandoned_child(bool in_a_world) {
    struct hand hand = hand_new();
    if (in_a_world)
        hang_in_a_world(&hand);
    else
        hang_alone(&hand);
    struct run_options options = fake_options(hand_program(&hand));
    options.clock = LOOP_REAL;
    options.limit = options.load_end_limit = 200 * MILLISECOND;
    if (!in_a_world) options.watcher.stage = unhang_at_stop;
    threads_before = threads();
    struct run *run = run_new(&options);
    if (run_execute(run) != RUN_ERROR || !run_is_abandoned(run)) return CHILD_END;
    if (in_a_world && (fake_log.undone != 1 || fake_log.stopped != 1 || fake_log.released != 1)) return CHILD_WORLD;
    run_free(run);
    fake_unhang(); /* only now its thread goes on, over what must still be there, and gives back what is its own */
    return are_left(threads_before) ? CHILD_GOOD : CHILD_THREAD;
}

static void expect_good_child(bool in_a_world) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(abandoned_child(in_a_world));
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status), "signal %d", WTERMSIG(status));
    cr_expect_eq(WEXITSTATUS(status), CHILD_GOOD, "%d", WEXITSTATUS(status));
}

Test(load_thread, one_that_does_not_end_is_left_alone_and_the_world_is_undone) {
    expect_good_child(true);
}

Test(load_thread, one_that_ends_too_late_is_not_heard) {
    expect_good_child(false);
}
