/* A sandbox's handle and state. Other modules ask for its place alone; the rest is for this folder. */
#ifndef AOT_STDLIB_SANDBOX_SANDBOX_H
#define AOT_STDLIB_SANDBOX_SANDBOX_H
#include "stdlib/process/program.h"
#include "stdlib/service/port.h"

/* Where a program goes that is to run in this sandbox; NULL: no sandbox of this run. `network` is -1 where a proxy stands in its place.
 * Borrowed. */
const struct program_place *sandbox_place(struct value handle);

struct sandbox {
    struct run *run;
    struct value road;          /* the proxy to the service; owned */
    struct value control;       /* the proxy to the client's control port; none where it needs none; owned */
    char *control_url;          /* owned */
    struct program_place place; /* its descriptors are owned */
    struct port port;           /* of the control */
    pid_t keeper;               /* 0: none, or it has ended */
    uint32_t guarded;           /* the guard's id of the keeper; 0 */
    struct loop_child *ending;  /* of the keeper; NULL once it was reaped */
    bool is_open;               /* the client may use it */
    bool is_stopped;            /* its end is no surprise any more */
};
struct value sandbox_handle(struct run *run);    /* of a new one, not open; owned */
struct sandbox *sandbox_of(struct value handle); /* NULL when it is none of this run */
/* Watches the keeper from its start to its end. False with errno: it was killed. */
bool sandbox_watch_keeper(struct sandbox *sandbox, pid_t keeper);
#endif
