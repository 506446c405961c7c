/* What a service's handle offers. */
#include "stdlib/service/service.h"

#include "stdlib/functions.h"
#include "stdlib/service/fleet.h"
#include "stdlib/service/freeze.h"
#include "stdlib/service/halt.h"
#include "stdlib/service/rollout.h"
#include "stdlib/service/survey.h"

/* NULL: the result is set. */
static struct fleet *self(struct native_call *call) {
    struct fleet *fleet = fleet_of(argument(call, 0));
    if (!fleet) native_done(call, value_no_data(run_heap(call->run), "the service is not there any more"));
    return fleet;
}

/* The same for what a load's worker does not have. */
static struct fleet *whole(struct native_call *call) {
    struct fleet *fleet = self(call);
    if (!fleet || !fleet->is_twin) return fleet;
    native_done(call, value_error(run_heap(call->run), "%s: a load's body knows a service by its addresses alone",
                                  call->row->name));
    return NULL;
}

/* What aot did not start it neither ends nor changes. */
static bool refuses(struct native_call *call, const struct fleet *fleet) {
    if (!fleet_is_url(fleet)) return false;
    native_fail(call, "%s: %s is only pointed at (url: %s): aot did not start it, so it does not touch it",
                call->row->name, fleet->name, fleet->replicas[0]->url);
    return true;
}

/* ---- where it is ---- */
enum native_outcome service_url(struct native_call *call) {
    struct fleet *fleet = self(call);
    if (!fleet) return NATIVE_DONE;
    return native_done(call, value_string(run_heap(call->run), fleet->replicas[0]->url));
}

enum native_outcome service_address(struct native_call *call) {
    struct fleet *fleet = self(call);
    return fleet ? native_done(call, value_string(run_heap(call->run), fleet->replicas[0]->address)) : NATIVE_DONE;
}

enum native_outcome service_addresses(struct native_call *call) {
    struct fleet *fleet = self(call);
    if (!fleet) return NATIVE_DONE;
    struct heap *heap = run_heap(call->run);
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; i < fleet->replica_count; i++) {
        struct value address = value_string(heap, fleet->replicas[i]->address);
        list = value_list_append(list, address);
        value_release(address);
    }
    return native_done(call, list);
}

enum native_outcome service_port(struct native_call *call) {
    struct fleet *fleet = self(call);
    return fleet ? native_done(call, value_integer(fleet->replicas[0]->port.number)) : NATIVE_DONE;
}

/* ---- how it is ---- */
enum native_outcome service_log(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    if (fleet_is_url(fleet)) /* nobody watched: silence would be no evidence */
        return native_done(
            call, value_no_data(run_heap(call->run), "aot did not start %s, it has no log of it", fleet->name));
    if (fleet->log.kind != VALUE_STREAM)
        return native_done(call,
                           value_no_data(run_heap(call->run), "%s was never started, it has no log", fleet->name));
    return native_done(call, value_retain(fleet->log));
}

enum native_outcome service_up(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    if (fleet_is_url(fleet))
        return native_done(call,
                           value_no_data(run_heap(call->run), "aot did not start %s: ask it yourself", fleet->name));
    bool up = true;
    for (size_t i = 0; i < fleet->replica_count; i++) up = up && replica_runs(fleet->replicas[i]);
    return native_done(call, value_boolean(up));
}

enum native_outcome service_versions(struct native_call *call) {
    struct fleet *fleet = whole(call);
    return fleet ? survey_start(call, fleet) : NATIVE_DONE;
}

/* ---- what is done to it ---- */
enum native_outcome service_stop(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    int64_t patience = argument_integer(call, 1);
    if (patience < 0) return native_fail(call, "service.stop: the timeout cannot be negative");
    return refuses(call, fleet) ? NATIVE_FAIL : halt_start(call, fleet, patience);
}

enum native_outcome service_kill(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    return refuses(call, fleet) ? NATIVE_FAIL : halt_start(call, fleet, 0);
}

static enum native_outcome freeze(struct native_call *call, bool pause) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    return refuses(call, fleet) ? NATIVE_FAIL : freeze_start(call, fleet, pause);
}

enum native_outcome service_pause(struct native_call *call) {
    return freeze(call, true);
}

enum native_outcome service_resume(struct native_call *call) {
    return freeze(call, false);
}

/* One thing at a time. */
static bool is_busy(struct native_call *call, const struct fleet *fleet) {
    if (!fleet->rollout) return false;
    native_fail(call, "%s: %s is still being started or rolled", call->row->name, fleet->name);
    return true;
}

enum native_outcome service_start(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    if (refuses(call, fleet) || is_busy(call, fleet)) return NATIVE_FAIL;
    struct rollout_request request = { .only_down = true, .app = value_none() };
    return rollout_start(call, argument(call, 0), &request, value_none());
}

/* self, app, one_by, every */
enum native_outcome service_roll(struct native_call *call) {
    struct fleet *fleet = whole(call);
    if (!fleet) return NATIVE_DONE;
    if (refuses(call, fleet) || is_busy(call, fleet)) return NATIVE_FAIL;
    struct rollout_request request = { .app = argument(call, 1),
                                       .one_by = argument_integer(call, 2),
                                       .every = argument_integer(call, 3) };
    if (request.one_by < 1) return native_fail(call, "service.roll: one_by must be at least 1");
    if (request.every < 0) return native_fail(call, "service.roll: every cannot be negative");
    if (fleet->template->app == UINT32_MAX)
        return native_fail(call,
                           "service.roll: the service %s has no parameter `app`: a roll starts its replicas anew "
                           "with another release as `app`",
                           fleet->name);
    return rollout_start(call, argument(call, 0), &request, value_none());
}
