/* Phases and marks: labels on time. A phase with a fault spans from just before it is applied to just before it is
 * undone; whatever happens inside, the fault is undone once. Nothing here waits without a deadline. */
#include "vm/phase.h"

#include "vm/handle.h"
#include "vm/op.h"

#include "base/clock.h"

#define FAULT_LIMIT (30 * SECOND) /* to apply one, and to undo it, unless it asks for longer */

/* The interval object is shared with the phase's global, so that `p.end` is seen wherever `p` was read. */
static struct interval *interval_of(struct phase *phase) {
    return &interval_object(phase->interval)->interval;
}

void phases_init(struct run *run) {
    run->phases = memory_allocate(run->program->phase_count * sizeof *run->phases);
    for (uint32_t i = 0; i < run->program->phase_count; i++) {
        const struct phase_entry *entry = &run->program->phases[i];
        struct phase *phase = &run->phases[i];
        phase->interval = value_interval(run->heap, entry->name, 0, 0, false, false);
        struct value old = run->globals[entry->global];
        run->globals[entry->global] = value_retain(phase->interval);
        value_release(old);
    }
}

void phases_done(struct run *run) {
    for (uint32_t i = 0; run->phases && i < run->program->phase_count; i++) {
        value_release(run->phases[i].interval);
        value_release(run->phases[i].fault);
    }
    memory_release(run->phases);
    run->phases = NULL;
    VECTOR_DONE(&run->open_phases);
}

static void tell(struct run *run, uint32_t index, bool begins) {
    const struct run_watcher *watcher = &run->options.watcher;
    if (watcher->phase) watcher->phase(watcher->data, run, run->program->phases[index].name, begins);
}

static void write_down(struct run *run, uint32_t index, int64_t end, bool cut) {
    if (!run->recorder.record) return;
    const struct interval *interval = interval_of(&run->phases[index]);
    uint32_t outer = run->program->phases[index].outer;
    record_phase(run->recorder.record, interval->name, interval->start, end, true, cut,
                 outer == UINT32_MAX ? TEXT_NONE : run->program->phases[outer].name);
}

static const struct handle_object *fault_of(const struct phase *phase) {
    return phase->fault.kind == VALUE_HANDLE ? handle_object(phase->fault) : NULL;
}

static int64_t patience_of(const struct phase *phase) {
    const struct handle_object *fault = fault_of(phase);
    return fault && fault->handle_class->patience ? fault->handle_class->patience(fault->state) : FAULT_LIMIT;
}

static void tell_late(const struct phase *phase, struct buffer *problem) {
    buffer_append_string(problem, "it took over ");
    duration_print(problem, patience_of(phase));
}

static void begin(struct run *run, uint32_t index, struct value fault) {
    struct phase *phase = &run->phases[index];
    struct interval *interval = interval_of(phase);
    interval->start = run_now(run);
    interval->end = INT64_MAX;
    interval->reached = true;
    phase->fault = value_retain(fault);
    phase->deadline = interval->start + patience_of(phase);
    phase->state = PHASE_APPLYING;
    VECTOR_PUSH(&run->open_phases, index);
    write_down(run, index, interval->start, true); /* should aot be killed inside; its end replaces this */
}

static void close_phase(struct run *run, uint32_t index, bool cut) {
    struct phase *phase = &run->phases[index];
    struct interval *interval = interval_of(phase);
    interval->end = phase->end;
    interval->cut = cut;
    phase->state = PHASE_OVER;
    value_release(phase->fault);
    phase->fault = value_none();
    run->open_phases.count--;
    write_down(run, index, interval->end, cut);
    tell(run, index, false);
}

/* Applies or undoes, begins or goes on. True when finished; then `problem` may hold why it could not be done. */
static bool fault_step(struct phase *phase, bool undo, struct buffer *problem) {
    if (phase->fault.kind != VALUE_HANDLE) return true;
    const struct handle_object *handle = handle_object(phase->fault);
    bool (*step)(void *, int64_t, struct buffer *) = undo ? handle->handle_class->undo : handle->handle_class->apply;
    return !step || step(handle->state, phase->deadline, problem);
}

static bool is_fault(struct value value) {
    return value.kind == VALUE_HANDLE && handle_object(value)->handle_class &&
           handle_object(value)->handle_class->apply;
}

static void describe(struct value fault, struct buffer *out) {
    if (fault.kind == VALUE_HANDLE) handle_print(fault, out);
}

static void effect(struct run *run, struct phase *phase, const char *kind, int64_t start, struct text outcome) {
    if (phase->fault.kind != VALUE_HANDLE) return;
    struct buffer subject = { 0 };
    describe(phase->fault, &subject);
    run_effect(run, kind, buffer_text(&subject), start, run_now(run), outcome);
    buffer_done(&subject);
}

/* Nothing met it, or nothing shows what it did: claims over its phase prove nothing. */
static void note_idle(struct run *run, uint32_t index, const char *begins, struct text evidence) {
    struct phase *phase = &run->phases[index];
    struct buffer idle = { 0 }, note = { 0 };
    buffer_append_string(&idle, begins ? begins : "nothing met ");
    if (begins)
        buffer_append(&idle, evidence);
    else
        describe(phase->fault, &idle);
    run_effect(run, "idle fault", run->program->phases[index].name, interval_of(phase)->start, phase->end,
               buffer_text(&idle));
    /* Said also where no claim looks at it. */
    buffer_printf(&note, "the fault of phase %.*s was idle: %.*s", TEXT_ARGS(run->program->phases[index].name),
                  TEXT_ARGS(buffer_text(&idle)));
    run_effect(run, "note", buffer_text(&note), phase->end, phase->end, TEXT_NONE);
    buffer_done(&idle);
    buffer_done(&note);
}

static void note_permanent(struct run *run, uint32_t index) {
    struct phase *phase = &run->phases[index];
    struct buffer note = { 0 };
    describe(phase->fault, &note);
    buffer_printf(&note, " is permanent: the end of phase %.*s did not undo it",
                  TEXT_ARGS(run->program->phases[index].name));
    run_effect(run, "note", buffer_text(&note), phase->end, phase->end, TEXT_NONE);
    buffer_done(&note);
}

/* The fault is undone: what it met goes into the record, and that nothing did. */
static void undone(struct run *run, uint32_t index, const struct buffer *problem) {
    struct phase *phase = &run->phases[index];
    struct buffer outcome = { 0 }, evidence = { 0 };
    const struct handle_object *fault = fault_of(phase);
    bool permanent = fault && fault->handle_class->permanent && fault->handle_class->permanent(fault->state);
    buffer_append_string(&outcome, problem->length ? problem->bytes : permanent ? "permanent, not undone" : "ok");
    if (fault && fault->handle_class->evidence && !problem->length) {
        if (!fault->handle_class->evidence(fault->state, &evidence))
            note_idle(run, index, fault->handle_class->idle, buffer_text(&evidence));
        buffer_append_string(&outcome, ": ");
        buffer_append(&outcome, buffer_text(&evidence));
    }
    if (permanent && !problem->length) note_permanent(run, index);
    effect(run, phase, permanent ? "fault ended" : "fault undone", phase->end, buffer_text(&outcome));
    buffer_done(&outcome);
    buffer_done(&evidence);
}

static enum op_outcome fault_failed(struct run *run, struct fiber *fiber, uint32_t index, const char *what,
                                    struct buffer *problem) {
    struct text name = run->program->phases[index].name;
    struct buffer message = { 0 };
    buffer_printf(&message, "the fault of phase %.*s was not %s: %s", TEXT_ARGS(name), what, problem->bytes);
    run_stop_also(run, RUN_ERROR, run_span(run, fiber), message.bytes);
    buffer_done(&message);
    buffer_done(problem);
    return OP_STOPPED;
}

enum op_outcome op_phase_enter(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value fault = fiber_registers(fiber)[i.b];
    struct phase *phase = &run->phases[i.a];
    if (phase->state != PHASE_AHEAD && phase->state != PHASE_APPLYING) {
        run_stop(run, RUN_ERROR, run_span(run, fiber), "the program enters a phase twice");
        return OP_STOPPED;
    }
    if (phase->state == PHASE_AHEAD) {
        if (fault.kind != VALUE_NONE && !is_fault(fault)) {
            struct buffer text = { 0 };
            value_print(fault, &text);
            run_stop(run, RUN_ERROR, run_span(run, fiber), "this is no fault: %s", text.bytes);
            buffer_done(&text);
            return OP_STOPPED;
        }
        begin(run, i.a, fault);
    }
    struct buffer problem = { 0 };
    bool finished = fault_step(phase, false, &problem), late = run_now(run) >= phase->deadline;
    if (!finished && late) tell_late(phase, &problem);
    if (problem.length) return fault_failed(run, fiber, i.a, "applied", &problem);
    buffer_done(&problem);
    if (!finished) return op_ask_again(run, fiber, "the fault to be applied");
    phase->state = PHASE_OPEN;
    effect(run, phase, "fault applied", interval_of(phase)->start, TEXT("ok"));
    tell(run, i.a, true);
    return OP_CONTINUE;
}

enum op_outcome op_phase_leave(struct run *run, struct fiber *fiber, struct instruction i) {
    struct phase *phase = &run->phases[i.a];
    bool innermost = run->open_phases.count && run->open_phases.items[run->open_phases.count - 1] == i.a;
    if (!innermost || (phase->state != PHASE_OPEN && phase->state != PHASE_UNDOING)) {
        run_stop(run, RUN_ERROR, run_span(run, fiber), "the program leaves a phase that it is not in");
        return OP_STOPPED;
    }
    if (phase->state == PHASE_OPEN) {
        phase->state = PHASE_UNDOING;
        phase->end = run_now(run);
        phase->deadline = phase->end + patience_of(phase);
    }
    struct buffer problem = { 0 };
    bool finished = fault_step(phase, true, &problem), late = run_now(run) >= phase->deadline;
    if (!finished && !late) {
        buffer_done(&problem);
        return op_ask_again(run, fiber, "the fault to be undone");
    }
    if (!finished) tell_late(phase, &problem);
    undone(run, i.a, &problem);
    close_phase(run, i.a, false);
    if (problem.length) return fault_failed(run, fiber, i.a, "undone", &problem);
    buffer_done(&problem);
    return OP_CONTINUE;
}

void phases_unwind(struct run *run) {
    while (run->open_phases.count) {
        uint32_t index = run->open_phases.items[run->open_phases.count - 1];
        struct phase *phase = &run->phases[index];
        if (phase->state != PHASE_UNDOING) {
            phase->state = PHASE_UNDOING;
            phase->end = run_now(run);
            phase->deadline = phase->end + patience_of(phase);
        }
        struct buffer problem = { 0 };
        while (!fault_step(phase, true, &problem)) {
            if (run_now(run) >= phase->deadline) {
                tell_late(phase, &problem);
                break;
            }
            scheduler_turn(run, 10 * MILLISECOND);
        }
        undone(run, index, &problem);
        close_phase(run, index, true);
        if (problem.length) {
            struct buffer message = { 0 };
            buffer_printf(&message, "the fault of phase %.*s was not undone: %s",
                          TEXT_ARGS(run->program->phases[index].name), problem.bytes);
            run_stop_also(run, RUN_ERROR, run->program->phases[index].span, message.bytes);
            buffer_done(&message);
        }
        buffer_done(&problem);
    }
}

enum op_outcome op_mark(struct run *run, struct fiber *fiber, struct instruction i) {
    (void)fiber;
    int64_t now = run_now(run);
    struct value old = run->globals[i.a];
    run->globals[i.a] = value_instant(now);
    value_release(old);
    if (run->recorder.record) record_mark(run->recorder.record, run->program->globals[i.a].name, now);
    return OP_CONTINUE;
}

enum op_outcome op_ask_again(struct run *run, struct fiber *fiber, const char *what) {
    VECTOR_PUSH(&run->askers, fiber->id);
    return OP_AGAIN(fiber, INT64_MAX, "%s", what);
}
