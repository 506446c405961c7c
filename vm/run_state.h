/* Inside vm/ only: what a run consists of. One cell, one thread, no globals of C: every part gets the run it belongs
 * to. */
#ifndef AOT_VM_RUN_STATE_H
#define AOT_VM_RUN_STATE_H
#include "base/vector.h"
#include "vm/fiber.h"
#include "vm/heap.h"
#include "vm/recorder.h"
#include "vm/run.h"

struct claims_of_record;
struct mailbox;
struct load;
struct watch;
struct handle_object;

/* State that a native's module keeps for the run. */
struct run_module {
    char *name; /* owned */
    void *state;
    void (*release)(void *state);
};
/* How many handles of a type were made: for their names. */
struct handle_counter {
    const char *type;
    uint32_t count;
};
/* A phase of the program, as this run goes through it. */
struct phase {
    enum { PHASE_AHEAD, PHASE_APPLYING, PHASE_OPEN, PHASE_UNDOING, PHASE_OVER } state;
    struct value interval; /* its global's, closed in place */
    struct value fault;    /* a handle, or none */
    int64_t deadline;      /* of applying or undoing */
    int64_t end;           /* noted before the fault is undone */
};

struct run {
    struct run_options options;
    const struct program *program;
    struct heap *heap;
    bool owns_heap;
    struct loop *loop;
    struct recorder recorder;
    struct recent_effect *recent_effects; /* the latest, in a ring; owned; NULL: none yet */
    size_t recent_effect_count;           /* how many there were */
    struct mailbox *mailbox;              /* of a load's own run: where effects go; else NULL */
    struct value *constants;              /* one for each of the program's; UNBOUND until first used */
    struct value *globals;
    uint32_t *native_arguments; /* how many registers a call of each native reads */

    struct VECTOR(struct fiber *) fibers; /* by slot; NULL: free */
    uint32_t next_serial;
    size_t free_slot; /* no slot below it is free */
    struct fiber *first_ready, *last_ready;
    struct VECTOR(uint64_t) askers; /* fibers that want to be asked again after each turn of the loop */
    uint64_t turns;

    enum run_stage stage;
    enum run_end end; /* as far as known */
    bool stopping;    /* the stage must end: something failed, or it was interrupted */
    unsigned interruptions;
    char *message;       /* of the first failure; owned, or NULL */
    char *shown_message; /* the same, masked; owned, NULL until the end */
    struct span message_span;
    struct value stopped_by; /* the error or no data that ended the stage, or none */
    char *native_message;    /* of the native that just failed; owned, or NULL */
    struct loop_timer *limit_timer;
    int64_t limit;
    int64_t stage_deadline; /* no wait may outlive it */
    int64_t started, ended;
    bool began;     /* `run` itself */
    bool whole;     /* it came to its end, and what was in flight then too */
    bool abandoned; /* see run_is_abandoned */

    struct phase *phases;                /* one for each of the program's */
    struct VECTOR(uint32_t) open_phases; /* outermost first */
    struct VECTOR(struct load *) loads;
    struct VECTOR(struct watch *) watches;
    struct handle_object *newest_handle;
    struct VECTOR(struct handle_counter) handle_counters;
    struct VECTOR(struct run_module) modules;

    uint32_t *claim_first;             /* of each claim, the first of the same assertion and text */
    uint32_t *claim_counts;            /* how often those were reached: the occurrence */
    bool *claim_seen;                  /* in the assertion that runs now */
    struct claims_of_record *claims;   /* NULL unless judging again */
    struct value replayed_streams;     /* list of the record's streams, owned here; none unless judging again */
    struct value past_releases;        /* list of what the record says of releases; none unless judging again */
    struct release *past_release_rows; /* pointing into it; owned */

    int64_t gather; /* of a load's own run, in ns: see run_gather */
    size_t gather_wanted;
    uint64_t resent;                            /* requests sent once more */
    struct VECTOR(struct fiber *) spare_fibers; /* DONE, to be used again */

    struct loop_timer *heartbeat;
    int64_t heartbeat_at;
    struct VECTOR(struct stall) stalls;
    uint64_t random; /* the generator's state */
    size_t leaked;
};

/* Ends the stage, and the run, for the first reason that is given. The message is masked when it is read. */
void run_stop(struct run *run, enum run_end end, struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for what must not be silent beside an earlier reason: it is added to that one's message. */
void run_stop_also(struct run *run, enum run_end end, struct span span, const char *message);
struct span run_span(const struct run *run, const struct fiber *fiber); /* of the instruction that it executes */
/* A constant of the program as a value; borrowed. */
struct value run_constant(struct run *run, uint32_t index);
/* Sets a global and writes it down. Retains. */
void run_bind(struct run *run, uint32_t global, struct value value);

/* Lets fibers run until `done` says so, the stage must end, or its deadline has come. */
void scheduler_run(struct run *run, bool (*done)(struct run *run, void *data), void *data);
/* Turns the loop once, for at most `limit` ns, without running fibers. */
void scheduler_turn(struct run *run, int64_t limit);
void scheduler_cancel_all(struct run *run);
/* Runs a unit on a fiber of its own to its end; the result is owned, false when it did not come to its end. */
bool scheduler_call(struct run *run, uint32_t unit, struct value *result);

enum step { STEP_WAITS, STEP_YIELDS, STEP_ENDED, STEP_STOPPED };
enum step interp_run(struct run *run, struct fiber *fiber); /* until it must stop, for a while or for good */

/* Tables by the program's sizes; of a new run, or of one that only evaluates axes (cells.c). */
void run_prepare(struct run *run);
void run_release_values(struct run *run);
/* Stops handles, closes streams, drops values and modules; what is alive then has leaked. */
void run_give_back(struct run *run);
void run_release_modules(struct run *run);
void run_record_binding(struct run *run, uint32_t global);
/* Ends the run when an input's text or default turned out to be an error. */
void run_check_inputs(struct run *run);
/* From now on, for the stage at hand; INT64_MAX: none. */
void run_set_limit(struct run *run, int64_t limit);
void replay_read(struct run *run); /* the record that is judged again */

void stall_begin(struct run *run);
void stall_end(struct run *run);
#endif
