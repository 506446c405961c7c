/* Inside vm/ only: the loads of a run, beyond LOAD_START. */
#ifndef AOT_VM_LOAD_H
#define AOT_VM_LOAD_H
#include <stdbool.h>

struct run;
bool loads_are_finite(struct run *run); /* some with `for` still goes on */
void loads_stop(struct run *run);       /* nothing new is sent; what is under way may end */
bool loads_are_over(struct run *run);
/* What is still under way is cancelled: an event with an error when the run is complete, nothing when it was cut. */
void loads_cancel(struct run *run, bool is_complete);
void loads_done(struct run *run);
#endif
