/* Inside stdlib/service only: pausing all replicas, and letting them go on. */
#ifndef AOT_STDLIB_SERVICE_FREEZE_H
#define AOT_STDLIB_SERVICE_FREEZE_H
#include "stdlib/service/fleet.h"

enum native_outcome freeze_start(struct native_call *call, struct fleet *fleet, bool pause);
#endif
