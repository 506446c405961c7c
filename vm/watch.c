/* Watches: a probe that is repeated on a fixed grid in the background, one at a time. A slow probe skips ticks,
 * never piles up. Each probe that comes to its end is one sample. */
#include "vm/watch.h"

#include "vm/op.h"

#include "base/clock.h"
#include "base/memory.h"

static const int64_t default_every = 500 * MILLISECOND;

struct watch {
    struct run *run;
    uint32_t unit;
    struct value stream;
    struct value *captures; /* owned */
    uint16_t capture_count;
    int64_t start, every;
    int64_t probe_start;
    struct fiber *probe;      /* under way, or NULL */
    struct loop_timer *timer; /* of the next tick; NULL once stopped */
};

static void tick(void *data);

static void set_timer(struct watch *watch) {
    int64_t ticks = (run_now(watch->run) - watch->start) / watch->every + 1;
    watch->timer = loop_timer_start(watch->run->loop, watch->start + ticks * watch->every, tick, watch);
}

static void probe_ended(struct fiber *fiber, void *data) {
    struct watch *watch = data;
    stream_add(stream_of(watch->stream), watch->probe_start, run_now(watch->run), INT64_MIN, fiber->result);
    watch->probe = NULL;
    fiber_free(fiber);
}

static void begin_probe(struct watch *watch) {
    watch->probe_start = run_now(watch->run);
    watch->probe = fiber_new(watch->run, watch->unit, watch->captures, NULL);
    watch->probe->ended = probe_ended;
    watch->probe->data = watch;
}

static void tick(void *data) {
    struct watch *watch = data;
    if (!watch->probe) begin_probe(watch);
    set_timer(watch);
}

enum op_outcome op_watch_start(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber), every = R[i.c];
    if (value_is_bad(every)) return op_stop_with(run, fiber, "the watch's `every`", every);
    bool fits = every.kind == VALUE_NONE || (every.kind == VALUE_DURATION && every.integer >= MILLISECOND);
    if (!fits) {
        run_stop(run, RUN_ERROR, run_span(run, fiber), "a watch needs a duration of 1ms or more after `every`");
        return OP_STOPPED;
    }
    const struct unit *unit = &run->program->units[i.b];
    struct watch *watch = memory_allocate(sizeof *watch);
    *watch = (struct watch){ .run = run,
                             .unit = i.b,
                             .start = run_now(run),
                             .capture_count = unit->parameter_count,
                             .every = every.kind == VALUE_DURATION ? every.integer : default_every };
    watch->captures = memory_allocate(unit->parameter_count * sizeof *watch->captures);
    for (uint16_t k = 0; k < unit->parameter_count; k++) watch->captures[k] = value_retain(R[i.c + 1 + k]);
    struct provenance origin = { .sampler = true, .alive_from = watch->start, .every = watch->every };
    watch->stream = stream_new(run->heap, &run->recorder, run->program->globals[i.a].name, SERIES_SAMPLES, origin);
    struct value old = run->globals[i.a];
    run->globals[i.a] = value_retain(watch->stream);
    value_release(old);
    VECTOR_PUSH(&run->watches, watch);
    tick(watch);
    return OP_CONTINUE;
}

void watches_stop(struct run *run) {
    for (size_t i = 0; i < run->watches.count; i++) {
        struct watch *watch = run->watches.items[i];
        if (!watch->timer) continue;
        loop_timer_stop(watch->timer);
        watch->timer = NULL;
        if (watch->probe) {
            fiber_cancel(watch->probe);
            fiber_free(watch->probe);
            watch->probe = NULL;
        }
        stream_close(stream_of(watch->stream), run_now(run));
    }
}

void watches_done(struct run *run) {
    for (size_t i = 0; i < run->watches.count; i++) {
        struct watch *watch = run->watches.items[i];
        for (uint16_t k = 0; k < watch->capture_count; k++) value_release(watch->captures[k]);
        memory_release(watch->captures);
        value_release(watch->stream);
        memory_release(watch);
    }
    VECTOR_DONE(&run->watches);
}
