/* Inside vm/ only: the claims of a run, beyond the instructions. */
#ifndef AOT_VM_CLAIM_H
#define AOT_VM_CLAIM_H
#include "vm/value.h"

struct run;
void claims_init(struct run *run);
void claims_read(struct run *run); /* those of the record that is judged again */
/* The assertion's code ended early: its claims that were not reached are told why. */
void claims_skip_unseen(struct run *run, uint32_t assertion, struct value reason);
void claims_done(struct run *run);
#endif
