/* Loads: LOAD_START, and their end with the run. A load runs on a thread of its own (load_thread.h) where its body allows it,
 * else on the run's loop; either way its pace (pace.h) starts the bodies and each pass is one event of its stream. */
#include "vm/load.h"

#include "vm/heap.h"
#include "vm/op.h"
#include "vm/response.h"
#include "vm/load_thread.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>

enum { MOST_WORKERS = 10000 };

struct load {
    struct run *run;
    struct value stream;
    struct pace_plan plan;
    struct pace *pace;          /* on the run's own loop, or NULL */
    struct load_thread *worker; /* on a thread, or NULL */
    bool closed;
};

/* ---- what it tells ---- */
static void on_event(void *data, int64_t start, int64_t end, int64_t intended, struct value value) {
    struct load *load = data;
    struct value lasting = response_lasting(load->run->heap, value);
    stream_add(stream_of(load->stream), start, end, intended, lasting);
    value_release(lasting);
}

/* The batch's values are on its own heap: each is copied once. */
static void on_batch(void *data, struct batch *batch) {
    struct load *load = data;
    struct heap *heap = load->run->heap;
    struct value *copies = memory_allocate(batch->values.count * sizeof *copies);
    for (size_t i = 0; i < batch->values.count; i++) copies[i] = value_copy(heap, batch->values.items[i]);
    for (size_t i = 0; i < batch->events.count; i++) {
        const struct batch_event *event = &batch->events.items[i];
        stream_add(stream_of(load->stream), event->start, event->end, event->intended, copies[event->value]);
    }
    for (size_t i = 0; i < batch->values.count; i++) value_release(copies[i]);
    memory_release(copies);
    if (!heap_over_quota(heap)) return;
    struct buffer size = { 0 };
    size_print(&size, (int64_t)heap->quota);
    run_stop(load->run, RUN_ERROR, SPAN_NONE, "this run holds more than %s of values", size.bytes);
    buffer_done(&size);
}

static void tell_count(const struct load *load, struct pace_count count, int64_t at) {
    struct buffer told = { 0 };
    buffer_printf(&told, "scheduled %" PRIu64 ", sent %" PRIu64 ", dropped %" PRIu64, count.scheduled, count.sent,
                  count.dropped);
    buffer_printf(&told, ", late for want of room %" PRIu64 ", late for want of this machine %" PRIu64, count.late_full,
                  count.late_busy);
    buffer_printf(&told, ", most at once %" PRIu64 ", sent again %" PRIu64, count.most, count.resent);
    if (count.held) {
        buffer_printf(&told, ", passes held back for want of this machine %" PRIu64 " (workers waited ", count.held);
        duration_print(&told, count.held_for);
        buffer_append_byte(&told, ')');
    }
    if (count.left_out) buffer_printf(&told, ", failures beyond the first 1000 not listed %" PRIu64, count.left_out);
    run_effect(load->run, "load", stream_name(stream_of(load->stream)), load->plan.start, at, buffer_text(&told));
    buffer_done(&told);
}

static void close_load(struct load *load, struct load_thread_state state) {
    if (load->closed) return;
    load->closed = true;
    struct stream *stream = stream_of(load->stream);
    if (state.starved) stream_set_starved(stream);
    if (state.stopped_at == INT64_MAX) state.stopped_at = run_now(load->run); /* its thread never said so */
    tell_count(load, state.count, state.stopped_at);
    stream_close(stream, state.stopped_at);
}

static struct load_thread_state state_of(const struct load *load) {
    if (load->worker) return load_thread_state(load->worker);
    return (struct load_thread_state){ .stopped_at = pace_stopped_at(load->pace),
                                       .over = pace_is_over(load->pace),
                                       .starved = pace_is_starved(load->pace),
                                       .count = pace_count(load->pace) };
}

static void on_change(void *data, const struct load_thread_state *state) {
    if (state->over) close_load(data, *state);
}

static void on_stopped(void *data) {
    (void)data; /* what is under way may still end */
}

static void on_over(void *data) {
    struct load *load = data;
    close_load(load, state_of(load));
}

/* ---- the beginning ---- */
static enum op_outcome refuse(struct run *run, struct fiber *fiber, const char *why) {
    run_stop(run, RUN_ERROR, run_span(run, fiber), "a load needs %s", why);
    return OP_STOPPED;
}

static void begin(struct load *load, const struct value *captures) {
    struct load_thread_sink sink = { load, on_batch, on_change };
    load->worker = load_thread_start(load->run, &load->plan, captures, sink);
    if (load->worker) return;
    uint16_t count = load->run->program->units[load->plan.unit].parameter_count;
    struct value *own = memory_allocate(count * sizeof *own);
    for (uint16_t k = 0; k < count; k++) own[k] = value_retain(captures[k]);
    load->pace = pace_new(load->run, &load->plan, own, (struct pace_sink){ load, on_event, on_stopped, on_over, NULL });
    pace_begin(load->pace);
}

static void bind_stream(struct load *load, uint32_t global) {
    struct run *run = load->run;
    struct provenance origin = { .sampler = true, .alive_from = load->plan.start, .rate = load->plan.rate };
    load->stream = stream_new(run->heap, &run->recorder, run->program->globals[global].name, SERIES_EVENTS, origin);
    struct value old = run->globals[global];
    run->globals[global] = value_retain(load->stream);
    value_release(old);
}

enum op_outcome op_load_start(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber), pace = R[i.c], length = R[i.c + 1];
    bool is_rate = pace.kind == VALUE_NUMBER && pace.time_power == -1 && pace.byte_power == 0;
    if (value_is_bad(pace)) return op_stop_with(run, fiber, "the load's pace", pace);
    if (value_is_bad(length)) return op_stop_with(run, fiber, "the load's length", length);
    if (!is_rate && pace.kind != VALUE_INTEGER) return refuse(run, fiber, "a rate (50/s) or a number of workers");
    if (is_rate && !(pace.number > 0)) return refuse(run, fiber, "a rate above 0");
    if (!is_rate && (pace.integer < 1 || pace.integer > MOST_WORKERS)) return refuse(run, fiber, "1 to 10,000 workers");
    if (length.kind != VALUE_NONE && length.kind != VALUE_DURATION) return refuse(run, fiber, "a duration after `for`");
    if (length.kind == VALUE_DURATION && length.integer <= 0)
        return refuse(run, fiber, "a length above 0s after `for`");
    struct load *load = memory_allocate(sizeof *load);
    load->run = run;
    load->plan = (struct pace_plan){ .unit = i.b,
                                     .rate = is_rate ? pace.number : 0,
                                     .workers = is_rate ? 0 : (uint64_t)pace.integer,
                                     .start = run_now(run) };
    bool endless =
        length.kind == VALUE_NONE || __builtin_add_overflow(load->plan.start, length.integer, &load->plan.until);
    if (endless) load->plan.until = INT64_MAX;
    bind_stream(load, i.a);
    VECTOR_PUSH(&run->loads, load);
    begin(load, &R[i.c + 2]);
    return OP_CONTINUE;
}

/* ---- the end ---- */
bool loads_are_finite(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        if (load->plan.until != INT64_MAX && state_of(load).stopped_at == INT64_MAX) return true;
    }
    return false;
}

static void stop(struct load *load, int64_t now) {
    if (load->worker)
        load_thread_stop(load->worker, now);
    else
        pace_stop(load->pace, now);
}

void loads_stop(struct run *run) {
    int64_t now = run_now(run);
    for (size_t i = 0; i < run->loads.count; i++) stop(run->loads.items[i], now);
}

static struct load *find(struct run *run, struct value stream) {
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        if (stream.kind == VALUE_STREAM && load->stream.object == stream.object) return load;
    }
    return NULL;
}

bool run_load_stop(struct run *run, struct value stream) {
    struct load *load = find(run, stream);
    if (load) stop(load, run_now(run));
    return load != NULL;
}

bool run_load_is_over(struct run *run, struct value stream) {
    const struct load *load = find(run, stream);
    return !load || load->closed;
}

bool loads_are_over(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        if (!state_of(run->loads.items[i]).over) return false;
    }
    return true;
}

void loads_cancel(struct run *run, bool is_complete) {
    loads_stop(run);
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        if (load->worker)
            load_thread_end(load->worker, is_complete);
        else
            pace_cancel(load->pace, is_complete);
        close_load(load, state_of(load));
    }
}

void loads_done(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        if (load->worker) run->leaked += load_thread_leaked(load->worker);
        load_thread_free(load->worker);
        pace_free(load->pace);
        value_release(load->stream);
        memory_release(load);
    }
    VECTOR_DONE(&run->loads);
}
