/* Tasks: spawn and parallel. A task's life is an interval that its name can be used as; its scope joins it. */
#include "vm/op.h"

#include "base/clock.h"

/* "crash" of the unit "spawn crash". */
static struct text task_name(struct text unit) {
    for (size_t i = unit.length; i; i--) {
        if (unit.bytes[i - 1] == ' ') return text_slice(unit, i, unit.length);
    }
    return unit;
}

enum op_outcome op_spawn(struct run *run, struct fiber *fiber, struct instruction i) {
    struct value *R = fiber_registers(fiber);
    struct fiber *task = fiber_new(run, i.b, &R[i.c], fiber);
    struct text name = task_name(run->program->units[i.b].name);
    task->interval = value_interval(run->heap, name, run_now(run), INT64_MAX, true, false);
    struct value old = R[i.a];
    R[i.a] = value_retain(task->interval);
    value_release(old);
    return OP_CONTINUE;
}

static enum op_outcome await_tasks(struct run *run, struct fiber *fiber) {
    size_t count = 0;
    for (struct fiber *child = fiber->first_child; child; child = child->next_sibling) count++;
    (void)run;
    return OP_AGAIN(fiber, INT64_MAX, "the end of %zu task%s", count, count == 1 ? "" : "s");
}

enum op_outcome op_scope_join(struct run *run, struct fiber *fiber, struct instruction i) {
    (void)i;
    if (fiber->scope == 0) {
        run_stop(run, RUN_ERROR, run_span(run, fiber), "the program joins a scope that was never entered");
        return OP_STOPPED;
    }
    if (fiber_has_tasks(fiber, fiber->scope)) return await_tasks(run, fiber);
    fiber->scope--;
    return OP_CONTINUE;
}

/* The outermost unit returns: its tasks end first. */
enum op_outcome op_return_last(struct run *run, struct fiber *fiber, struct instruction i) {
    if (fiber->first_child) return await_tasks(run, fiber);
    if (i.op == OP_RETURN) fiber->result = value_retain(fiber_registers(fiber)[i.a]);
    fiber_pop(fiber);
    fiber->state = FIBER_DONE;
    return OP_CONTINUE;
}
