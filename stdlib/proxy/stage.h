/* What a direction of a connection consists of: stages that bytes pass one after the other; none: straight on. A fault is a class of
 * stages. A stage holds bytes in its queue, which counts for backpressure, and lets them go when its timer wakes it. */
#ifndef AOT_STDLIB_PROXY_STAGE_H
#define AOT_STDLIB_PROXY_STAGE_H
#include "stdlib/proxy/queue.h"
#include "vm/timer.h"

struct link;
struct stage;
struct affliction;
struct stage_class {
    void (*take)(struct stage *stage, struct text bytes, int64_t now); /* bytes came */
    void (*end)(struct stage *stage, int64_t now);                     /* and no more will */
    void (*due)(struct stage *stage, int64_t now); /* the time it asked for has come; NULL: never asks */
};
struct stage {
    const struct stage_class *stage_class;
    struct link *link;             /* it is one of its stages */
    struct stage *next;            /* behind it; NULL: the way out */
    struct affliction *affliction; /* whose */
    struct queue held;             /* what has not gone on */
    bool has_end;                  /* the end came, and was not passed on */
    bool said_end;                 /* limit_data: it was passed on, before its time or at it */
    int64_t end_due;               /* when it may go on */
    int64_t free_at;               /* bandwidth: when what went last is through */
    uint64_t passed;               /* limit_data, noop: bytes so far; bandwidth: the next piece */
    struct loop_timer *timer;      /* NULL */
    uint64_t random;               /* its generator's state: from the seed of the connection */
};
/* For classes: to the next stage, or out. */
void stage_pass(struct stage *stage, struct text bytes, int64_t now);
void stage_pass_end(struct stage *stage, int64_t now);
void stage_wake_at(struct stage *stage, int64_t at); /* replaces what was asked for before */
uint64_t stage_random(struct stage *stage);
/* Behind the stages of faults that were applied before its own; and out of it, with what it holds passed on. */
void stage_enter(struct stage *stage, struct link *link);
void stage_leave(struct stage *stage, int64_t now);
void stage_let_go(struct stage *stage, int64_t now); /* passes on what it holds, and stays */
void stage_done(struct stage *stage);                /* what it holds is gone with its connection */
#endif
