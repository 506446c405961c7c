/* Polling: `wait until` and the live claims. Probes start on a fixed grid, one at a time; a slow one skips ticks. No
 * probe outlives the deadline; after it, polling goes on for as long again (at most 30 s) only to tell how late it
 * came true. Verdicts are taken from the recorded samples, never from a fresh evaluation. */
#include "vm/op.h"

#include "base/clock.h"
#include "base/memory.h"

enum { STATEMENT = UINT16_MAX };
static const int64_t default_every = 500 * MILLISECOND, longest_overrun = 30 * SECOND;

struct poll {
    struct object head;
    uint16_t claim; /* STATEMENT: of none */
    int64_t begun, every;
    int64_t deadline; /* what is complete by then counts */
    int64_t last_end; /* no probe is begun at or after it: the deadline, or later to tell how late it came true */
    int64_t within;
    int64_t probe_start;
    int64_t
        last_tick; /* off the grid, where the grid would ask only once: shortly before the deadline; INT64_MIN: none */
    struct VECTOR(int64_t) starts, ends;
    struct VECTOR(struct value) values;
    int64_t first_true; /* when a true sample was complete; INT64_MAX: never */
};

static struct poll *poll_of(struct value value) {
    return (struct poll *)value.object;
}

void poll_destroy(struct object *object) {
    struct poll *poll = (struct poll *)object;
    for (size_t i = 0; i < poll->values.count; i++) value_release(poll->values.items[i]);
    VECTOR_DONE(&poll->values);
    VECTOR_DONE(&poll->starts);
    VECTOR_DONE(&poll->ends);
    heap_return(poll, sizeof *poll);
}

static enum formula_kind kind_of(const struct program *program, uint16_t claim) {
    if (claim == STATEMENT || program->claims[claim].formula == NO_FORMULA) return FORMULA_EVENTUALLY;
    return program->formulas[program->claims[claim].formula].kind;
}

/* Whether one sample can decide the claim: its condition stands right behind its time word. */
static bool decides_at_once(const struct program *program, uint16_t claim) {
    if (claim == STATEMENT || program->claims[claim].formula == NO_FORMULA) return true;
    uint32_t body = program->formulas[program->claims[claim].formula].body;
    return body != NO_FORMULA && program->formulas[body].kind == FORMULA_PLAIN;
}

static int64_t sum(int64_t a, int64_t b) {
    int64_t result;
    return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
}

enum op_outcome op_poll_begin(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber), within = R[i.b], every = R[i.b + 1];
    if (within.kind != VALUE_DURATION) return op_stop_with(run, fiber, "`within` is no length of time", within);
    if (every.kind != VALUE_DURATION && every.kind != VALUE_NONE)
        return op_stop_with(run, fiber, "`every` is no length of time", every);
    struct poll *poll = heap_allocate(run->heap, VALUE_POLL, sizeof *poll);
    poll->claim = i.c;
    poll->begun = run_now(run);
    poll->every = every.kind == VALUE_DURATION && every.integer >= MILLISECOND ? every.integer
                  : every.kind == VALUE_DURATION                               ? MILLISECOND
                                                                               : default_every;
    poll->within = within.integer < 0 ? 0 : within.integer;
    poll->deadline = sum(poll->begun, poll->within);
    poll->last_end = poll->deadline;
    poll->first_true = INT64_MAX;
    bool asks_once = kind_of(run->program, i.c) == FORMULA_EVENTUALLY && poll->every >= poll->within;
    int64_t before = poll->within / 10 < SECOND ? poll->within / 10 : SECOND;
    poll->last_tick = asks_once && before > 0 ? poll->deadline - before : INT64_MIN;
    bool tells_lateness = decides_at_once(run->program, i.c) && kind_of(run->program, i.c) == FORMULA_EVENTUALLY;
    if (tells_lateness)
        poll->last_end = sum(poll->deadline, poll->within < longest_overrun ? poll->within : longest_overrun);
    struct value old = R[i.a];
    R[i.a] = value_of_object(poll);
    value_release(old);
    return OP_CONTINUE;
}

static enum op_outcome no_poll(struct run *run, struct fiber *fiber) {
    run_stop(run, RUN_ERROR, run_span(run, fiber), "the program polls without having begun to");
    return OP_STOPPED;
}

/* The first tick of the grid that is not before `now`. */
static int64_t tick_from(const struct poll *poll, int64_t now) {
    int64_t past = now - poll->begun;
    int64_t ticks = past / poll->every + (past % poll->every ? 1 : 0);
    return sum(poll->begun, ticks * poll->every);
}

enum op_outcome op_poll_probe(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value value = fiber_registers(fiber)[i.a];
    if (value.kind != VALUE_POLL) return no_poll(run, fiber);
    struct poll *poll = poll_of(value);
    int64_t now = run_now(run);
    bool waits = poll->starts.count && !run->options.replay;
    int64_t tick = waits ? tick_from(poll, sum(poll->probe_start, 1)) : now;
    if (poll->ends.count && waits) { /* ticks that passed while the last probe was under way are gone */
        int64_t next = tick_from(poll, poll->ends.items[poll->ends.count - 1]);
        if (next > tick) tick = next;
    }
    if (waits && poll->probe_start < poll->last_tick) tick = poll->last_tick;
    if (now < tick) return OP_AGAIN(fiber, tick, "the next probe");
    poll->probe_start = now;
    fiber->deadline = now < poll->deadline ? poll->deadline : poll->last_end;
    if (fiber->deadline <= now) fiber->deadline = sum(now, poll->every); /* within 0s: one probe all the same */
    return OP_CONTINUE;
}

/* Whether another probe is wanted after this sample. */
static bool goes_on(const struct run *run, const struct poll *poll, struct value sample) {
    if (run->options.replay || (run->stage == STAGE_JUDGE && run->interruptions)) return false;
    enum formula_kind kind = kind_of(run->program, poll->claim);
    bool decided = false;
    if (decides_at_once(run->program, poll->claim)) {
        if (kind == FORMULA_EVENTUALLY) decided = value_is_true(sample);
        if (kind == FORMULA_ALWAYS) decided = !value_is_true(sample);
        if (kind == FORMULA_NEVER) decided = !value_is_false(sample);
    }
    int64_t now = poll->ends.items[poll->ends.count - 1];
    int64_t next = tick_from(poll, now > poll->probe_start ? now : now + 1);
    if (poll->probe_start < poll->last_tick && now < poll->deadline) next = poll->last_tick;
    return !decided && next < poll->last_end;
}

enum op_outcome op_poll_sample(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber);
    if (R[i.a].kind != VALUE_POLL) return no_poll(run, fiber);
    struct poll *poll = poll_of(R[i.a]);
    int64_t now = run_now(run);
    fiber->deadline = INT64_MAX;
    VECTOR_PUSH(&poll->starts, poll->probe_start);
    VECTOR_PUSH(&poll->ends, now);
    VECTOR_PUSH(&poll->values, value_retain(R[i.b]));
    if (value_is_true(R[i.b]) && poll->first_true == INT64_MAX) poll->first_true = now;
    if (goes_on(run, poll, R[i.b])) fiber->pc = (uint32_t)((int64_t)fiber->pc + (int16_t)i.c);
    return OP_CONTINUE;
}

enum op_outcome op_poll_end(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber);
    if (R[i.b].kind != VALUE_POLL) return no_poll(run, fiber);
    struct poll *poll = poll_of(R[i.b]);
    size_t count = poll->values.count;
    struct timing *timing = timing_new(count, false);
    struct value *values = memory_resize(NULL, count * sizeof *values);
    for (size_t k = 0; k < count; k++) {
        timing->start[k] = poll->starts.items[k];
        timing->end[k] = poll->ends.items[k];
        values[k] = value_retain(poll->values.items[k]);
    }
    struct provenance origin = { .sampler = true,
                                 .alive_from = poll->begun,
                                 .alive_to = run_now(run),
                                 .every = poll->every,
                                 .name = TEXT("probe") };
    struct value series = series_make(run->heap, SERIES_SAMPLES, timing, values, origin);
    struct value old = R[i.a];
    R[i.a] = series;
    value_release(old);
    return OP_CONTINUE;
}

static void append_last(const struct poll *poll, struct buffer *out) {
    size_t count = poll->values.count;
    if (!count) return;
    buffer_printf(out, "; the last of %zu sample%s was ", count, count == 1 ? "" : "s");
    value_print(poll->values.items[count - 1], out);
}

/* A native asked for this: the reason is its answer, and it decides. */
static enum op_outcome answer_instead(struct run *run, struct fiber *fiber, struct buffer *message) {
    fiber->result = value_error(run->heap, "%s", message->bytes);
    buffer_done(message);
    while (fiber->frame_count) fiber_pop(fiber);
    fiber->state = FIBER_DONE;
    return OP_CONTINUE;
}

enum op_outcome op_wait_until_end(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value value = fiber_registers(fiber)[i.a];
    if (value.kind != VALUE_POLL) return no_poll(run, fiber);
    struct poll *poll = poll_of(value);
    if (poll->first_true <= poll->deadline) return OP_CONTINUE;
    struct buffer message = { 0 };
    buffer_append(&message, value_text_of(run_constant(run, i.b)));
    buffer_append_string(&message, ": not true within ");
    duration_print(&message, poll->within);
    if (poll->first_true != INT64_MAX) {
        buffer_append_string(&message, "; true ");
        duration_print(&message, poll->first_true - poll->deadline);
        buffer_append_string(&message, " too late");
    } else {
        append_last(poll, &message);
    }
    if (fiber->answer) return answer_instead(run, fiber, &message);
    run_stop(run, run->stage == STAGE_RUN ? RUN_FAILED : RUN_ERROR, run_span(run, fiber), "%s", message.bytes);
    buffer_done(&message);
    return OP_STOPPED;
}
