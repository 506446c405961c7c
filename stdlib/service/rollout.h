/* Inside stdlib/service only: bringing replicas up, some at a time: a service that is made, started again, or rolled to
 * another release. */
#ifndef AOT_STDLIB_SERVICE_ROLLOUT_H
#define AOT_STDLIB_SERVICE_ROLLOUT_H
#include "stdlib/service/fleet.h"

struct rollout_request {
    bool making;      /* the fleet's size is still to be learnt from its first replica */
    bool only_down;   /* those that run stay as they are */
    struct value app; /* what the template's `app` becomes; none: as it is */
    int64_t one_by;   /* how many at a time; 0: all */
    int64_t every;    /* from one batch's begin to the next one's */
};
/* Parks the fiber until all are up; it gets `result` (retained) then. */
enum native_outcome rollout_start(struct native_call *call, struct value handle, const struct rollout_request *request,
                                  struct value result);
void rollout_changed(struct rollout *rollout); /* something happened to a replica */
#endif
