/* A recipe from its file to the cells that run. Owns program, inputs and cells. */
#include "cli/run_session.h"

#include "base/memory.h"
#include "cli/command.h"
#include "cli/needs.h"
#include "cli/rule_filter.h"
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
        .seed = session->course->choice.seed,
        .keep_scratch = session->course->keep,
        .backend = settings_backend(&session->settings),
        .allowed_targets = session->settings.allowed_targets,
        .allowed_target_count = session->settings.allowed_target_count,
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

int session_open(struct run_session *session, struct course *course, const char *path, bool is_of_folder) {
    *session = (struct run_session){ .course = course, .inputs = { .settings = &session->settings } };
    if (!settings_open(&session->settings, course->options, path)) return EXIT_STATUS_USAGE;
    session->compiled = compile_file(path, false);
    if (!session->compiled.readable) return EXIT_STATUS_USAGE;
    size_t errors = compiled_print_errors(&session->compiled, path);
    if (session->compiled.compilation.is_library && !errors && is_of_folder) return SESSION_IS_LIBRARY;
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
    session->inputs.is_one_of_several = course->several;
    return 0;
}

int session_check_inputs(struct run_session *session) {
    return inputs_check(&session->inputs) ? 0 : EXIT_STATUS_USAGE;
}

bool session_is_skipped(struct run_session *session) {
    return !needs_are_met(session->program, &session->missing);
}

uint64_t session_seed(const struct run_session *session, const struct buffer *label) {
    uint64_t seed = session->course->choice.seed;
    if (!label->length) return seed;
    uint64_t mixed = (seed ^ text_hash(buffer_text(label))) * 0x9E3779B97F4A7C15u;
    return (mixed ^ mixed >> 29) & INT64_MAX;
}

/* ---- --tag and --rule ---- */
static bool has_tag(const struct program *program, const struct options *options) {
    const char *tag;
    for (size_t i = 0; (tag = option_value_at(options, "tag", i)); i++)
        for (uint32_t k = 0; k < program->tag_count; k++)
            if (text_is(program->tags[k], tag)) return true;
    return !option_given(options, "tag");
}

bool session_is_asked_for(struct run_session *session) {
    const struct program *program = session->program;
    const struct options *options = session->course->options;
    if (!has_tag(program, options)) return false;
    if (!option_given(options, "rule")) return true;
    struct buffer rules = { 0 };
    const char *rule;
    for (size_t i = 0; (rule = option_value_at(options, "rule", i)); i++)
        buffer_printf(&rules, "%s%s", i ? ", " : "", rule);
    bool any;
    session->passed_over = rule_filter_make(program, buffer_text(&rules), &any);
    buffer_done(&rules);
    return any;
}

int session_expand(struct run_session *session) {
    session->heap = heap_new(0);
    struct run_options options = session_run_options(session);
    options.mask = session->course->secrets; /* defaults of secrets are computed here */
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
    memory_release(session->passed_over);
    buffer_done(&session->missing);
    buffer_done(&session->inputs.found);
    settings_close(&session->settings);
    compiled_done(&session->compiled);
}
