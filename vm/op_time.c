/* Sleeping: wait, at, after, and the pause of a retry. */
#include "vm/op.h"

#include "base/clock.h"

enum { LATE = 100 * 1000 * 1000 };

static enum op_outcome no_duration(struct run *run, struct fiber *fiber, struct value value) {
    struct buffer text = { 0 };
    value_print(value, &text);
    run_stop(run, RUN_ERROR, run_span(run, fiber), "cannot wait for that: %s", text.bytes);
    buffer_done(&text);
    return OP_STOPPED;
}

static int64_t later(int64_t from, int64_t length) {
    int64_t instant;
    return __builtin_add_overflow(from, length, &instant) || instant == INT64_MAX ? INT64_MAX - 1 : instant;
}

enum op_outcome op_wait(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value length = fiber_registers(fiber)[i.a];
    if (length.kind != VALUE_DURATION) return no_duration(run, fiber, length);
    if (length.integer < 0) return no_duration(run, fiber, length);
    if (length.integer == 0) return OP_CONTINUE;
    struct buffer text = { 0 };
    duration_print(&text, length.integer);
    fiber_park(fiber, later(run_now(run), length.integer), "wait %s", text.bytes);
    buffer_done(&text);
    return OP_PARKED;
}

/* `at 10s { … }`: R[a] is when the block began. */
enum op_outcome op_wait_since(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value begin = fiber_registers(fiber)[i.a], length = fiber_registers(fiber)[i.b];
    if (begin.kind != VALUE_INSTANT) return no_duration(run, fiber, begin);
    if (length.kind != VALUE_DURATION) return no_duration(run, fiber, length);
    int64_t due = later(begin.integer, length.integer), now = run_now(run);
    struct buffer text = { 0 };
    duration_print(&text, length.integer);
    if (now < due) {
        fiber_park(fiber, due, "at %s", text.bytes);
        fiber->pc = fiber->at; /* it looks at the clock once more when it wakes */
        buffer_done(&text);
        return OP_PARKED;
    }
    if (now - due > LATE && run->recorder.record) {
        struct buffer note = { 0 };
        buffer_printf(&note, "`at %s` came ", text.bytes);
        duration_print(&note, now - due);
        buffer_append_string(&note, " late");
        record_note(run->recorder.record, now, buffer_text(&note));
        buffer_done(&note);
    }
    buffer_done(&text);
    return OP_CONTINUE;
}

static bool has_failed(struct value value) {
    return value.kind == VALUE_ERROR || value_is_true(value_field(value, TEXT("failed"), NULL));
}

enum op_outcome op_retry_again(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber);
    if (!has_failed(R[i.a])) return OP_CONTINUE;
    struct value pause = R[i.b];
    if (pause.kind != VALUE_DURATION && pause.kind != VALUE_NONE) return no_duration(run, fiber, pause);
    fiber->pc = (uint32_t)((int64_t)fiber->pc + (int16_t)i.c);
    int64_t length = pause.kind == VALUE_DURATION && pause.integer > 0 ? pause.integer : 0;
    fiber_park(fiber, later(run_now(run), length), "the next try");
    return OP_PARKED;
}
