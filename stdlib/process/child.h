/* A program that aot started, from its start until nothing of it is left. For stdlib/process and stdlib/service. */
#ifndef AOT_STDLIB_PROCESS_CHILD_H
#define AOT_STDLIB_PROCESS_CHILD_H
#include "stdlib/process/output.h"
#include "stdlib/process/program.h"
#include "stdlib/process/session.h"

struct child;
/* Who owns a child without a handle is told of it, and keeps its lines. He must not free it while he is told. */
struct child_owner {
    void *data;
    void (*ended)(void *data, struct child *child); /* reaped; its last lines may still come */
    void (*event)(void *data, struct child *child); /* `finished` or `gone` became true */
    void (*line)(void *data, struct text line);     /* of either output */
    struct value lines;                             /* the stream they go into, retained; none: output is kept whole */
    struct output_log *log;                         /* borrowed; NULL: none */
    const char *prefix;                             /* of its lines in the log; borrowed; NULL: none */
};

/* What a waiting fiber waits for. */
enum child_event {
    CHILD_FINISHED, /* it ended, and its output was read (or held open by what it left behind for over 2 s) */
    CHILD_GONE      /* and nothing that stems from it lives any more */
};

/* The way to the end, once somebody wants it. */
struct child_stop {
    bool wanted;              /* it was begun */
    bool killed;              /* SIGKILL was sent */
    int64_t begun;            /* when the first signal was sent */
    int64_t patience;         /* ns between SIGTERM and SIGKILL */
    struct loop_timer *timer; /* looks again; NULL */
};

struct child {
    struct run *run;
    char *name;      /* the handle's, "process#3"; owned */
    char *mark;      /* "AOT_PROCESS=…"; owned */
    char *shown;     /* the command; owned */
    bool background; /* by `start` */
    pid_t process;
    struct session session;
    uint32_t guarded;               /* the guard's id; 0 when there is none */
    struct loop_child *ending;      /* NULL once it was reaped */
    bool running;                   /* not reaped yet */
    bool finished, gone;            /* as the events */
    int code;                       /* exit code; -1 */
    int signal;                     /* that ended it; 0 */
    bool timed_out;                 /* its own timeout was over */
    int64_t start, end;             /* end: when it was reaped */
    struct output outputs[2];       /* standard output, standard error */
    struct output_log *log;         /* owned; NULL */
    struct value lines, exits;      /* streams; owned */
    struct text input;              /* what is still to be written; points into input_value */
    struct value input_value;       /* owned */
    struct value fed;               /* the documents that are its input; none: there are none; owned */
    int input_pipe;                 /* -1 */
    struct loop_watch *input_watch; /* NULL */
    struct loop_timer *timeout;     /* of process(…); NULL */
    struct loop_timer *blind;       /* looks whether it lives on without outputs; NULL */
    int64_t blind_since;            /* when both outputs were over; 0: they are not */
    struct loop_timer *drain;       /* ends the wait for open pipes; NULL */
    struct child_stop stop;
    struct child_waiter *waiters; /* parked fibers; owned */
    struct child_owner owner;     /* of one without a handle; its functions are NULL otherwise */
};

struct child_options {
    bool background;
    int64_t timeout; /* 0: none */
    int64_t output_limit;
    struct value input; /* none or text */
    struct value fed;   /* none, or the documents that the input is */
};
/* Starts the program (taken over) and returns its handle, owned; none with a reason in `problem` when it could not be started. */
struct value child_start(struct run *run, struct program_start *program, const struct child_options *options,
                         struct buffer *problem);
struct child *child_of(struct value handle); /* NULL when it is none */
/* The same for an owner in C, who ends it and frees it; `name` marks what stems from it. NULL: not started. */
struct child *child_own(struct run *run, const char *name, struct program_start *program,
                        const struct child_options *options, const struct child_owner *owner, struct buffer *problem);
void child_free(struct child *child); /* what is not gone is killed, and left to the guard */
/* Parks the fiber until the event; wakes it with `result` (retained) then. With a timeout above 0 the run ends with error when it is over.
 * `kills`: a wait that is cancelled ends the program. */
enum native_outcome child_await(struct native_call *call, struct value handle, enum child_event event,
                                struct value result, int64_t timeout, bool kills);
/* Begins the end: SIGTERM to all that stems from it, SIGKILL after `patience`; asked again, the shorter patience counts. */
void child_end(struct child *child, int64_t patience);
void child_label(int signal, struct buffer *out); /* "SIGKILL" */

/* ---- between child.c, child_end.c and child_wait.c ---- */
void child_tell(struct child *child);     /* wakes the fibers whose event has come */
void child_look(struct child *child);     /* is anything of it left? Sets `gone`. */
void child_end_done(struct child *child); /* stops the end's timer */
#endif
