/* The heartbeat: a timer every 10 ms of the real clock. A beat that comes over 100 ms late says that aot itself
 * stood still, which a verdict about that time should tell. */
#include "vm/run_state.h"

#include "base/clock.h"

static const int64_t beat = 10 * MILLISECOND, stalled = 100 * MILLISECOND;

static void on_beat(void *data) {
    struct run *run = data;
    int64_t now = run_now(run), late = now - run->heartbeat_at;
    if (late > stalled) {
        VECTOR_PUSH(&run->stalls, (struct stall){ run->heartbeat_at, late });
        if (run->recorder.record) record_stall(run->recorder.record, run->heartbeat_at, late);
    }
    run->heartbeat_at = now + beat;
    run->heartbeat = loop_timer_start(run->loop, run->heartbeat_at, on_beat, run);
}

void stall_begin(struct run *run) {
    if (run->options.clock == LOOP_VIRTUAL) return;
    run->heartbeat_at = run_now(run) + beat;
    run->heartbeat = loop_timer_start(run->loop, run->heartbeat_at, on_beat, run);
}

void stall_end(struct run *run) {
    if (run->heartbeat) loop_timer_stop(run->heartbeat);
    run->heartbeat = NULL;
}

size_t run_stalls(const struct run *run, const struct stall **stalls) {
    *stalls = run->stalls.items;
    return run->stalls.count;
}
