/* Units that natives ask for: each on a fiber of its own, which belongs to no stage's fiber. The call is named by the
 * fiber's id, so that one which the stage ended is simply not there any more. */
#include "vm/run_state.h"

static void ended(struct fiber *fiber, void *data) {
    unit_answer *answer = fiber->answer;
    struct value result = value_retain(fiber->result);
    fiber_free(fiber);
    answer(data, result);
    value_release(result);
}

struct unit_call unit_call_start(struct run *run, uint32_t unit, const struct value *arguments, int64_t deadline,
                                 unit_answer *answer, void *data) {
    struct fiber *fiber = fiber_new(run, unit, arguments, NULL);
    fiber->deadline = deadline;
    fiber->ended = ended;
    fiber->data = data;
    fiber->answer = answer;
    return (struct unit_call){ fiber->id };
}

void unit_call_cancel(struct run *run, struct unit_call call) {
    struct fiber *fiber = fiber_find(run, call.fiber);
    if (!fiber) return;
    fiber_cancel(fiber);
    fiber_free(fiber);
}
