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
struct bringup;
struct command;
struct rollout {
    struct fleet *fleet;
    struct value handle; /* owned: the fleet lives at least as long */
    struct value result; /* owned */
    struct ticket ticket;
    struct rollout_request request; /* its app is owned */
    int64_t deadline;               /* of who waits */
    int64_t began, batch_began;
    size_t next;                           /* the replica to be looked at next */
    struct VECTOR(struct bringup *) batch; /* on their way; owned */
    struct loop_timer *timer;              /* the next step; NULL */
    struct command *seed;                  /* run once all are up; NULL */
    bool seeding, seeded;
    struct buffer problem; /* why it failed; empty: it has not */
    bool unmet;            /* it is the component's failure, not the environment's */
};
/* Parks the fiber until all are up; it gets `result` (retained) then. */
enum native_outcome rollout_start(struct native_call *call, struct value handle, const struct rollout_request *request,
                                  struct value result);
void rollout_changed(struct rollout *rollout);                      /* something happened to a replica */
void rollout_look_again(struct rollout *rollout);                   /* in a moment: nobody will tell */
void rollout_add(struct rollout *rollout, struct replica *replica); /* to the batch that is on its way */
#endif
