/* The course of a run: recipes opened, cells chosen, run one after the other, then the tally and the exit status. */
#include "cli/course.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/crew.h"
#include "cli/natives.h"
#include "cli/run_folder.h"
#include "cli/run_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#define JOBS_MAXIMUM 256

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

/* How many cells at a time: those that measure run alone, whatever was asked for. */
static bool read_jobs(const struct course *course, size_t *jobs) {
    uint64_t wanted = crew_default();
    const char *given = settings_text(&course->all.items[0]->settings, CONFIG_JOBS);
    if (!read_count(given, "jobs", &wanted)) return false;
    if (!given) wanted = crew_default();
    *jobs = wanted > JOBS_MAXIMUM ? JOBS_MAXIMUM : (size_t)wanted;
    for (size_t i = 0; i < course->all.count && given && wanted > 1; i++) {
        const struct program *program = course->all.items[i]->program;
        if (program->uses_load_or_watch && !course->quiet)
            fprintf(stderr, "  %.*s  has loads or watches: its cells run alone, --jobs %s is for other recipes\n",
                    TEXT_ARGS(program->id), given);
    }
    return true;
}

static bool read_timeout(const struct course *course, int64_t *timeout) {
    const char *given = option_value(course->options, "timeout");
    *timeout = 0;
    if (!given || (duration_parse(text_of(given), timeout) && *timeout > 0)) return true;
    fprintf(stderr, "aot: --timeout %s: a duration is wanted, such as 90s or 1h30m\n", given);
    return false;
}

static int run_all(struct course *course, size_t total) {
    size_t jobs;
    int64_t timeout;
    if (!read_jobs(course, &jobs) || !read_timeout(course, &timeout)) return EXIT_STATUS_USAGE;
    struct results results = results_of(course);
    crew_run(course, &results, jobs, timeout);
    struct buffer out = { 0 };
    results_print(&results, course, &out);
    if (course->selected < total && !option_given(course->options, "cell"))
        buffer_printf(&out, "%zu of %zu cells; --matrix runs all\n", course->selected, total);
    if (out.length) fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    int status = results_status(&results);
    results_done(&results);
    if (course->interrupted) return 128 + course->signal;
    bool unproven = course->skipped && !option_given(course->options, "allow-skip");
    return status == EXIT_STATUS_PASS && unproven ? EXIT_STATUS_INCONCLUSIVE : status;
}

static int expand_and_run(struct course *course) {
    size_t total = 0;
    for (size_t i = 0; i < course->all.count; i++) {
        struct run_session *session = course->all.items[i];
        int status = session_expand(session);
        if (status) return status;
        session->first_number = total + 1;
        total += session->total;
        course->selected += session->selected;
    }
    if (!option_given(course->options, "list")) return run_all(course, total);
    for (size_t i = 0; i < course->all.count; i++) session_list(course->all.items[i]);
    return EXIT_STATUS_PASS;
}

/* ---- beginning and end ---- */
static void name_run(struct course *course) {
    run_folder_id(course->all.count == 1 ? course->all.items[0]->program->id : TEXT("all"), &course->id);
    buffer_printf(&course->folder, "%s/%s", RUN_FOLDER_ROOT, course->id.bytes);
}

static int guarded(struct course *course, uint64_t kept) {
    int status = EXIT_STATUS_ENVIRONMENT;
    char *error = NULL;
    bool ready = run_folder_make(RUN_FOLDER_ROOT) && run_folder_make(RUN_FOLDER_GUARD);
    if (ready) course->guard = guard_start(RUN_FOLDER_GUARD, course->id.bytes, &error);
    if (ready && !course->guard) fprintf(stderr, "aot: the guard process could not be started: %s\n", error);
    memory_release(error);
    if (!course->guard) return status;
    guard_adopt(course->guard);
    if (natives_open(&course->functions)) {
        run_folder_retain(kept ? (size_t)kept - 1 : 0);
        for (size_t i = 0; i < course->all.count && !course->quiet; i++)
            fprintf(stderr, "  %.*s  seed %llu\n", TEXT_ARGS(course->all.items[i]->program->id),
                    (unsigned long long)course->seed);
        status = expand_and_run(course);
    }
    guard_finish(course->guard);
    return status;
}

static void drop_session(struct run_session *session) {
    session_close(session);
    memory_release(session);
}

/* Opens the recipes; those that cannot run here are left out. */
static int open_all(struct course *course) {
    for (size_t i = 0; i < course->options->operands.count; i++) {
        struct run_session *session = memory_allocate(sizeof *session);
        int status = session_open(session, course, course->options->operands.items[i]);
        bool skipped = !status && session_is_skipped(session);
        course->skipped += skipped;
        if (!status && !skipped) {
            VECTOR_PUSH(&course->all, session);
            continue;
        }
        drop_session(session);
        if (status) return status;
    }
    return 0;
}

static int run_opened(struct course *course) {
    int status = open_all(course);
    if (status) return status;
    if (course->all.count == 0)
        return option_given(course->options, "allow-skip") ? EXIT_STATUS_PASS : EXIT_STATUS_INCONCLUSIVE;
    const char *kept = settings_text(&course->all.items[0]->settings, CONFIG_KEEP_RUNS);
    uint64_t count = RUN_FOLDER_KEPT;
    if (kept && !read_count(kept, "keep-runs", &count)) return EXIT_STATUS_USAGE;
    name_run(course);
    return guarded(course, count);
}

int course_run(const struct options *options) {
    struct course course = { .options = options };
    course.keep = option_given(options, "keep");
    course.quiet = option_given(options, "quiet");
    course.record_path = option_value(options, "record");
    course.style = (struct report_style){ wants_colour(STDOUT_FILENO), course.quiet, terminal_width() };
    if (!read_seed(options, &course.seed)) return EXIT_STATUS_USAGE;
    for (size_t i = 0; option_value_at(options, "allow-target", i); i++)
        VECTOR_PUSH(&course.allowed_targets, text_of(option_value_at(options, "allow-target", i)));
    int status = run_opened(&course);
    while (course.all.count) drop_session(course.all.items[--course.all.count]);
    VECTOR_DONE(&course.all);
    VECTOR_DONE(&course.allowed_targets);
    buffer_done(&course.id);
    buffer_done(&course.folder);
    return status;
}
