/* The cells' results, summed up. */
#include "cli/results.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cell_label.h"
#include "cli/cell_place.h"
#include "cli/command.h"
#include "cli/kept_sets.h"
#include "cli/report_output.h"
#include "report/report_grid.h"

struct results results_of(const struct course *course) {
    struct results results = { .cells = memory_allocate((course->selected + 1) * sizeof *results.cells),
                               .began = clock_monotonic() };
    for (size_t r = 0; r < course->all.count; r++) {
        struct run_session *session = course->all.items[r];
        for (size_t i = 0; i < session->total; i++) {
            if (!session->chosen[i]) continue;
            results.cells[results.count++] = (struct cell_entry){ .session = session, .index = i };
        }
    }
    return results;
}

void results_done(struct results *results) {
    memory_release(results->cells);
}

static struct report_tally tally_of(const struct results *results) {
    struct report_tally tally = { .cells = results->count };
    for (size_t i = 0; i < results->count; i++) {
        if (results->cells[i].state != CELL_OVER) {
            tally.not_run++;
            continue;
        }
        switch (results->cells[i].result.outcome) {
        case OUTCOME_PASS: tally.pass++; break;
        case OUTCOME_FAIL: tally.fail++; break;
        case OUTCOME_INCONCLUSIVE: tally.inconclusive++; break;
        case OUTCOME_ERROR: tally.error++; break;
        }
    }
    return tally;
}

int results_status(const struct results *results) {
    struct report_tally tally = tally_of(results);
    bool environment = tally.error > 0;
    for (size_t i = 0; i < results->count; i++) environment |= results->cells[i].result.environment;
    if (tally.fail) return EXIT_STATUS_FAIL;
    if (environment) return EXIT_STATUS_ENVIRONMENT;
    return tally.inconclusive || tally.not_run || !tally.cells ? EXIT_STATUS_INCONCLUSIVE : EXIT_STATUS_PASS;
}

/* "  fail  [size=3MiB]": which cells to look at, when there were many. */
static void list_failed(const struct results *results, const struct course *course, struct buffer *out) {
    enum { MOST = 20 };
    size_t listed = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct cell_entry *entry = &results->cells[i];
        if (entry->state != CELL_OVER || entry->result.outcome == OUTCOME_PASS || listed++ >= MOST) continue;
        struct text outcome = text_of(outcome_name(entry->result.outcome));
        struct buffer label = { 0 };
        cell_label(entry->session->program, &entry->session->cells, session_cell(entry->session, entry->index), &label);
        buffer_append_string(out, "  ");
        style_append(&course->style, style_of_outcome(outcome), outcome, out);
        buffer_append_string(out, "  ");
        if (course->all.count > 1) buffer_printf(out, "%.*s ", TEXT_ARGS(entry->session->program->id));
        buffer_append_string(out, "[");
        style_append(&course->style, COLOUR_PLAIN, buffer_text(&label), out);
        buffer_append_string(out, "]\n");
        buffer_done(&label);
    }
    if (listed > MOST) buffer_printf(out, "  … and %zu more\n", listed - MOST);
}

/* ---- the grid ---- */
static void add_to_grid(struct report_grid *grid, const struct cell_entry *entry, struct arena *arena) {
    const struct run_session *session = entry->session;
    const struct cell *cell = session_cell(session, entry->index);
    struct text *values = ARENA_ARRAY(arena, struct text, grid->axis_count);
    for (uint32_t i = 0; i < session->program->axis_count; i++) {
        struct buffer value = { 0 };
        cell_axis_value(&session->cells, cell, i, &value);
        values[i] = arena_copy(arena, buffer_text(&value));
        buffer_done(&value);
    }
    enum report_outcome outcome = REPORT_NOT_RUN;
    if (entry->state == CELL_OVER) outcome = report_outcome_of(text_of(outcome_name(entry->result.outcome)));
    VECTOR_PUSH(&grid->cells, (struct grid_cell){ values, outcome });
}

static void print_grid(const struct results *results, const struct course *course, const struct run_session *session,
                       struct buffer *out) {
    const struct program *program = session->program;
    if (session->selected < 2 || !session->cells.count) return;
    struct arena *arena = arena_new();
    struct text *names = ARENA_ARRAY(arena, struct text, program->axis_count);
    for (uint32_t i = 0; i < program->axis_count; i++) names[i] = program->axes[i].name;
    struct report_grid grid = { .title = program->id, .names = names, .axis_count = program->axis_count };
    for (size_t i = 0; i < results->count; i++)
        if (results->cells[i].session == session) add_to_grid(&grid, &results->cells[i], arena);
    report_grid(&grid, &course->style, out);
    VECTOR_DONE(&grid.cells);
    arena_free(arena);
}

/* ---- for machines ---- */
struct text results_why_not_run(const struct course *course) {
    if (course->interrupted) return TEXT("the run was interrupted before");
    if (course->failed_fast) return TEXT("another cell had failed before (--fail-fast)");
    return TEXT("the time of --timeout was over before");
}

static const struct report_axis *axes_of(const struct cell_entry *entry, struct arena *arena, size_t *count) {
    const struct run_session *session = entry->session;
    const struct cell *cell = session_cell(session, entry->index);
    *count = cell ? session->program->axis_count : 0;
    struct report_axis *axes = ARENA_ARRAY(arena, struct report_axis, *count + 1);
    for (uint32_t i = 0; i < *count; i++) {
        struct buffer value = { 0 };
        cell_axis_value(&session->cells, cell, i, &value);
        axes[i] = (struct report_axis){ session->program->axes[i].name, arena_copy(arena, buffer_text(&value)) };
        buffer_done(&value);
    }
    return axes;
}

static struct report_entry entry_of(const struct cell_entry *entry, const struct course *course, struct arena *arena) {
    struct cell_place place;
    cell_place_find(&place, entry->session, entry->index);
    const struct program *program = entry->session->program;
    struct report_entry report = { .recipe = program->id,
                                   .path = program->path,
                                   .cell = arena_copy(arena, buffer_text(&place.label)),
                                   .narrowed = buffer_text(&course->narrowed),
                                   .why = results_why_not_run(course) };
    report.axes = axes_of(entry, arena, &report.axis_count);
    if (entry->state == CELL_OVER) {
        report.record = arena_copy(arena, buffer_text(&place.record)).bytes;
        report.why = TEXT_NONE;
    }
    cell_place_done(&place);
    return report;
}

static struct report_entry skipped_entry(const struct run_session *session, struct arena *arena) {
    return (struct report_entry){ .recipe = session->program->id,
                                  .path = session->program->path,
                                  .narrowed = buffer_text(&session->course->narrowed),
                                  .why = arena_printf(arena, "it needs %s", session->missing.bytes),
                                  .skipped = true };
}

bool results_report(const struct results *results, const struct course *course) {
    if (!option_given(course->options, "report")) return true;
    struct arena *arena = arena_new();
    size_t count = 0;
    struct report_entry *entries = ARENA_ARRAY(arena, struct report_entry, results->count + course->skipped.count + 1);
    for (size_t i = 0; i < results->count; i++) entries[count++] = entry_of(&results->cells[i], course, arena);
    for (size_t i = 0; i < course->skipped.count; i++)
        entries[count++] = skipped_entry(course->skipped.items[i], arena);
    struct buffer settings = { 0 };
    kept_sets_write(course, &settings);
    struct report_run run = { .entries = entries,
                              .count = count,
                              .took = results->took,
                              .narrowed = buffer_text(&course->narrowed),
                              .settings = buffer_text(&settings) };
    bool written = report_outputs_write(course->options, &run);
    buffer_done(&settings);
    arena_free(arena);
    return written;
}

void results_print(const struct results *results, const struct course *course, struct buffer *out) {
    if (results->count < 2) return;
    struct report_tally tally = tally_of(results);
    for (size_t i = 0; i < course->all.count; i++) print_grid(results, course, course->all.items[i], out);
    report_text_tally(&tally, results->took, &course->style, out);
    list_failed(results, course, out);
}
