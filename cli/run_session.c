/* A recipe from its file to the cells that run. Owns program, inputs and cells. */
#include "cli/run_session.h"

#include "base/memory.h"
#include "cli/cell_label.h"
#include "cli/command.h"
#include "cli/needs.h"
#include "cli/selection.h"
#include "stdlib/catalogue.h"

#include <stdio.h>

struct run_options session_run_options(struct run_session *session) {
    return (struct run_options){
        .program = session->program,
        .natives = catalogue(),
        .functions = session->course->functions,
        .guard = session->course->guard,
        .clock = LOOP_REAL,
        .seed = session->course->seed,
        .keep_scratch = session->course->keep,
        .backend = settings_backend(&session->settings),
        .allowed_targets = session->course->allowed_targets.items,
        .allowed_target_count = session->course->allowed_targets.count,
        .input = inputs_value,
        .input_data = &session->inputs,
        .releases = session->settings.releases,
        .release_count = session->settings.release_count,
        .limit = settings_limit(&session->settings),
    };
}

const struct cell *session_cell(const struct run_session *session, size_t index) {
    return session->cells.count ? &session->cells.cells[index] : NULL;
}

int session_open(struct run_session *session, struct course *course, const char *path) {
    *session = (struct run_session){ .course = course, .inputs = { &session->settings, NULL, { 0 } } };
    if (!settings_open(&session->settings, course->options, path)) return EXIT_STATUS_USAGE;
    session->compiled = compile_file(path, false);
    if (!session->compiled.readable) return EXIT_STATUS_USAGE;
    size_t errors = compiled_print(&session->compiled);
    if (session->compiled.compilation.is_library && !errors) {
        fprintf(stderr, "aot: %s is a library: it has no `recipe` line, so there is nothing to run\n", path);
        return EXIT_STATUS_USAGE;
    }
    session->program = session->compiled.compilation.program;
    if (!session->program || errors) return EXIT_STATUS_USAGE;
    struct buffer reason = { 0 };
    bool verified = program_verify(session->program, catalogue(), &reason);
    if (!verified) fprintf(stderr, "aot: internal error: the compiled program does not verify: %s\n", reason.bytes);
    buffer_done(&reason);
    if (!verified) return EXIT_STATUS_INTERNAL;
    session->inputs.program = session->program;
    return inputs_check(&session->inputs) ? 0 : EXIT_STATUS_USAGE;
}

bool session_is_skipped(const struct run_session *session) {
    struct buffer missing = { 0 };
    bool met = needs_are_met(session->program, &missing);
    if (!met)
        printf("skipped  %.*s  it needs %s, and PATH has no such program\n", TEXT_ARGS(session->program->id),
               missing.bytes);
    buffer_done(&missing);
    return !met;
}

int session_expand(struct run_session *session) {
    session->heap = heap_new(0);
    struct run_options options = session_run_options(session);
    session->cells = cells_expand(&options, session->heap);
    const struct cell_list *cells = &session->cells;
    if (cells->error) {
        struct source *source = source_set_get(session->program->sources, cells->error_span.source);
        struct place place = source_place(source, cells->error_span.start);
        fprintf(stderr, "aot: %s:%u:%u: %s\n", source->path, place.line, place.column, cells->error);
        return EXIT_STATUS_USAGE;
    }
    if (session->program->axis_count && cells->count == 0) {
        fputs("aot: the matrix has no cell: nothing was selected\n", stderr);
        return EXIT_STATUS_INCONCLUSIVE;
    }
    session->total = cells->count ? cells->count : 1;
    session->chosen = memory_allocate(session->total * sizeof *session->chosen);
    return selection_make(session);
}

void session_close(struct run_session *session) {
    if (session->heap) {
        cells_free(&session->cells, session->program->axis_count);
        if (heap_free(session->heap)) fputs("aot: internal error: values of the matrix were still alive\n", stderr);
    }
    memory_release(session->chosen);
    buffer_done(&session->inputs.found);
    settings_close(&session->settings);
    compiled_done(&session->compiled);
}

void session_list(const struct run_session *session) {
    for (size_t i = 0; i < session->cells.count; i++) {
        struct buffer label = { 0 };
        cell_label(session->program, &session->cells, &session->cells.cells[i], &label);
        struct buffer line = { 0 };
        buffer_printf(&line, "%3zu  ", i + 1);
        style_append(&session->course->style, COLOUR_PLAIN, buffer_text(&label), &line);
        if (session->chosen[i]) puts(line.bytes);
        buffer_done(&line);
        buffer_done(&label);
    }
    if (session->cells.count == 0) puts("  1  (no matrix)");
}
