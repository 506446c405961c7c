/* Series to traces: one byte an element, times shared. The only place where the monitors' arrays meet values. */
#include "judge/operand.h"

#include "base/memory.h"

enum truth truth_of(struct value value) {
    if (value.kind == VALUE_BOOL) return value.boolean ? TRUTH_TRUE : TRUTH_FALSE;
    return value.kind == VALUE_NO_DATA ? TRUTH_NO_DATA : TRUTH_ERROR;
}

/* Only what is longer than a gap may be takes a probe's life away. */
static void read_stalls(struct operand *operand, const struct stall *stalls, size_t count) {
    struct trace *trace = &operand->trace;
    if (trace->gap_limit <= 0 || count == 0) return;
    operand->frozen = memory_allocate(count * sizeof *operand->frozen);
    for (size_t i = 0; i < count; i++) {
        if (stalls[i].length <= trace->gap_limit) continue;
        operand->frozen[trace->frozen_count++] =
            (struct idle){ stalls[i].at, time_add(stalls[i].at, stalls[i].length) };
    }
    trace->frozen = operand->frozen;
}

struct operand operand_read(struct value value, const struct stall *stalls, size_t stall_count) {
    struct operand operand = { .series = value_as_series(value) };
    if (operand.series.kind != VALUE_SERIES) return operand;
    const struct series *series = series_of(operand.series);
    const struct provenance *origin = &series->provenance;
    size_t count = series->timing->count;
    operand.truth = memory_resize(NULL, count);
    for (size_t i = 0; i < count; i++) operand.truth[i] = (uint8_t)truth_of(series->values[i]);
    operand.trace = (struct trace){ .start = series->timing->start,
                                    .end = series->timing->end,
                                    .truth = operand.truth,
                                    .count = count,
                                    .events = series->kind == SERIES_EVENTS,
                                    .observer = origin->observer && !origin->sampler,
                                    .starved = origin->starved,
                                    .alive_from = origin->alive_from,
                                    .alive_to = origin->alive_to };
    if (origin->unwatched) {
        operand.trace.unwatched_from = origin->unwatched->start;
        operand.trace.unwatched_to = origin->unwatched->end;
        operand.trace.unwatched_count = origin->unwatched->count;
    }
    if (!operand.trace.events) operand.trace.gap_limit = origin->every > INT64_MAX / 3 ? INT64_MAX : 3 * origin->every;
    read_stalls(&operand, stalls, stall_count);
    trace_prepare(&operand.trace);
    return operand;
}

void operand_done(struct operand *operand) {
    value_release(operand->series);
    memory_release(operand->truth);
    memory_release(operand->frozen);
    *operand = (struct operand){ 0 };
}

bool operand_is_series(const struct operand *operand) {
    return operand->series.kind == VALUE_SERIES;
}

struct text operand_message(const struct operand *operand, size_t element) {
    struct value value = operand->series;
    if (operand_is_series(operand)) {
        if (element >= operand->trace.count) return TEXT_NONE;
        value = series_of(operand->series)->values[element];
    }
    return value_is_bad(value) ? value_text_of(value) : TEXT_NONE;
}
