/* Calling natives: what stands between bytecode and C. A native is never called with an error or no data among its
 * arguments, after the time of its probe, nor, when a record is judged again, to look at the world. */
#include "vm/handle.h"
#include "vm/input.h"
#include "vm/op.h"

#include "base/memory.h"

#include <stdarg.h>
#include <string.h>

enum native_outcome native_done(struct native_call *call, struct value owned_result) {
    call->result = owned_result;
    return NATIVE_DONE;
}

enum native_outcome native_fail(struct native_call *call, const char *format, ...) {
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    memory_release(call->run->native_message);
    call->run->native_message = buffer_take(&message);
    return NATIVE_FAIL;
}

static enum effect effect_of(const struct native_row *row) {
    return (enum effect)(row->flags & NATIVE_EFFECT_MASK);
}

static bool gives_nothing(const struct native_row *row) {
    return text_ends(text_of(row->signature), TEXT("-> none"));
}

/* "db.waits" of "db#3": the stream "db#3.waits". */
static struct value recorded_property(struct run *run, const struct native_row *row, struct value handle) {
    const char *property = strrchr(row->name, '.');
    struct buffer name = { 0 };
    buffer_printf(&name, "%s%s", handle_name(handle), property ? property : "");
    struct stream *stream = recorder_find(&run->recorder, buffer_text(&name), 0);
    buffer_done(&name);
    if (!stream) return value_no_data(run->heap, "%s is not in the record", row->name);
    return value_retain(value_of_object(stream));
}

/* What a native answers without being called, when something stands against calling it. */
static bool answered_without(struct run *run, struct fiber *fiber, const struct native_row *row,
                             const struct value *arguments, size_t count, struct value *answer) {
    enum effect effect = effect_of(row);
    for (size_t i = 0; i < count; i++) {
        struct value bad;
        if (!value_holds_bad(arguments[i], &bad)) continue;
        *answer = value_retain(bad);
        return true;
    }
    bool looks = effect == EFFECT_PROBE || effect == EFFECT_ACTION;
    if (run->options.replay) {
        bool stub = count && arguments[0].kind == VALUE_HANDLE;
        if (stub && effect == EFFECT_RECORDED)
            *answer = recorded_property(run, row, arguments[0]);
        else if (stub || looks)
            *answer = value_no_data(run->heap, "%s is not in the record", row->name);
        return stub || looks;
    }
    if (looks && run->stage == STAGE_JUDGE && run->interruptions) {
        *answer = value_no_data(run->heap, "interrupted before %s was asked", row->name);
        return true;
    }
    if (looks && fiber->deadline <= run_now(run)) {
        *answer = value_error(run->heap, "the time of this probe was over before %s", row->name);
        return true;
    }
    return false;
}

/* An action whose result nobody can look at must not be left out silently. */
static enum op_outcome skipped(struct run *run, struct fiber *fiber, const struct native_row *row, struct value answer,
                               struct value *destination) {
    if (effect_of(row) == EFFECT_ACTION && answer.kind == VALUE_ERROR && gives_nothing(row)) {
        run_stop(run, RUN_ERROR, run_span(run, fiber), "%s was not done, its argument is an error: %.*s", row->name,
                 TEXT_ARGS(value_text_of(answer)));
        value_release(answer);
        return OP_STOPPED;
    }
    if (effect_of(row) == EFFECT_ACTION && !run->options.replay) {
        int64_t now = run_now(run);
        run_effect(run, row->name, TEXT("not done"), now, now, value_text_of(answer));
    }
    struct value old = *destination;
    *destination = answer;
    value_release(old);
    return OP_CONTINUE;
}

static enum op_outcome stop_for(struct run *run, struct fiber *fiber) {
    const char *reason = run->native_message ? run->native_message : "it failed without saying why";
    run_stop(run, RUN_ERROR, run_span(run, fiber), "%s", reason);
    return OP_STOPPED;
}

static bool is_built(const struct run *run, uint32_t index) {
    const struct native_row *row = &run->options.natives->rows[index];
    return !(row->flags & NATIVE_NOT_BUILT) && index < run->options.functions.count &&
           run->options.functions.functions[index];
}

static enum op_outcome stop_not_built(struct run *run, struct fiber *fiber, const struct native_row *row) {
    run_stop(run, RUN_NOT_BUILT, run_span(run, fiber), "%s is not built yet", row->name);
    return OP_STOPPED;
}

enum op_outcome op_call_native(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct native_row *row = &run->options.natives->rows[i.b];
    struct value *R = fiber_registers(fiber), answer;
    size_t count = run->native_arguments[i.b];
    if (answered_without(run, fiber, row, &R[i.c], count, &answer)) return skipped(run, fiber, row, answer, &R[i.a]);
    if (!is_built(run, i.b)) return stop_not_built(run, fiber, row);
    struct native_call call = { .run = run,
                                .fiber = fiber,
                                .arguments = &R[i.c],
                                .argument_count = count,
                                .row = row,
                                .span = run_span(run, fiber),
                                .destination = fiber_frame(fiber)->base + i.a };
    switch (run->options.functions.functions[i.b](&call)) {
    case NATIVE_FAIL: return stop_for(run, fiber);
    case NATIVE_WAIT: return OP_PARKED;
    case NATIVE_DONE: break;
    }
    if (effect_of(row) == EFFECT_CONST) secret_follow(run, &R[i.c], count, call.result);
    struct value old = R[i.a];
    R[i.a] = call.result;
    value_release(old);
    return OP_CONTINUE;
}

static const struct service *template_of(const struct program *program, uint32_t unit) {
    for (uint32_t i = 0; i < program->service_count; i++)
        if (program->services[i].unit == unit) return &program->services[i];
    return NULL;
}

/* A template is called as if it were a native; what it asks of the program it asks by unit_call_start. */
enum op_outcome op_make_service(struct run *run, struct fiber *fiber, struct instruction i) {
    static const struct native_row row = { .name = "service", .flags = NATIVE_ACTION | NATIVE_WAITS, .signature = "" };
    const struct service *service = template_of(run->program, i.b);
    native_function *make = run->options.functions.make_service;
    if (!make || !service) {
        struct text name = run->program->units[i.b].name;
        run_stop(run, RUN_NOT_BUILT, run_span(run, fiber), "running services (%.*s) is not built yet", TEXT_ARGS(name));
        return OP_STOPPED;
    }
    struct value *R = fiber_registers(fiber);
    struct native_call call = { .run = run,
                                .fiber = fiber,
                                .arguments = &R[i.c],
                                .argument_count = run->program->units[i.b].parameter_count - (size_t)1,
                                .row = &row,
                                .span = run_span(run, fiber),
                                .destination = fiber_frame(fiber)->base + i.a,
                                .service = service };
    switch (make(&call)) {
    case NATIVE_FAIL: return stop_for(run, fiber);
    case NATIVE_WAIT: return OP_PARKED;
    case NATIVE_DONE: break;
    }
    struct value old = R[i.a];
    R[i.a] = call.result;
    value_release(old);
    return OP_CONTINUE;
}

/* A call over each element of a series. */
struct lifted_call {
    struct native_call call;
    native_function *function;
    struct value *arguments; /* the first is the element */
    bool failed;
};

static struct value call_for_element(struct heap *heap, struct value element, void *data) {
    struct lifted_call *lifted = data;
    struct value bad;
    if (value_holds_bad(element, &bad)) return value_retain(bad);
    if (lifted->failed) return value_none();
    lifted->arguments[0] = element;
    lifted->call.result = value_none();
    enum native_outcome outcome = lifted->function(&lifted->call);
    if (outcome == NATIVE_DONE) {
        secret_follow(lifted->call.run, lifted->arguments, lifted->call.argument_count, lifted->call.result);
        return lifted->call.result;
    }
    lifted->failed = true;
    (void)heap;
    return value_none();
}

enum op_outcome op_call_lifted(struct run *run, struct fiber *fiber, struct instruction i) {
    const struct native_row *row = &run->options.natives->rows[i.b];
    struct value *R = fiber_registers(fiber);
    size_t count = run->native_arguments[i.b];
    struct value series = R[i.c].kind == VALUE_WINDOW ? window_of(R[i.c]).series : R[i.c];
    if (!value_is_series(series)) return op_call_native(run, fiber, i);
    if (!is_built(run, i.b)) return stop_not_built(run, fiber, row);
    if (row->flags & (NATIVE_WAITS | NATIVE_EFFECT_MASK)) { /* the compiler lifts constant functions only */
        run_stop(run, RUN_ERROR, run_span(run, fiber), "%s cannot be called over a series", row->name);
        return OP_STOPPED;
    }
    struct value *arguments = memory_resize(NULL, count * sizeof *arguments), answer;
    memcpy(arguments, &R[i.c], count * sizeof *arguments);
    bool answered = count > 1 && answered_without(run, fiber, row, arguments + 1, count - 1, &answer);
    struct lifted_call lifted = { .function = run->options.functions.functions[i.b],
                                  .arguments = arguments,
                                  .call = { .run = run,
                                            .fiber = fiber,
                                            .arguments = arguments,
                                            .argument_count = count,
                                            .row = row,
                                            .span = run_span(run, fiber) } };
    if (!answered) answer = series_map(run->heap, series, call_for_element, &lifted);
    memory_release(arguments);
    if (lifted.failed) {
        value_release(answer);
        return stop_for(run, fiber);
    }
    struct value old = R[i.a];
    R[i.a] = answer;
    value_release(old);
    return OP_CONTINUE;
}

/* ---- arguments ---- */
struct text argument_text(const struct native_call *call, size_t index) {
    return value_text_of(call->arguments[index]);
}

int64_t argument_integer(const struct native_call *call, size_t index) {
    struct value value = call->arguments[index];
    if (value.kind == VALUE_NUMBER || value.kind == VALUE_RATIO) return (int64_t)value.number;
    return value_is_counted(value) || value.kind == VALUE_NONE ? 0 : value.integer;
}

double argument_number(const struct native_call *call, size_t index) {
    struct value value = call->arguments[index];
    if (value.kind == VALUE_NUMBER || value.kind == VALUE_RATIO) return value.number;
    return (double)argument_integer(call, index);
}

bool argument_boolean(const struct native_call *call, size_t index) {
    return value_is_true(call->arguments[index]);
}

bool argument_is_none(const struct native_call *call, size_t index) {
    return call->arguments[index].kind == VALUE_NONE;
}
