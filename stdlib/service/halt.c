/* A halt keeps the handle, so the fleet outlives it. */
#include "stdlib/service/halt.h"

#include "base/memory.h"

/* Out of the list and freed; the handle is the caller's to release. */
static struct value halt_free(struct halt *halt) {
    struct value handle = halt->handle;
    struct fleet *fleet = halt->fleet;
    for (size_t i = 0; i < fleet->halts.count; i++)
        if (fleet->halts.items[i] == halt) fleet->halts.items[i] = fleet->halts.items[--fleet->halts.count];
    memory_release(halt);
    return handle;
}

static void cancel(void *state) {
    value_release(halt_free(state));
}

static void note(struct run *run, const char *what, const char *name, int64_t began) {
    run_effect(run, what, text_of(name), began, run_now(run), TEXT("ok"));
}

void halts_tell(struct fleet *fleet) {
    if (!fleet->halts.count || !fleet_is_gone(fleet)) return;
    struct value keep = value_retain(fleet->halts.items[0]->handle);
    while (fleet->halts.count) {
        struct halt *halt = fleet->halts.items[fleet->halts.count - 1];
        note(fleet->run, halt->what, fleet->name, halt->began);
        native_wake(fleet->run, halt->ticket, value_none());
        value_release(halt_free(halt));
    }
    value_release(keep);
}

enum native_outcome halt_start(struct native_call *call, struct fleet *fleet, int64_t patience) {
    int64_t began = run_now(call->run);
    fleet_end(fleet, patience);
    if (fleet_is_gone(fleet)) {
        note(call->run, call->row->name, fleet->name, began);
        return native_done(call, value_none());
    }
    struct halt *halt = memory_allocate(sizeof *halt);
    *halt = (struct halt){
        .fleet = fleet, .handle = value_retain(call->arguments[0]), .what = call->row->name, .began = began
    };
    VECTOR_PUSH(&fleet->halts, halt);
    struct buffer what = { 0 };
    buffer_printf(&what, "the end of %s", fleet->name);
    enum native_outcome outcome = native_wait(call, what.bytes, cancel, halt);
    halt->ticket = native_ticket(call);
    buffer_done(&what);
    return outcome;
}
