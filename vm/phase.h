/* Inside vm/ only: the phases of a run, beyond the two instructions. */
#ifndef AOT_VM_PHASE_H
#define AOT_VM_PHASE_H

struct run;
void phases_init(struct run *run); /* every phase as not yet reached */
/* On an early end: undoes the faults of those that are open, innermost first, and marks them cut. */
void phases_unwind(struct run *run);
void phases_done(struct run *run);
#endif
