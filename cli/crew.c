/* The parent of the cells: forks one a cell, hears its words, prints its report when it is over, passes signals on. It has no
 * thread and starts none, so that forking is safe. A cell that dies is buried by another process. */
#include "cli/crew.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/run_log.h"
#include "cli/worker.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What cells may take to undo their things after they were told to stop, and after they were told not to wait. */
#define STOP_LIMIT (4 * MINUTE)
#define AT_ONCE_LIMIT (10 * SECOND)

struct crew {
    struct course *course;
    struct results *results;
    size_t next; /* the next cell to begin */
    size_t jobs;
    struct VECTOR(struct worker *) workers; /* owned */
    int signals;                            /* a descriptor that tells of them */
    sigset_t before;                        /* the mask that cells get */
    int64_t deadline;                       /* of --timeout */
    int64_t kill_at;                        /* who still runs then is killed */
    bool stopping;                          /* no further cell is begun */
    bool at_once;
    struct progress progress;
};

size_t crew_default(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (size_t)count : 1;
}

/* ---- signals ---- */
static void take_signals(struct crew *crew) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    if (!crew->course->nohup) sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &crew->before);
    crew->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void command_all(struct crew *crew, enum cell_command command, int64_t limit) {
    for (size_t i = 0; i < crew->workers.count; i++) worker_command(crew->workers.items[i], command);
    crew->stopping = true;
    crew->kill_at = clock_monotonic() + limit;
}

static void interrupted(struct crew *crew, int number) {
    progress_wipe(&crew->progress);
    if (crew->course->interrupted) {
        fputs("aot: undoing at once\n", stderr);
        crew->at_once = true;
        command_all(crew, COMMAND_AT_ONCE, AT_ONCE_LIMIT);
        return;
    }
    fputs("aot: stopping; what was started is being undone (once more: undo only)\n", stderr);
    crew->course->interrupted = true;
    crew->course->signal = number;
    command_all(crew, COMMAND_STOP, STOP_LIMIT);
}

/* With --fail-fast one failure is enough: the others would be waited for in vain. */
static void fail_fast(struct crew *crew, const struct cell_result *result) {
    bool failed = result->outcome == OUTCOME_FAIL || result->outcome == OUTCOME_ERROR;
    if (!failed || crew->stopping || !option_given(crew->course->options, "fail-fast")) return;
    bool others = crew->workers.count || crew->next < crew->results->count;
    crew->course->failed_fast = others;
    if (!others) return;
    progress_wipe(&crew->progress);
    fprintf(stderr, "aot: --fail-fast: a cell came to %s; no further cell is begun\n", outcome_name(result->outcome));
    command_all(crew, COMMAND_FAIL_FAST, STOP_LIMIT);
}

static void reap(struct crew *crew) {
    int status;
    pid_t process;
    while ((process = waitpid(-1, &status, WNOHANG)) > 0) { /* an orphan of a dead cell may be among them */
        for (size_t i = 0; i < crew->workers.count; i++)
            if (crew->workers.items[i]->process == process) worker_ended(crew->workers.items[i], status);
    }
}

static void read_signals(struct crew *crew) {
    struct signalfd_siginfo signal;
    while (read(crew->signals, &signal, sizeof signal) == sizeof signal)
        if (signal.ssi_signo != SIGCHLD) interrupted(crew, (int)signal.ssi_signo);
    reap(crew);
}

/* ---- beginning and ending cells ---- */
static bool is_alone(const struct cell_entry *entry) {
    return entry->session->program->uses_load_or_watch;
}

static bool may_begin(const struct crew *crew) {
    if (crew->stopping || crew->next == crew->results->count || crew->workers.count >= crew->jobs) return false;
    if (crew->workers.count == 0) return true;
    return !is_alone(&crew->results->cells[crew->next]) && !is_alone(crew->workers.items[0]->entry);
}

static void begin(struct crew *crew, struct cell_entry *entry, const char *buried) {
    struct worker *worker = worker_new(entry, &crew->progress);
    VECTOR_PUSH(&crew->workers, worker);
    progress_wipe(&crew->progress);
    fflush(NULL); /* what is buffered would be written twice */
    worker_start(worker, &crew->before, buried);
}

static void print(struct crew *crew, const struct worker *worker) {
    progress_wipe(&crew->progress);
    if (worker->report.length) fwrite(worker->report.bytes, 1, worker->report.length, crew->course->words);
    fflush(crew->course->words);
    if (worker->notices.length) fwrite(worker->notices.bytes, 1, worker->notices.length, stderr);
}

/* Its process is gone. One that could not say what it came to is buried first, and that is said of it; unless it was told to end at
 * once: then it is one that was not run, and what it has left is undone by now, or by the guard's end. */
static void conclude(struct crew *crew, struct worker *worker) {
    struct cell_entry *entry = worker->entry;
    struct buffer reason = { 0 };
    bool lost = !worker_result(worker, &entry->result, &reason);
    if (lost && crew->at_once) {
        entry->state = CELL_WAITS;
    } else if (lost && !worker->buries) {
        begin(crew, entry, reason.bytes);
    } else {
        if (lost) entry->result = (struct cell_result){ OUTCOME_ERROR, true };
        if (lost)
            buffer_printf(&worker->notices, "aot: %.*s: %s\n", TEXT_ARGS(buffer_text(&worker->place.name)),
                          reason.bytes);
        entry->state = CELL_OVER;
        entry->took = clock_monotonic() - worker->began;
        crew->progress.over++;
        run_log_add(crew->course, entry);
        print(crew, worker);
        fail_fast(crew, &entry->result);
    }
    buffer_done(&reason);
}

static void conclude_all(struct crew *crew) {
    for (size_t i = 0; i < crew->workers.count;) {
        struct worker *worker = crew->workers.items[i];
        if (!worker->ended) {
            i++;
            continue;
        }
        for (size_t k = i + 1; k < crew->workers.count; k++) crew->workers.items[k - 1] = crew->workers.items[k];
        crew->workers.count--;
        worker_hear(worker);
        conclude(crew, worker);
        worker_free(worker);
    }
}

/* ---- waiting ---- */
static void look_at_clock(struct crew *crew) {
    int64_t now = clock_monotonic();
    if (now >= crew->deadline) {
        progress_wipe(&crew->progress);
        fputs("aot: the time of --timeout is over; what was started is being undone\n", stderr);
        crew->deadline = INT64_MAX;
        command_all(crew, COMMAND_TIMEOUT, STOP_LIMIT);
    }
    if (now < crew->kill_at) return;
    for (size_t i = 0; i < crew->workers.count; i++)
        if (crew->workers.items[i]->process > 0) kill(crew->workers.items[i]->process, SIGKILL);
    crew->kill_at = now + AT_ONCE_LIMIT;
}

static void wait_for_words(struct crew *crew) {
    size_t count = crew->workers.count;
    struct pollfd *all = memory_allocate((count + 1) * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct pollfd){ .fd = crew->workers.items[i]->socket, .events = POLLIN };
    all[count] = (struct pollfd){ .fd = crew->signals, .events = POLLIN };
    int64_t until = crew->deadline < crew->kill_at ? crew->deadline : crew->kill_at;
    if (!crew->progress.quiet && crew->progress.due < until) until = crew->progress.due;
    for (size_t i = 0; i < count; i++)
        if (crew->workers.items[i]->ended) until = 0; /* it could not even be started */
    int64_t span = until - clock_monotonic();
    int milliseconds = span <= 0 ? 0 : span > HOUR ? 3600000 : (int)(span / MILLISECOND) + 1;
    if (poll(all, count + 1, milliseconds) > 0) {
        for (size_t i = 0; i < count; i++)
            if (all[i].revents) worker_hear(crew->workers.items[i]);
        read_signals(crew);
    }
    memory_release(all);
}

static void run_forked(struct crew *crew) {
    take_signals(crew);
    while (crew->workers.count || may_begin(crew)) {
        while (may_begin(crew)) begin(crew, &crew->results->cells[crew->next++], NULL);
        look_at_clock(crew);
        progress_refresh(&crew->progress);
        wait_for_words(crew);
        conclude_all(crew);
    }
    close(crew->signals);
    sigprocmask(SIG_SETMASK, &crew->before, NULL);
}

static void run_here(struct crew *crew) {
    while (crew->next < crew->results->count && !crew->course->interrupted && !crew->stopping) {
        struct cell_entry *entry = &crew->results->cells[crew->next++];
        struct worker *worker = worker_new(entry, &crew->progress);
        worker_run_here(worker);
        VECTOR_PUSH(&crew->workers, worker);
        conclude_all(crew);
    }
}

void crew_run(struct course *course, struct results *results, size_t jobs, int64_t timeout) {
    struct crew crew = { .course = course, .results = results, .jobs = jobs ? jobs : 1, .kill_at = INT64_MAX };
    if (__builtin_add_overflow(results->began, timeout ? timeout : INT64_MAX, &crew.deadline))
        crew.deadline = INT64_MAX;
    progress_begin(&crew.progress, results->count, course->quiet);
    if (jobs)
        run_forked(&crew);
    else
        run_here(&crew);
    progress_end(&crew.progress);
    VECTOR_DONE(&crew.workers);
    results->took = clock_monotonic() - results->began;
    if (!crew.at_once) return;
    guard_finish_at_once(course->guard);
    fflush(NULL);
    signal(course->signal, SIG_DFL);
    raise(course->signal);
    _exit(128 + course->signal); /* the first process of a container is not ended by it */
}
