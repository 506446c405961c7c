/* Loads. With a rate: the open model, bodies start on a fixed schedule whatever the answers do, and latency counts
 * from the intended start. With workers: the closed model, each repeats its body. Every pass of the body that comes
 * to its end is one event. A full cap makes arrivals late, never lost; what the load fell short of is told as
 * starved. */
#include "vm/load.h"

#include "vm/op.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>

enum { MOST_IN_FLIGHT = 1000, MOST_WORKERS = 10000 };
static const double starved_below = 0.95;

struct load {
    struct run *run;
    uint32_t unit;
    struct value stream;
    struct value *captures; /* of the body; owned */
    uint16_t capture_count;
    double rate; /* bodies a second; 0: workers */
    int64_t start;
    int64_t until;      /* when arrivals end by themselves; INT64_MAX: with the run */
    int64_t stopped_at; /* INT64_MAX while it goes on */
    uint64_t sent;      /* bodies that were started */
    size_t in_flight;
    struct loop_timer *timer; /* the next arrival, or `until` */
    bool closed;
};
/* One pass of the body. */
struct body {
    struct load *load;
    int64_t intended, sent;
};

static int64_t intended_of(const struct load *load, uint64_t index) {
    double offset =
        nearbyint((double)index / load->rate * (double)SECOND); /* from the index, so that errors never add up */
    return offset < 0x1p62 ? load->start + (int64_t)offset : INT64_MAX;
}

static void close_load(struct load *load) {
    if (load->closed) return;
    load->closed = true;
    struct stream *stream = stream_of(load->stream);
    if (load->rate > 0) {
        /* Arrivals that were due before it was stopped. */
        double due = floor((double)(load->stopped_at - load->start) / (double)SECOND * load->rate + 1e-9);
        if ((double)load->sent < due * starved_below) stream_set_starved(stream);
    }
    stream_close(stream, load->stopped_at);
}

static void stop_load(struct load *load, int64_t at) {
    if (load->stopped_at != INT64_MAX) return;
    load->stopped_at = at;
    if (load->timer) loop_timer_stop(load->timer);
    load->timer = NULL;
    if (load->in_flight == 0) close_load(load);
}

static void start_body(struct load *load, int64_t intended);
static void arrivals(struct load *load);

static void body_ended(struct fiber *fiber, void *data) {
    struct body *body = data;
    struct load *load = body->load;
    int64_t now = run_now(load->run);
    stream_add(stream_of(load->stream), body->sent, now, load->rate > 0 ? body->intended : INT64_MIN, fiber->result);
    memory_release(body);
    fiber->data = NULL;
    fiber_free(fiber);
    load->in_flight--;
    if (load->stopped_at != INT64_MAX) {
        if (load->in_flight == 0) close_load(load);
    } else if (load->rate == 0) {
        start_body(load, now);
    } else if (load->in_flight == MOST_IN_FLIGHT - 1) {
        arrivals(load); /* those that had to wait for room */
    }
}

static void start_body(struct load *load, int64_t intended) {
    struct body *body = memory_allocate(sizeof *body);
    *body = (struct body){ load, intended, run_now(load->run) };
    struct fiber *fiber = fiber_new(load->run, load->unit, load->captures, NULL);
    fiber->ended = body_ended;
    fiber->data = body;
    load->in_flight++;
    load->sent++;
}

static void on_timer(void *data) {
    struct load *load = data;
    load->timer = NULL;
    arrivals(load);
}

/* Starts what is due and room is for, and sets the timer for what comes next. */
static void arrivals(struct load *load) {
    if (load->stopped_at != INT64_MAX) return;
    int64_t now = run_now(load->run), next = intended_of(load, load->sent);
    while (next <= now && next < load->until && load->in_flight < MOST_IN_FLIGHT) {
        start_body(load, next);
        next = intended_of(load, load->sent);
    }
    bool full = load->in_flight == MOST_IN_FLIGHT;
    if (now >= load->until && (next >= load->until || full)) {
        stop_load(load, load->until);
        return;
    }
    int64_t at = full || next > load->until ? load->until : next;
    if (load->timer) loop_timer_stop(load->timer);
    load->timer = at == INT64_MAX ? NULL : loop_timer_start(load->run->loop, at, on_timer, load);
}

static void worker_time_is_over(void *data) {
    struct load *load = data;
    load->timer = NULL;
    stop_load(load, load->until);
}

static enum op_outcome refuse(struct run *run, struct fiber *fiber, const char *why) {
    run_stop(run, RUN_ERROR, run_span(run, fiber), "a load needs %s", why);
    return OP_STOPPED;
}

static void begin(struct load *load, uint64_t workers) {
    if (load->rate > 0) {
        arrivals(load);
        return;
    }
    for (uint64_t i = 0; i < workers; i++) start_body(load, load->start);
    if (load->until != INT64_MAX)
        load->timer = loop_timer_start(load->run->loop, load->until, worker_time_is_over, load);
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
    const struct unit *unit = &run->program->units[i.b];
    struct load *load = memory_allocate(sizeof *load);
    *load = (struct load){ .run = run,
                           .unit = i.b,
                           .rate = is_rate ? pace.number : 0,
                           .start = run_now(run),
                           .stopped_at = INT64_MAX,
                           .capture_count = unit->parameter_count };
    bool endless = length.kind == VALUE_NONE || __builtin_add_overflow(load->start, length.integer, &load->until);
    if (endless) load->until = INT64_MAX;
    load->captures = memory_allocate(unit->parameter_count * sizeof *load->captures);
    for (uint16_t k = 0; k < unit->parameter_count; k++) load->captures[k] = value_retain(R[i.c + 2 + k]);
    struct provenance origin = { .sampler = true, .alive_from = load->start, .rate = load->rate };
    load->stream = stream_new(run->heap, &run->recorder, run->program->globals[i.a].name, SERIES_EVENTS, origin);
    struct value old = run->globals[i.a];
    run->globals[i.a] = value_retain(load->stream);
    value_release(old);
    VECTOR_PUSH(&run->loads, load);
    begin(load, is_rate ? 0 : (uint64_t)pace.integer);
    return OP_CONTINUE;
}

/* ---- the end ---- */
bool loads_are_finite(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        if (load->until != INT64_MAX && load->stopped_at == INT64_MAX) return true;
    }
    return false;
}

void loads_stop(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) stop_load(run->loads.items[i], run_now(run));
}

bool loads_are_over(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        if (run->loads.items[i]->in_flight) return false;
    }
    return true;
}

/* A request that never came back is what happened, too. */
static void add_unended(struct run *run, const struct body *body) {
    struct load *load = body->load;
    struct buffer life = { 0 };
    int64_t now = run_now(run);
    duration_print(&life, now - body->sent);
    struct value error = value_error(run->heap, "not ended when the run was over, after %s", life.bytes);
    stream_add(stream_of(load->stream), body->sent, now, load->rate > 0 ? body->intended : INT64_MIN, error);
    value_release(error);
    buffer_done(&life);
}

void loads_cancel(struct run *run, bool is_complete) {
    loads_stop(run);
    for (size_t i = 0; i < run->fibers.count; i++) {
        struct fiber *fiber = run->fibers.items[i];
        if (!fiber || fiber->ended != body_ended) continue;
        struct body *body = fiber->data;
        if (is_complete) add_unended(run, body);
        body->load->in_flight--;
        memory_release(body);
        fiber_cancel(fiber);
        fiber_free(fiber);
    }
    for (size_t i = 0; i < run->loads.count; i++) close_load(run->loads.items[i]);
}

void loads_done(struct run *run) {
    for (size_t i = 0; i < run->loads.count; i++) {
        struct load *load = run->loads.items[i];
        for (uint16_t k = 0; k < load->capture_count; k++) value_release(load->captures[k]);
        memory_release(load->captures);
        value_release(load->stream);
        memory_release(load);
    }
    VECTOR_DONE(&run->loads);
}
