/* Inside vm/ only: what a worker has to tell the run: events and effects, in batches. A batch belongs to the worker
 * until it is handed over, then to the run; its values live on a heap of its own, so no thread touches another's. */
#ifndef AOT_VM_MAILBOX_H
#define AOT_VM_MAILBOX_H
#include "base/vector.h"
#include "vm/pace.h"

struct batch_event {
    int64_t start, end, intended;
    uint32_t value; /* index in the batch's values */
};
struct batch_effect {
    char *kind, *subject, *outcome; /* owned */
    int64_t start, end;
};
struct batch {
    struct batch *next;
    struct heap *heap;
    size_t bytes;                       /* of the heap, when it was handed over */
    struct VECTOR(struct value) values; /* each once, as far as that was noticed */
    struct VECTOR(struct batch_event) events;
    struct VECTOR(struct batch_effect) effects;
};

struct mailbox;
/* `arrived` is called on the run's loop when there is something to take. */
struct mailbox *mailbox_new(struct run *run, void (*arrived)(void *data), void *data);
void mailbox_free(struct mailbox *mailbox);

/* ---- the worker's side ---- */
void mailbox_attach(struct mailbox *mailbox, struct run *worker);
void mailbox_event(struct mailbox *mailbox, int64_t start, int64_t end, int64_t intended, struct value value);
/* What went well is in the events; of what did not, the first thousand. */
void mailbox_effect(struct mailbox *mailbox, const char *kind, struct text subject, int64_t start, int64_t end,
                    struct text outcome);
void mailbox_flush(struct mailbox *mailbox);
/* Effects that the record does not have, as there were too many. */
size_t mailbox_left_out(const struct mailbox *mailbox);
/* The run is behind with what there is, in number or in bytes: nothing more should be made for now. */
bool mailbox_is_full(struct mailbox *mailbox);
void mailbox_detach(struct mailbox *mailbox); /* the worker's last words */

/* ---- the run's side ---- */
struct batch *mailbox_take(struct mailbox *mailbox);             /* all there is, oldest first; NULL: nothing */
void mailbox_done(struct mailbox *mailbox, struct batch *batch); /* it was read: frees it, and there is room again */
void mailbox_wake(struct mailbox *mailbox);                      /* either side: the run is to look */
#endif
