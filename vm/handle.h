/* Inside vm/ only: handles, as objects and as the run's list of what is to be stopped. */
#ifndef AOT_VM_HANDLE_H
#define AOT_VM_HANDLE_H
#include "vm/heap.h"
#include "vm/native_call.h"

struct handle_object {
    struct object head;
    struct run *run;
    const struct handle_class *handle_class; /* NULL for a stub of a record that is judged again */
    void *state;                             /* the class' own */
    char *name;                              /* "db#3"; owned */
    struct handle_object *older, *newer;     /* the run's list, by creation */
    bool kept;                               /* the run is its last owner */
};
static inline struct handle_object *handle_object(struct value value) {
    return (struct handle_object *)value.object;
}

void handle_print(struct value value, struct buffer *out);
/* A handle of a record: it has a name and nothing else. */
struct value handle_stub(struct heap *heap, struct text name);
/* A worker's own of a handle of its run: it has that one's name. */
struct value handle_twin(struct run *worker, const struct handle_class *handle_class, void *state, const char *name);
/* Newest first: the one to stop next, or NULL. */
struct handle_object *handle_newest(struct run *run);
/* Takes a handle off the run's list and gives it back at once, whoever still owns the value. */
void handle_end(struct handle_object *handle);
#endif
