/* What a direction of a connection consists of: stages that bytes pass one after the other. None today but passing straight on; a
 * fault is a class of stages. A stage holds bytes in its queue (which counts for backpressure) and lets them go by its timer. */
#ifndef AOT_STDLIB_PROXY_STAGE_H
#define AOT_STDLIB_PROXY_STAGE_H
#include "stdlib/proxy/queue.h"
#include "vm/timer.h"

struct link;
struct stage;
struct stage_class {
    const char *name;
    void (*take)(struct stage *stage, struct text bytes, int64_t now); /* bytes came */
    void (*end)(struct stage *stage, int64_t now);                     /* and no more will */
};
struct stage {
    const struct stage_class *stage_class;
    struct link *link;        /* it is one of its stages */
    struct stage *next;       /* behind it; NULL: the way out */
    struct queue held;        /* what has not gone on */
    struct loop_timer *timer; /* of the engine; NULL */
    uint64_t random;          /* its generator's state: from the seed of the connection */
    void *settings;           /* the class' own; borrowed */
};
/* For classes: to the next stage, or out. */
void stage_pass(struct stage *stage, struct text bytes, int64_t now);
void stage_pass_end(struct stage *stage, int64_t now);
#endif
