/* The scheduler: lets ready fibers run in turn, then turns the loop, until what it was asked for has happened.
 * It waits only in the loop, and no longer than to the next timer; every stage has one at its deadline. */
#include "vm/run_state.h"

#include "base/clock.h"

enum { ASK_INTERVAL = 10 * 1000 * 1000 };

static struct fiber *take_ready(struct run *run) {
    struct fiber *fiber = run->first_ready;
    run->first_ready = fiber->next_ready;
    if (!run->first_ready) run->last_ready = NULL;
    fiber->queued = false;
    return fiber;
}

static void resume(struct run *run, struct fiber *fiber) {
    fiber->state = FIBER_RUNNING;
    switch (interp_run(run, fiber)) {
    case STEP_WAITS: break;
    case STEP_YIELDS: fiber_ready(fiber); break;
    case STEP_ENDED: fiber_finish(fiber); break;
    case STEP_STOPPED:
        fiber->failed = true;
        fiber->state = FIBER_WAITING; /* it goes no further; whoever ends the stage ends it */
        break;
    }
}

/* Those that are ready now; what they make ready waits until the loop had its turn. */
static void run_ready(struct run *run) {
    struct fiber *last = run->last_ready;
    while (run->first_ready && !run->stopping) {
        struct fiber *fiber = take_ready(run);
        resume(run, fiber);
        if (fiber == last) break; /* compared only: it may be gone */
    }
}

static void wake_askers(struct run *run) {
    size_t count = run->askers.count; /* they ask again when they run */
    for (size_t i = 0; i < count; i++) {
        struct fiber *fiber = fiber_find(run, run->askers.items[i]);
        if (fiber) fiber_wake(fiber);
    }
    run->askers.count = 0;
}

void scheduler_turn(struct run *run, int64_t limit) {
    loop_turn(run->loop, limit);
    run->turns++;
}

/* On a load's thread bodies that begin as others end need not wait for a turn of the loop between. */
static void run_rounds(struct run *run) {
    enum { ROUNDS = 3 };
    run_ready(run);
    for (int i = 1; i < ROUNDS && run->mailbox && run->first_ready; i++) run_ready(run);
}

void scheduler_run(struct run *run, bool (*done)(struct run *run, void *data), void *data) {
    while (!run->stopping && !done(run, data)) {
        run_rounds(run);
        if (run->stopping || done(run, data)) break;
        int64_t limit = run->first_ready ? 0 : run->askers.count ? ASK_INTERVAL : -1;
        bool alive = loop_turn(run->loop, limit);
        run->turns++;
        wake_askers(run);
        if (!alive && !run->first_ready) {
            run_stop(run, RUN_ERROR, SPAN_NONE, "nothing is left that could end the waiting");
        }
    }
}

void scheduler_cancel_all(struct run *run) {
    for (size_t i = 0; i < run->fibers.count; i++) {
        struct fiber *fiber = run->fibers.items[i];
        if (!fiber || fiber->parent) continue; /* tasks end with their parents */
        fiber_cancel(fiber);
        fiber_free(fiber);
    }
    run->askers.count = 0;
}

static bool is_done(struct run *run, void *data) {
    (void)run;
    return ((struct fiber *)data)->state == FIBER_DONE;
}

bool scheduler_call(struct run *run, uint32_t unit, struct value *result) {
    struct fiber *fiber = fiber_new(run, unit, NULL, NULL);
    scheduler_run(run, is_done, fiber);
    bool returned = fiber->state == FIBER_DONE;
    if (!returned) fiber_cancel(fiber);
    if (result) *result = returned ? value_retain(fiber->result) : value_none();
    fiber_free(fiber);
    return returned;
}
