/* Programs are frozen by a signal, at once; containers by the engine, whose answer is waited for. */
#include "stdlib/service/freeze.h"

#include "stdlib/service/container.h"

#include "base/memory.h"

struct freeze {
    struct fleet *fleet;
    struct value handle; /* owned */
    struct ticket ticket;
    size_t open;           /* answers to come */
    struct buffer problem; /* the first one */
    const char *what;      /* "service.pause" */
    int64_t began;
};

static void note(struct run *run, const char *what, const char *name, int64_t began) {
    run_effect(run, what, text_of(name), began, run_now(run), TEXT("ok"));
}

static void freeze_free(struct freeze *freeze) {
    struct value handle = freeze->handle;
    freeze->fleet->freezing = false;
    buffer_done(&freeze->problem);
    memory_release(freeze);
    value_release(handle);
}

static void finish(struct freeze *freeze) {
    struct run *run = freeze->fleet->run;
    if (freeze->problem.length) {
        native_wake_failed(run, freeze->ticket, "%s: %s: %s", freeze->what, freeze->fleet->name, freeze->problem.bytes);
    } else {
        note(run, freeze->what, freeze->fleet->name, freeze->began);
        native_wake(run, freeze->ticket, value_none());
    }
    freeze_free(freeze);
}

static void answered(void *data, struct text problem) {
    struct freeze *freeze = data;
    if (problem.length && !freeze->problem.length) buffer_append(&freeze->problem, problem);
    if (--freeze->open == 0) finish(freeze);
}

static void cancel(void *state) {
    struct freeze *freeze = state;
    for (size_t i = 0; i < freeze->fleet->replica_count; i++) {
        struct container *container = freeze->fleet->replicas[i]->container;
        if (container) container_freeze_forget(container);
    }
    freeze_free(freeze);
}

enum native_outcome freeze_start(struct native_call *call, struct fleet *fleet, bool pause) {
    if (fleet->freezing)
        return native_fail(call, "%s: %s is still being paused or let go on", call->row->name, fleet->name);
    struct freeze *freeze = memory_allocate(sizeof *freeze);
    *freeze = (struct freeze){ .fleet = fleet, .what = call->row->name, .began = run_now(call->run) };
    for (size_t i = 0; i < fleet->replica_count; i++)
        if (!replica_freeze(fleet->replicas[i], pause, answered, freeze)) freeze->open++;
    if (!freeze->open) {
        note(call->run, freeze->what, fleet->name, freeze->began);
        memory_release(freeze);
        return native_done(call, value_none());
    }
    freeze->handle = value_retain(call->arguments[0]);
    fleet->freezing = true;
    struct buffer what = { 0 };
    buffer_printf(&what, "%s to be %s", fleet->name, pause ? "frozen" : "let go");
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, freeze);
    freeze->ticket = native_ticket(call);
    buffer_done(&what);
    return outcome;
}
