/* Inside stdlib/service only: fibers that wait until nothing of a service runs. */
#ifndef AOT_STDLIB_SERVICE_HALT_H
#define AOT_STDLIB_SERVICE_HALT_H
#include "stdlib/service/fleet.h"

/* Begins the end of all replicas and parks the fiber until they are gone. */
enum native_outcome halt_start(struct native_call *call, struct fleet *fleet, int64_t patience);
void halts_tell(struct fleet *fleet); /* a replica ended */
#endif
