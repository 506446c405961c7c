/* Counts what a verdict rests on, for its explanation: one more pass over the window of a finding, made once a claim. */
#include "judge/tally.h"

#include "judge/sites.h"

const struct node *tally_node(const struct judgement *judgement, const struct trace *trace) {
    for (size_t i = 0; trace && i < judgement->node_count; i++)
        if (judgement->nodes[i].condition == trace || judgement->nodes[i].ending == trace) return &judgement->nodes[i];
    return NULL;
}

static void count(struct tally *tally, const struct judgement *judgement, struct walk walk) {
    double worst = 0, excess;
    for (size_t i = walk_first(&walk); i < walk.stop; i = walk_next(&walk, i)) {
        enum truth truth = truth_under(tally->never, walk.trace->truth[i]);
        tally->elements++;
        tally->latest = i;
        if (truth == TRUTH_TRUE || truth == TRUTH_NO_DATA) continue;
        if (tally->violations++ == 0) tally->first = i;
        if (truth == TRUTH_ERROR) tally->errors++;
        tally->last = i;
        if (!sites_excess(judgement, walk.trace, i, tally->never, &excess)) continue;
        if (tally->worst == NO_ELEMENT || excess > worst) {
            tally->worst = i;
            worst = excess;
        }
    }
}

static void count_stalls(struct tally *tally, const struct world *world, struct stretch window) {
    for (size_t i = 0; i < world->stall_count; i++) {
        const struct stall *stall = &world->stalls[i];
        if (stall->at > window.to || time_add(stall->at, stall->length) < window.from) continue;
        tally->stalls++;
        if (!tally->stall || stall->length > tally->stall->length) tally->stall = stall;
    }
}

struct tally tally_make(const struct judgement *judgement) {
    const struct finding *finding = &judgement->finding;
    struct tally tally = {
        .trace = finding->trace, .first = NO_ELEMENT, .last = NO_ELEMENT, .worst = NO_ELEMENT, .latest = NO_ELEMENT
    };
    if (!tally.trace) return tally;
    const struct node *node = tally_node(judgement, tally.trace);
    tally.never = node && node->kind == NODE_NEVER;
    count(&tally, judgement, walk_over(tally.trace, finding->window, finding->membership));
    if (!tally.trace->events) tally.idle = trace_longest_idle(tally.trace, finding->window);
    count_stalls(&tally, judgement->world, finding->window);
    return tally;
}
