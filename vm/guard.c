/* The guard process and aot's side of it. aot appends to the journal; the guard waits for the end of a pipe, then
 * reads the journal and undoes. So there is one truth; only what a full disk did not take comes through the pipe. */
#include "vm/guard.h"

#include "base/clock.h"
#include "base/memory.h"
#include "vm/guard_journal.h"
#include "vm/guard_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ADOPT "adopt\n"
#define NOTE_INTERVAL_MS 500
#define START_LIMIT_MS 2000
/* Lines that no journal took come together in one pipe: there the ids of cells must differ. */
#define CELLS_APART 60000
#define IDS_OF_A_CELL 65536
#define END_LIMIT (30 * SECOND) /* for the guard to end after its pipe is closed */

/* ---- the guard's own life ---- */
static void leave_terminal(int kept) {
    setsid();
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP };
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
    int null = open("/dev/null", O_RDWR);
    for (int descriptor = 0; null >= 0 && descriptor < 3; descriptor++) dup2(null, descriptor);
    /* Holding aot's pipes open would make a reader of its output wait for the guard. */
    dup2(kept, 3);
    close_range(4, UINT_MAX, 0);
    /* If this aot was itself started by one, that one's guard must not take this guard for something left over: it
     * has still to undo what is its own. Others see the environment in the memory where the program's start put it. */
    char *mark = getenv("AOT_RUN");
    if (mark) memset(mark - strlen("AOT_RUN="), '_', strlen("AOT_RUN"));
}

/* Waits for aot's next word, or its end; meanwhile, once it adopts orphans, notes who its descendants are. */
static void await_word(const struct guard *guard, const struct buffer *lines, struct guard_descendants *descendants) {
    struct pollfd word = { .fd = 3, .events = POLLIN };
    bool adopts = text_find(buffer_text(lines), TEXT(ADOPT)) != SIZE_MAX;
    while (poll(&word, 1, adopts ? NOTE_INTERVAL_MS : -1) == 0) {
        guard_descendants_renote(guard->aot, getpid(), descendants);
    }
}

/* Lines that the disk had no room for come through the pipe instead. */
static void read_unwritten(const struct guard *guard, struct buffer *lines, struct guard_descendants *descendants) {
    char bytes[4096];
    ssize_t got;
    for (;;) {
        await_word(guard, lines, descendants);
        got = read(3, bytes, sizeof bytes);
        if (got > 0)
            buffer_append(lines, (struct text){ bytes, (size_t)got });
        else if (got == 0 || errno != EINTR)
            return; /* aot is gone */
    }
}

static void add_unwritten(struct guard_journal *journal, struct buffer *lines) {
    char *rest = lines->bytes, *line;
    while (rest && (line = strsep(&rest, "\n"))) {
        if (rest) guard_journal_line(journal, line); /* what has no newline behind it is torn */
    }
}

static _Noreturn void watch(struct guard *guard, int pipe_end) {
    leave_terminal(pipe_end);
    (void)!write(3, "", 1); /* from here on it is on its own */
    struct buffer unwritten = { 0 };
    struct guard_descendants descendants = { 0 };
    read_unwritten(guard, &unwritten, &descendants);
    struct guard_journal journal;
    guard_undo_cells(guard->journal_path.bytes, guard->run_id, getpid());
    if (guard_journal_read(guard->journal_path.bytes, &journal)) {
        journal.descendants = descendants;
        add_unwritten(&journal, &unwritten);
        journal.guard = getpid();
        guard_undo_all(&journal, guard->run_id, NULL);
        unlink(guard->journal_path.bytes);
    }
    _exit(0);
}

/* ---- aot's side ---- */
static int create_journal(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_TRUNC, 0600);
}

/* Whose journal it is, for `aot clean`. */
static void describe(const struct guard *guard, struct buffer *line) {
    buffer_printf(line, "aot %ld %llu %ld %llu", (long)guard->aot,
                  (unsigned long long)guard_process_started(guard->aot), (long)guard->process,
                  (unsigned long long)guard_process_started(guard->process));
}

/* A cell that registers nothing needs no journal. If it cannot be made, the lines go through the pipe. */
static void open_cell_journal(struct guard *guard) {
    guard->journal = create_journal(guard->journal_path.bytes);
    if (guard->journal < 0) return;
    struct buffer line = { 0 };
    describe(guard, &line);
    buffer_append_byte(&line, '\n');
    (void)!write(guard->journal, line.bytes, line.length);
    buffer_done(&line);
}

static void append_locked(struct guard *guard, struct buffer *line) {
    if (guard->journal < 0) open_cell_journal(guard);
    buffer_append_byte(line, '\n');
    struct stat before;
    bool known = fstat(guard->journal, &before) == 0;
    ssize_t written = write(guard->journal, line->bytes, line->length);
    if (written != (ssize_t)line->length) {
        /* The disk is full: the guard and guard_finish still hear of it; only `aot clean` would not. */
        if (known && written > 0 && ftruncate(guard->journal, before.st_size) != 0)
            buffer_append_byte(&guard->unwritten, '\n');
        buffer_append(&guard->unwritten, buffer_text(line));
        /* A guard that does not read must not hold up the run, one that is gone not end it. */
        (void)send(guard->pipe, line->bytes, line->length, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void append(struct guard *guard, struct buffer *line) {
    pthread_mutex_lock(&guard->lock);
    append_locked(guard, line);
    pthread_mutex_unlock(&guard->lock);
    buffer_done(line);
}

/* Where the journal will be. Its folder is made, the file is not: until there is a guard, a killed aot would leave it. */
static bool place_journal(struct guard *guard, const char *folder, struct buffer *reason) {
    char absolute[PATH_MAX];
    bool made = mkdir(folder, 0755) == 0 || errno == EEXIST;
    if (made && realpath(folder, absolute)) {
        buffer_printf(&guard->journal_path, "%s/%s" GUARD_SUFFIX, absolute, guard->run_id);
        return true;
    }
    buffer_printf(reason, "%s: %s", folder, strerror(errno));
    return false;
}

static bool open_journal(struct guard *guard, struct buffer *reason) {
    guard->journal = create_journal(guard->journal_path.bytes);
    if (guard->journal >= 0) return true;
    buffer_printf(reason, "%s: %s", guard->journal_path.bytes, strerror(errno));
    return false;
}

/* Forks the guard and waits until it is on its own: before, a signal to aot's group would end it, and its mark could
 * be seen. */
static bool fork_guard(struct guard *guard, struct buffer *reason) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        buffer_append_string(reason, strerror(errno));
        return false;
    }
    fflush(NULL);
    guard->process = fork();
    if (guard->process == 0) {
        close(ends[1]);
        watch(guard, ends[0]);
    }
    if (guard->process < 0) buffer_append_string(reason, strerror(errno));
    close(ends[0]);
    guard->pipe = ends[1];
    struct pollfd word = { .fd = guard->pipe, .events = POLLIN };
    char byte;
    if (guard->process > 0 && poll(&word, 1, START_LIMIT_MS) == 1) (void)!read(guard->pipe, &byte, 1);
    return guard->process > 0;
}

/* The guard ends once its pipe is closed. */
static void end_guard(struct guard *guard) {
    close(guard->pipe);
    guard->pipe = -1;
    int status;
    for (int64_t end = clock_monotonic() + END_LIMIT;
         waitpid(guard->process, &status, WNOHANG) == 0 && clock_monotonic() < end;) {
        struct timespec span = { 0, 200000 };
        nanosleep(&span, NULL);
    }
}

static void discard(struct guard *guard) {
    if (guard->journal >= 0) close(guard->journal);
    if (guard->process > 0 && !guard->shared) end_guard(guard);
    if (guard->pipe >= 0) close(guard->pipe);
    if (guard->journal >= 0) unlink(guard->journal_path.bytes);
    pthread_mutex_destroy(&guard->lock);
    memory_release(guard->run_id);
    buffer_done(&guard->journal_path);
    buffer_done(&guard->unwritten);
    memory_release(guard);
}

struct guard *guard_start(const char *journal_folder, const char *run_id, char **error) {
    struct guard *guard = memory_allocate(sizeof *guard);
    *guard = (struct guard){
        .aot = getpid(), .run_id = memory_copy(run_id, strlen(run_id)), .journal = -1, .pipe = -1, .next_id = 1
    };
    pthread_mutex_init(&guard->lock, NULL);
    struct buffer reason = { 0 };
    if (!place_journal(guard, journal_folder, &reason) || !fork_guard(guard, &reason) ||
        !open_journal(guard, &reason)) {
        *error = buffer_take(&reason);
        discard(guard);
        return NULL;
    }
    struct buffer line = { 0 };
    describe(guard, &line);
    append(guard, &line);
    return guard;
}

struct guard *guard_share(const struct guard *parent, const char *run_id, uint32_t number) {
    struct guard *guard = memory_allocate(sizeof *guard);
    *guard = (struct guard){ .aot = getpid(),
                             .run_id = memory_copy(run_id, strlen(run_id)),
                             .journal = -1,
                             .pipe = fcntl(parent->pipe, F_DUPFD_CLOEXEC, 3),
                             .process = parent->process,
                             .shared = true,
                             .next_id = number % CELLS_APART * IDS_OF_A_CELL + 1 };
    pthread_mutex_init(&guard->lock, NULL);
    size_t folder = parent->journal_path.length;
    while (folder && parent->journal_path.bytes[folder - 1] != '/') folder--;
    buffer_append(&guard->journal_path, (struct text){ parent->journal_path.bytes, folder });
    buffer_printf(&guard->journal_path, "%s" GUARD_SUFFIX, run_id);
    return guard;
}

void guard_adopt(struct guard *guard) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return; /* older than Linux 3.4: marks and sessions have to do */
    guard->adopts = true;
    if (guard->shared) return; /* its parent has said so */
    (void)send(guard->pipe, ADOPT, strlen(ADOPT), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What a cell registered, if it did: to look through all processes takes longer than many a cell. */
static size_t finish_shared(struct guard *guard, bool at_once) {
    size_t undone = 0;
    struct guard_journal journal = { 0 };
    bool registered = guard->journal >= 0 || guard->unwritten.length;
    if (registered && (guard_journal_read(guard->journal_path.bytes, &journal) || guard->unwritten.length)) {
        add_unwritten(&journal, &guard->unwritten);
        journal.at_once = at_once;
        journal.guard = guard->process;
        journal.root = guard->adopts ? guard->aot : 0;
        undone = guard->started_processes ? guard_undo_all(&journal, guard->run_id, NULL) : guard_undo_rest(&journal);
        guard_journal_done(&journal);
    }
    discard(guard);
    return undone;
}

static size_t finish(struct guard *guard, bool at_once) {
    if (guard->shared) return finish_shared(guard, at_once);
    struct guard_journal journal;
    size_t undone = guard_undo_cells(guard->journal_path.bytes, guard->run_id, guard->process);
    if (guard_journal_read(guard->journal_path.bytes, &journal)) {
        add_unwritten(&journal, &guard->unwritten);
        journal.at_once = at_once;
        journal.root = guard->adopts ? guard->aot : 0;
        undone += guard_undo_all(&journal, guard->run_id, NULL);
        guard_journal_done(&journal);
    }
    unlink(guard->journal_path.bytes);
    discard(guard);
    return undone;
}

size_t guard_finish(struct guard *guard) {
    return finish(guard, false);
}

size_t guard_finish_at_once(struct guard *guard) {
    return finish(guard, true);
}

const char *guard_run_id(const struct guard *guard) {
    return guard->run_id;
}

uint32_t guard_folder(struct guard *guard, const char *path) {
    struct buffer line = { 0 };
    char absolute[PATH_MAX];
    uint32_t id = guard->next_id++;
    buffer_printf(&line, "+ %u folder ", id);
    if (path[0] != '/' && getcwd(absolute, sizeof absolute)) {
        guard_journal_escape(&line, absolute);
        buffer_append_byte(&line, '/');
    }
    guard_journal_escape(&line, path);
    append(guard, &line);
    return id;
}

uint32_t guard_process(struct guard *guard, pid_t process, int stop_signal, int64_t patience) {
    guard->started_processes = true;
    struct buffer line = { 0 };
    uint32_t id = guard->next_id++;
    buffer_printf(&line, "+ %u process %ld %llu %d %lld", id, (long)process,
                  (unsigned long long)guard_process_started(process), stop_signal, (long long)patience);
    append(guard, &line);
    return id;
}

void guard_process_set(struct guard *guard, uint32_t id, pid_t process) {
    struct buffer line = { 0 };
    buffer_printf(&line, "= %u %ld %llu", id, (long)process, (unsigned long long)guard_process_started(process));
    append(guard, &line);
}

uint32_t guard_command(struct guard *guard, const char *const *argv) {
    struct buffer line = { 0 };
    uint32_t id = guard->next_id++;
    buffer_printf(&line, "+ %u command ", id);
    for (size_t i = 0; argv[i]; i++) {
        if (i) buffer_append_byte(&line, '\x1f');
        guard_journal_escape(&line, argv[i]);
    }
    append(guard, &line);
    return id;
}

void guard_release(struct guard *guard, uint32_t id) {
    struct buffer line = { 0 };
    buffer_printf(&line, "- %u", id);
    append(guard, &line);
}

/* ---- aot clean ---- */
static int is_journal(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(GUARD_SUFFIX));
}

static size_t clean_one(const char *folder, const char *name, struct buffer *out) {
    struct buffer path = { 0 }, run_id = { 0 };
    buffer_printf(&path, "%s/%s", folder, name);
    buffer_append(&run_id, text_slice(text_of(name), 0, strlen(name) - strlen(GUARD_SUFFIX)));
    struct guard_journal journal;
    size_t undone = 0;
    if (guard_journal_read(path.bytes, &journal)) {
        bool alive = (journal.aot && guard_process_is(journal.aot, journal.aot_started)) ||
                     (journal.guard && guard_process_is(journal.guard, journal.guard_started));
        if (!alive) {
            buffer_printf(out, "run %s:\n", run_id.bytes);
            undone = guard_undo_all(&journal, run_id.bytes, out);
            unlink(path.bytes);
        }
        guard_journal_done(&journal);
    }
    buffer_done(&path);
    buffer_done(&run_id);
    return undone;
}

int64_t guard_clean(const char *journal_folder, struct buffer *out) {
    struct dirent **journals;
    int count = scandir(journal_folder, &journals, is_journal, alphasort);
    if (count < 0) return errno == ENOENT ? 0 : -1;
    int64_t undone = 0;
    for (int i = 0; i < count; i++) {
        undone += (int64_t)clean_one(journal_folder, journals[i]->d_name, out);
        free(journals[i]);
    }
    free(journals);
    return undone;
}
