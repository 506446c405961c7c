/* Inside stdlib/service only: faults of whole services, for `phase … with`. They hold the services' handles, so that the fleets
 * outlive them. */
#ifndef AOT_STDLIB_SERVICE_OUTAGE_H
#define AOT_STDLIB_SERVICE_OUTAGE_H
#include "stdlib/service/fleet.h"

struct outage {
    struct run *run;
    struct fleet **fleets; /* owned array of borrowed fleets */
    struct value *handles; /* theirs; owned */
    size_t fleet_count;
    bool begun;            /* it was applied, and not undone yet */
    bool ending;           /* its undo was begun */
    size_t wanted, bitten; /* replicas that it was for, and that it had its effect on */
    size_t open;           /* answers of the container engine to come */
    struct buffer problem; /* the first that it had */
};
/* The native's result: a fault of these services (borrowed). Fails when one of them is not aot's own. */
enum native_outcome outage_make(struct native_call *call, const struct handle_class *handle_class,
                                const struct value *services, size_t count);
void outage_describe(const struct outage *outage, struct buffer *out); /* "api on 127.0.0.1:4711, db on …" */
void outage_free(void *outage);
#endif
