/* An errand: work on a pool thread (files, digests) that a fiber waits for. The thread never touches values or the run; what it
 * needs is copied into the errand's state, and what it found becomes a value when it is back on the loop. */
#ifndef AOT_STDLIB_ERRAND_H
#define AOT_STDLIB_ERRAND_H
#include "vm/native_call.h"
#include <stdatomic.h>

struct errand_class {
    /* On the thread. Should look at `given_up` between blocks and return early. */
    void (*work)(void *state, const atomic_bool *given_up);
    /* On the loop: the result, owned by the caller; or text in `problem`, which ends the run with error. */
    struct value (*result)(void *state, struct heap *heap, struct buffer *problem);
    void (*release)(void *state); /* on the loop, always, last */
};
/* Takes `state` over. `what` is what the fiber is said to wait for. */
enum native_outcome errand_start(struct native_call *call, const char *what, const struct errand_class *errand_class,
                                 void *state);
#endif
