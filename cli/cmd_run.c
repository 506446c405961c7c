/* aot run: compiles a recipe, chooses its cells, runs them one after the other, and answers with its exit status. */
#include "base/clock.h"
#include "cli/cell_run.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/natives.h"
#include "cli/needs.h"
#include "cli/run_folder.h"
#include "stdlib/catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "matrix", 'm', NULL, "run every cell of the matrix, not only the first" },
    { "cell", 'c', "AXIS=VALUE", "run the cells with this value (repeat for more axes)" },
    { "set", 's', "INPUT=VALUE", "give an input a value (repeatable)" },
    { "list", 'l', NULL, "print the cells and end" },
    { "record", 0, "PATH", "where the record goes: a file, or a folder for several cells" },
    { "seed", 0, "NUMBER", "for everything random; printed and recorded" },
    { "keep", 'k', NULL, "leave the scratch world for a look, and say where" },
    { "allow-skip", 0, NULL, "a recipe whose `needs` are not there counts as passed (0, else 3)" },
    { "keep-runs", 0, "COUNT", "runs that stay under .aot/runs (20)" },
    { "quiet", 'q', NULL, "print only what did not pass" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static bool read_count(const char *text, const char *option, uint64_t *value) {
    char *end = NULL;
    errno = 0;
    *value = text ? strtoull(text, &end, 10) : 0;
    if (!text || (*text >= '0' && *text <= '9' && *end == 0 && errno == 0)) return true;
    fprintf(stderr, "aot: --%s %s: a whole number is wanted\n", option, text);
    return false;
}

static bool read_seed(const struct options *options, uint64_t *seed) {
    const char *given = option_value(options, "seed");
    if (given) return read_count(given, "seed", seed);
    if (getrandom(seed, sizeof *seed, 0) != (ssize_t)sizeof *seed) *seed = (uint64_t)clock_wall();
    *seed %= 1000000; /* short enough to be typed again */
    return true;
}

static size_t terminal_width(void) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
        return size.ws_col < 160 ? size.ws_col : 160;
    return 110;
}

/* Whether the cell's value of the axis is what was written after `=`: its whole text, or a file's last part. */
static bool value_is(struct value value, struct text wanted) {
    struct buffer shown = { 0 };
    value_plain(value, &shown);
    struct text text = buffer_text(&shown);
    if (text_is(wanted, "\"\"")) wanted = TEXT_NONE;
    bool equal = text_equal(text, wanted) || (wanted.length && text_ends(text, wanted) && text.length > wanted.length &&
                                              text.bytes[text.length - wanted.length - 1] == '/');
    buffer_done(&shown);
    return equal;
}

/* -1: a mistake, printed; 0: not selected; 1: selected. */
static int is_selected(const struct run_session *session, const struct cell *cell) {
    const char *choice;
    for (size_t i = 0; (choice = option_value_at(session->options, "cell", i)); i++) {
        const char *equals = strchr(choice, '=');
        struct text axis = { choice, equals ? (size_t)(equals - choice) : 0 };
        uint32_t index = 0;
        while (index < session->program->axis_count && !text_equal(session->program->axes[index].name, axis)) index++;
        if (!equals || index == session->program->axis_count) {
            fprintf(stderr, "aot: --cell %s: write --cell axis=value; the axes are:", choice);
            for (uint32_t k = 0; k < session->program->axis_count; k++)
                fprintf(stderr, " %.*s", TEXT_ARGS(session->program->axes[k].name));
            fputc('\n', stderr);
            return -1;
        }
        if (!value_is(cell->values[index], text_of(equals + 1))) return 0;
    }
    return 1;
}

static bool is_among(struct value value, const struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (value_equal(values[i], value)) return true;
    return false;
}

/* "no cell has these values: the cells' size are 1, 2", ten of them at most */
static void explain_none(const struct run_session *session, const struct cell_list *cells) {
    const char *choice;
    fputs("aot: no cell has these values", stderr);
    for (size_t i = 0; (choice = option_value_at(session->options, "cell", i)); i++) {
        struct text axis = { choice, strcspn(choice, "=") };
        uint32_t index = 0;
        while (!text_equal(session->program->axes[index].name, axis)) index++;
        fprintf(stderr, "%s the cells' %.*s are", i ? ";" : ":", TEXT_ARGS(axis));
        struct value said[10];
        for (size_t k = 0, count = 0; k < cells->count && count < 10; k++) {
            struct value value = cells->cells[k].values[index];
            if (is_among(value, said, count)) continue;
            struct buffer shown = { 0 };
            value_plain(value, &shown);
            fprintf(stderr, "%s %.*s", count ? "," : "", TEXT_ARGS(buffer_text(&shown)));
            buffer_done(&shown);
            said[count++] = value;
        }
    }
    fputs(" (aot run --list shows all)\n", stderr);
}

/* Marks the cells to run. False on a mistake. */
static bool select_cells(struct run_session *session, const struct cell_list *cells, bool *chosen) {
    bool all = option_given(session->options, "matrix") || option_given(session->options, "cell") ||
               option_given(session->options, "list");
    for (size_t i = 0; i < cells->count; i++) {
        int selected = is_selected(session, &cells->cells[i]);
        if (selected < 0) return false;
        chosen[i] = selected && (all || session->selected == 0);
        session->selected += chosen[i];
    }
    return true;
}

static int status_of(enum outcome worst, const struct report_tally *tally, bool environment) {
    if (tally->cells == 0) return EXIT_STATUS_INCONCLUSIVE;
    if (tally->fail) return EXIT_STATUS_FAIL;
    if (environment || worst == OUTCOME_ERROR) return EXIT_STATUS_ENVIRONMENT;
    return worst == OUTCOME_INCONCLUSIVE ? EXIT_STATUS_INCONCLUSIVE : EXIT_STATUS_PASS;
}

static void count(struct report_tally *tally, enum outcome outcome) {
    tally->cells++;
    tally->pass += outcome == OUTCOME_PASS;
    tally->fail += outcome == OUTCOME_FAIL;
    tally->inconclusive += outcome == OUTCOME_INCONCLUSIVE;
    tally->error += outcome == OUTCOME_ERROR;
}

/* "  fail  [size=3MiB]": which cells to look at, when there were many. */
static void list_failed(const struct run_session *session, const struct cell_list *cells, const enum outcome *outcomes,
                        struct buffer *out) {
    enum { MOST = 20 };
    size_t listed = 0;
    for (size_t i = 0; i < cells->count; i++) {
        if (outcomes[i] == OUTCOME_PASS || listed++ >= MOST) continue;
        struct text outcome = text_of(outcome_name(outcomes[i]));
        struct buffer label = { 0 };
        cell_label(session->program, cells, &cells->cells[i], &label);
        buffer_append_string(out, "  ");
        style_append(&session->style, style_of_outcome(outcome), outcome, out);
        buffer_append_string(out, "  [");
        style_append(&session->style, COLOUR_PLAIN, buffer_text(&label), out);
        buffer_append_string(out, "]\n");
        buffer_done(&label);
    }
    if (listed > MOST) buffer_printf(out, "  … and %zu more\n", listed - MOST);
}

static int run_cells(struct run_session *session, const struct cell_list *cells, const bool *chosen) {
    struct report_tally tally = { 0 };
    enum outcome worst = OUTCOME_PASS;
    bool environment = false, not_built = false;
    int64_t began = clock_monotonic();
    size_t total = cells->count ? cells->count : 1;
    enum outcome *outcomes =
        memory_allocate(total * sizeof *outcomes); /* OUTCOME_PASS is 0: of those that do not run */
    for (size_t i = 0; i < total && !session->interrupted; i++) {
        if (cells->count && !chosen[i]) continue;
        enum outcome outcome =
            cell_run(session, cells->count ? &cells->cells[i] : NULL, i + 1, &environment, &not_built);
        outcomes[i] = outcome;
        count(&tally, outcome);
        if (outcome > worst) worst = outcome;
    }
    struct buffer out = { 0 };
    if (tally.cells > 1) {
        report_text_tally(&tally, clock_monotonic() - began, &session->style, &out);
        list_failed(session, cells, outcomes, &out);
    }
    memory_release(outcomes);
    if (session->selected < total && !option_given(session->options, "cell"))
        buffer_printf(&out, "%zu of %zu cells; --matrix runs all\n", session->selected, total);
    if (out.length) fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    if (session->interrupted) return 128 + session->signal;
    return status_of(worst, &tally, environment || not_built);
}

static int list_cells(struct run_session *session, const struct cell_list *cells, const bool *chosen) {
    for (size_t i = 0; i < cells->count; i++) {
        struct buffer label = { 0 };
        cell_label(session->program, cells, &cells->cells[i], &label);
        struct buffer line = { 0 };
        buffer_printf(&line, "%3zu  ", i + 1);
        style_append(&session->style, COLOUR_PLAIN, buffer_text(&label), &line);
        if (chosen[i]) puts(line.bytes);
        buffer_done(&line);
        buffer_done(&label);
    }
    if (cells->count == 0) puts("  1  (no matrix)");
    return EXIT_STATUS_PASS;
}

static int expand_and_run(struct run_session *session) {
    struct heap *heap = heap_new(0);
    struct run_options options = session_run_options(session);
    struct cell_list cells = cells_expand(&options, heap);
    int status = EXIT_STATUS_USAGE;
    if (cells.error) {
        struct source *source = source_set_get(session->program->sources, cells.error_span.source);
        struct place place = source_place(source, cells.error_span.start);
        fprintf(stderr, "aot: %s:%u:%u: %s\n", source->path, place.line, place.column, cells.error);
    } else if (session->program->axis_count && cells.count == 0) {
        fputs("aot: the matrix has no cell: nothing was selected\n", stderr);
        status = EXIT_STATUS_INCONCLUSIVE;
    } else {
        bool *chosen = memory_allocate(cells.count + 1);
        session->cells = &cells;
        session->selected = 0;
        if (!select_cells(session, &cells, chosen)) {
            status = EXIT_STATUS_USAGE;
        } else if (cells.count && session->selected == 0) {
            explain_none(session, &cells);
            status = EXIT_STATUS_INCONCLUSIVE;
        } else if (option_given(session->options, "list")) {
            status = list_cells(session, &cells, chosen);
        } else {
            if (cells.count == 0) session->selected = 1;
            status = run_cells(session, &cells, chosen);
        }
        memory_release(chosen);
    }
    session->cells = NULL;
    cells_free(&cells, session->program->axis_count);
    if (heap_free(heap)) fputs("aot: internal error: values of the matrix were still alive\n", stderr);
    return status;
}

/* Whether the recipe cannot run here; says why. */
static bool is_skipped(const struct program *program) {
    struct buffer missing = { 0 };
    bool met = needs_are_met(program, &missing);
    if (!met)
        printf("skipped  %.*s  it needs %s, and PATH has no such program\n", TEXT_ARGS(program->id), missing.bytes);
    buffer_done(&missing);
    return !met;
}

static int run_program(const struct options *options, const struct program *program) {
    struct run_session session = { .program = program, .options = options, .inputs = { options, { 0 } } };
    session.keep = option_given(options, "keep");
    session.quiet = option_given(options, "quiet");
    session.record_path = option_value(options, "record");
    session.style = (struct report_style){ wants_colour(STDOUT_FILENO), session.quiet, terminal_width() };
    uint64_t kept = RUN_FOLDER_KEPT;
    if (option_given(options, "keep-runs") && !read_count(option_value(options, "keep-runs"), "keep-runs", &kept))
        return EXIT_STATUS_USAGE;
    if (!read_seed(options, &session.seed) || !inputs_check(options, program)) return EXIT_STATUS_USAGE;
    if (is_skipped(program)) return option_given(options, "allow-skip") ? EXIT_STATUS_PASS : EXIT_STATUS_INCONCLUSIVE;
    run_folder_id(program->id, &session.id);
    buffer_printf(&session.folder, "%s/%s", RUN_FOLDER_ROOT, session.id.bytes);
    int status = EXIT_STATUS_ENVIRONMENT;
    char *error = NULL;
    bool ready = run_folder_make(RUN_FOLDER_ROOT) && run_folder_make(RUN_FOLDER_GUARD);
    if (ready) session.guard = guard_start(RUN_FOLDER_GUARD, session.id.bytes, &error);
    if (session.guard) guard_adopt(session.guard);
    if (ready && !session.guard) fprintf(stderr, "aot: the guard process could not be started: %s\n", error);
    if (session.guard) {
        if (natives_open(&session.functions)) {
            run_folder_retain(kept ? (size_t)kept - 1 : 0);
            if (!session.quiet)
                fprintf(stderr, "  %.*s  seed %llu\n", TEXT_ARGS(program->id), (unsigned long long)session.seed);
            status = expand_and_run(&session);
        }
        guard_finish(session.guard);
    }
    memory_release(error);
    buffer_done(&session.inputs.found);
    buffer_done(&session.id);
    buffer_done(&session.folder);
    return status;
}

static int run(const struct options *options) {
    if (options->operands.count != 1) {
        fputs("aot: run wants one recipe: aot run recipes.d/t4.aot\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    const char *path = options->operands.items[0];
    struct compiled compiled = compile_file(path, false);
    int status = EXIT_STATUS_USAGE;
    if (compiled.readable) {
        size_t errors = compiled_print(&compiled);
        if (compiled.compilation.is_library && !errors) {
            fprintf(stderr, "aot: %s is a library: it has no `recipe` line, so there is nothing to run\n", path);
        } else if (compiled.compilation.program && !errors) {
            struct buffer reason = { 0 };
            if (program_verify(compiled.compilation.program, catalogue(), &reason)) {
                status = run_program(options, compiled.compilation.program);
            } else {
                fprintf(stderr, "aot: internal error: the compiled program does not verify: %s\n", reason.bytes);
                status = EXIT_STATUS_INTERNAL;
            }
            buffer_done(&reason);
        }
    }
    compiled_done(&compiled);
    return status;
}

const struct command command_run = {
    "run",
    "FILE",
    "run a recipe and judge it",
    options_table,
    run,
    "Without --matrix the first cell runs. Inputs: --set beats AOT_INPUT_NAME in the environment beats the default.\n"
    "exit status: 0 pass, 1 fail, 2 usage or does not compile, 3 inconclusive or nothing selected, 4 environment,\n"
    "             5 internal, 130 and 143 when interrupted"
};
