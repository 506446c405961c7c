/* Timers: a binary heap on their times. Each knows its place, so stopping one is as cheap as setting one. */
#include "vm/timer.h"

#include "base/memory.h"

#include <stdbool.h>

static bool sooner(const struct loop_timer *a, const struct loop_timer *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct timers *timers, size_t place, struct loop_timer *timer) {
    timers->items[place] = timer;
    timer->place = place;
}

static void rise(struct timers *timers, size_t place, struct loop_timer *timer) {
    while (place && sooner(timer, timers->items[(place - 1) / 2])) {
        put(timers, place, timers->items[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, timer);
}

static void sink(struct timers *timers, size_t place, struct loop_timer *timer) {
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= timers->count) break;
        if (child + 1 < timers->count && sooner(timers->items[child + 1], timers->items[child])) child++;
        if (!sooner(timers->items[child], timer)) break;
        put(timers, place, timers->items[child]);
        place = child;
    }
    put(timers, place, timer);
}

struct loop_timer *timers_add(struct timers *timers, int64_t at, void (*due)(void *data), void *data) {
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
        timers->items = memory_resize(timers->items, timers->capacity * sizeof *timers->items);
    }
    struct loop_timer *timer = memory_allocate(sizeof *timer);
    *timer = (struct loop_timer){ .at = at, .order = timers->next_order++, .due = due, .data = data, .timers = timers };
    rise(timers, timers->count++, timer);
    return timer;
}

void timers_remove(struct loop_timer *timer) {
    struct timers *timers = timer->timers;
    struct loop_timer *last = timers->items[--timers->count];
    if (last != timer) {
        size_t place = timer->place;
        if (place && sooner(last, timers->items[(place - 1) / 2]))
            rise(timers, place, last);
        else
            sink(timers, place, last);
    }
    memory_release(timer);
}

void timers_done(struct timers *timers) {
    memory_release(timers->items);
    *timers = (struct timers){ 0 };
}
