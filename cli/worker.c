/* Forking a cell, hearing it, and telling how its process ended. */
#include "cli/worker.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cell_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker *worker_new(struct cell_entry *entry, struct progress *progress) {
    struct worker *worker = memory_allocate(sizeof *worker);
    *worker = (struct worker){ .entry = entry, .progress = progress, .socket = -1, .began = clock_monotonic() };
    cell_place_find(&worker->place, entry->session, entry->index);
    worker->shown.name = buffer_text(&worker->place.name);
    worker->shown.began = worker->began;
    progress_add(progress, &worker->shown);
    entry->state = CELL_RUNS;
    return worker;
}

/* ---- the cell's side ---- */
static _Noreturn void be_cell(struct worker *worker, int socket, const sigset_t *mask, pid_t parent,
                              const char *buried) {
    /* Whatever becomes of the parent: the guard then undoes what this process has done. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    /* Outside of the run the terminal's Ctrl-C is the parent's, who passes it on. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_SETMASK, mask, NULL);
    struct cell_wire wire = { .socket = socket, .patience = CELL_PATIENCE_MS };
    struct cell_voice voice = cell_voice_on(&wire);
    if (buried)
        cell_bury(worker->entry->session, worker->entry->index, buried, &voice);
    else
        cell_run(worker->entry->session, worker->entry->index, &voice);
    fflush(NULL);
    int status = wire.broken ? CELL_UNHEARD : 0;
    if (worker->entry->session->course->abandoned) _exit(status); /* beside a thread that goes on */
#ifdef NDEBUG
    _exit(status); /* what libraries have to tidy up at the end is the kernel's, too */
#else
    exit(status); /* the leak check, and the counters of a coverage build */
#endif
}

void worker_start(struct worker *worker, const sigset_t *mask, const char *buried) {
    int ends[2];
    pid_t parent = getpid();
    worker->buries = buried != NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        worker->process = fork();
        if (worker->process == 0) {
            close(ends[0]);
            be_cell(worker, ends[1], mask, parent, buried);
        }
        close(ends[1]);
        worker->socket = ends[0];
    }
    if (worker->process > 0) return;
    buffer_printf(&worker->notices, "aot: %s: no process could be started: %s\n", worker->place.name.bytes,
                  strerror(errno));
    worker->process = 0;
    worker->ended = worker->has_result = true;
    worker->result = (struct cell_result){ OUTCOME_ERROR, true };
}

/* ---- the parent's side ---- */
static void take(void *data, enum cell_word word, struct text text) {
    struct worker *worker = data;
    switch (word) {
    case WORD_STAGE: progress_stage(worker->progress, &worker->shown, text); break;
    case WORD_PHASE: progress_phase(worker->progress, &worker->shown, text); break;
    case WORD_REPORT: buffer_append(&worker->report, text); break;
    case WORD_NOTICE: buffer_append(&worker->notices, text); break;
    case WORD_RESULT: worker->has_result = cell_result_read(text, &worker->result); break;
    }
}

void worker_run_here(struct worker *worker) {
    const struct cell_voice voice = { worker, take, -1 };
    cell_run(worker->entry->session, worker->entry->index, &voice);
    worker->ended = true;
}

void worker_command(struct worker *worker, enum cell_command command) {
    char byte = (char)command;
    if (worker->socket >= 0) (void)!send(worker->socket, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void worker_hear(struct worker *worker) {
    char bytes[16384];
    ssize_t got = 0;
    while (worker->socket >= 0 && (got = recv(worker->socket, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        buffer_append(&worker->read, (struct text){ bytes, (size_t)got });
    if (worker->socket >= 0 && (got == 0 || (errno != EAGAIN && errno != EINTR))) {
        close(worker->socket); /* nothing more comes; its end is told by a signal */
        worker->socket = -1;
    }
    struct text read = buffer_text(&worker->read), text;
    enum cell_word word;
    while (cell_voice_take(&read, &word, &text)) take(worker, word, text);
    size_t used = worker->read.length - read.length;
    if (!used) return;
    memmove(worker->read.bytes, worker->read.bytes + used, read.length);
    worker->read.length = read.length;
}

void worker_ended(struct worker *worker, int status) {
    worker->ended = true;
    worker->process = 0;
    worker->status = status;
}

bool worker_result(struct worker *worker, struct cell_result *result, struct buffer *reason) {
    int status = worker->status;
    bool unheard = WIFEXITED(status) && WEXITSTATUS(status) == CELL_UNHEARD;
    bool orderly = unheard || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (unheard && worker->has_result)
        buffer_printf(&worker->notices,
                      "aot: %s: its report was not read for a minute and is cut; the record has all\n",
                      worker->place.name.bytes);
    if (orderly && worker->has_result) {
        *result = worker->result;
        return true;
    }
    if (unheard) {
        buffer_append_string(reason,
                             "what the cell came to was not read for a minute: was aot stopped, or its output?");
    } else if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        buffer_printf(reason, "the cell's process was ended by SIG%s (%s)", sigabbrev_np(number), sigdescr_np(number));
        if (number == SIGKILL) buffer_append_string(reason, ": somebody killed it, or memory was used up");
        if (number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGILL || number == SIGFPE)
            buffer_append_string(reason, ": this is a bug in aot, please report it");
    } else {
        buffer_printf(reason, "the cell's process ended with status %d%s: this is a bug in aot, please report it",
                      WEXITSTATUS(status), worker->has_result ? "" : " before it said what it came to");
    }
    return false;
}

void worker_free(struct worker *worker) {
    progress_remove(worker->progress, &worker->shown);
    if (worker->socket >= 0) close(worker->socket);
    cell_place_done(&worker->place);
    buffer_done(&worker->shown.stage);
    buffer_done(&worker->shown.phase);
    buffer_done(&worker->read);
    buffer_done(&worker->report);
    buffer_done(&worker->notices);
    memory_release(worker);
}
