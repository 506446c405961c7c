/* Errands: they join native_wait and loop_work_start. An errand whose wait was cancelled lives on until its thread is done. */
#include "stdlib/errand.h"

#include "base/memory.h"

struct errand {
    const struct errand_class *errand_class; /* what it does */
    void *state;                             /* the class' own; owned */
    struct run *run;                         /* whose fiber waits; not touched once given up */
    struct ticket ticket;                    /* of that fiber's wait */
    atomic_bool given_up;                    /* nobody waits any more */
};

static void work(void *data) {
    struct errand *errand = data;
    errand->errand_class->work(errand->state, &errand->given_up);
}

static void done(void *data) {
    struct errand *errand = data;
    if (!atomic_load(&errand->given_up)) {
        struct buffer problem = { 0 };
        struct value result = errand->errand_class->result(errand->state, run_heap(errand->run), &problem);
        if (problem.length) {
            value_release(result);
            native_wake_failed(errand->run, errand->ticket, "%s", problem.bytes);
        } else {
            native_wake(errand->run, errand->ticket, result);
        }
        buffer_done(&problem);
    }
    errand->errand_class->release(errand->state);
    memory_release(errand);
}

static void give_up(void *data) {
    struct errand *errand = data;
    atomic_store(&errand->given_up, true);
}

enum native_outcome errand_start(struct native_call *call, const char *what, const struct errand_class *errand_class,
                                 void *state) {
    struct errand *errand = memory_allocate(sizeof *errand);
    *errand = (struct errand){ .errand_class = errand_class, .state = state, .run = call->run };
    enum native_outcome outcome = native_wait(call, what, give_up, errand);
    errand->ticket = native_ticket(call);
    loop_work_start(run_loop(call->run), work, done, errand);
    return outcome;
}
