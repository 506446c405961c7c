/* The judge beside a run: what the machine tells becomes a world and a case. The only file of judge/ that asks a run. */
#include "judge/case.h"

#include "vm/native_call.h"

static struct value global_of(const void *data, uint32_t index) {
    return run_global(data, index);
}

static struct world world_of(const struct judge *judge, const struct run *run) {
    struct world world = judge_world(judge);
    world.started = run_started(run);
    world.ended = run_ended(run);
    world.was_cut = run_was_cut(run);
    world.global = global_of;
    world.data = run;
    world.stall_count = run_stalls(run, &world.stalls);
    return world;
}

static void on_claim(void *data, struct run *run, uint32_t claim, const struct value *registers) {
    struct world world = world_of(data, run);
    world.mask = run_mask(run);
    judge_claim(data, &world, claim, registers);
}

static void on_skip(void *data, struct run *run, uint32_t claim, struct value reason) {
    (void)run;
    judge_skip(data, claim, reason);
}

struct run_judge judge_hooks(struct judge *judge) {
    return (struct run_judge){ judge, on_claim, on_skip };
}

enum outcome judge_outcome(struct judge *judge, struct run *run, enum run_end end, struct buffer *message) {
    return judge_sum(judge, end, text_of(run_message(run)), message);
}
