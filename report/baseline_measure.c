/* The figures of one cell, from its record: each load in each phase. */
#include "report/baseline.h"

#include "base/clock.h"
#include "base/histogram.h"
#include "base/memory.h"
#include "record/record.h"

#include <stdlib.h>

struct span_of_time {
    struct text name;
    int64_t start, end;
};
struct load {
    struct text name;
    uint32_t id;
};
struct figures {
    struct span_of_time phase;
    struct baseline_row row;
    struct histogram *latencies;
    int64_t last_end;
};
struct measuring {
    struct baseline *baseline;
    struct VECTOR(struct span_of_time) phases;
    struct VECTOR(struct load) loads;
    struct buffer versions, inputs;
    struct figures *figures; /* of the load at hand, one for each phase */
};

/* ---- the conditions ---- */
static bool take_input(void *data, struct text key, struct text value) {
    struct measuring *measuring = data;
    if (!text_starts(key, TEXT("set."))) return true;
    if (measuring->inputs.length) buffer_append_string(&measuring->inputs, ", ");
    buffer_append(&measuring->inputs, value);
    return true;
}

/* "postgres 15.18 on 127.0.0.1:4711" is the same server wherever it listens. */
static bool take_version(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                         struct text outcome) {
    struct measuring *measuring = data;
    (void)kind, (void)subject, (void)start, (void)end;
    size_t place = text_find(outcome, TEXT(" on "));
    if (place == SIZE_MAX) return true; /* it did not start */
    if (measuring->versions.length) buffer_append_string(&measuring->versions, ", ");
    buffer_append(&measuring->versions, text_slice(outcome, 0, place));
    return true;
}

/* ---- phases and loads ---- */
static bool take_phase(void *data, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                       struct text outer) {
    struct measuring *measuring = data;
    (void)outer;
    if (reached && !cut)
        VECTOR_PUSH(&measuring->phases,
                    (struct span_of_time){ arena_copy(measuring->baseline->arena, name), start, end });
    return true;
}

/* A load is a sampler whose samples are events. */
static bool take_load(void *data, const struct stream_row *stream) {
    struct measuring *measuring = data;
    if (!stream->sampler || !text_is(stream->kind, "events")) return true;
    VECTOR_PUSH(&measuring->loads, (struct load){ arena_copy(measuring->baseline->arena, stream->name), stream->id });
    if (measuring->phases.count == 0)
        VECTOR_PUSH(&measuring->phases, (struct span_of_time){ TEXT("run"), INT64_MIN, INT64_MAX });
    return true;
}

static void add(struct figures *figures, int64_t begun, int64_t end) {
    struct baseline_row *row = &figures->row;
    int64_t latency = end - begun;
    bool has_last = row->passes++ || figures->phase.start != INT64_MIN; /* without a phase the first has none */
    if (has_last && end - figures->last_end > row->gap) row->gap = end - figures->last_end;
    if (end > figures->last_end) figures->last_end = end;
    if (latency > row->most) row->most = latency;
    histogram_add(figures->latencies, latency);
}

static bool take_sample(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    struct measuring *measuring = data;
    (void)value;
    int64_t begun = intended != INT64_MIN ? intended : start;
    for (size_t i = 0; i < measuring->phases.count; i++) {
        const struct span_of_time *phase = &measuring->figures[i].phase;
        if (begun >= phase->start && begun < phase->end) add(&measuring->figures[i], begun, end);
    }
    return true;
}

static void finish(struct figures *figures, struct baseline_cell *cell) {
    struct baseline_row *row = &figures->row;
    int64_t phase_end = figures->phase.end;
    if (phase_end != INT64_MAX && phase_end - figures->last_end > row->gap) row->gap = phase_end - figures->last_end;
    if (row->passes) {
        row->p50 = histogram_quantile(figures->latencies, 0.5);
        row->p99 = histogram_quantile(figures->latencies, 0.99);
        VECTOR_PUSH(&cell->rows, *row);
    }
    histogram_free(figures->latencies);
}

static void measure_load(struct measuring *measuring, struct record *record, const struct load *load,
                         struct baseline_cell *cell) {
    size_t count = measuring->phases.count;
    measuring->figures = memory_allocate(count * sizeof *measuring->figures);
    for (size_t i = 0; i < count; i++) {
        struct span_of_time phase = measuring->phases.items[i];
        measuring->figures[i] = (struct figures){ .phase = phase,
                                                  .row = { .load = load->name, .phase = phase.name },
                                                  .latencies = histogram_new(),
                                                  .last_end = phase.start };
    }
    record_each_sample(record, load->id, take_sample, measuring);
    for (size_t i = 0; i < count; i++) finish(&measuring->figures[i], cell);
    memory_release(measuring->figures);
}

/* ---- the whole ---- */
static struct text name_of(struct record *record, struct arena *arena) {
    struct text recipe = record_meta_text(record, "recipe", arena), cell = record_meta_text(record, "cell", arena);
    return cell.length ? arena_printf(arena, "%.*s [%.*s]", TEXT_ARGS(recipe), TEXT_ARGS(cell)) : recipe;
}

static void measure_cell(struct baseline *baseline, struct record *record, struct text machine) {
    struct measuring measuring = { .baseline = baseline };
    struct arena *arena = baseline->arena;
    record_each_phase(record, take_phase, &measuring);
    record_each_stream(record, take_load, &measuring);
    record_each_meta(record, take_input, &measuring);
    record_each_effect_of(record, "postgres", take_version, &measuring);
    struct buffer made = { 0 };
    wall_print(&made, strtoll(record_meta_text(record, "started", arena).bytes, NULL, 10));
    struct baseline_cell cell = { .name = name_of(record, arena),
                                  .made = arena_copy(arena, buffer_text(&made)),
                                  .machine = machine,
                                  .versions = arena_copy(arena, buffer_text(&measuring.versions)),
                                  .inputs = arena_copy(arena, buffer_text(&measuring.inputs)) };
    for (size_t i = 0; i < measuring.loads.count; i++)
        measure_load(&measuring, record, &measuring.loads.items[i], &cell);
    if (cell.rows.count) VECTOR_PUSH(&baseline->cells, cell);
    buffer_done(&made);
    buffer_done(&measuring.versions);
    buffer_done(&measuring.inputs);
    VECTOR_DONE(&measuring.phases);
    VECTOR_DONE(&measuring.loads);
}

bool baseline_measure(struct baseline *baseline, const char *path, struct text machine, struct buffer *reason) {
    char *error = NULL;
    struct record *record = record_open(path, &error);
    if (!record) {
        buffer_append_string(reason, error);
        memory_release(error);
        return false;
    }
    if (text_is(record_meta_text(record, "end", baseline->arena), "complete")) measure_cell(baseline, record, machine);
    bool good = !record_reading_error(record);
    if (!good) buffer_append_string(reason, record_reading_error(record));
    record_close(record, NULL);
    return good;
}
