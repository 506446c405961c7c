/* Fibers: their frames and registers, their waits, their families. Knows nothing of instructions.
 * Every wait is ended exactly once: by its ticket, its timer or its canceller. */
#include "vm/fiber.h"

#include "vm/run_state.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

enum { DEEPEST_CALL = 10000, REGISTER_CHUNK = 64, FRAME_CHUNK = 4, SPARE_MAXIMUM = 256 };

static void take_slot(struct run *run, struct fiber *fiber) {
    size_t slot = run->free_slot;
    while (slot < run->fibers.count && run->fibers.items[slot]) slot++;
    if (slot == run->fibers.count) VECTOR_PUSH(&run->fibers, NULL);
    run->fibers.items[slot] = fiber;
    run->free_slot = slot + 1;
    fiber->id = slot | (uint64_t)++run->next_serial << 32;
}

struct fiber *fiber_find(const struct run *run, uint64_t id) {
    size_t slot = id & UINT32_MAX;
    struct fiber *fiber = slot < run->fibers.count ? run->fibers.items[slot] : NULL;
    return fiber && fiber->id == id ? fiber : NULL;
}

/* One that has ended, with the memory of its frames and registers, or a new one. */
static struct fiber *take_fiber(struct run *run) {
    if (!run->spare_fibers.count) return memory_allocate(sizeof(struct fiber));
    return run->spare_fibers.items[--run->spare_fibers.count];
}

static void keep_or_release(struct run *run, struct fiber *fiber) {
    if (run->spare_fibers.count < SPARE_MAXIMUM && fiber->frame_capacity <= FRAME_CHUNK * 4) {
        *fiber = (struct fiber){ .frames = fiber->frames,
                                 .frame_capacity = fiber->frame_capacity,
                                 .registers = fiber->registers,
                                 .register_capacity = fiber->register_capacity,
                                 .generation = fiber->generation };
        VECTOR_PUSH(&run->spare_fibers, fiber);
        return;
    }
    memory_release(fiber->frames);
    memory_release(fiber->registers);
    memory_release(fiber);
}

void fibers_done(struct run *run) {
    for (size_t i = 0; i < run->spare_fibers.count; i++) {
        memory_release(run->spare_fibers.items[i]->frames);
        memory_release(run->spare_fibers.items[i]->registers);
        memory_release(run->spare_fibers.items[i]);
    }
    VECTOR_DONE(&run->spare_fibers);
    VECTOR_DONE(&run->fibers);
}

struct fiber *fiber_new(struct run *run, uint32_t unit, const struct value *arguments, struct fiber *parent) {
    struct fiber *fiber = take_fiber(run);
    fiber->run = run;
    fiber->deadline = INT64_MAX;
    fiber->intended = fiber->sent = fiber->moment = INT64_MIN;
    take_slot(run, fiber);
    if (parent) {
        fiber->parent = parent;
        fiber->is_of_load = parent->is_of_load;
        fiber->parent_scope = parent->scope;
        fiber->next_sibling = parent->first_child;
        if (parent->first_child) parent->first_child->previous_sibling = fiber;
        parent->first_child = fiber;
    }
    fiber_push(fiber, unit, arguments, 0, 0);
    fiber_ready(fiber);
    return fiber;
}

/* ---- frames ---- */
static void reserve_registers(struct fiber *fiber, uint32_t wanted) {
    if (fiber->register_capacity >= wanted) return;
    uint32_t capacity = fiber->register_capacity ? fiber->register_capacity * 2 : 0;
    while (capacity < wanted)
        capacity = capacity ? capacity * 2 : (wanted < REGISTER_CHUNK ? wanted : wanted + REGISTER_CHUNK);
    fiber->registers = memory_resize(fiber->registers, capacity * sizeof *fiber->registers);
    memset(fiber->registers + fiber->register_capacity, 0,
           (capacity - fiber->register_capacity) * sizeof *fiber->registers);
    fiber->register_capacity = capacity;
}

bool fiber_push(struct fiber *fiber, uint32_t unit_index, const struct value *arguments, uint32_t return_to,
                uint16_t destination) {
    const struct unit *units = fiber->run->program->units, *unit = &units[unit_index];
    if (fiber->frame_count >= DEEPEST_CALL) return false;
    if (fiber->frame_count == fiber->frame_capacity) {
        fiber->frame_capacity = fiber->frame_capacity ? fiber->frame_capacity * 2 : FRAME_CHUNK;
        fiber->frames = memory_resize(fiber->frames, fiber->frame_capacity * sizeof *fiber->frames);
    }
    uint32_t base = 0;
    if (fiber->frame_count) base = fiber_frame(fiber)->top;
    /* The arguments may stand in the caller's registers, which move with the rest. */
    bool own =
        fiber->registers && arguments >= fiber->registers && arguments < fiber->registers + fiber->register_capacity;
    ptrdiff_t offset = own ? arguments - fiber->registers : 0;
    reserve_registers(fiber, base + unit->register_count);
    if (own) arguments = fiber->registers + offset;
    uint16_t parameter_count = fiber->registers ? unit->parameter_count : 0; /* without registers there are none */
    for (uint16_t i = 0; i < parameter_count; i++) fiber->registers[base + i] = value_retain(arguments[i]);
    fiber->frames[fiber->frame_count++] =
        (struct frame){ unit_index, return_to, base, base + unit->register_count, destination };
    fiber->pc = unit->entry;
    return true;
}

void fiber_pop(struct fiber *fiber) {
    struct frame *frame = fiber_frame(fiber);
    for (uint32_t i = frame->base; i < frame->top; i++) {
        struct value old = fiber->registers[i];
        fiber->registers[i] = value_none();
        value_release(old);
    }
    fiber->frame_count--;
}

/* ---- ready ---- */
void fiber_ready(struct fiber *fiber) {
    struct run *run = fiber->run;
    fiber->state = FIBER_READY;
    if (fiber->queued) return;
    fiber->queued = true;
    fiber->next_ready = NULL;
    if (run->last_ready)
        run->last_ready->next_ready = fiber;
    else
        run->first_ready = fiber;
    run->last_ready = fiber;
}

static void unqueue(struct fiber *fiber) {
    struct run *run = fiber->run;
    if (!fiber->queued) return;
    struct fiber *before = NULL, *at = run->first_ready;
    while (at != fiber) {
        before = at;
        at = at->next_ready;
    }
    if (before)
        before->next_ready = fiber->next_ready;
    else
        run->first_ready = fiber->next_ready;
    if (run->last_ready == fiber) run->last_ready = before;
    fiber->queued = false;
}

/* ---- waits ---- */
/* Forgets the wait without calling its canceller. A ticket for it is stale from here on. */
static void end_wait(struct fiber *fiber) {
    if (fiber->wait.timer) loop_timer_stop(fiber->wait.timer);
    memory_release(fiber->wait.own_what);
    fiber->wait = (struct fiber_wait){ 0 };
    fiber->generation++;
    fiber->moment = INT64_MIN;
}

static void put_result(struct fiber *fiber, uint32_t destination, struct value owned) {
    struct value old = fiber->registers[destination];
    fiber->registers[destination] = owned;
    value_release(old);
}

static void wait_is_over(void *data) {
    struct fiber *fiber = data;
    fiber->wait.timer = NULL;
    if (!fiber->wait.ends_with_value) {
        fiber_wake(fiber);
        return;
    }
    struct fiber_wait wait = fiber->wait;
    struct buffer waited = { 0 };
    duration_print(&waited, run_now(fiber->run) - wait.since);
    struct value late = value_error(fiber->run->heap, "no answer within %s: %s", waited.bytes, wait.what);
    buffer_done(&waited);
    end_wait(fiber); /* first, so that the ticket is stale whatever the canceller does */
    if (wait.cancel) wait.cancel(wait.state);
    put_result(fiber, wait.destination, late);
    fiber_ready(fiber);
}

void fiber_park(struct fiber *fiber, int64_t until, const char *format, ...) {
    assert(!fiber->wait.what);
    struct buffer what = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&what, format, arguments);
    va_end(arguments);
    char *own = buffer_take(&what);
    fiber->wait = (struct fiber_wait){ .what = own, .own_what = own, .since = run_now(fiber->run) };
    if (until != INT64_MAX) fiber->wait.timer = loop_timer_start(fiber->run->loop, until, wait_is_over, fiber);
    fiber->state = FIBER_WAITING;
}

void fiber_wake(struct fiber *fiber) {
    if (fiber->state != FIBER_WAITING) return;
    end_wait(fiber);
    fiber_ready(fiber);
}

int64_t fiber_deadline(const struct fiber *fiber) {
    return fiber->deadline < fiber->run->stage_deadline ? fiber->deadline : fiber->run->stage_deadline;
}

int64_t native_deadline(const struct native_call *call) {
    return fiber_deadline(call->fiber);
}

enum native_outcome native_wait(struct native_call *call, const char *what, void (*cancel)(void *state), void *state) {
    struct fiber *fiber = call->fiber;
    fiber_park(fiber, fiber->deadline, "%s", what);
    fiber->wait.cancel = cancel;
    fiber->wait.state = state;
    fiber->wait.ends_with_value = true;
    fiber->wait.destination = call->destination;
    return NATIVE_WAIT;
}

enum native_outcome native_wait_borrowed(struct native_call *call, const char *what, void (*cancel)(void *state),
                                         void *state) {
    struct fiber *fiber = call->fiber;
    if (fiber->deadline != INT64_MAX) return native_wait(call, what, cancel, state);
    assert(!fiber->wait.what);
    fiber->wait = (struct fiber_wait){
        .what = what, .cancel = cancel, .state = state, .ends_with_value = true, .destination = call->destination
    };
    fiber->wait.since = fiber->sent != INT64_MIN ? fiber->sent : run_now(fiber->run);
    fiber->state = FIBER_WAITING;
    return NATIVE_WAIT;
}

int64_t native_begin(struct native_call *call, int64_t now) {
    struct fiber *fiber = call->fiber;
    if (fiber->sent != INT64_MIN) return now;
    fiber->sent = now;
    return fiber->intended != INT64_MIN ? fiber->intended : now;
}

struct ticket native_ticket(const struct native_call *call) {
    return (struct ticket){ call->fiber->id, call->fiber->generation };
}

static struct fiber *holder(struct run *run, struct ticket ticket) {
    struct fiber *fiber = fiber_find(run, ticket.fiber);
    bool waits = fiber && fiber->state == FIBER_WAITING && fiber->wait.ends_with_value;
    return waits && fiber->generation == ticket.generation ? fiber : NULL;
}

void native_wake(struct run *run, struct ticket ticket, struct value owned_result) {
    native_wake_at(run, ticket, owned_result, INT64_MIN);
}

void native_wake_at(struct run *run, struct ticket ticket, struct value owned_result, int64_t moment) {
    struct fiber *fiber = holder(run, ticket);
    if (!fiber) {
        value_release(owned_result);
        return;
    }
    uint32_t destination = fiber->wait.destination;
    end_wait(fiber);
    fiber->moment = moment;
    put_result(fiber, destination, owned_result);
    fiber_ready(fiber);
}

static void end_stage(struct fiber *fiber, enum run_end end, const char *format, va_list arguments) {
    struct run *run = fiber->run;
    end_wait(fiber);
    fiber->failed = true;
    fiber->state = FIBER_WAITING; /* until its stage ends, which is at once */
    struct buffer reason = { 0 };
    buffer_vprintf(&reason, format, arguments);
    run_stop(run, end, run_span(run, fiber), "%s", reason.bytes ? reason.bytes : "");
    buffer_done(&reason);
}

void native_wake_failed(struct run *run, struct ticket ticket, const char *format, ...) {
    struct fiber *fiber = holder(run, ticket);
    if (!fiber) return;
    va_list arguments;
    va_start(arguments, format);
    end_stage(fiber, RUN_ERROR, format, arguments);
    va_end(arguments);
}

void native_wake_unmet(struct run *run, struct ticket ticket, const char *format, ...) {
    struct fiber *fiber = holder(run, ticket);
    if (!fiber) return;
    va_list arguments;
    va_start(arguments, format);
    end_stage(fiber, run->stage == STAGE_RUN ? RUN_FAILED : RUN_ERROR, format, arguments);
    va_end(arguments);
}

/* ---- ends ---- */
bool fiber_has_tasks(const struct fiber *fiber, uint32_t scope) {
    for (const struct fiber *child = fiber->first_child; child; child = child->next_sibling) {
        if (child->parent_scope >= scope) return true;
    }
    return false;
}

/* A task's end is seen in its interval, which its global shares. */
static void close_interval(struct fiber *fiber, bool cut) {
    if (fiber->interval.kind != VALUE_INTERVAL) return;
    struct interval *interval = &interval_object(fiber->interval)->interval;
    interval->end = run_now(fiber->run);
    interval->cut = cut;
}

static void leave_family(struct fiber *fiber) {
    struct fiber *parent = fiber->parent;
    if (!parent) return;
    if (fiber->previous_sibling)
        fiber->previous_sibling->next_sibling = fiber->next_sibling;
    else
        parent->first_child = fiber->next_sibling;
    if (fiber->next_sibling) fiber->next_sibling->previous_sibling = fiber->previous_sibling;
    fiber->parent = NULL;
}

void fiber_cancel(struct fiber *fiber) {
    if (fiber->state == FIBER_DONE) return;
    while (fiber->first_child) {
        struct fiber *child = fiber->first_child;
        fiber_cancel(child);
        fiber_free(child);
    }
    if (fiber->state == FIBER_WAITING) {
        void (*cancel)(void *) = fiber->wait.cancel;
        void *state = fiber->wait.state;
        end_wait(fiber);
        if (cancel) cancel(state);
    }
    unqueue(fiber);
    while (fiber->frame_count) fiber_pop(fiber);
    close_interval(fiber, true);
    fiber->state = FIBER_DONE;
}

void fiber_finish(struct fiber *fiber) {
    close_interval(fiber, false);
    struct fiber *parent = fiber->parent;
    leave_family(fiber);
    if (parent) {
        if (parent->state == FIBER_WAITING && !parent->wait.ends_with_value && !parent->wait.timer) fiber_wake(parent);
        fiber_free(fiber);
    } else if (fiber->ended) {
        fiber->ended(fiber, fiber->data);
    }
}

void fiber_free(struct fiber *fiber) {
    assert(fiber->state == FIBER_DONE);
    leave_family(fiber);
    size_t slot = fiber->id & UINT32_MAX;
    fiber->run->fibers.items[slot] = NULL;
    if (slot < fiber->run->free_slot) fiber->run->free_slot = slot;
    value_release(fiber->result);
    value_release(fiber->interval);
    keep_or_release(fiber->run, fiber);
}
