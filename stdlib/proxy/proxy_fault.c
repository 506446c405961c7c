/* Faults of proxies as handles. The thread does the work; here it is asked for, and waited for by asking again. */
#include "stdlib/proxy/proxy_fault.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/functions.h"
#include "stdlib/proxy/remote_fault.h"
#include "stdlib/proxy/gate.h"

/* ---- asking the thread ---- */

static void join(struct proxy_fault *fault) {
    fault->next = fault->proxy->faults;
    fault->proxy->faults = fault;
}

static void part(struct proxy_fault *fault) {
    struct proxy_fault **at = &fault->proxy->faults;
    while (*at && *at != fault) at = &(*at)->next;
    if (*at) *at = fault->next;
    fault->progress = FAULT_AT_REST;
}

void proxy_fault_told(struct proxy *proxy, const struct news *news) {
    struct proxy_fault *fault = proxy->faults;
    while (fault && fault->like.id != news->number) fault = fault->next;
    if (!fault) return;
    fault->attempts = news->attempts;
    fault->touched = news->touched;
    fault->met = news->size;
    fault->most_up = news->most_up;
    fault->most_down = news->most_down;
    if (fault->progress == FAULT_APPLYING)
        fault->progress = FAULT_IN_FORCE;
    else if (fault->progress == FAULT_UNDOING && !--fault->awaited)
        part(fault);
}

/* A gate is closed in one way at a time. */
static bool is_cut(const struct proxy_fault *fault) {
    for (const struct proxy_fault *other = fault->proxy->faults; other; other = other->next)
        if (gate_closes(other->like.toxic)) return true;
    return false;
}

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct proxy_fault *fault = state;
    (void)deadline;
    if (fault->progress == FAULT_APPLYING) return false;
    if (fault->progress == FAULT_IN_FORCE) return true;
    if (!fault->proxy->front) {
        buffer_append_string(problem, "its proxy was stopped");
        return true;
    }
    if (gate_closes(fault->like.toxic) && is_cut(fault)) {
        buffer_append_string(problem, "its network is cut already");
        return true;
    }
    struct fault *like = memory_allocate(sizeof *like);
    fault->like.id = proxies_next_fault(fault->proxy->proxies);
    *like = fault->like;
    fault->progress = FAULT_APPLYING;
    join(fault);
    front_apply(fault->proxy->front, like);
    return false;
}

/* An apply that was not answered yet is answered before this. */
static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct proxy_fault *fault = state;
    (void)deadline;
    (void)problem;
    if (fault->progress == FAULT_AT_REST) return true;
    if (!fault->proxy->front) {
        part(fault);
        return true;
    }
    if (fault->progress == FAULT_UNDOING) return false;
    fault->awaited = fault->progress == FAULT_APPLYING ? 2 : 1;
    fault->progress = FAULT_UNDOING;
    front_undo(fault->proxy->front, fault->like.id);
    return false;
}

static bool evidence(void *state, struct buffer *out) {
    const struct proxy_fault *fault = state;
    if (fault->like.toxic == TOXIC_NO_ACCEPT) {
        buffer_printf(out, "%llu calls dropped, those that the clients' kernels repeated included",
                      (unsigned long long)fault->touched);
        return fault->touched > 0;
    }
    buffer_printf(out, "%llu connections touched, %llu came, ", (unsigned long long)fault->touched,
                  (unsigned long long)fault->attempts);
    size_print(out, fault->met);
    buffer_append_string(out, " met it");
    return fault->touched > 0;
}

/* ---- the handle ---- */

static void describe(void *state, struct buffer *out) {
    const struct proxy_fault *fault = state;
    buffer_printf(out, "%s on %s", fault->name, fault->proxy->shown);
}

static void release(void *state) {
    struct proxy_fault *fault = state;
    if (fault->progress != FAULT_AT_REST) {
        if (fault->proxy->front) front_undo(fault->proxy->front, fault->like.id);
        part(fault);
    }
    value_release(fault->handle);
    memory_release(fault);
}

static const struct handle_class fault_class = {
    .type = "fault", .release = release, .describe = describe, .apply = apply, .undo = undo, .evidence = evidence
};

bool proxy_fault_apply(struct value fault, int64_t deadline, struct buffer *problem) {
    return apply(handle_state(fault, &fault_class), deadline, problem);
}

bool proxy_fault_undo(struct value fault, int64_t deadline, struct buffer *problem) {
    return undo(handle_state(fault, &fault_class), deadline, problem);
}

bool proxy_fault_evidence(struct value fault, struct buffer *out) {
    return evidence(handle_state(fault, &fault_class), out);
}

const struct proxy_fault *proxy_fault_of(struct value fault) {
    return handle_state(fault, &fault_class);
}

/* ---- making one ---- */

struct value proxy_fault_new(struct run *run, struct value proxy, const struct fault *like, const char *name) {
    struct proxy_fault *fault = memory_allocate(sizeof *fault);
    *fault =
        (struct proxy_fault){ .proxy = proxy_of(proxy), .handle = value_retain(proxy), .like = *like, .name = name };
    return handle_new(run, &fault_class, fault);
}

enum {
    ARGUMENT_SELF,
    ARGUMENT_TOXIC,
    ARGUMENT_TOWARDS,
    ARGUMENT_DELAY,
    ARGUMENT_JITTER,
    ARGUMENT_RATE,
    ARGUMENT_BYTES,
    ARGUMENT_SHARE,
    ARGUMENT_CONNECTIONS
};

#define DEFAULT_RATE 10e3 /* bytes a second */

struct toxic_row {
    const char *name;
    enum toxic toxic;
    bool is_up, is_down; /* unless `towards` says otherwise; neither: it has no direction */
    int64_t delay;       /* unless given */
    int64_t bytes;
};
static const struct toxic_row toxics[] = {
    { "blackhole", TOXIC_BLACKHOLE, true, true, 0, 0 },
    { "latency", TOXIC_LATENCY, false, true, 10 * SECOND, 0 },
    { "reset_peer", TOXIC_RESET_PEER, true, true, 0, 0 },
    { "down", TOXIC_DOWN, false, false, 0, 0 },
    { "timeout", TOXIC_TIMEOUT, true, true, SECOND, 0 },
    { "bandwidth", TOXIC_BANDWIDTH, false, true, 0, 0 },
    { "slow_close", TOXIC_SLOW_CLOSE, false, true, SECOND, 0 },
    { "slicer", TOXIC_SLICER, false, true, 0, 64 },
    { "limit_data", TOXIC_LIMIT_DATA, false, true, 0, 0 },
    { "limit_time", TOXIC_LIMIT_TIME, false, false, SECOND, 0 },
    { "drop_first", TOXIC_DROP_FIRST, false, false, 0, 0 },
    { "no_accept", TOXIC_NO_ACCEPT, false, false, 0, 0 },
    { "noop", TOXIC_NOOP, true, true, 0, 0 },
};

static const struct toxic_row *row_of(struct text name) {
    for (size_t i = 0; i < sizeof toxics / sizeof toxics[0]; i++)
        if (text_is(name, toxics[i].name)) return &toxics[i];
    return NULL;
}

static void read_settings(const struct native_call *call, const struct toxic_row *row, struct fault *fault) {
    struct text towards = argument_text(call, ARGUMENT_TOWARDS);
    *fault = (struct fault){
        .toxic = row->toxic, .is_up = row->is_up, .is_down = row->is_down, .delay = row->delay, .bytes = row->bytes
    };
    if (towards.length) {
        fault->is_up = !text_is(towards, "client");
        fault->is_down = !text_is(towards, "service");
    }
    if (!argument_is_none(call, ARGUMENT_DELAY)) fault->delay = argument_integer(call, ARGUMENT_DELAY);
    if (!argument_is_none(call, ARGUMENT_BYTES)) fault->bytes = argument_integer(call, ARGUMENT_BYTES);
    fault->jitter = argument_integer(call, ARGUMENT_JITTER);
    fault->rate = argument_is_none(call, ARGUMENT_RATE) ? DEFAULT_RATE : argument_number(call, ARGUMENT_RATE);
    fault->share = argument_number(call, ARGUMENT_SHARE);
    fault->variation = fault->bytes / 2;
    fault->connections = (uint64_t)argument_integer(call, ARGUMENT_CONNECTIONS);
}

static const char *wrong_in(const struct fault *fault) {
    if (fault->delay < 0 || fault->jitter < 0) return "a time below 0s";
    if (fault->delay > DAY || fault->jitter > DAY) return "a time of over a day";
    if (fault->toxic == TOXIC_BANDWIDTH && !(fault->rate > 0))
        return "a rate of nothing: \"blackhole\" lets nothing pass";
    if (fault->toxic == TOXIC_SLICER && fault->bytes < 1) return "slices without a byte";
    if (fault->bytes < 0) return "a size below 0B";
    if (fault->toxic == TOXIC_NO_ACCEPT && fault->share < 1) return "no share: it lets nobody in";
    if (!(fault->share >= 0 && fault->share <= 1)) return "a share that is not between 0% and 100%";
    return NULL;
}

enum native_outcome proxy_fault(struct native_call *call) {
    struct value handle = argument(call, ARGUMENT_SELF);
    const struct toxic_row *row = row_of(argument_text(call, ARGUMENT_TOXIC));
    struct fault like;
    if (!row)
        return native_fail(call, "proxy.fault: there is no toxic %.*s", TEXT_ARGS(argument_text(call, ARGUMENT_TOXIC)));
    read_settings(call, row, &like);
    const char *wrong = wrong_in(&like);
    if (!row->is_up && !row->is_down && !argument_is_none(call, ARGUMENT_TOWARDS)) wrong = "no direction";
    if (argument_integer(call, ARGUMENT_CONNECTIONS) < 1) wrong = "no connections to drop";
    if (wrong) return native_fail(call, "proxy.fault: %s has %s", row->name, wrong);
    if (remote_of(handle)) return native_done(call, remote_fault_new(call->run, handle, &like, row->name));
    return native_done(call, proxy_fault_new(call->run, handle, &like, row->name));
}
