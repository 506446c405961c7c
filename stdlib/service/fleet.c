/* A service's handle: made with its first replica, ended with its last. What its rows do stands in service.c. */
#include "stdlib/service/fleet.h"

#include "stdlib/functions.h"
#include "stdlib/service/halt.h"
#include "stdlib/service/rollout.h"

#include "base/clock.h"
#include "base/memory.h"

#include <string.h>

#define PATIENCE (10 * SECOND) /* between SIGTERM and SIGKILL at the end of the run */

struct fleet *fleet_of(struct value handle) {
    return handle_state(handle, &service_class);
}

bool fleet_is_url(const struct fleet *fleet) {
    return fleet->replica_count && fleet->replicas[0]->plan.way == WAY_URL;
}

bool fleet_is_gone(const struct fleet *fleet) {
    for (size_t i = 0; i < fleet->replica_count; i++)
        if (!replica_is_gone(fleet->replicas[i])) return false;
    return true;
}

void fleet_end(struct fleet *fleet, int64_t patience) {
    for (size_t i = 0; i < fleet->replica_count; i++) replica_end(fleet->replicas[i], patience);
}

/* A log exists while a replica lives that may write to it. */
static bool is_followed(const struct fleet *fleet) {
    for (size_t i = 0; i < fleet->replica_count; i++) {
        const struct child *child = fleet->replicas[i]->child;
        if (child && !child->finished) return true;
    }
    return false;
}

struct value fleet_log(struct fleet *fleet) {
    if (fleet->log.kind == VALUE_STREAM) {
        stream_resume(stream_of(fleet->log), run_now(fleet->run));
        return fleet->log;
    }
    struct buffer name = { 0 };
    buffer_printf(&name, "%s.log", fleet->handle_name);
    fleet->log = run_stream(fleet->run, name.bytes, SERIES_EVENTS, true);
    buffer_done(&name);
    return fleet->log;
}

void fleet_changed(struct fleet *fleet) {
    if (fleet->log.kind == VALUE_STREAM && !is_followed(fleet))
        stream_pause(stream_of(fleet->log), run_now(fleet->run));
    if (fleet->rollout) rollout_changed(fleet->rollout);
    halts_tell(fleet);
}

static void name_replica(struct replica *replica, const char *name, bool is_alone) {
    struct buffer label = { 0 }, prefix = { 0 };
    buffer_append_string(&label, name);
    if (!is_alone) buffer_printf(&label, "[%zu]", replica->index);
    if (!is_alone) buffer_printf(&prefix, "[%zu] ", replica->index);
    memory_release(replica->label);
    memory_release(replica->prefix);
    replica->label = buffer_take(&label);
    replica->prefix = is_alone ? NULL : buffer_take(&prefix);
}

bool fleet_grow(struct fleet *fleet, size_t count, struct buffer *problem) {
    fleet->replicas = memory_resize(fleet->replicas, count * sizeof *fleet->replicas);
    while (fleet->replica_count < count) {
        const struct value *arguments = fleet->replicas[0]->arguments;
        struct replica *replica = replica_new(fleet, fleet->replica_count, arguments, problem);
        if (!replica) return false;
        fleet->replicas[fleet->replica_count++] = replica;
    }
    for (size_t i = 0; i < count; i++) name_replica(fleet->replicas[i], fleet->name, count == 1);
    return true;
}

/* ---- the handle ---- */
static bool stop(void *state, int64_t deadline) {
    struct fleet *fleet = state;
    if (fleet_is_gone(fleet)) return true;
    for (size_t i = 0; i < fleet->replica_count; i++) {
        struct replica *replica = fleet->replicas[i];
        if (!replica->ending && !replica_is_gone(replica)) replica_end(replica, PATIENCE);
    }
    return fleet_is_gone(fleet) || run_now(fleet->run) >= deadline;
}

/* Nobody waits any more: whoever did holds the handle. */
static void release(void *state) {
    struct fleet *fleet = state;
    for (size_t i = 0; i < fleet->replica_count; i++) replica_free(fleet->replicas[i]);
    memory_release(fleet->replicas);
    if (fleet->log.kind == VALUE_STREAM) stream_close(stream_of(fleet->log), run_now(fleet->run));
    value_release(fleet->log);
    output_log_close(fleet->log_file);
    VECTOR_DONE(&fleet->halts);
    memory_release(fleet->name);
    memory_release(fleet->handle_name);
    memory_release(fleet);
}

static void describe(void *state, struct buffer *out) {
    const struct fleet *fleet = state;
    buffer_append_string(out, fleet->name);
    for (size_t i = 0; i < fleet->replica_count; i++)
        buffer_printf(out, "%s%s", i ? ", " : " on ", fleet->replicas[i]->address);
}

static bool lasting(void *state) {
    return !fleet_is_gone(state);
}

/* A load's worker knows where the replicas are, and nothing else of them. */
static void *twin(void *state, struct run *worker) {
    const struct fleet *fleet = state;
    struct fleet *own = memory_allocate(sizeof *own);
    *own = (struct fleet){ .run = worker,
                           .is_twin = true,
                           .log = value_none(),
                           .name = memory_copy(fleet->name, strlen(fleet->name)),
                           .handle_name = memory_copy(fleet->handle_name, strlen(fleet->handle_name)) };
    own->replicas = memory_allocate(fleet->replica_count * sizeof *own->replicas);
    for (size_t i = 0; i < fleet->replica_count; i++) own->replicas[i] = replica_twin(fleet->replicas[i], own);
    own->replica_count = fleet->replica_count;
    return own;
}

/* ---- its crash ---- */
bool fleet_may_be_broken(const struct fleet *fleet, struct buffer *problem) {
    if (fleet->is_twin)
        buffer_append_string(problem, "a load's body knows a service by its addresses alone");
    else if (fleet_is_url(fleet))
        buffer_printf(problem, "%s is only pointed at (url: %s): aot did not start it, so it does not touch it",
                      fleet->name, fleet->replicas[0]->url);
    return !problem->length;
}

static bool may_crash(void *state, struct buffer *problem) {
    return fleet_may_be_broken(state, problem);
}

static size_t running(void *state) {
    const struct fleet *fleet = state;
    size_t count = 0;
    for (size_t i = 0; i < fleet->replica_count; i++) count += replica_runs(fleet->replicas[i]);
    return count;
}

/* Nothing lives then that stems from it, nor a daemon that dropped every mark and still answers in its place. */
static bool crash(void *state, bool first) {
    struct fleet *fleet = state;
    if (first) fleet_end(fleet, 0);
    if (!fleet_is_gone(fleet)) return false;
    bool held = false;
    for (size_t i = 0; i < fleet->replica_count; i++) held = replica_clears_port(fleet->replicas[i]) || held;
    return !held;
}

static const struct crash_class crash_class = { .may = may_crash, .running = running, .kill = crash };

const struct handle_class service_class = { .type = "service",
                                            .release = release,
                                            .stop = stop,
                                            .describe = describe,
                                            .lasting = lasting,
                                            .twin = twin,
                                            .crash = &crash_class };

static struct value new_fleet(struct native_call *call) {
    struct fleet *fleet = memory_allocate(sizeof *fleet);
    struct text name = call->service->name;
    *fleet = (struct fleet){ .run = call->run,
                             .template = call->service,
                             .name = memory_copy(name.bytes, name.length),
                             .log = value_none(),
                             .argument_count = call->argument_count };
    struct value handle = handle_new(call->run, &service_class, fleet);
    struct buffer text = { 0 };
    fleet->handle_name = memory_copy(handle_name(handle), strlen(handle_name(handle)));
    buffer_printf(&text, "%s-%s", fleet->handle_name, fleet->name);
    fleet->log_file = output_log_open(call->run, text.bytes);
    buffer_done(&text);
    return handle;
}

enum native_outcome service_make(struct native_call *call) {
    struct value handle = new_fleet(call);
    struct fleet *fleet = fleet_of(handle);
    struct buffer problem = { 0 };
    struct replica *first = replica_new(fleet, 0, call->arguments, &problem);
    enum native_outcome outcome;
    if (first) {
        fleet->replicas = memory_allocate(sizeof(struct replica *));
        fleet->replicas[fleet->replica_count++] = first;
        name_replica(first, fleet->name, true);
        struct rollout_request request = { .making = true, .app = value_none() };
        outcome = rollout_start(call, handle, &request, handle);
    } else {
        outcome = native_fail(call, "%s: %s", fleet->name, problem.bytes);
    }
    buffer_done(&problem);
    value_release(handle);
    return outcome;
}

/* ---- for other modules ---- */
size_t service_replica_count(struct value service) {
    struct fleet *fleet = fleet_of(service);
    return fleet ? fleet->replica_count : 0;
}

struct text service_replica_address(struct value service, size_t index) {
    struct fleet *fleet = fleet_of(service);
    return fleet && index < fleet->replica_count ? text_of(fleet->replicas[index]->address) : TEXT_NONE;
}

bool service_is_own(struct value service) {
    struct fleet *fleet = fleet_of(service);
    return fleet && !fleet->is_twin && !fleet_is_url(fleet);
}
