/* `crash(service)`: SIGKILL to all that stems from its replicas. Nothing undoes it; what it proves is that they ran and are gone. */
#include "stdlib/service/outage.h"

#include "base/memory.h"
#include "stdlib/functions.h"

/* Nothing lives that stems from it, nor a daemon that dropped every mark and still answers in its place. */
static bool is_gone(const struct fleet *fleet) {
    if (!fleet_is_gone(fleet)) return false;
    bool held = false;
    for (size_t i = 0; i < fleet->replica_count; i++) held = replica_clears_port(fleet->replicas[i]) || held;
    return !held;
}

static bool apply(void *state, int64_t deadline, struct buffer *problem) {
    struct outage *outage = state;
    (void)deadline;
    if (!outage->begun) {
        outage->begun = true;
        outage->bitten = outage->wanted = 0;
        for (size_t i = 0; i < outage->fleet_count; i++) {
            struct fleet *fleet = outage->fleets[i];
            for (size_t k = 0; k < fleet->replica_count; k++) outage->wanted += replica_runs(fleet->replicas[k]);
            fleet_end(fleet, 0);
        }
    }
    (void)problem;
    for (size_t i = 0; i < outage->fleet_count; i++)
        if (!is_gone(outage->fleets[i])) return false;
    outage->bitten = outage->wanted;
    return true;
}

static bool undo(void *state, int64_t deadline, struct buffer *problem) {
    struct outage *outage = state;
    (void)deadline;
    (void)problem;
    outage->begun = false;
    return true;
}

static bool evidence(void *state, struct buffer *out) {
    const struct outage *outage = state;
    if (outage->wanted == 0)
        buffer_append_string(out, "nothing of it was running");
    else if (outage->bitten < outage->wanted)
        buffer_printf(out, "not all of its %zu replicas were gone in time", outage->wanted);
    else
        buffer_printf(out, "%zu replica%s killed, nothing of them was left", outage->wanted,
                      outage->wanted == 1 ? "" : "s");
    return outage->wanted > 0 && outage->bitten == outage->wanted;
}

static bool permanent(void *state) {
    (void)state;
    return true;
}

static void describe(void *state, struct buffer *out) {
    buffer_append_string(out, "crash of ");
    outage_describe(state, out);
}

static const struct handle_class crash_class = { .type = "fault",
                                                 .release = outage_free,
                                                 .describe = describe,
                                                 .apply = apply,
                                                 .undo = undo,
                                                 .evidence = evidence,
                                                 .idle = "the crash hit nothing: ",
                                                 .permanent = permanent };

enum native_outcome fault_crash(struct native_call *call) {
    return outage_make(call, &crash_class, &call->arguments[0], 1);
}

enum native_outcome fault_crash_all(struct native_call *call) {
    struct value list = argument(call, 0);
    size_t count = value_count(list);
    if (count == 0) return native_fail(call, "crash: an empty list: there is nothing to crash");
    struct value *services = memory_allocate(count * sizeof *services);
    for (size_t i = 0; i < count; i++) services[i] = value_at(list, i);
    enum native_outcome outcome = outage_make(call, &crash_class, services, count);
    memory_release(services);
    return outcome;
}
