/* Inside vm/ only: a thread that runs one load: a run of its own (heap, loop, modules of natives) over the same program,
 * with copies of what the body needs. It talks to the recipe's run through a mailbox and is told what to do by words. */
#ifndef AOT_VM_LOAD_THREAD_H
#define AOT_VM_LOAD_THREAD_H
#include "vm/mailbox.h"

struct load_thread_state {
    int64_t stopped_at; /* INT64_MAX while it goes on */
    bool over;          /* nothing is under way any more */
    bool starved;
    struct pace_count count;
};
/* Both are called on the loop of the recipe's run. */
struct load_thread_sink {
    void *data;
    void (*batch)(void *data, struct batch *batch); /* borrowed */
    /* After the batches; all events that led to this state have been told. */
    void (*changed)(void *data, const struct load_thread_state *state);
};
struct load_thread;
/* NULL when this body cannot run on a thread of its own. */
struct load_thread *load_thread_start(struct run *run, const struct pace_plan *plan, const struct value *captures,
                                      struct load_thread_sink sink);
struct load_thread_state load_thread_state(struct load_thread *worker);
void load_thread_stop(struct load_thread *worker, int64_t at); /* nothing new is sent */
/* Ends it: what is under way is cancelled and told, if `tell`. Waits for its thread, for half a minute at most; then the run is
 * abandoned (run_state.h). */
void load_thread_end(struct load_thread *worker, bool tell);
size_t load_thread_leaked(const struct load_thread *worker); /* after its end */
void load_thread_free(struct load_thread *worker);           /* after its end; nothing when there was none */
#endif
