/* The rules of evidence that need more than one trace: stalls, starved loads, idle faults, cut scopes, `allow empty`.
 * A definite failure stands whatever they say. */
#include "judge/evidence.h"

#include <string.h>

const char *reason_name(enum reason reason) {
    switch (reason) {
    case REASON_NONE: return "";
    case REASON_UNREACHED: return "unreached";
    case REASON_CUT: return "cut";
    case REASON_SHORT: return "short";
    case REASON_NO_SAMPLES: return "no samples";
    case REASON_NO_DATA: return "no data";
    case REASON_GAP: return "gap";
    case REASON_STALLED: return "stalled";
    case REASON_ALREADY_TRUE: return "already true";
    case REASON_VACUOUS: return "vacuous";
    case REASON_IDLE_FAULT: return "idle fault";
    case REASON_STARVED: return "starved";
    }
    return "";
}

const struct stall *world_stall(const struct world *world, int64_t from, int64_t to) {
    for (size_t i = 0; i < world->stall_count; i++) {
        const struct stall *stall = &world->stalls[i];
        if (stall->at <= to && time_add(stall->at, stall->length) >= from) return stall;
    }
    return NULL;
}

/* ---- weighing ---- */

static void see_if_starved(void *data, const struct trace *trace) {
    const struct trace **starved = data;
    if (trace->starved && !*starved) *starved = trace;
}

static struct ruling inconclusive(enum reason reason) {
    return (struct ruling){ .outcome = OUTCOME_INCONCLUSIVE, .reason = reason };
}

/* What never came, or always was, may have been missed or have had no occasion. */
static struct ruling weigh_evidence(const struct finding *finding, const struct node *node, const struct extent *extent,
                                    const struct world *world, const struct idle_faults *faults) {
    const struct trace *starved = NULL;
    if (node) formula_each_trace(node, see_if_starved, &starved);
    /* An event may be noted late by as long as aot was frozen: at the window's end that is too late. */
    const struct trace *trace = finding->trace;
    bool rests_on_absence = finding->by_absence || finding->element == NO_ELEMENT;
    const struct stall *stall =
        trace && trace->events && rests_on_absence ? world_stall(world, finding->window.to, finding->window.to) : NULL;
    struct ruling ruling = { .outcome = finding->state == STATE_PASS ? OUTCOME_PASS : OUTCOME_FAIL };
    const struct idle_fault *fault = idle_fault_over(faults, extent);
    if (!fault) fault = extent->rests_on;
    if (fault) {
        ruling = inconclusive(REASON_IDLE_FAULT);
        ruling.idle_fault = text_of(fault->outcome);
    } else if (starved) {
        ruling = inconclusive(REASON_STARVED);
        ruling.trace = starved;
    } else if (stall) {
        ruling = inconclusive(REASON_STALLED);
        ruling.stall = stall;
    }
    return ruling;
}

static struct ruling weigh(const struct finding *finding, const struct node *node, const struct extent *extent,
                           const struct world *world, const struct idle_faults *faults) {
    if (finding->state == STATE_FAIL && !finding->by_absence) return (struct ruling){ .outcome = OUTCOME_FAIL };
    if (finding->state == STATE_PASS || finding->state == STATE_FAIL)
        return weigh_evidence(finding, node, extent, world, faults);
    if (finding->state != STATE_INCONCLUSIVE) return inconclusive(REASON_CUT); /* still open where the scope ended */
    struct ruling ruling = inconclusive(finding->reason);
    if (finding->reason != REASON_GAP) return ruling;
    ruling.stall = world_stall(world, finding->gap.from, finding->gap.to);
    if (ruling.stall) ruling.reason = REASON_STALLED;
    return ruling;
}

struct ruling evidence_weigh(const struct finding *finding, const struct node *node, const struct extent *extent,
                             const struct world *world, const struct idle_faults *faults, bool allow_empty) {
    struct ruling ruling;
    if (extent->is_error)
        ruling = (struct ruling){ .outcome = OUTCOME_FAIL };
    else if (extent->is_unreached)
        ruling = inconclusive(REASON_UNREACHED);
    else if (extent->is_backwards || extent->bound)
        ruling = inconclusive(REASON_SHORT);
    else
        ruling = weigh(finding, node, extent, world, faults);
    bool is_empty =
        ruling.reason == REASON_NO_SAMPLES || ruling.reason == REASON_VACUOUS || ruling.reason == REASON_UNREACHED;
    if (allow_empty && ruling.outcome == OUTCOME_INCONCLUSIVE && is_empty) {
        ruling.outcome = OUTCOME_PASS;
        ruling.is_allowed = true;
    }
    return ruling;
}
