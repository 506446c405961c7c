/* Control: loops, branches over what is no bool, and what is not built yet. */
#include "vm/op.h"

static void put(struct value *destination, struct value owned) {
    struct value old = *destination;
    *destination = owned;
    value_release(old);
}

static int32_t jump(struct instruction i) {
    return (int16_t)i.c;
}

enum op_outcome op_stop_with(struct run *run, struct fiber *fiber, const char *what, struct value value) {
    struct buffer text = { 0 };
    if (value_is_bad(value))
        buffer_append(&text, value_text_of(value));
    else
        value_print(value, &text);
    /* In an assertion this is no failure of the run: its claims are told the reason (run_stages.c). */
    value_release(run->stopped_by);
    const char *value_text = text.bytes ? text.bytes : "";
    run->stopped_by = value_is_bad(value) ? value_retain(value) : value_error(run->heap, "%s: %s", what, value_text);
    run_stop(run, RUN_ERROR, run_span(run, fiber), "%s: %s", what, value_text);
    buffer_done(&text);
    return OP_STOPPED;
}

enum op_outcome op_next(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber), element;
    if (R[i.b].kind != VALUE_ITERATOR) return op_stop_with(run, fiber, "`for` cannot go through this", R[i.b]);
    if (iterator_next(run->heap, R[i.b], &element))
        put(&R[i.a], element);
    else
        fiber->pc = (uint32_t)((int64_t)fiber->pc + jump(i));
    return OP_CONTINUE;
}

enum op_outcome op_branch_on_bad(struct run *run, struct fiber *fiber, struct instruction i) {
    return op_stop_with(run, fiber, "this decides nothing", fiber_registers(fiber)[i.a]);
}

enum op_outcome op_not_built(struct run *run, struct fiber *fiber, struct instruction i) {
    struct text what = value_text_of(run_constant(run, instruction_wide(i)));
    run_stop(run, RUN_NOT_BUILT, run_span(run, fiber), "%.*s is not built yet", TEXT_ARGS(what));
    return OP_STOPPED;
}
