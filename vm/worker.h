/* Inside vm/ only: a thread that runs one load: a run of its own (heap, loop, modules of natives) over the same program,
 * with copies of what the body needs. It talks to the recipe's run through a mailbox and is told what to do by words. */
#ifndef AOT_VM_WORKER_H
#define AOT_VM_WORKER_H
#include "vm/mailbox.h"

struct worker_state {
    int64_t stopped_at; /* INT64_MAX while it goes on */
    bool over;          /* nothing is under way any more */
    bool starved;
    struct pace_count count;
};
/* Both are called on the loop of the recipe's run. */
struct worker_sink {
    void *data;
    void (*batch)(void *data, struct batch *batch); /* borrowed */
    /* After the batches; all events that led to this state have been told. */
    void (*changed)(void *data, const struct worker_state *state);
};
struct worker;
/* NULL when this body cannot run on a thread of its own. */
struct worker *worker_start(struct run *run, const struct pace_plan *plan, const struct value *captures,
                            struct worker_sink sink);
struct worker_state worker_state(struct worker *worker);
void worker_stop(struct worker *worker, int64_t at); /* nothing new is sent */
/* Ends it: what is under way is cancelled and told, if `tell`. Waits for its thread, for half a minute at most. */
void worker_end(struct worker *worker, bool tell);
size_t worker_leaked(const struct worker *worker); /* after its end */
void worker_free(struct worker *worker);           /* after its end */
#endif
