/* Undoing: a process and its session, a folder, a command. Each is bounded; nothing here trusts a process number
 * without its start time. */
#include "vm/guard_journal.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMAND_LIMIT (10 * SECOND)
#define KILL_LIMIT (5 * SECOND)

static void pause_briefly(void) {
    struct timespec span = { 0, 2000000 };
    nanosleep(&span, NULL);
}

static void tell(struct buffer *out, const char *what, struct text subject) {
    if (out) buffer_printf(out, "%s %.*s\n", what, TEXT_ARGS(subject));
}

/* ---- processes ---- */
/* The session and group of a process; false when it is gone. */
static bool session_of(pid_t process, long *session, long *group) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return false;
    text[length] = 0;
    char *rest = strrchr(text, ')');
    char state = 0;
    long parent = 0;
    return rest && sscanf(rest + 1, " %c %ld %ld %ld", &state, &parent, group, session) == 4 && state != 'Z' &&
           state != 'X';
}

/* Calls `matches` for each process but this one; sends SIGKILL where it is true. Returns how many. */
static size_t kill_where(bool (*matches)(pid_t process, const void *data), const void *data) {
    DIR *processes = opendir("/proc");
    size_t killed = 0;
    struct dirent *entry;
    while (processes && (entry = readdir(processes))) {
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        if (process > 1 && process != getpid() && matches(process, data)) killed += kill(process, SIGKILL) == 0;
    }
    if (processes) closedir(processes);
    return killed;
}

static bool is_of_session(pid_t process, const void *data) {
    long leader = *(const pid_t *)data, session = 0, group = 0;
    return session_of(process, &session, &group) && (session == leader || group == leader);
}

static bool wait_gone(const struct guard_entry *entry, int64_t limit) {
    for (int64_t end = clock_monotonic() + limit; guard_process_is(entry->process, entry->started); pause_briefly())
        if (clock_monotonic() > end) return false;
    return true;
}

static void undo_process(const struct guard_entry *entry, struct buffer *out) {
    if (!entry->process) return; /* never known: its mark in the environment finds it */
    /* Without a start time it cannot be told from another process that has its number by now. */
    if (entry->started && guard_process_is(entry->process, entry->started)) {
        struct buffer name = { 0 };
        buffer_printf(&name, "%ld", (long)entry->process);
        tell(out, "stopped process", buffer_text(&name));
        buffer_done(&name);
        kill(entry->process, entry->stop_signal);
        kill(entry->process, SIGCONT); /* a paused one would never hear it */
        if (!wait_gone(entry, entry->patience) && guard_process_is(entry->process, entry->started))
            kill(entry->process, SIGKILL);
        wait_gone(entry, KILL_LIMIT);
    }
    /* What stayed of its session. A number is not given to another while one of its session lives: when somebody
     * else has it, nobody stayed. */
    if (guard_process_started(entry->process)) return;
    for (int64_t end = clock_monotonic() + KILL_LIMIT;
         kill_where(is_of_session, &entry->process) && clock_monotonic() < end;)
        pause_briefly();
}

struct mark {
    struct text text;
    pid_t spared;
};

static bool has_mark(pid_t process, const void *data) {
    const struct mark *mark = data;
    char path[64];
    if (process == mark->spared) return false;
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char block[65536];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof block && (got = read(file, block + length, sizeof block - length)) > 0)
        length += (size_t)got;
    close(file);
    struct text environment = { block, length };
    for (size_t at; (at = text_find(environment, mark->text)) != SIZE_MAX;
         environment = text_slice(environment, at + 1, SIZE_MAX)) {
        bool begins = at == 0 || environment.bytes[at - 1] == 0;
        size_t end = at + mark->text.length;
        if (begins && (end == environment.length || environment.bytes[end] == 0)) return true;
    }
    return false;
}

size_t guard_kill_marked(const char *run_id, pid_t spared, struct buffer *out) {
    struct buffer text = { 0 };
    buffer_printf(&text, "AOT_RUN=%s", run_id);
    struct mark mark = { buffer_text(&text), spared };
    size_t killed = 0, now;
    for (int64_t end = clock_monotonic() + KILL_LIMIT; (now = kill_where(has_mark, &mark)) && clock_monotonic() < end;
         pause_briefly())
        if (now > killed) killed = now;
    if (killed) tell(out, "killed what carried", buffer_text(&text));
    buffer_done(&text);
    return killed;
}

/* ---- folders ---- */
static void undo_folder(const struct guard_entry *entry, struct buffer *out) {
    enum guard_removal removal = guard_remove(entry->text);
    /* A process that is just ending may write once more: try again for a while. */
    for (int64_t end = clock_monotonic() + KILL_LIMIT; removal == GUARD_STAYED && clock_monotonic() < end;
         pause_briefly()) {
        removal = guard_remove(entry->text);
    }
    if (removal == GUARD_REMOVED) tell(out, "removed folder", text_of(entry->text));
    if (removal == GUARD_STAYED) tell(out, "could not remove all of folder", text_of(entry->text));
    if (removal == GUARD_REFUSED)
        tell(out, "left alone, it is not below .aot or the temporary folder:", text_of(entry->text));
}

/* ---- commands ---- */
static void undo_command(const struct guard_entry *entry, struct buffer *out) {
    struct VECTOR(char *) arguments = { 0 };
    char *copy = memory_copy(entry->text, strlen(entry->text)), *rest = copy, *argument;
    while ((argument = strsep(&rest, "\x1f"))) VECTOR_PUSH(&arguments, argument);
    VECTOR_PUSH(&arguments, NULL);
    tell(out, "ran", text_of(arguments.items[0]));
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (int descriptor = 0; descriptor < 3; descriptor++)
        posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", descriptor ? O_WRONLY : O_RDONLY, 0);
    pid_t process = 0;
    if (posix_spawnp(&process, arguments.items[0], &files, NULL, arguments.items, environ) == 0) {
        int status;
        int64_t end = clock_monotonic() + COMMAND_LIMIT;
        while (waitpid(process, &status, WNOHANG) == 0) {
            if (clock_monotonic() > end) kill(process, SIGKILL);
            pause_briefly();
        }
    }
    posix_spawn_file_actions_destroy(&files);
    memory_release(copy);
    VECTOR_DONE(&arguments);
}

void guard_undo(const struct guard_entry *entry, struct buffer *out) {
    switch (entry->kind) {
    case GUARD_PROCESS: undo_process(entry, out); break;
    case GUARD_FOLDER: undo_folder(entry, out); break;
    case GUARD_COMMAND: undo_command(entry, out); break;
    }
}

/* Folders and commands; returns how many things there were in all. */
static size_t undo_rest(struct guard_journal *journal, struct buffer *out) {
    for (size_t i = journal->entries.count; i-- > 0;)
        if (journal->entries.items[i].kind != GUARD_PROCESS) guard_undo(&journal->entries.items[i], out);
    return journal->entries.count;
}

size_t guard_undo_all(struct guard_journal *journal, const char *run_id, struct buffer *out) {
    /* Processes before folders, lest one be written to again; the registered ones, which have a gentler way, before
     * what only carries the mark. */
    for (size_t i = journal->entries.count; i-- > 0;)
        if (journal->entries.items[i].kind == GUARD_PROCESS) {
            if (journal->at_once) journal->entries.items[i].stop_signal = SIGKILL;
            guard_undo(&journal->entries.items[i], out);
        }
    size_t marked = guard_kill_marked(run_id, journal->guard, out);
    marked += guard_descendants_kill(journal->root, journal->guard, &journal->descendants);
    return undo_rest(journal, out) + marked;
}

size_t guard_undo_rest(struct guard_journal *journal) {
    return undo_rest(journal, NULL);
}
