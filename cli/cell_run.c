/* Runs one cell. Whatever happens, the scratch folder is gone and the record closed when it returns. After a run that was abandoned
 * some memory stays: the process has to leave without a clean-up. */
#include "cli/cell_run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cell_head.h"
#include "cli/cell_log.h"
#include "cli/run_folder.h"
#include "stdlib/catalogue.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct cell_state {
    struct run_session *session;
    const struct cell_voice *voice;
    struct cell_place place;
    struct guard *guard; /* the cell's own; the course's when it runs in its process */
    struct mask *mask;
    struct record *record;
    struct buffer report;  /* for standard output */
    struct buffer notices; /* for standard error */
    bool scratch_made;
    uint32_t guarded_scratch;
};

/* ---- stopping: the first word stops and undoes, `at once` does not wait ---- */
struct stop {
    struct cell_state *cell;
    struct run *run;
    struct loop_signal *interrupt, *terminate, *hangup; /* the last is NULL under nohup */
    struct loop_watch *commands;
    bool stopped;
};

static void stop_once(struct stop *stop, const char *why) {
    if (!stop->stopped) run_interrupt(stop->run, why);
    stop->stopped = true;
}

static void stop_at_once(struct stop *stop, int number) {
    guard_finish_at_once(stop->cell->guard);
    fflush(NULL);
    signal(number, SIG_DFL);
    raise(number);
    _exit(128 + number); /* the first process of a container is not ended by it */
}

/* A cell's process may get the signal that its parent got too, and hears of it by a command: once is enough. In the one
 * process the second is meant. */
static void stop_arrived(void *data, int number) {
    struct stop *stop = data;
    struct course *course = stop->cell->session->course;
    if (stop->cell->voice->socket < 0) {
        fputs(course->interrupted ? "aot: undoing at once\n"
                                  : "aot: stopping; what was started is being undone (once more: undo only)\n",
              stderr);
        if (course->interrupted) stop_at_once(stop, number);
        course->interrupted = true;
        course->signal = number;
    }
    stop_once(stop, "interrupted");
}

static void stop_commanded(void *data, int events) {
    (void)events;
    struct stop *stop = data;
    char command = 0;
    ssize_t got = recv(stop->cell->voice->socket, &command, 1, MSG_DONTWAIT);
    if (got == 0) loop_watch_stop(stop->commands); /* aot is gone, and this process very soon */
    if (got == 0) stop->commands = NULL;
    if (got != 1) return;
    if (command == COMMAND_STOP) stop_once(stop, "interrupted");
    if (command == COMMAND_TIMEOUT) stop_once(stop, "the time of --timeout was over");
    if (command == COMMAND_FAIL_FAST) stop_once(stop, "another cell had failed (--fail-fast)");
    if (command == COMMAND_AT_ONCE) stop_at_once(stop, SIGTERM);
}

static void stop_watch(struct stop *stop) {
    struct loop *loop = run_loop(stop->run);
    stop->interrupt = loop_signal_start(loop, SIGINT, stop_arrived, stop);
    stop->terminate = loop_signal_start(loop, SIGTERM, stop_arrived, stop);
    if (!stop->cell->session->course->nohup) stop->hangup = loop_signal_start(loop, SIGHUP, stop_arrived, stop);
    int socket = stop->cell->voice->socket;
    if (socket >= 0) stop->commands = loop_watch_start(loop, socket, LOOP_READABLE, stop_commanded, stop);
}

/* Between the loop's handler and `ignored` a signal would end the process: it has to wait, and is dropped then. */
static void stop_unwatch(struct stop *stop) {
    bool is_alone = stop->cell->voice->socket >= 0;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (is_alone) pthread_sigmask(SIG_BLOCK, &set, &before);
    loop_signal_stop(stop->interrupt);
    loop_signal_stop(stop->terminate);
    if (stop->hangup) loop_signal_stop(stop->hangup);
    if (stop->commands) loop_watch_stop(stop->commands);
    if (!is_alone) return;
    signal(SIGINT, SIG_IGN); /* as before the run */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- what is told while it runs ---- */
static void stage(void *data, struct run *run, enum run_stage which) {
    (void)run;
    static const char *const names[] = { "starting", "setup", "run", "judging", "teardown", "stopping", "" };
    const struct cell_voice *voice = data;
    if (*names[which]) voice->say(voice->data, WORD_STAGE, text_of(names[which]));
}

static void phase(void *data, struct run *run, struct text name, bool begins) {
    (void)run;
    const struct cell_voice *voice = data;
    voice->say(voice->data, WORD_PHASE, begins ? name : TEXT_NONE);
}

static void say_result(const struct cell_voice *voice, struct cell_result result) {
    char text[32];
    int length = snprintf(text, sizeof text, "%d %d", (int)result.outcome, result.environment);
    voice->say(voice->data, WORD_RESULT, (struct text){ text, (size_t)length });
}

/* The result goes first: it is short, and a reader that is too slow for the rest still has it. */
static void say_end(struct cell_state *state, struct cell_result result) {
    const struct cell_voice *voice = state->voice;
    say_result(voice, result);
    if (state->notices.length) voice->say(voice->data, WORD_NOTICE, buffer_text(&state->notices));
    if (state->report.length) voice->say(voice->data, WORD_REPORT, buffer_text(&state->report));
    buffer_done(&state->notices);
    buffer_done(&state->report);
}

bool cell_result_read(struct text text, struct cell_result *result) {
    if (text.length != 3 || text.bytes[0] < '0' || text.bytes[0] > '0' + OUTCOME_FAIL) return false;
    result->outcome = (enum outcome)(text.bytes[0] - '0');
    result->environment = text.bytes[2] != '0';
    return true;
}

/* ---- its things ---- */
/* Few recipes want a scratch folder; those that do not save a few system calls and the guard's journal. */
static void make_scratch(void *data) {
    struct cell_state *state = data;
    const char *path = state->place.scratch.bytes;
    if (!state->session->course->keep) state->guarded_scratch = guard_folder(state->guard, path);
    state->scratch_made = run_folder_make_scratch(path, &state->notices);
    if (!state->scratch_made && !state->session->course->keep) guard_release(state->guard, state->guarded_scratch);
}

static bool prepare(struct cell_state *state, size_t index) {
    struct course *course = state->session->course;
    cell_place_find(&state->place, state->session, index);
    if (!run_folder_make(state->place.folder.bytes)) return false;
    if (course->record_path && course->selected > 1 && !run_folder_make(course->record_path)) return false;
    state->guard = course->guard;
    if (state->voice->socket >= 0) {
        state->guard = guard_share(course->guard, state->place.guard_id.bytes, (uint32_t)state->place.number);
        guard_adopt(state->guard);
    }
    state->mask = mask_copy(state->session->course->secrets); /* an input that is read before the secret may hold it */
    char *error = NULL;
    state->record = record_create(state->place.record.bytes, state->mask, &error);
    if (!state->record) buffer_printf(&state->notices, "aot: %s: %s\n", state->place.record.bytes, error);
    memory_release(error);
    return state->record != NULL;
}

static void give_back(struct cell_state *state) {
    bool keep = state->session->course->keep;
    if (state->scratch_made && keep)
        buffer_printf(&state->notices, "aot: kept: %s\n", state->place.scratch.bytes);
    else if (state->scratch_made && run_folder_remove(state->place.scratch.bytes))
        guard_release(state->guard, state->guarded_scratch);
    if (state->guard && state->voice->socket >= 0) guard_finish(state->guard);
    if (state->session->course->abandoned) return;
    if (state->mask) mask_free(state->mask);
    cell_place_done(&state->place);
}

/* Of a record that is open. */
static void render(struct cell_state *state, struct record *record, enum outcome outcome, struct buffer *out) {
    struct course *course = state->session->course;
    struct report_style style = course->style;
    style.quiet |= outcome == OUTCOME_PASS && course->selected > CELLS_SHOWN_IN_FULL;
    report_text_cell(record, &style, out);
    report_text_outcome(record, buffer_text(&state->place.record), &course->style, out);
}

static void report_stored(struct cell_state *state, enum outcome outcome) {
    char *error = NULL;
    struct record *record = record_open(state->place.record.bytes, &error);
    if (record)
        render(state, record, outcome, &state->report);
    else
        buffer_printf(&state->notices, "aot: %s: %s\n", state->place.record.bytes, error);
    memory_release(error);
    record_close(record, NULL);
}

static struct run *start(struct cell_state *state, size_t index, struct judge *judge) {
    struct run_options options = session_run_options(state->session);
    const struct cell *cell = session_cell(state->session, index);
    options.guard = state->guard;
    options.record = state->record;
    options.mask = state->mask;
    options.judge = judge_hooks(judge);
    options.watcher = (struct run_watcher){ (void *)state->voice, stage, phase };
    options.scratch_folder = state->place.scratch.bytes;
    options.make_scratch = make_scratch;
    options.scratch_data = state;
    options.log_folder = state->place.folder.bytes;
    options.cell = cell ? cell->values : NULL;
    options.seed = session_seed(state->session, &state->place.label);
    options.passed_over = state->session->passed_over;
    return run_new(&options);
}

static struct cell_result run_prepared(struct cell_state *state, size_t index) {
    const struct program *program = state->session->program;
    struct judge *judge = judge_new(program, state->record);
    judge_set_natives(judge, catalogue());
    judge_set_passed_over(judge, state->session->passed_over);
    int64_t began = clock_monotonic();
    struct run *run = start(state, index, judge);
    struct stop stop = { .cell = state, .run = run };
    stop_watch(&stop);
    enum run_end end = run_execute(run);
    stop_unwatch(&stop);
    struct buffer message = { 0 };
    struct cell_result result = { .outcome = judge_outcome(judge, run, end, &message) };
    size_t leaked = run_leaked(run);
    cell_describe_end(run, state->record, program->sources);
    cell_number_meta(state->record, "duration", (clock_monotonic() - began) / MILLISECOND * MILLISECOND);
    judge_free(judge);
    state->session->course->abandoned |= run_is_abandoned(run);
    run_free(run);
    buffer_done(&message);
    /* While it is open: to open it again takes as long as a small cell. */
    render(state, state->record, result.outcome, &state->report);
    char *error = NULL;
    bool written = record_close(state->record, &error);
    if (!written) {
        buffer_clear(&state->report);
        buffer_printf(&state->notices, "aot: the record could not be written: %s\n", error);
    }
    memory_release(error);
    if (leaked)
        buffer_printf(&state->notices, "aot: internal error: %zu values were still alive at the end of the run\n",
                      leaked);
    if (!written || leaked) result = (struct cell_result){ OUTCOME_ERROR, true };
    result.environment |= end == RUN_NOT_BUILT;
    return result;
}

void cell_run(struct run_session *session, size_t index, const struct cell_voice *voice) {
    struct cell_state state = { .session = session, .voice = voice };
    struct cell_result result = { OUTCOME_ERROR, true };
    if (prepare(&state, index)) {
        cell_describe(session, &state.place, state.record);
        result = run_prepared(&state, index);
    }
    give_back(&state);
    say_end(&state, result);
}

/* ---- a cell whose process is gone ---- */
/* The head is in the first batch: a record without it has nothing. One that cannot be read may have: it is put aside. */
static bool has_head(struct cell_state *state) {
    const char *path = state->place.record.bytes;
    struct stat status;
    if (stat(path, &status) != 0 || status.st_size == 0) return false;
    char *error = NULL;
    struct record *record = record_open(path, &error);
    if (!record) {
        struct buffer aside = { 0 };
        buffer_printf(&aside, "%s.unreadable", path);
        bool moved = rename(path, aside.bytes) == 0;
        buffer_printf(&state->notices, "aot: %s cannot be read: %s; it is kept as %s\n", path, error,
                      moved ? aside.bytes : "it is");
        buffer_done(&aside);
    }
    memory_release(error);
    if (!record) return false;
    struct buffer recipe = { 0 };
    bool has = record_read_meta(record, "recipe", &recipe);
    buffer_done(&recipe);
    record_close(record, NULL);
    return has;
}

static bool amend(struct cell_state *state, const char *reason, struct text message) {
    const struct record_fact facts[] = { { "end", TEXT("error") },
                                         { "message", message },
                                         { "outcome", TEXT("error") },
                                         { "outcome_message", text_of(reason) } };
    size_t count = sizeof facts / sizeof facts[0];
    char *error = NULL;
    const char *path = state->place.record.bytes;
    if (has_head(state)) {
        bool amended = record_amend(path, facts, count, &error);
        if (!amended) /* what it has is evidence, and stays */
            buffer_printf(&state->notices, "aot: %s could not be amended: %s; it does not say how the cell ended: %s\n",
                          path, error, reason);
        memory_release(error);
        return amended;
    }
    state->mask = mask_copy(state->session->course->secrets);
    state->record = record_create(state->place.record.bytes, state->mask, &error);
    if (state->record) {
        cell_describe(state->session, &state->place, state->record);
        for (size_t i = 0; i < count; i++) record_meta(state->record, facts[i].key, facts[i].value);
        record_close(state->record, NULL);
    } else {
        buffer_printf(&state->notices, "aot: %s: %s\n", state->place.record.bytes, error);
    }
    memory_release(error);
    return state->record != NULL;
}

void cell_bury(struct run_session *session, size_t index, const char *reason, const struct cell_voice *voice) {
    struct cell_state state = { .session = session, .voice = voice };
    cell_place_find(&state.place, session, index);
    guard_undo_cell(session->course->guard, state.place.guard_id.bytes);
    struct buffer message = { 0 };
    buffer_append_string(&message, reason);
    cell_log_tails(state.place.folder.bytes, &message);
    bool amended = amend(&state, reason, buffer_text(&message));
    buffer_done(&message);
    if (amended) report_stored(&state, OUTCOME_ERROR);
    if (state.mask) mask_free(state.mask);
    cell_place_done(&state.place);
    say_end(&state, (struct cell_result){ OUTCOME_ERROR, true });
}
