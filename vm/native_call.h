/* How a native function is called, and how it waits. A native never calls bytecode, never blocks, never keeps an
 * argument unretained.
 *   DONE: `result` is set (owned by the machine then).   FAIL: native_fail gave the reason; the run ends with
 *       *error*.
 *   WAIT: native_wait was called; later native_wake or native_wake_failed is called with the ticket, from the loop;
 *       a stale ticket is ignored.
 * What the component answers is a value, not a FAIL: response.failed, process.code, change.ok. */
#ifndef AOT_VM_NATIVE_CALL_H
#define AOT_VM_NATIVE_CALL_H
#include "base/mask.h"
#include "bytecode/native.h"
#include "vm/guard.h"
#include "vm/loop.h"
#include "vm/series.h"
#include "vm/value.h"

struct run;
struct fiber;
struct service;
/* How services run: AUTO takes a program where it is there, else a container; PROCESS programs alone; DOCKER containers
 * where the template names an image. */
enum backend { BACKEND_AUTO, BACKEND_PROCESS, BACKEND_DOCKER };
enum native_outcome { NATIVE_DONE, NATIVE_FAIL, NATIVE_WAIT };

struct native_call {
    struct run *run;
    struct fiber *fiber;           /* who waits */
    const struct value *arguments; /* all of the signature's parameters, defaults filled in; borrowed */
    size_t argument_count;
    const struct native_row *row;
    struct span span;              /* of the call, for messages */
    struct value result;           /* set by a native that is DONE */
    uint32_t destination;          /* the machine's own: where a WAIT's result goes */
    const struct service *service; /* the template, when MAKE_SERVICE calls; NULL else */
};
typedef enum native_outcome native_function(struct native_call *call);

/* A ticket names one wait of one fiber. */
struct ticket {
    uint64_t fiber;
    uint64_t generation;
};

enum native_outcome native_done(struct native_call *call, struct value owned_result);
enum native_outcome native_fail(struct native_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Parks the fiber. `what` ("DNS A app.test") is copied. `cancel` is called at most once, when the wait must end
 * early (deadline, teardown, Ctrl-C): it must stop everything and free `state`; after native_wake it is not called. */
enum native_outcome native_wait(struct native_call *call, const char *what, void (*cancel)(void *state), void *state);
/* The same without a copy of `what`, which must stay until the wait is over. */
enum native_outcome native_wait_borrowed(struct native_call *call, const char *what, void (*cancel)(void *state),
                                         void *state);
struct ticket native_ticket(const struct native_call *call); /* valid after native_wait */
/* Something goes out now: the first time in a pass of a load's body that is when it was sent. Returns from when a timeout counts: of
 * that first time from when the pass was intended to begin, else from now. */
int64_t native_begin(struct native_call *call, int64_t now);
void native_wake(struct run *run, struct ticket ticket, struct value owned_result);
/* The same for what happened a little earlier: a pass of a load's body that then ends, ended at that moment. */
void native_wake_at(struct run *run, struct ticket ticket, struct value owned_result, int64_t moment);
void native_wake_failed(struct run *run, struct ticket ticket, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For what the component failed to do: ends a `run` as a `wait until` that did not come true, anything else as above. */
void native_wake_unmet(struct run *run, struct ticket ticket, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- asking the program ----
 * A native never calls bytecode. It asks for a unit to be run on a fiber of its own, and is told the result
 * (borrowed) from the scheduler: an error value when a `wait until` in it did not come true. It is not told when the
 * stage ends before: then whoever waits is cancelled. Arguments are retained; `deadline` as of native_deadline. */
typedef void unit_answer(void *data, struct value result);
struct unit_call {
    uint64_t fiber; /* 0: none */
};
struct unit_call unit_call_start(struct run *run, uint32_t unit, const struct value *arguments, int64_t deadline,
                                 unit_answer *answer, void *data);
void unit_call_cancel(struct run *run, struct unit_call call); /* also of one that is over */

/* ---- loads, by their stream ---- */
bool run_load_stop(struct run *run, struct value stream);    /* nothing new is sent; false: it is no load of this run */
bool run_load_is_over(struct run *run, struct value stream); /* and all that was under way has been told */

/* ---- what a native may use of its run ---- */
struct heap *run_heap(struct run *run);
struct loop *run_loop(struct run *run);
struct guard *run_guard(struct run *run);
int64_t run_now(struct run *run);        /* ns of the run's clock */
const char *run_folder(struct run *run); /* a scratch folder of this cell, removed at its end unless --keep; absolute */
const char *run_log_folder(struct run *run); /* .aot/runs/<id>/<cell>: logs that stay */
uint64_t run_seed(struct run *run);          /* of --seed; printed and recorded */
bool run_is_load(const struct run *run);     /* it is the run of a load's thread */
/* The loop of a load may let answers gather before it looks at them: it costs less to take several at once, and their times are the
 * kernel's. Of a module whose peers would wait meanwhile (SQL) the loop is told never to. */
void run_gather(struct run *run);
void run_never_gather(struct run *run);
/* A request that only looks was sent once more, because its kept connection turned out to be closed: counted. */
void run_count_resent(struct run *run);
uint64_t run_random(struct run *run); /* the run's own generator, seeded; not for secrets */
bool run_keeps_scratch(struct run *run);
bool run_is_stopping(
    const struct run *run); /* something failed, or it was interrupted: what heals is done, nothing else */
bool run_is_over(
    const struct run *run); /* `run` and its loads came to their end: what is open now did not come in time */
enum backend run_backend(struct run *run);
/* Whether faults and load may go to this host, host:port or host:port/database: loopback, and what `--allow-target`
 * names. */
bool run_target_is_allowed(const struct run *run, struct text target);
bool run_target_is_named(const struct run *run, struct text target); /* by `--allow-target`, loopback too */
bool target_is_this_machine(struct text target);                     /* loopback */
bool native_is_of_load(const struct native_call *call);              /* called in a load's body */
/* Whether `what` ("a load") may go to host:port. False with what to write where in `problem`. */
bool native_may_reach(const struct native_call *call, const char *what, struct text target, struct buffer *problem);
struct text run_recipe_folder(struct run *run); /* where the recipe lies; empty for one in the working folder */
struct mask *run_mask(struct run *run);         /* the run's secrets, for logs that natives write; may be NULL */
/* The deadline that the fiber is under (a poll's, the recipe's limit): no wait may outlive it. */
int64_t native_deadline(const struct native_call *call);
/* State of a module for this run (a curl multi handle), made at first use and freed at the end of the run, after all
 * handles. */
void *run_module(struct run *run, const char *name, void *(*make)(struct run *run), void (*release)(void *state));
/* A stream that the record keeps under `name`; owned by the caller. */
struct value run_stream(struct run *run, const char *name, enum series_kind kind, bool observer);
/* An effect for the record and the report's "nearby" line: what was done, to what, from when to when, with which
 * outcome. */
void run_effect(struct run *run, const char *kind, struct text subject, int64_t start, int64_t end,
                struct text outcome);
/* Of the latest effects the last one with this in its subject: "GET http://…: connection refused". False: none. */
bool run_last_effect(const struct run *run, struct text part, struct buffer *out);

/* ---- handles ---- */
/* How a thing crashes: SIGKILL to all that stems from it. */
struct crash_class {
    bool (*may)(void *state, struct buffer *problem); /* false with a reason: aot did not start it */
    size_t (*running)(void *state);                   /* how many parts of it run: replicas, a server */
    bool (*kill)(void *state, bool first);            /* true when nothing is left, false to be asked again */
};
struct handle_class {
    const char *type;             /* the table's type name: "db" */
    void (*release)(void *state); /* the last owner is gone: close at once, without waiting */
    /* Orderly end, called in reverse order of creation after teardown, with time until `deadline`; returns true when
     * finished, false to be asked again after the loop turned. May be NULL. */
    bool (*stop)(void *state, int64_t deadline);
    void (*describe)(void *state, struct buffer *out); /* "postgres on 127.0.0.1:54321" */
    /* May be NULL. True while the thing must outlive its last owner in the recipe: `start([…])` whose value nobody
     * bound still runs until the end of the run. Asked when the last owner goes; if true the run keeps it, and
     * `stop` and `release` come at the end. */
    bool (*lasting)(void *state);
    /* Of a fault, for `phase … with`; NULL for all else. Both begin or go on: true when finished, false to be asked
     * again after the loop turned. Text in `problem` when finished: it could not be done, and the run ends with
     * error. `undo` comes exactly once finished for each `apply` that was begun, on every end. */
    bool (*apply)(void *state, int64_t deadline, struct buffer *problem);
    bool (*undo)(void *state, int64_t deadline, struct buffer *problem);
    /* May be NULL: then a load that uses one stays on the run's own loop. Called on the run's thread before a load's thread begins:
     * the state of the worker's own (a database: connections of its own), made for `worker`; or NULL when there can be none.
     * This class' functions are called with it on the worker's thread. */
    void *(*twin)(void *state, struct run *worker);
    /* Of a fault, after it was undone; may be NULL. What met it, in words; false when nothing did: then nothing is proven. */
    bool (*evidence)(void *state, struct buffer *out);
    /* What the reason of a claim that it leaves unproven begins with: "nothing shows that it bit: ", the words of `evidence` follow.
     * NULL: "nothing met" it. */
    const char *idle;
    /* Of a fault; may be NULL. True when its undo only stops the interval (a crash): told in the report. */
    bool (*permanent)(void *state);
    /* Of a fault; may be NULL. How long its apply and its undo may each take, in ns; else 30 s. */
    int64_t (*patience)(void *state);
    const struct crash_class *crash; /* NULL: `crash(…)` does not take it */
};
/* A handle that the run stops at its end. `name` gives its streams their names in the record. */
struct value handle_new(struct run *run, const struct handle_class *handle_class, void *state);
void *handle_state(struct value handle, const struct handle_class *handle_class); /* NULL if it is of another class */
/* Its class, and its state; NULL when it is none or was let go. */
const struct handle_class *handle_class_of(struct value handle, void **state);
const char *handle_name(struct value handle); /* "db#3" */

/* ---- arguments ---- */
static inline struct value argument(const struct native_call *call, size_t index) {
    return call->arguments[index];
}
struct text argument_text(const struct native_call *call, size_t index); /* string, url, path, label; empty for none */
int64_t argument_integer(const struct native_call *call, size_t index);  /* int, duration, size */
double argument_number(const struct native_call *call, size_t index);
bool argument_boolean(const struct native_call *call, size_t index);
bool argument_is_none(const struct native_call *call, size_t index);

/* Functions by row, in the catalogue's order; NULL for a row that is only declared. */
struct sql_reviewer;
struct proxy_serving;
struct native_functions {
    native_function *const *functions;
    size_t count;
    native_function *make_service; /* what MAKE_SERVICE calls: its arguments are the template's; NULL: not built */
    /* What takes long and is the same in every cell: may be called before cells are forked, starts nothing; NULL: nothing does. */
    void (*warm)(void);
    const struct sql_reviewer *sql; /* stdlib/sql/review.h: the lint of migrations, for `aot sql`; NULL: not built */
    /* stdlib/proxy/serve.h: `aot proxy`; NULL: not built */
    int (*serve_proxies)(const struct proxy_serving *serving, struct buffer *problem);
    int (*courier)(void); /* stdlib/upload/courier.h: what the executable is as the process of an upload */
};
#endif
