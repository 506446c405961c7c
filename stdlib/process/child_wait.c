/* Fibers that wait for a program. A waiter keeps the handle, so the child outlives it. */
#include "stdlib/process/child.h"

#include "base/clock.h"

struct child_waiter {
    struct child_waiter *next;
    struct run *run;
    struct ticket ticket;
    struct value handle;      /* owned */
    struct value result;      /* what the fiber gets; owned */
    enum child_event event;   /* that it waits for */
    bool kills;               /* a cancelled wait ends the program */
    int64_t timeout;          /* 0: none */
    struct loop_timer *timer; /* NULL */
};

static void unlink_waiter(struct child_waiter *waiter) {
    struct child_waiter **at = &child_of(waiter->handle)->waiters;
    while (*at != waiter) at = &(*at)->next;
    *at = waiter->next;
}

/* Out of the list and freed; the handle stays, for the caller to release: the child may go with it. */
static struct value waiter_free(struct child_waiter *waiter) {
    struct value handle = waiter->handle;
    unlink_waiter(waiter);
    if (waiter->timer) loop_timer_stop(waiter->timer);
    value_release(waiter->result);
    memory_release(waiter);
    return handle;
}

static void cancel(void *state) {
    struct child_waiter *waiter = state;
    bool kills = waiter->kills;
    struct value handle = waiter_free(waiter);
    if (kills) child_end(child_of(handle), 0);
    value_release(handle);
}

static void on_timeout(void *data) {
    struct child_waiter *waiter = data;
    waiter->timer = NULL;
    struct buffer text = { 0 };
    buffer_printf(&text, "%s still runs after ", child_of(waiter->handle)->name);
    duration_print(&text, waiter->timeout);
    native_wake_failed(waiter->run, waiter->ticket, "%s", text.bytes);
    buffer_done(&text);
    value_release(waiter_free(waiter));
}

static bool has_come(const struct child *child, enum child_event event) {
    return child->finished && (event == CHILD_FINISHED || child->gone);
}

void child_tell(struct child *child) {
    if (child->owner.event) {
        child->owner.event(child->owner.data, child);
        return;
    }
    for (struct child_waiter *waiter = child->waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        if (!has_come(child, waiter->event)) continue;
        bool last = !next;
        native_wake(waiter->run, waiter->ticket, value_retain(waiter->result));
        value_release(waiter_free(waiter));
        if (last) return; /* the child may have gone with its last waiter */
    }
}

enum native_outcome child_await(struct native_call *call, struct value handle, enum child_event event,
                                struct value result, int64_t timeout, bool kills) {
    struct child *child = child_of(handle);
    if (has_come(child, event)) return native_done(call, value_retain(result));
    struct child_waiter *waiter = memory_allocate(sizeof *waiter);
    *waiter = (struct child_waiter){ .next = child->waiters,
                                     .run = call->run,
                                     .handle = value_retain(handle),
                                     .result = value_retain(result),
                                     .event = event,
                                     .kills = kills,
                                     .timeout = timeout };
    child->waiters = waiter;
    if (timeout > 0)
        waiter->timer =
            loop_timer_start(run_loop(call->run), loop_now(run_loop(call->run)) + timeout, on_timeout, waiter);
    struct buffer what = { 0 };
    buffer_printf(&what, "%s: %s", child->name, child->shown);
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, waiter);
    waiter->ticket = native_ticket(call);
    buffer_done(&what);
    return outcome;
}
