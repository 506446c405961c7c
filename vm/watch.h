/* Inside vm/ only: the watches of a run, beyond WATCH_START. */
#ifndef AOT_VM_WATCH_H
#define AOT_VM_WATCH_H

struct run;
void watches_stop(struct run *run); /* a probe that is under way is dropped */
void watches_done(struct run *run);
#endif
