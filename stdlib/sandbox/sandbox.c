/* The handle of a sandbox, and what it offers. The keeper's end is waited for when the run stops. */
#include "stdlib/sandbox/sandbox.h"

#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/proxy/proxy_fault.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- the keeper ---- */

static void forget_in_guard(struct sandbox *sandbox) {
    struct guard *guard = run_guard(sandbox->run);
    if (guard && sandbox->guarded) guard_release(guard, sandbox->guarded);
    sandbox->guarded = 0;
}

static void on_keeper_ended(void *data, int status) {
    struct sandbox *sandbox = data;
    const struct proxy *control = proxy_of(sandbox->control);
    (void)status;
    sandbox->ending = NULL;
    sandbox->keeper = 0;
    forget_in_guard(sandbox);
    if (sandbox->is_stopped || !control || !control->front) return;
    int64_t now = run_now(sandbox->run);
    run_effect(sandbox->run, "sandbox", text_of(control->shown), now, now,
               TEXT("its keeper ended: the control cannot be reached any more"));
}

bool sandbox_watch_keeper(struct sandbox *sandbox, pid_t keeper) {
    sandbox->ending = loop_child_start(run_loop(sandbox->run), keeper, on_keeper_ended, sandbox);
    if (sandbox->ending) {
        sandbox->keeper = keeper;
        return true;
    }
    int problem = errno;
    kill(keeper, SIGKILL);
    errno = problem;
    return false;
}

static void end_keeper(struct sandbox *sandbox) {
    sandbox->is_stopped = true;
    if (sandbox->keeper > 0) kill(sandbox->keeper, SIGKILL);
}

/* ---- the handle ---- */

static void release(void *state) {
    struct sandbox *sandbox = state;
    end_keeper(sandbox);
    if (sandbox->ending) loop_child_stop(sandbox->ending); /* the guard keeps it in its list then */
    if (sandbox->place.network >= 0) close(sandbox->place.network);
    if (sandbox->place.user >= 0) close(sandbox->place.user);
    port_release(&sandbox->port);
    value_release(sandbox->control);
    value_release(sandbox->road);
    memory_release(sandbox->control_url);
    memory_release(sandbox);
}

static bool lasting(void *state) {
    const struct sandbox *sandbox = state;
    return sandbox->keeper > 0;
}

static bool stop(void *state, int64_t deadline) {
    struct sandbox *sandbox = state;
    end_keeper(sandbox);
    return !sandbox->keeper || run_now(sandbox->run) >= deadline;
}

static void describe(void *state, struct buffer *out) {
    const struct sandbox *sandbox = state;
    const struct proxy *road = proxy_of(sandbox->road);
    buffer_append_string(out, road ? road->shown : "never opened");
}

static const struct handle_class sandbox_class = {
    .type = "sandbox", .release = release, .stop = stop, .describe = describe, .lasting = lasting
};

struct value sandbox_handle(struct run *run) {
    struct sandbox *sandbox = memory_allocate(sizeof *sandbox);
    *sandbox = (struct sandbox){
        .run = run, .road = value_none(), .control = value_none(), .place = { -1, -1 }, .port = PORT_NONE
    };
    return handle_new(run, &sandbox_class, sandbox);
}

struct sandbox *sandbox_of(struct value handle) {
    return handle.kind == VALUE_HANDLE ? handle_state(handle, &sandbox_class) : NULL;
}

const struct program_place *sandbox_place(struct value handle) {
    const struct sandbox *sandbox = sandbox_of(handle);
    return sandbox && sandbox->is_open ? &sandbox->place : NULL;
}

/* ---- what it offers ---- */

/* The sandbox of `self`; NULL when it is over with its run, and the result is set. */
static struct sandbox *self(struct native_call *call) {
    struct sandbox *sandbox = sandbox_of(argument(call, 0));
    if (!sandbox) native_done(call, value_no_data(run_heap(call->run), "this sandbox is of another run"));
    return sandbox;
}

enum native_outcome sandbox_url(struct native_call *call) {
    const struct sandbox *sandbox = self(call);
    if (!sandbox) return NATIVE_DONE;
    return native_done(call, value_string(run_heap(call->run), proxy_of(sandbox->road)->url));
}

enum native_outcome sandbox_control(struct native_call *call) {
    const struct sandbox *sandbox = self(call);
    if (!sandbox) return NATIVE_DONE;
    return native_done(call, value_string(run_heap(call->run), sandbox->control_url));
}

enum native_outcome sandbox_attempts(struct native_call *call) {
    const struct sandbox *sandbox = self(call);
    if (!sandbox) return NATIVE_DONE;
    struct proxy *road = proxy_of(sandbox->road);
    return proxies_await(call, road, road->attempts);
}

/* ---- cuts ---- */

struct cut_row {
    const char *how;   /* as the recipe says it */
    const char *name;  /* in reports */
    struct fault like; /* in a namespace */
    bool by_proxy;     /* a proxy can, too */
};
static const struct cut_row cuts[] = {
    { "refuse", "the cut \"refuse\"", { .toxic = TOXIC_REFUSE, .share = 1 }, false },
    { "reset", "the cut \"reset\"", { .toxic = TOXIC_DOWN, .share = 1 }, true },
    { "silent", "the cut \"silent\"", { .toxic = TOXIC_SILENT, .is_down = true, .share = 1 }, true },
    { "unreachable", "the cut \"unreachable\"", { .toxic = TOXIC_UNREACHABLE, .is_down = true, .share = 1 }, false },
};

static const struct cut_row *row_of(struct text how) {
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
        if (text_is(how, cuts[i].how)) return &cuts[i];
    return NULL;
}

enum native_outcome sandbox_cut(struct native_call *call) {
    static const struct fault swallow = { .toxic = TOXIC_BLACKHOLE, .is_up = true, .is_down = true, .share = 1 };
    const struct sandbox *sandbox = self(call);
    struct text how = argument_text(call, 1);
    const struct cut_row *row = row_of(how);
    if (!sandbox) return NATIVE_DONE;
    if (!row)
        return native_fail(call,
                           "sandbox.cut: there is no \"%.*s\"; there are \"refuse\", \"reset\", \"silent\" and "
                           "\"unreachable\"",
                           TEXT_ARGS(how));
    bool is_real = sandbox->place.network >= 0;
    if (!is_real && !row->by_proxy)
        return native_fail(call,
                           "sandbox.cut: \"%s\" needs a namespace; the proxy that was asked for in its place can "
                           "\"reset\" and be \"silent\"",
                           row->how);
    const struct fault *like = !is_real && row->like.toxic == TOXIC_SILENT ? &swallow : &row->like;
    return native_done(call, proxy_fault_new(call->run, sandbox->road, like, row->name));
}
