/* The life of a started program: its pipes, its end, its handle. The child is the handle's state and dies with it; while anything of
 * it lives, the run keeps the handle (`lasting`). The guard knows of it before it exists. */
#include "stdlib/process/child.h"

#include "base/clock.h"
#include "stdlib/broken_pipe.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN (2 * SECOND)         /* how long pipes that somebody else holds open may delay the end */
#define ENDING (250 * MILLISECOND) /* between the end of a program's outputs and its own */
#define OWNED_PATIENCE SECOND      /* the same when aot is gone, of one of many: the guard ends them one by one */
#define PATIENCE (5 * SECOND)      /* between SIGTERM and SIGKILL at the end of the run */

void child_label(int signal, struct buffer *out) {
    const char *name = sigabbrev_np(signal);
    if (name)
        buffer_printf(out, "SIG%s", name);
    else
        buffer_printf(out, "SIG%d", signal);
}

/* ---- its input ---- */

static void close_input(struct child *child) {
    if (child->input_watch) loop_watch_stop(child->input_watch);
    child->input_watch = NULL;
    if (child->input_pipe >= 0) close(child->input_pipe);
    child->input_pipe = -1;
}

static void on_writable(void *data, int events) {
    struct child *child = data;
    (void)events;
    while (child->input.length) {
        ssize_t written = write(child->input_pipe, child->input.bytes, child->input.length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return;
        if (written < 0) break; /* it reads no more: its own affair */
        child->input = text_slice(child->input, (size_t)written, child->input.length);
    }
    close_input(child);
}

/* ---- its end ---- */

static void describe_end(const struct child *child, struct buffer *out) {
    if (child->signal)
        child_label(child->signal, out);
    else
        buffer_printf(out, "exit %d", child->code);
    if (child->timed_out) buffer_append_string(out, ", its timeout was over");
    int64_t dropped = child->outputs[0].dropped + child->outputs[1].dropped;
    if (dropped) {
        buffer_append_string(out, ", ");
        size_print(out, dropped);
        buffer_append_string(out, " of output dropped");
    }
}

static void finish(struct child *child) {
    if (child->finished) return;
    child->finished = true;
    if (child->drain) loop_timer_stop(child->drain);
    child->drain = NULL;
    if (!child->owner.event) { /* an owner tells it in his own words */
        struct buffer outcome = { 0 };
        describe_end(child, &outcome);
        run_effect(child->run, "process", text_of(child->shown), child->start, child->end, buffer_text(&outcome));
        buffer_done(&outcome);
    }
    child_tell(child);
}

static void on_drained(void *data) {
    struct child *child = data;
    child->drain = NULL;
    finish(child);
}

static bool pipes_open(const struct child *child) {
    return child->outputs[0].descriptor >= 0 || child->outputs[1].descriptor >= 0;
}

/* A program that ends closes its outputs, too, a moment before it is reaped. One that closes them and lives on is seen no
 * more: claims must not take that for silence. */
static void note_blind(struct child *child) {
    struct value error = value_error(
        run_heap(child->run), "it closed its outputs and went on: nothing of it is seen any more (%s)", child->shown);
    stream_add(stream_of(child->lines), child->blind_since, child->blind_since, INT64_MIN, error);
    value_release(error);
}

static void on_blind(void *data) {
    struct child *child = data;
    child->blind = NULL;
    if (!child->stop.wanted) note_blind(child);
    if (!child->owner.event) stream_close(stream_of(child->lines), child->blind_since);
}

static void end_blind(struct child *child) {
    if (!child->blind) return;
    loop_timer_stop(child->blind);
    child->blind = NULL;
    if (!child->owner.event) stream_close(stream_of(child->lines), child->blind_since);
}

static void outputs_over(struct child *child) {
    struct loop *loop = run_loop(child->run);
    child->blind_since = run_now(child->run);
    if (child->lines.kind != VALUE_STREAM) return;
    if (child->running)
        child->blind = loop_timer_start(loop, loop_now(loop) + ENDING, on_blind, child);
    else if (!child->owner.event)
        stream_close(stream_of(child->lines), child->blind_since);
}

static void on_output_over(void *data) {
    struct child *child = data;
    if (pipes_open(child)) return;
    outputs_over(child);
    bool was_finished = child->finished;
    child_look(child);                                   /* whoever held the pipes has let them go */
    if (!was_finished && !child->running) finish(child); /* else the child may be gone with its last waiter */
}

static void note_exit(struct child *child) {
    stream_add(stream_of(child->exits), child->end, child->end, INT64_MIN,
               value_integer(child->signal ? 128 + child->signal : child->code));
    stream_close(stream_of(child->exits), child->end);
}

static void on_ended(void *data, int status) {
    struct child *child = data;
    child->ending = NULL;
    child->running = false;
    child->end = run_now(child->run);
    child->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (child->timeout) loop_timer_stop(child->timeout);
    child->timeout = NULL;
    close_input(child);
    end_blind(child);
    if (child->owner.ended) child->owner.ended(child->owner.data, child);
    if (!child->owner.event) note_exit(child);
    child_look(child);
    if (!pipes_open(child))
        finish(child);
    else
        child->drain =
            loop_timer_start(run_loop(child->run), loop_now(run_loop(child->run)) + DRAIN, on_drained, child);
}

static void on_timeout(void *data) {
    struct child *child = data;
    child->timeout = NULL;
    child->timed_out = true;
    child_end(child, 0);
}

/* ---- its handle ---- */

static bool lasting(void *state) {
    struct child *child = state;
    return !child->gone;
}

static bool stop(void *state, int64_t deadline) {
    struct child *child = state;
    if (!child->gone && !child->stop.wanted) child_end(child, PATIENCE);
    return child->gone || run_now(child->run) >= deadline;
}

static void describe(void *state, struct buffer *out) {
    const struct child *child = state;
    buffer_printf(out, "process %d: %s", (int)child->process, child->shown);
}

/* Only a program that even SIGKILL did not end in time is still there now; the guard keeps it in its list then. */
void child_free(struct child *child) {
    if (child->running) session_signal(&child->session, SIGKILL);
    if (child->ending) loop_child_stop(child->ending);
    if (child->timeout) loop_timer_stop(child->timeout);
    if (child->drain) loop_timer_stop(child->drain);
    child_end_done(child);
    end_blind(child);
    close_input(child);
    for (int i = 0; i < 2; i++) output_done(&child->outputs[i]);
    int64_t now = run_now(child->run);
    bool own = child->lines.kind == VALUE_STREAM && !child->owner.event;
    if (own) stream_close(stream_of(child->lines), now);
    if (child->exits.kind == VALUE_STREAM) stream_close(stream_of(child->exits), now);
    value_release(child->lines);
    value_release(child->exits);
    value_release(child->input_value);
    value_release(child->fed);
    if (!child->owner.event) output_log_close(child->log);
    memory_release(child->name);
    memory_release(child->mark);
    memory_release(child->shown);
    memory_release(child);
}

static void release(void *state) {
    child_free(state);
}

static const struct handle_class child_class = {
    .type = "process", .release = release, .stop = stop, .describe = describe, .lasting = lasting
};

struct child *child_of(struct value handle) {
    return handle.kind == VALUE_HANDLE ? handle_state(handle, &child_class) : NULL;
}

/* ---- what is left of all of them at the very end ---- */

static void *sweep_make(struct run *run) {
    broken_pipe_ignore();
    struct guard *guard = run_guard(run);
    struct buffer mark = { 0 };
    if (guard)
        buffer_printf(&mark, "AOT_RUN=%s", guard_run_id(guard));
    else
        buffer_printf(&mark, "AOT_RUN=%d-%llx", (int)getpid(), (unsigned long long)run_seed(run));
    return buffer_take(&mark);
}

/* Daemons of a program whose end came before they left its session. Their own marks were looked for then; this is for what was
 * in the middle of a fork. */
static void sweep_release(void *state) {
    char *mark = state;
    struct session session = { .mark = mark };
    session_signal(&session, SIGKILL);
    memory_release(mark);
}

/* ---- its start ---- */

/* Its name, and the marks by which all that stems from it is found. */
static void prepare(struct child *child, const char *name, struct program_start *program) {
    const char *run_id =
        (const char *)run_module(child->run, "process", sweep_make, sweep_release) + strlen("AOT_RUN=");
    struct buffer mark = { 0 };
    child->name = memory_copy(name, strlen(name));
    buffer_printf(&mark, "AOT_PROCESS=%s:%s", run_id, name);
    child->mark = buffer_take(&mark);
    program_mark(program, "AOT_RUN", run_id);
    program_mark(program, "AOT_PROCESS", child->mark + strlen("AOT_PROCESS="));
    words_end(&program->arguments);
    words_end(&program->environment);
    child->shown = program->shown;
    program->shown = NULL;
}

static void make_streams(struct child *child) {
    struct buffer stream = { 0 };
    buffer_printf(&stream, "%s.output", child->name);
    child->lines = run_stream(child->run, stream.bytes, SERIES_EVENTS, true);
    buffer_clear(&stream);
    buffer_printf(&stream, "%s.exited", child->name);
    child->exits = run_stream(child->run, stream.bytes, SERIES_EVENTS, true);
    buffer_done(&stream);
    child->log = output_log_open(child->run, child->name);
}

static void attach(struct child *child, const struct pipes *pipes, const struct child_options *options) {
    struct loop *loop = run_loop(child->run);
    child->running = true;
    child->gone = false;
    int descriptors[2] = { pipes->output, pipes->error };
    bool streams = child->lines.kind == VALUE_STREAM;
    for (int i = 0; i < 2; i++) {
        child->outputs[i] = (struct output){ .run = child->run,
                                             .descriptor = descriptors[i],
                                             .limit = options->output_limit,
                                             .lines = streams ? stream_of(child->lines) : NULL,
                                             .log = child->log,
                                             .over = on_output_over,
                                             .data = child,
                                             .forgets = child->owner.event && streams,
                                             .prefix = child->owner.prefix,
                                             .line_came = child->owner.line,
                                             .line_data = child->owner.data };
        output_start(&child->outputs[i]);
    }
    child->input_pipe = pipes->input;
    if (child->input_pipe >= 0)
        child->input_watch = loop_watch_start(loop, child->input_pipe, LOOP_WRITABLE, on_writable, child);
    if (options->timeout > 0)
        child->timeout = loop_timer_start(loop, loop_now(loop) + options->timeout, on_timeout, child);
}

static int launch(struct child *child, const struct program_start *program, const struct child_options *options) {
    struct guard *guard = run_guard(child->run);
    struct pipes pipes;
    child->session.since = session_clock();
    if (guard) child->guarded = guard_process(guard, 0, SIGTERM, child->owner.event ? OWNED_PATIENCE : PATIENCE);
    child->start = run_now(child->run);
    int problem = program_spawn(program, options->input.kind != VALUE_NONE, &child->process, &pipes);
    if (problem) {
        if (guard) guard_release(guard, child->guarded);
        return problem;
    }
    if (guard) guard_process_set(guard, child->guarded, child->process);
    child->session = (struct session){ child->process, child->mark, child->session.since };
    child->ending = loop_child_start(run_loop(child->run), child->process, on_ended, child);
    if (child->ending) {
        attach(child, &pipes, options);
        return 0;
    }
    problem = errno; /* no descriptor to watch it by: it must not run unseen. The guard keeps it in its list. */
    session_signal(&child->session, SIGKILL);
    close(pipes.output);
    close(pipes.error);
    if (pipes.input >= 0) close(pipes.input);
    return problem;
}

static void note_start(const struct child *child) {
    struct buffer outcome = { 0 };
    buffer_printf(&outcome, "%s, process %d", child->name, (int)child->process);
    run_effect(child->run, "start", text_of(child->shown), child->start, run_now(child->run), buffer_text(&outcome));
    buffer_done(&outcome);
}

static struct child *new_child(struct run *run, const struct child_options *options) {
    struct child *child = memory_allocate(sizeof *child);
    *child =
        (struct child){ .run = run, .background = options->background, .code = -1, .gone = true, .input_pipe = -1 };
    child->outputs[0].descriptor = child->outputs[1].descriptor = -1;
    child->lines = child->exits = value_none();
    child->input_value = value_retain(options->input);
    child->fed = value_retain(options->fed);
    if (options->input.kind != VALUE_NONE) child->input = value_text_of(options->input);
    return child;
}

/* Takes the program over. */
static bool begin(struct child *child, struct program_start *program, const struct child_options *options,
                  struct buffer *problem) {
    int failure = launch(child, program, options);
    if (failure)
        buffer_printf(problem, "cannot start %s: %s%s", program->path, strerror(failure),
                      failure == ENOEXEC ? " (a script needs a first line with #!)" : "");
    program_done(program);
    return !failure;
}

struct value child_start(struct run *run, struct program_start *program, const struct child_options *options,
                         struct buffer *problem) {
    struct child *child = new_child(run, options);
    struct value handle = handle_new(run, &child_class, child);
    prepare(child, handle_name(handle), program);
    make_streams(child);
    if (!begin(child, program, options, problem)) {
        value_release(handle);
        return value_none();
    }
    if (options->background) note_start(child);
    return handle;
}

struct child *child_own(struct run *run, const char *name, struct program_start *program,
                        const struct child_options *options, const struct child_owner *owner, struct buffer *problem) {
    struct child *child = new_child(run, options);
    child->owner = *owner;
    child->lines = value_retain(owner->lines);
    child->log = owner->log;
    prepare(child, name, program);
    if (begin(child, program, options, problem)) return child;
    child_free(child);
    return NULL;
}
