/* Inside vm/ only: whether a load's body can run on a worker, and what it takes along. */
#ifndef AOT_VM_CAPTURE_H
#define AOT_VM_CAPTURE_H
#include "vm/run_state.h"

/* True when everything that the body does may be done on another thread. */
bool capture_allows(const struct run *run, uint32_t unit);
/* Copies to `worker` the globals that the body reads, and its captures into `copies`; handles become the worker's own.
 * False when one of them cannot be taken along; what was copied by then is the worker's to release. */
bool capture_copy(struct run *run, struct run *worker, uint32_t unit, const struct value *captures,
                  struct value *copies);
#endif
