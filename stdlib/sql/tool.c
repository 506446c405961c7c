/* Fork, exec, output and end of one child. Between fork and exec only async-signal-safe calls are made: aot has
 * threads.
 * Nothing here waits: the loop tells of output and end. */
#include "stdlib/sql/tool.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_KEPT = 8192 };

struct tool {
    struct run *run;                       /* whose child it is */
    pid_t process;                         /* 0 once it has ended */
    uint32_t guarded;                      /* the guard's id, 0 without a guard */
    struct loop_child *child;              /* tells its end */
    struct loop_watch *watch;              /* its output's pipe; NULL at end of file */
    int pipe;                              /* our end, -1 when closed */
    struct buffer output;                  /* the last bytes that it wrote */
    void (*ended)(void *data, int status); /* whom to tell */
    void *data;                            /* his */
};

/* How many children of a run were killed by tool_free and are not reaped yet. */
struct living {
    size_t count;
};

static void *living_new(struct run *run) {
    (void)run;
    return memory_allocate(sizeof(struct living));
}

static struct living *living(struct run *run) {
    return run_module(run, "sql children", living_new, memory_release);
}

size_t tool_living(struct run *run) {
    return living(run)->count;
}

/* What the child needs, made before the fork. */
struct launch {
    const struct tool_request *request; /* as asked */
    char **environment;                 /* ours without PG*, plus AOT_RUN and LC_ALL */
    char mark[128];                     /* AOT_RUN=… */
    int out;                            /* becomes stdout and stderr */
};

static void make_environment(struct launch *launch, struct run *run) {
    size_t count = 0;
    while (environ[count]) count++;
    launch->environment = memory_allocate((count + 3) * sizeof(char *));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        /* PGHOST, PGOPTIONS and their like would lead the tools elsewhere. */
        if (strncmp(environ[i], "PG", 2) == 0 || strncmp(environ[i], "LC_ALL=", 7) == 0) continue;
        if (strncmp(environ[i], "AOT_RUN=", 8) == 0) continue;
        launch->environment[kept++] = environ[i];
    }
    const char *run_id = run_guard(run) && !launch->request->outlives ? guard_run_id(run_guard(run)) : "none";
    snprintf(launch->mark, sizeof launch->mark, "AOT_RUN=%s", run_id);
    static char english[] = "LC_ALL=C";
    launch->environment[kept++] = launch->mark;
    launch->environment[kept++] = english;
}

_Noreturn static void child_main(const struct launch *launch) {
    const struct tool_request *request = launch->request;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setsid();
    int empty = open("/dev/null", O_RDONLY);
    if (empty >= 0) dup2(empty, 0);
    dup2(launch->out, 1);
    dup2(launch->out, 2);
    close_range(3, ~0U, 0);
    umask(077);
    if ((request->folder && chdir(request->folder) != 0) || (request->owner && owner_become(request->owner) != 0))
        _exit(126);
    execve(request->arguments[0], (char *const *)request->arguments, launch->environment);
    _exit(127);
}

static void keep_output(struct tool *tool, const char *bytes, size_t length) {
    buffer_append(&tool->output, (struct text){ bytes, length });
    if (tool->output.length <= 2 * OUTPUT_KEPT) return;
    size_t surplus = tool->output.length - OUTPUT_KEPT;
    memmove(tool->output.bytes, tool->output.bytes + surplus, OUTPUT_KEPT + 1);
    tool->output.length = OUTPUT_KEPT;
}

static void close_pipe(struct tool *tool) {
    if (tool->watch) loop_watch_stop(tool->watch);
    tool->watch = NULL;
    if (tool->pipe >= 0) close(tool->pipe);
    tool->pipe = -1;
}

static void read_output(void *data, int events) {
    struct tool *tool = data;
    (void)events;
    char bytes[4096];
    for (;;) {
        ssize_t got = read(tool->pipe, bytes, sizeof bytes);
        if (got > 0) {
            keep_output(tool, bytes, (size_t)got);
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        close_pipe(tool);
        return;
    }
}

static void forget_in_guard(struct tool *tool) {
    if (tool->guarded) guard_release(run_guard(tool->run), tool->guarded);
    tool->guarded = 0;
}

static void dispose(struct tool *tool) {
    close_pipe(tool);
    forget_in_guard(tool);
    buffer_done(&tool->output);
    memory_release(tool);
}

static void child_ended(void *data, int status) {
    struct tool *tool = data;
    tool->child = NULL;
    tool->process = 0;
    if (tool->pipe >= 0) read_output(tool, LOOP_READABLE);
    close_pipe(tool);
    forget_in_guard(tool);
    if (tool->ended) {
        tool->ended(tool->data, status);
    } else {
        living(tool->run)->count--;
        dispose(tool);
    }
}

/* Where the output goes: a file, or a pipe whose other end we watch. */
static int open_output(struct tool *tool, const char *file, struct buffer *error) {
    if (file) {
        int out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out < 0) buffer_printf(error, "cannot write %s: %s", file, strerror(errno));
        return out;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        buffer_printf(error, "cannot make a pipe: %s", strerror(errno));
        return -1;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    tool->pipe = ends[0];
    return ends[1];
}

static pid_t launch_child(struct tool *tool, const struct tool_request *request, int out) {
    struct launch launch = { .request = request, .out = out };
    make_environment(&launch, tool->run);
    struct guard *guard = run_guard(tool->run);
    if (guard) tool->guarded = guard_process(guard, 0, request->stop_signal, request->patience);
    pid_t process = fork();
    if (process == 0) child_main(&launch);
    if (process > 0 && guard) guard_process_set(guard, tool->guarded, process);
    memory_release(launch.environment);
    return process;
}

struct tool *tool_start(struct run *run, const struct tool_request *request, void (*ended)(void *data, int status),
                        void *data, struct buffer *error) {
    struct tool *tool = memory_allocate(sizeof *tool);
    *tool = (struct tool){ .run = run, .pipe = -1, .ended = ended, .data = data };
    int out = open_output(tool, request->output, error);
    if (out >= 0) {
        tool->process = launch_child(tool, request, out);
        if (tool->process < 0) buffer_printf(error, "cannot fork: %s", strerror(errno));
        close(out);
    }
    if (out < 0 || tool->process < 0) {
        tool->process = 0;
        dispose(tool);
        return NULL;
    }
    tool->child = loop_child_start(run_loop(run), tool->process, child_ended, tool);
    if (!tool->child) {
        buffer_printf(error, "cannot watch the process %d: %s", (int)tool->process, strerror(errno));
        kill(tool->process, SIGKILL);
        dispose(tool);
        return NULL;
    }
    if (tool->pipe >= 0) tool->watch = loop_watch_start(run_loop(run), tool->pipe, LOOP_READABLE, read_output, tool);
    return tool;
}

pid_t tool_process(const struct tool *tool) {
    return tool->process;
}

struct text tool_output(const struct tool *tool) {
    struct text all = buffer_text(&tool->output);
    return all.length > OUTPUT_KEPT ? text_slice(all, all.length - OUTPUT_KEPT, OUTPUT_KEPT) : all;
}

void tool_signal(const struct tool *tool, int number) {
    if (tool->process > 0) kill(tool->process, number);
}

void tool_free(struct tool *tool) {
    if (!tool) return;
    if (tool->process == 0) {
        dispose(tool);
        return;
    }
    if (tool->ended) living(tool->run)->count++;
    tool->ended = NULL; /* the loop reaps it, and then it goes */
    close_pipe(tool);
    kill(-tool->process, SIGKILL);
    kill(tool->process, SIGKILL); /* it may not have its session yet */
}

void tool_leave(struct tool *tool) {
    if (!tool) return;
    if (tool->process > 0) loop_child_stop(tool->child);
    dispose(tool);
}

void tool_status_print(int status, struct buffer *out) {
    if (WIFSIGNALED(status)) {
        buffer_printf(out, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        buffer_printf(out, "exit status %d", WEXITSTATUS(status));
    }
}
