/* What a crash and a freeze have in common: which services, and whether they may be touched. */
#include "stdlib/service/outage.h"

#include "base/memory.h"

/* NULL with the call failed. */
static struct fleet *touchable(struct native_call *call, struct value service) {
    const char *name = call->row->name;
    struct fleet *fleet = fleet_of(service);
    if (!fleet)
        native_fail(call, "%s: %s is no service that can be broken this way: only what `service` declares is", name,
                    service.kind == VALUE_HANDLE ? handle_name(service) : "this");
    else if (fleet->is_twin)
        native_fail(call, "%s: a load's body knows a service by its addresses alone", name);
    else if (fleet_is_url(fleet))
        native_fail(call, "%s: %s is only pointed at (url: %s): aot did not start it, so it does not touch it", name,
                    fleet->name, fleet->replicas[0]->url);
    else
        return fleet;
    return NULL;
}

enum native_outcome outage_make(struct native_call *call, const struct handle_class *handle_class,
                                const struct value *services, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!touchable(call, services[i])) return NATIVE_FAIL;
    struct outage *outage = memory_allocate(sizeof *outage);
    *outage = (struct outage){ .run = call->run, .fleet_count = count };
    outage->fleets = memory_allocate(count * sizeof(struct fleet *));
    outage->handles = memory_allocate(count * sizeof *outage->handles);
    for (size_t i = 0; i < count; i++) {
        outage->handles[i] = value_retain(services[i]);
        outage->fleets[i] = fleet_of(services[i]);
    }
    return native_done(call, handle_new(call->run, handle_class, outage));
}

void outage_describe(const struct outage *outage, struct buffer *out) {
    for (size_t i = 0; i < outage->fleet_count; i++) {
        if (i) buffer_append_string(out, ", ");
        service_class.describe(outage->fleets[i], out);
    }
}

void outage_free(void *state) {
    struct outage *outage = state;
    for (size_t i = 0; i < outage->fleet_count; i++) value_release(outage->handles[i]);
    memory_release(outage->handles);
    memory_release(outage->fleets);
    buffer_done(&outage->problem);
    memory_release(outage);
}
