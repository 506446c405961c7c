/* Errands: they join native_wait and loop_work_start. An errand whose wait was cancelled lives on until its thread is done, and the
 * run's end waits for that: threads look at `given_up` after every block. */
#include "stdlib/errand.h"

#include "base/clock.h"
#include "base/memory.h"

/* Of the run: its errands that are on their way, waited for or given up. */
struct errands {
    struct loop *loop;
    size_t count;
};

struct errand {
    struct errands *errands;                 /* it is one of those */
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
    errand->errands->count--;
    memory_release(errand);
}

static void *errands_make(struct run *run) {
    struct errands *errands = memory_allocate(sizeof *errands);
    errands->loop = run_loop(run);
    return errands;
}

static void errands_release(void *state) {
    struct errands *errands = state;
    while (errands->count) loop_turn(errands->loop, 100 * MILLISECOND);
    memory_release(errands);
}

static void give_up(void *data) {
    struct errand *errand = data;
    atomic_store(&errand->given_up, true);
}

enum native_outcome errand_start(struct native_call *call, const char *what, const struct errand_class *errand_class,
                                 void *state) {
    struct errand *errand = memory_allocate(sizeof *errand);
    *errand = (struct errand){ .errands = run_module(call->run, "errands", errands_make, errands_release),
                               .errand_class = errand_class,
                               .state = state,
                               .run = call->run };
    errand->errands->count++;
    enum native_outcome outcome = native_wait(call, what, give_up, errand);
    errand->ticket = native_ticket(call);
    loop_work_start(run_loop(call->run), work, done, errand);
    return outcome;
}
