/* Runs one cell. Whatever happens, the scratch folder is gone and the record closed when it returns. */
#include "cli/cell_run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cell_label.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "stdlib/catalogue.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ---- signals: the first one stops and undoes, the second undoes at once ---- */
struct stop {
    struct run_session *session;
    struct run *run;
    struct loop_signal *interrupt, *terminate;
};

static void stop_arrived(void *data, int number) {
    struct stop *stop = data;
    if (stop->session->course->interrupted) {
        fputs("\naot: undoing at once\n", stderr);
        guard_finish_at_once(stop->session->course->guard);
        fflush(NULL);
        signal(number, SIG_DFL);
        raise(number);
    }
    stop->session->course->interrupted = true;
    stop->session->course->signal = number;
    fputs("\naot: stopping; what was started is being undone (once more: undo only)\n", stderr);
    run_interrupt(stop->run);
}

static void stop_watch(struct stop *stop) {
    stop->interrupt = loop_signal_start(run_loop(stop->run), SIGINT, stop_arrived, stop);
    stop->terminate = loop_signal_start(run_loop(stop->run), SIGTERM, stop_arrived, stop);
}

static void stop_unwatch(struct stop *stop) {
    loop_signal_stop(stop->interrupt);
    loop_signal_stop(stop->terminate);
}

/* ---- the record's head ---- */
static void number_meta(struct record *record, const char *key, int64_t number) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%lld", (long long)number);
    record_meta(record, key, buffer_text(&text));
    buffer_done(&text);
}

static void describe(struct run_session *session, struct record *record, struct text label) {
    const struct program *program = session->program;
    record_meta(record, "recipe", program->id);
    record_meta(record, "title", program->title);
    record_meta(record, "path", program->path);
    record_meta(record, "cell", label);
    record_meta(record, "run", buffer_text(&session->course->id));
    number_meta(record, "seed", (int64_t)session->course->seed);
    number_meta(record, "started", clock_wall());
    struct source *recipe = NULL;
    for (uint32_t i = 0; i < source_set_count(program->sources); i++) {
        struct source *source = source_set_get(program->sources, i);
        if (source->path[0] == '<' && strcmp(source->path, "<stdin>") != 0)
            continue; /* the signatures' own little sources */
        record_source(record, source->path, source->content, recipe ? "library" : "recipe");
        if (!recipe) recipe = source;
    }
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(session->course->options, "set", i)); i++) {
        if (inputs_is_secret(program, setting)) continue; /* not masked yet: it is a secret only once it was read */
        struct buffer key = { 0 };
        buffer_printf(&key, "set.%zu", i);
        record_meta(record, key.bytes, text_of(setting));
        buffer_done(&key);
    }
}

/* Where the run ended early, for the report. */
static void describe_end(struct run *run, struct record *record, struct source_set *sources) {
    struct span span = run_message_span(run);
    struct source *source = *run_message(run) ? source_set_get(sources, span.source) : NULL;
    if (!source || span.length == 0) return;
    struct place place = source_place(source, span.start);
    struct buffer text = { 0 };
    buffer_printf(&text, "%s:%u:%u", source->path, place.line, place.column);
    record_meta(record, "message_place", buffer_text(&text));
    record_meta(record, "message_line", text_trim(place.line_text));
    buffer_done(&text);
}

/* ---- one cell ---- */
struct cell_state {
    struct run_session *session;
    struct buffer label, folder, scratch, record_path;
    struct mask *mask;
    struct record *record;
    struct progress progress;
    uint32_t guarded_scratch;
};

static bool prepare(struct cell_state *state, const struct cell *cell, size_t number) {
    struct run_session *session = state->session;
    cell_label(session->program, &session->cells, cell, &state->label);
    buffer_printf(&state->folder, "%s/", session->course->folder.bytes);
    run_folder_cell(number, buffer_text(&state->label), &state->folder);
    if (!run_folder_make(state->folder.bytes)) return false;
    if (!session->course->record_path)
        buffer_printf(&state->record_path, "%s/run.aotrec", state->folder.bytes);
    else if (session->course->selected == 1)
        buffer_append_string(&state->record_path, session->course->record_path);
    else {
        if (!run_folder_make(session->course->record_path)) return false;
        buffer_printf(&state->record_path, "%s/", session->course->record_path);
        run_folder_cell(number, buffer_text(&state->label), &state->record_path);
        buffer_append_string(&state->record_path, ".aotrec");
    }
    run_folder_scratch(buffer_text(&session->course->id), number, &state->scratch);
    if (!session->course->keep) state->guarded_scratch = guard_folder(session->course->guard, state->scratch.bytes);
    if (!run_folder_make_scratch(state->scratch.bytes)) return false;
    state->mask = mask_new();
    char *error = NULL;
    state->record = record_create(state->record_path.bytes, state->mask, &error);
    if (!state->record) fprintf(stderr, "aot: %s: %s\n", state->record_path.bytes, error);
    memory_release(error);
    return state->record != NULL;
}

static void give_back(struct cell_state *state) {
    if (state->scratch.length && !state->session->course->keep) {
        if (run_folder_remove(state->scratch.bytes))
            guard_release(state->session->course->guard, state->guarded_scratch);
    } else if (state->scratch.length) {
        fprintf(stderr, "aot: kept: %s\n", state->scratch.bytes);
    }
    if (state->mask) mask_free(state->mask);
    buffer_done(&state->label);
    buffer_done(&state->folder);
    buffer_done(&state->scratch);
    buffer_done(&state->record_path);
}

static void print_report(struct cell_state *state) {
    char *error = NULL;
    struct record *record = record_open(state->record_path.bytes, &error);
    struct buffer out = { 0 };
    if (record) {
        report_text_cell(record, &state->session->course->style, &out);
        report_text_outcome(record, buffer_text(&state->record_path), &state->session->course->style, &out);
        record_close(record, NULL);
        fwrite(out.bytes, 1, out.length, stdout);
        fflush(stdout);
    } else {
        fprintf(stderr, "aot: %s: %s\n", state->record_path.bytes, error);
        memory_release(error);
    }
    buffer_done(&out);
}

enum outcome cell_run(struct run_session *session, size_t index, bool *environment, bool *not_built) {
    struct cell_state state = { .session = session };
    const struct cell *cell = session_cell(session, index);
    if (!prepare(&state, cell, session->first_number + index)) {
        *environment = true;
        give_back(&state);
        return OUTCOME_ERROR;
    }
    describe(session, state.record, buffer_text(&state.label));
    struct judge *judge = judge_new(session->program, state.record);
    judge_set_natives(judge, catalogue());
    struct buffer name = { 0 };
    buffer_append(&name, session->program->id);
    if (state.label.length) buffer_printf(&name, " [%s]", state.label.bytes);
    progress_begin(&state.progress, buffer_text(&name), session->course->quiet);
    struct run_options options = session_run_options(session);
    options.record = state.record;
    options.mask = state.mask;
    options.judge = judge_hooks(judge);
    options.watcher = progress_watcher(&state.progress);
    options.scratch_folder = state.scratch.bytes;
    options.log_folder = state.folder.bytes;
    options.cell = cell ? cell->values : NULL;

    int64_t began = clock_monotonic();
    struct run *run = run_new(&options);
    struct stop stop = { .session = session, .run = run };
    stop_watch(&stop);
    enum run_end end = run_execute(run);
    stop_unwatch(&stop);
    progress_end(&state.progress);
    struct buffer message = { 0 };
    enum outcome outcome = judge_outcome(judge, run, end, &message);
    size_t leaked = run_leaked(run);
    describe_end(run, state.record, session->program->sources);
    number_meta(state.record, "duration", (clock_monotonic() - began) / MILLISECOND * MILLISECOND);
    judge_free(judge);
    run_free(run);
    char *error = NULL;
    bool written = record_close(state.record, &error);
    if (written)
        print_report(&state);
    else
        fprintf(stderr, "aot: the record could not be written: %s\n", error);
    memory_release(error);
    if (leaked) fprintf(stderr, "aot: internal error: %zu values were still alive at the end of the run\n", leaked);
    *environment |= !written || leaked;
    *not_built |= end == RUN_NOT_BUILT;
    buffer_done(&message);
    buffer_done(&name);
    give_back(&state);
    return !written || leaked ? OUTCOME_ERROR : outcome;
}
