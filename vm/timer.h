/* Inside vm/ only: timers by absolute time, soonest first (a binary heap). Knows no clock. */
#ifndef AOT_VM_TIMER_H
#define AOT_VM_TIMER_H
#include <stddef.h>
#include <stdint.h>

struct loop_timer {
    int64_t at;
    uint64_t order; /* of setting: equal times fire in it */
    size_t place;   /* in the heap */
    void (*due)(void *data);
    void *data;
    struct timers *timers;
};
struct timers {
    struct loop_timer **items; /* owned, with what they point to */
    size_t count, capacity;
    uint64_t next_order;
};
struct loop_timer *timers_add(struct timers *timers, int64_t at, void (*due)(void *data), void *data);
void timers_remove(struct loop_timer *timer); /* and frees it */
/* The soonest, or NULL. */
static inline struct loop_timer *timers_first(const struct timers *timers) {
    return timers->count ? timers->items[0] : NULL;
}
void timers_done(struct timers *timers); /* frees the empty heap */
#endif
