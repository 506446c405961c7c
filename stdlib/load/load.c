/* load.stop(): the machine stops the load; here the fiber waits for what is under way. Looks every few ms, as the passes that end
 * come in batches anyway. */
#include "stdlib/functions.h"

#include "base/clock.h"
#include "base/memory.h"

static const int64_t look_again = 5 * MILLISECOND;

struct stopping {
    struct run *run;
    struct ticket ticket;
    struct value stream;      /* the load's; owned */
    int64_t deadline;         /* when it is not waited for any longer */
    struct loop_timer *timer; /* of the next look; never NULL between two calls */
};

static void stopping_free(void *data) {
    struct stopping *stopping = data;
    value_release(stopping->stream);
    memory_release(stopping);
}

static void cancel(void *data) {
    loop_timer_stop(((struct stopping *)data)->timer);
    stopping_free(data);
}

static void look(void *data) {
    struct stopping *stopping = data;
    struct run *run = stopping->run;
    int64_t now = run_now(run);
    if (!run_load_is_over(run, stopping->stream) && now < stopping->deadline) {
        stopping->timer = loop_timer_start(run_loop(run), now + look_again, look, stopping);
        return;
    }
    struct ticket ticket = stopping->ticket;
    stopping_free(stopping);
    native_wake(run, ticket, value_none());
}

enum native_outcome load_stop(struct native_call *call) {
    int64_t now = run_now(call->run), timeout = argument_integer(call, 1);
    struct value stream = argument(call, 0);
    if (timeout < 0) return native_fail(call, "load.stop: the timeout cannot be negative");
    if (!run_load_stop(call->run, stream)) return native_fail(call, "load.stop: this is no load of this run");
    if (run_load_is_over(call->run, stream)) return native_done(call, value_none());
    struct stopping *stopping = memory_allocate(sizeof *stopping);
    enum native_outcome outcome = native_wait(call, "a load that was stopped", cancel, stopping);
    *stopping = (struct stopping){ call->run, native_ticket(call), value_retain(stream), INT64_MAX, NULL };
    if (__builtin_add_overflow(now, timeout, &stopping->deadline)) stopping->deadline = INT64_MAX;
    stopping->timer = loop_timer_start(run_loop(call->run), now + look_again, look, stopping);
    return outcome;
}
