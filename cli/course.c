/* The course of a run: recipes opened, cells chosen, run, summed up, reported. */
#include "cli/course.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/baseline_file.h"
#include "cli/command.h"
#include "cli/course_secrets.h"
#include "cli/crew.h"
#include "cli/file_recipes.h"
#include "cli/cell_listing.h"
#include "cli/narrowing.h"
#include "cli/natives.h"
#include "cli/recipe_paths.h"
#include "cli/report_output.h"
#include "cli/rerun_settings.h"
#include "cli/run_folder.h"
#include "cli/run_log.h"
#include "cli/run_session.h"
#include "cli/selection.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- how it looks ---- */
static size_t terminal_width(void) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col < 160 ? size.ws_col : 160;
    return 110;
}

/* Whether pictures have to do with ASCII: the terminal is a plain one, or the locale names another character set. */
static bool has_ascii_only(void) {
    const char *terminal = getenv("TERM");
    if (terminal && (strcmp(terminal, "linux") == 0 || strcmp(terminal, "dumb") == 0)) return true;
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        return !strstr(value, "UTF-8") && !strstr(value, "utf8") && !strstr(value, "utf-8");
    }
    return false; /* nothing is said: a log, as a rule */
}

/* ---- after the cells ---- */
static int unless_unproven(const struct course *course, int status) {
    bool unproven = course->skipped.count && !option_given(course->options, "allow-skip");
    unproven |= rerun_left(&course->rerun) > 0;
    return status == EXIT_STATUS_PASS && unproven ? EXIT_STATUS_INCONCLUSIVE : status;
}

static int status_of(const struct course *course, const struct results *results, bool reported) {
    if (course->interrupted) return 128 + course->signal;
    int status = unless_unproven(course, results_status(results));
    return status == EXIT_STATUS_PASS && !reported ? EXIT_STATUS_ENVIRONMENT : status;
}

static void print_outstanding(const struct course *course, struct buffer *out) {
    size_t left = rerun_left(&course->rerun);
    if (left)
        buffer_printf(out, "%zu cell%s of the earlier run %s still outstanding\n", left, left == 1 ? "" : "s",
                      left == 1 ? "is" : "are");
}

static int run_all(struct course *course, size_t total) {
    struct results results = results_of(course);
    record_warm();
    if (course->selected > 1 && course->functions.warm) course->functions.warm();
    run_log_begin(course, &results);
    crew_run(course, &results, course->choice.jobs, course->choice.timeout);
    run_log_end(course, &results);
    struct buffer out = { 0 };
    results_print(&results, course, &out);
    bool narrowed = option_given(course->options, "cell") || course->choice.shard.count || course->rerun.wanted;
    if (course->selected < total && !narrowed)
        buffer_printf(&out, "%zu of %zu cells; --matrix runs all\n", course->selected, total);
    else if (course->narrowed.length && !course->quiet)
        buffer_printf(&out, "not all was run: %s\n", course->narrowed.bytes);
    print_outstanding(course, &out);
    bool kept = baseline_file_settle(&results, course, &out);
    if (out.length) fwrite(out.bytes, 1, out.length, course->words);
    buffer_done(&out);
    bool reported = results_report(&results, course) && kept;
    int status = status_of(course, &results, reported);
    results_done(&results);
    return status;
}

/* ---- before them ---- */
static void say_jobs(const struct course *course, const struct run_session *session) {
    if (!session->program->uses_load_or_watch || !course->choice.asked_jobs || course->choice.jobs < 2) return;
    fprintf(stderr, "  %.*s  has loads or watches: its cells run alone, one after the other\n",
            TEXT_ARGS(session->program->id));
}

static void say_rules(const struct run_session *session) {
    size_t counted = 0;
    if (!session->passed_over) return;
    for (uint32_t i = 0; i < session->program->assertion_count; i++) counted += !session->passed_over[i];
    fprintf(stderr, "  %.*s  --rule: %zu of %u assertions count\n", TEXT_ARGS(session->program->id), counted,
            session->program->assertion_count);
}

static void say_what_runs(const struct course *course) {
    for (size_t i = 0; i < course->all.count; i++) {
        const struct run_session *session = course->all.items[i];
        if (!session->selected) continue;
        struct buffer proof = { 0 };
        fprintf(stderr, "  %.*s  seed %llu\n", TEXT_ARGS(session->program->id),
                (unsigned long long)course->choice.seed);
        cell_listing_proof(session, &proof);
        if (proof.length && session->selected > 1)
            fprintf(stderr, "  %.*s  %s\n", TEXT_ARGS(session->program->id), proof.bytes);
        buffer_done(&proof);
        say_rules(session);
        say_jobs(course, session);
    }
    const struct shard *shard = &course->choice.shard;
    if (shard->count)
        fprintf(stderr, "  shard %zu/%zu: %zu cell%s\n", shard->index + 1, shard->count, course->selected,
                course->selected == 1 ? "" : "s");
}

static void say_nothing_runs(const struct course *course) {
    const struct shard *shard = &course->choice.shard;
    size_t left = rerun_left(&course->rerun);
    if (left)
        fprintf(stderr, "aot: of the outstanding cells in %.*s none was selected here\n", TEXT_ARGS(course->rerun.log));
    else if (course->rerun.wanted && !course->rerun.cells.count)
        fprintf(course->words, "nothing is outstanding: every cell in %.*s passed\n", TEXT_ARGS(course->rerun.log));
    else if (shard->count && course->all.count)
        fprintf(course->words, "shard %zu/%zu has no cell: the others have them all\n", shard->index + 1, shard->count);
}

/* Nothing is left to run. What is skipped or outstanding stands in log and reports all the same. */
static int nothing_to_run(const struct course *course) {
    struct results results = results_of(course);
    run_log_begin(course, &results);
    say_nothing_runs(course);
    bool reported = results_report(&results, course);
    int status = unless_unproven(course, EXIT_STATUS_PASS);
    results_done(&results);
    return status == EXIT_STATUS_PASS && !reported ? EXIT_STATUS_ENVIRONMENT : status;
}

static int list(const struct course *course, size_t total) {
    const struct shard *shard = &course->choice.shard;
    if (option_given(course->options, "json"))
        cell_listing_print_json(course);
    else
        cell_listing_print(course);
    if (shard->count && !course->selected)
        fprintf(stderr, "shard %zu/%zu has no cell of %zu\n", shard->index + 1, shard->count, total);
    return EXIT_STATUS_PASS;
}

static int expand_and_run(struct course *course) {
    size_t total = 0;
    for (size_t i = 0; i < course->all.count; i++) {
        struct run_session *session = course->all.items[i];
        session->first_number = total + 1;
        int status = session_expand(session);
        if (status) return status;
        total += session->total;
    }
    selection_shard(course);
    for (size_t i = 0; i < course->all.count; i++) course->selected += course->all.items[i]->selected;
    narrowing_describe(course, total, &course->narrowed);
    if (option_given(course->options, "list")) return list(course, total);
    if (!course->selected) return nothing_to_run(course);
    if (!course->quiet) say_what_runs(course);
    return run_all(course, total);
}

/* ---- beginning and end ---- */
static void name_run(struct course *course) {
    run_folder_id(course->all.count == 1 ? course->all.items[0]->program->id : TEXT("all"), &course->id);
    buffer_printf(&course->folder, "%s/%s", RUN_FOLDER_ROOT, course->id.bytes);
}

static int guarded(struct course *course) {
    int status = EXIT_STATUS_ENVIRONMENT;
    char *error = NULL;
    bool ready = run_folder_make(RUN_FOLDER_ROOT) && run_folder_make(RUN_FOLDER_GUARD);
    if (ready) course->guard = guard_start(RUN_FOLDER_GUARD, course->id.bytes, &error);
    if (ready && !course->guard) fprintf(stderr, "aot: the guard process could not be started: %s\n", error);
    memory_release(error);
    if (!course->guard) return status;
    guard_adopt(course->guard);
    if (natives_open(&course->functions)) {
        uint64_t kept = course->choice.kept;
        run_folder_retain(kept ? (size_t)kept - 1 : 0);
        if (option_given(course->options, "list") ||
            (run_folder_make(course->folder.bytes) && run_folder_hold(course->folder.bytes)))
            status = expand_and_run(course);
        rmdir(course->folder.bytes); /* only what is empty goes: nothing came to run */
    }
    guard_finish(course->guard);
    return status;
}

static void drop_session(struct run_session *session) {
    session_close(session);
    memory_release(session);
}

/* Opens one recipe; what cannot run here, or was not asked for, is left out. */
static int open_one(struct course *course, const struct recipe_path *path) {
    struct run_session *session = memory_allocate(sizeof *session);
    int status = session_open(session, course, path->path, path->is_of_folder);
    if (status || !session_is_asked_for(session)) {
        drop_session(session);
        return status == SESSION_IS_LIBRARY ? 0 : status;
    }
    if (!session_is_skipped(session)) {
        VECTOR_PUSH(&course->all, session);
        return session_check_inputs(session);
    }
    fprintf(course->words, "skipped  %.*s  it needs %s, and PATH has no such program\n",
            TEXT_ARGS(session->program->id), session->missing.bytes);
    VECTOR_PUSH(&course->skipped, session);
    return 0;
}

/* The recipes of the command line, or those of the run that is run again. */
static bool find_recipes(const struct course *course, struct recipe_paths *paths) {
    const struct options *options = course->options;
    bool good = true;
    for (size_t i = 0; i < options->operands.count; i++) good &= recipe_paths_add(paths, options->operands.items[i]);
    for (size_t i = 0; !options->operands.count && i < course->rerun.paths.count; i++)
        good &= recipe_paths_add(paths, course->rerun.paths.items[i].bytes);
    return good;
}

/* Of several recipes each takes the --sets that it has; one must have it. */
static bool settings_are_known(const struct course *course) {
    const char *setting;
    bool good = true;
    for (size_t i = 0; (setting = option_value_at(course->options, "set", i)); i++) {
        bool known = false;
        for (size_t k = 0; k < course->all.count; k++) known |= inputs_has(course->all.items[k]->program, setting);
        for (size_t k = 0; k < course->skipped.count; k++)
            known |= inputs_has(course->skipped.items[k]->program, setting);
        bool earlier = option_is_earlier(course->options, "set", i), mistake = !known && course->several && !earlier;
        if (mistake)
            fprintf(stderr, "aot: --set %.*s: none of the recipes has such an input\n", (int)strcspn(setting, "="),
                    setting);
        if (!known && earlier)
            fprintf(stderr, "aot: --rerun: none of the recipes has the input %.*s of the earlier run any more\n",
                    (int)strcspn(setting, "="), setting);
        good &= !mistake;
    }
    return good;
}

/* What aot.yaml says of recipes that are not there; each file is looked at once. */
static void look_for_recipes(const struct course *course) {
    struct file_recipes recipes = { 0 };
    for (size_t i = 0; i < course->all.count; i++) file_recipes_know(&recipes, course->all.items[i]->program->id);
    for (size_t i = 0; i < course->all.count; i++) {
        const struct run_session *session = course->all.items[i];
        const struct settings *settings = &session->settings;
        if (!settings->config) continue;
        file_recipes_check(&recipes, settings->config, session->program->path.bytes, settings->sources,
                           settings->diagnostics);
        settings_print(settings);
    }
    file_recipes_done(&recipes);
}

static int run_opened(struct course *course) {
    struct recipe_paths paths = { 0 };
    int status = find_recipes(course, &paths) ? 0 : EXIT_STATUS_USAGE;
    course->several = paths.list.count > 1;
    for (size_t i = 0; i < paths.list.count && !status; i++) status = open_one(course, &paths.list.items[i]);
    bool found = paths.list.count > 0;
    recipe_paths_done(&paths);
    if (status) return status;
    if (course->all.count == 0) {
        if (!found) fputs("aot: no recipe (*.aot) was found there\n", stderr);
        if (found && !course->skipped.count)
            fputs("aot: no recipe was selected: --tag and --rule leave none\n", stderr);
        if (!found) return EXIT_STATUS_USAGE;
        if (!course->skipped.count) return EXIT_STATUS_INCONCLUSIVE;
    }
    if (!settings_are_known(course)) return EXIT_STATUS_USAGE;
    look_for_recipes(course);
    const struct settings *settings =
        course->all.count ? &course->all.items[0]->settings : &course->skipped.items[0]->settings;
    if (!course_options_settle(&course->choice, settings_text(settings, CONFIG_JOBS),
                               settings_text(settings, CONFIG_KEEP_RUNS)))
        return EXIT_STATUS_USAGE;
    course_secrets_find(course);
    name_run(course);
    return guarded(course);
}

/* With --jobs 0 a load's thread that did not end is in this process. */
static _Noreturn void leave(int status) {
    fflush(NULL);
    _exit(status);
}

/* With --rerun the inputs are those of the earlier run, unless the command line gives others. */
static bool repeat_settings(struct course *course) {
    if (!course->rerun.wanted) return true;
    bool good = rerun_settings(&course->rerun, course->options, course->quiet, &course->repeated);
    course->options = &course->repeated;
    return good;
}

int course_run(const struct options *options) {
    struct course course = { .options = options,
                             .words = report_outputs_take_output(options) ? stderr : stdout,
                             .secrets = mask_new() };
    struct sigaction hangup;
    course.nohup = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    course.keep = option_given(options, "keep");
    course.quiet = option_given(options, "quiet");
    course.record_path = option_value(options, "record");
    course.style =
        (struct report_style){ wants_colour(fileno(course.words)), course.quiet, terminal_width(), has_ascii_only() };
    int status = EXIT_STATUS_USAGE;
    if (course_options_read(options, &course.choice) && rerun_read(option_value(options, "rerun"), &course.rerun) &&
        repeat_settings(&course))
        status = run_opened(&course);
    if (course.abandoned) leave(status);
    while (course.all.count) drop_session(course.all.items[--course.all.count]);
    while (course.skipped.count) drop_session(course.skipped.items[--course.skipped.count]);
    VECTOR_DONE(&course.all);
    VECTOR_DONE(&course.skipped);
    options_done(&course.repeated);
    rerun_done(&course.rerun);
    mask_free(course.secrets);
    buffer_done(&course.narrowed);
    buffer_done(&course.id);
    buffer_done(&course.folder);
    return status;
}
