/* Inside vm/ only: fibers. Each runs one unit to its end; it is parked while a native, a timer or its tasks keep it
 * waiting. A fiber's tasks end before it does. A wait has one ticket, one canceller, and ends once. */
#ifndef AOT_VM_FIBER_H
#define AOT_VM_FIBER_H
#include "base/vector.h"
#include "vm/native_call.h"

enum fiber_state { FIBER_READY, FIBER_RUNNING, FIBER_WAITING, FIBER_DONE };

/* A call that has not returned. */
struct frame {
    uint32_t unit;
    uint32_t return_to;   /* the caller's next instruction */
    uint32_t base, top;   /* its registers in fiber.registers: from `base`, before `top` */
    uint16_t destination; /* the caller's register for the result */
};

struct fiber_wait {
    const char *what;            /* "DNS A app.test" */
    char *own_what;              /* the same, owned; NULL when it is somebody else's */
    void (*cancel)(void *state); /* NULL: nothing to stop */
    void *state;
    struct loop_timer *timer; /* its end at the latest, or its very purpose; NULL */
    int64_t since;
    bool ends_with_value; /* a native's: its result goes into `destination` */
    uint32_t destination; /* index in fiber.registers */
};

struct fiber {
    struct run *run;
    uint64_t id;         /* slot | serial << 32: never used twice */
    uint64_t generation; /* of its waits */
    enum fiber_state state;
    bool queued; /* in the ready queue */
    struct fiber *next_ready;
    struct frame *frames; /* owned; the last is running */
    uint32_t frame_count, frame_capacity;
    struct value *registers; /* owned; above the running frame's all are none */
    uint32_t register_capacity;
    uint32_t pc;           /* the next instruction, in program.code */
    uint32_t at;           /* the one it executes or waits in */
    uint32_t scope;        /* how many SCOPE_ENTER are open */
    struct fiber *parent;  /* NULL for a stage's own and for loads and watches */
    uint32_t parent_scope; /* in which it was spawned */
    struct fiber *first_child, *next_sibling, *previous_sibling;
    struct fiber_wait wait;                         /* while WAITING */
    int64_t begun;                                  /* of a pass of a load's body: when the machine began it */
    int64_t intended;                               /* of a pass of a load's body; INT64_MIN: none */
    int64_t sent;                                   /* when something went out first; INT64_MIN: nothing did */
    int64_t moment;                                 /* when what woke it happened; INT64_MIN: when it was told */
    int64_t deadline;                               /* of the innermost poll's probe, or INT64_MAX */
    struct value interval;                          /* a task's life, shared with its global; none for others */
    struct value result;                            /* of its unit, when DONE */
    bool failed;                                    /* it ended the run */
    bool is_of_load;                                /* a pass of a load's body, or a task of one */
    void (*ended)(struct fiber *fiber, void *data); /* when its unit returned; not when it was cancelled */
    void *data;
    unit_answer *answer; /* a native that asked for its unit is told its result; NULL for all others */
};

/* A fiber about to begin `unit` with arguments in its first registers (retained). Ready at once. */
struct fiber *fiber_new(struct run *run, uint32_t unit, const struct value *arguments, struct fiber *parent);
void fibers_done(struct run *run); /* the memory of all that have ended */
/* Ends it wherever it stands: its tasks first, its wait cancelled, its registers given back. */
void fiber_cancel(struct fiber *fiber);
/* Its memory; it must be DONE. */
void fiber_free(struct fiber *fiber);
struct fiber *fiber_find(const struct run *run, uint64_t id); /* NULL: there is none any more */

void fiber_ready(struct fiber *fiber);
/* Parks it. `until`: a time at which it is woken, INT64_MAX for none. */
void fiber_park(struct fiber *fiber, int64_t until, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fiber_wake(struct fiber *fiber); /* from a wait without a value */
/* The deadline under which it stands: its poll's, its stage's. */
int64_t fiber_deadline(const struct fiber *fiber);
/* Its unit has returned: tells who asked for it, and the parent that may be joining. A task is gone afterwards. */
void fiber_finish(struct fiber *fiber);
bool fiber_has_tasks(const struct fiber *fiber, uint32_t scope); /* spawned in that scope or an inner one */

/* Frames. Pushing may move the registers. False: too deep. */
bool fiber_push(struct fiber *fiber, uint32_t unit, const struct value *arguments, uint32_t return_to,
                uint16_t destination);
void fiber_pop(struct fiber *fiber);
static inline struct frame *fiber_frame(const struct fiber *fiber) {
    return &fiber->frames[fiber->frame_count - 1];
}
static inline struct value *fiber_registers(const struct fiber *fiber) {
    return fiber->registers + fiber_frame(fiber)->base;
}
#endif
