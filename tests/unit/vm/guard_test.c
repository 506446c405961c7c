/* The guard against real deaths: aot (a forked child here) is killed by SIGKILL, and what it had registered must be
 * gone. */
#include "base/clock.h"
#include "base/memory.h"
#include "vm/guard.h"
#include "vm/guard_journal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[64];
/* Unique to a test: others run at the same time, and each kills what carries its mark. */
static char run_id[64], outer_id[64], journal_path[128];

static void make_root(void) {
    strcpy(root, "/tmp/aot-guard-test-XXXXXX");
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
    snprintf(run_id, sizeof run_id, "run-%s", root + strlen(root) - 6);
    snprintf(outer_id, sizeof outer_id, "outer-%s", root + strlen(root) - 6);
    snprintf(journal_path, sizeof journal_path, "guard/%s.journal", run_id);
}

static void remove_root(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(guard, .init = make_root, .fini = remove_root, .timeout = 60);

static void rest(void) {
    struct timespec span = { 0, 5000000 };
    nanosleep(&span, NULL);
}

static bool gone_within(pid_t process, uint64_t started, int64_t limit) {
    for (int64_t end = clock_monotonic() + limit; guard_process_is(process, started); rest())
        if (clock_monotonic() > end) return false;
    return true;
}

static bool absent_within(const char *path, int64_t limit) {
    for (int64_t end = clock_monotonic() + limit; access(path, F_OK) == 0; rest())
        if (clock_monotonic() > end) return false;
    return true;
}

static void make_file(const char *path) {
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    cr_assert(file >= 0, "%s", path);
    close(file);
}

/* A program in a session of its own, as aot starts them. */
static pid_t start(const char *script, const char *mark) {
    pid_t process = fork();
    if (process) return process;
    setsid();
    if (mark) setenv("AOT_RUN", mark, 1);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

/* Forks an "aot" that registers things by `work`, reports a process number through the pipe, and is killed. */
static pid_t killed_aot(void (*work)(struct guard *guard, int report)) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t aot = fork();
    if (aot == 0) {
        char *error = NULL;
        struct guard *guard = guard_start("guard", run_id, &error);
        if (!guard) _exit(1);
        work(guard, ends[1]);
        pause();
        _exit(1);
    }
    close(ends[1]);
    pid_t reported = 0;
    cr_assert_eq(read(ends[0], &reported, sizeof reported), (ssize_t)sizeof reported);
    close(ends[0]);
    kill(aot, SIGKILL);
    cr_assert_eq(waitpid(aot, NULL, 0), aot);
    return reported;
}

static void report_process(int report, pid_t process) {
    cr_assert_eq(write(report, &process, sizeof process), (ssize_t)sizeof process);
}

static void work_folder_and_process(struct guard *guard, int report) {
    char path[128];
    snprintf(path, sizeof path, "%s/up/../precious", root); /* a way up must be refused */
    guard_folder(guard, path);
    mkdir("precious", 0755);
    mkdir("up", 0755);
    snprintf(path, sizeof path, "%s/.aot/scratch", root);
    char outer[128];
    snprintf(outer, sizeof outer, "%s/.aot", root);
    mkdir(outer, 0755);
    guard_folder(guard, path);
    mkdir(path, 0755);
    strcat(path, "/file");
    make_file(path);
    uint32_t id = guard_process(guard, 0, SIGTERM, SECOND);
    pid_t process = start("trap '' TERM; sleep 100 & wait; sleep 100", NULL);
    guard_process_set(guard, id, process);
    report_process(report, process);
}

Test(guard, undoes_a_folder_and_a_stubborn_session_after_sigkill) {
    pid_t process = killed_aot(work_folder_and_process);
    char path[128];
    snprintf(path, sizeof path, "%s/.aot/scratch", root);
    cr_expect(absent_within(path, 10 * SECOND));
    cr_expect(gone_within(process, 0, 10 * SECOND));
    cr_expect(absent_within(journal_path, 10 * SECOND));
    cr_expect_eq(access("precious", F_OK), 0);
}

static void work_unknown_process(struct guard *guard, int report) {
    guard_process(guard, 0, SIGTERM, SECOND); /* killed between fork and guard_process_set */
    report_process(report, start("setsid sleep 100 & sleep 100", run_id));
}

Test(guard, finds_a_process_by_its_mark_when_its_number_was_never_written) {
    pid_t process = killed_aot(work_unknown_process);
    cr_expect(gone_within(process, 0, 10 * SECOND));
    cr_expect(absent_within(journal_path, 10 * SECOND));
    cr_expect_eq(guard_kill_marked(run_id, 0, NULL), 0, "the daemon that it made must be gone too");
}

static void work_command(struct guard *guard, int report) {
    const char *const argv[] = { "touch", "undone by a command", NULL };
    guard_command(guard, argv);
    report_process(report, getpid());
}

Test(guard, runs_a_registered_command) {
    killed_aot(work_command);
    for (int64_t end = clock_monotonic() + 10 * SECOND;
         access("undone by a command", F_OK) != 0 && clock_monotonic() < end;)
        rest();
    cr_expect_eq(access("undone by a command", F_OK), 0);
}

static void work_released(struct guard *guard, int report) {
    char path[128];
    snprintf(path, sizeof path, "%s/kept", root);
    mkdir(path, 0755);
    guard_release(guard, guard_folder(guard, path));
    report_process(report, getpid());
}

Test(guard, leaves_alone_what_was_released) {
    killed_aot(work_released);
    cr_expect(absent_within(journal_path, 10 * SECOND));
    cr_expect_eq(access("kept", F_OK), 0);
}

Test(guard, finish_undoes_what_is_left_and_ends_the_guard) {
    char *error = NULL;
    struct guard *guard = guard_start("guard", run_id, &error);
    cr_assert(guard, "%s", error);
    pid_t process = start("sleep 100", run_id);
    guard_process(guard, process, SIGTERM, SECOND);
    struct guard_journal journal;
    cr_assert(guard_journal_read(journal_path, &journal));
    pid_t watcher = journal.guard;
    cr_expect_eq(journal.entries.count, 1);
    guard_journal_done(&journal);
    cr_expect(guard_process_is(watcher, 0));
    cr_expect_eq(guard_finish(guard), 1);
    cr_expect(gone_within(process, 0, SECOND));
    cr_expect_not(guard_process_is(watcher, 0));
    cr_expect_neq(access(journal_path, F_OK), 0);
    waitpid(process, NULL, 0);
}

/* Leaves its session, its parent and its environment: only the chain of parents leads to it. */
static const char *const escape = "env -i sh -c 'setsid sleep 77 & echo $! >daemon; exit' ; exec sleep 78";

static pid_t read_daemon(void) {
    for (int64_t end = clock_monotonic() + 10 * SECOND; clock_monotonic() < end; rest()) {
        FILE *file = fopen("daemon", "r");
        int process = 0;
        bool got = file && fscanf(file, "%d", &process) == 1;
        if (file) fclose(file);
        if (got) return process;
    }
    return 0;
}

static void work_adopting(struct guard *guard, int report) {
    guard_adopt(guard);
    uint32_t id = guard_process(guard, 0, SIGTERM, SECOND);
    guard_process_set(guard, id, start(escape, run_id));
    pid_t daemon = read_daemon();
    struct timespec span = { 2, 0 }; /* the guard looks twice a second, on a busy machine later */
    nanosleep(&span, NULL);
    report_process(report, daemon);
}

Test(guard, ends_what_dropped_every_mark_after_sigkill) {
    pid_t daemon = killed_aot(work_adopting);
    cr_assert_gt(daemon, 0);
    cr_expect(gone_within(daemon, 0, 10 * SECOND));
    cr_expect(absent_within(journal_path, 10 * SECOND));
}

Test(guard, finishes_at_once_and_takes_every_descendant) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t aot = fork();
    if (aot == 0) { /* a process of its own: what adopts orphans here must not be the test */
        char *error = NULL;
        struct guard *guard = guard_start("guard", run_id, &error);
        if (!guard) _exit(1);
        guard_adopt(guard);
        guard_process(guard, start(escape, run_id), SIGTERM, SECOND);
        guard_process(guard, start("trap '' TERM; touch stubborn; sleep 79; sleep 79", run_id), SIGTERM, 20 * SECOND);
        while (access("stubborn", F_OK) != 0) rest();
        pid_t daemon = read_daemon();
        int64_t begin = clock_monotonic();
        size_t undone = guard_finish_at_once(guard);
        bool quick = clock_monotonic() - begin < 5 * SECOND;
        report_process(ends[1], undone >= 3 && quick && !guard_process_is(daemon, 0) ? daemon : -1);
        _exit(0);
    }
    close(ends[1]);
    pid_t daemon = 0;
    cr_assert_eq(read(ends[0], &daemon, sizeof daemon), (ssize_t)sizeof daemon);
    close(ends[0]);
    cr_expect_gt(daemon, 0);
    waitpid(aot, NULL, 0);
}

static void work_without_room(struct guard *guard, int report) {
    signal(SIGXFSZ, SIG_IGN);
    struct stat journal;
    cr_assert_eq(stat(journal_path, &journal), 0);
    struct rlimit full = { (rlim_t)journal.st_size + 5, (rlim_t)journal.st_size + 5 };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0); /* as if the disk were full in the middle of a line */
    uint32_t id = guard_process(guard, 0, SIGTERM, SECOND);
    pid_t process = start("sleep 100", NULL);
    guard_process_set(guard, id, process);
    report_process(report, process);
}

Test(guard, hears_of_what_a_full_disk_did_not_take) {
    pid_t process = killed_aot(work_without_room);
    cr_expect(gone_within(process, 0, 10 * SECOND));
    cr_expect(absent_within(journal_path, 10 * SECOND));
}

Test(guard, is_not_taken_for_a_leftover_of_an_outer_run) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t inner = fork();
    if (inner == 0) {
        setsid();
        char *error = NULL;
        /* As if an outer aot had started this program: seen from outside is only what stands where the start put it. */
        size_t i = 0;
        while (environ[i] && strlen(environ[i]) < strlen("AOT_RUN=") + strlen(outer_id)) i++;
        if (!environ[i]) _exit(2);
        sprintf(environ[i], "AOT_RUN=%s", outer_id);
        struct guard *guard = guard_start("guard", run_id, &error);
        if (!guard) _exit(1);
        uint32_t id = guard_process(guard, 0, SIGTERM, SECOND);
        pid_t process = start("touch started; exec sleep 100", run_id);
        guard_process_set(guard, id, process);
        while (access("started", F_OK) != 0) rest(); /* it carries its own mark from its exec on */
        report_process(ends[1], process);
        pause();
        _exit(1);
    }
    close(ends[1]);
    pid_t process = 0;
    cr_assert_eq(read(ends[0], &process, sizeof process), (ssize_t)sizeof process);
    close(ends[0]);
    cr_expect_eq(guard_kill_marked(outer_id, getpid(), NULL), 1, "the inner aot alone");
    int status;
    cr_expect_eq(waitpid(inner, &status, 0), inner);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cr_expect(gone_within(process, 0, 10 * SECOND), "the inner guard lived to undo");
}

static void make_deep(const char *top, int depth) {
    int folder = open(top, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < depth; i++) {
        cr_assert_eq(mkdirat(folder, "d", 0755), 0);
        int next = openat(folder, "d", O_RDONLY | O_DIRECTORY);
        close(folder);
        folder = next;
    }
    close(openat(folder, "file", O_CREAT | O_WRONLY, 0644));
    close(folder);
}

Test(guard, removes_deep_and_closed_folders) {
    mkdir("deep", 0755);
    make_deep("deep", 3000);
    mkdir("deep/closed", 0755);
    make_file("deep/closed/file");
    chmod("deep/closed", 0);
    char path[128];
    snprintf(path, sizeof path, "%s/deep/", root);
    cr_expect_eq(guard_remove(path), GUARD_REMOVED);
    cr_expect_neq(access("deep", F_OK), 0);
    cr_expect_eq(guard_remove(path), GUARD_ABSENT);
}

Test(guard, follows_no_link_out) {
    char path[128];
    mkdir("precious", 0755);
    make_file("precious/file");
    mkdir("mine", 0755);
    cr_assert_eq(symlink("../precious", "mine/link"), 0);
    cr_assert_eq(symlink("precious", "alias"), 0);
    cr_assert_eq(symlink("/etc", "out"), 0);
    snprintf(path, sizeof path, "%s/mine", root);
    cr_expect_eq(guard_remove(path), GUARD_REMOVED);
    snprintf(path, sizeof path, "%s/alias", root);
    cr_expect_eq(guard_remove(path), GUARD_REMOVED, "the link, not what it shows");
    cr_expect_eq(access("precious/file", F_OK), 0);
    snprintf(path, sizeof path, "%s/out/nothing", root);
    cr_expect_eq(guard_remove(path), GUARD_REFUSED, "below a link that leads out");
    cr_expect_eq(guard_remove("/tmp"), GUARD_REFUSED);
    cr_expect_eq(guard_remove("/tmp/"), GUARD_REFUSED);
    cr_expect_eq(guard_remove("/usr/lib"), GUARD_REFUSED);
    cr_expect_eq(guard_remove("/tmp/x/.."), GUARD_REFUSED);
}

Test(guard, a_path_may_hold_anything) {
    struct buffer line = { 0 };
    struct guard_journal journal = { 0 };
    buffer_append_string(&line, "+ 1 folder ");
    guard_journal_escape(&line, "/tmp/a\nb\\ c");
    cr_expect_str_eq(line.bytes, "+ 1 folder /tmp/a\\nb\\\\ c");
    guard_journal_line(&journal, line.bytes);
    cr_assert_eq(journal.entries.count, 1);
    cr_expect_str_eq(journal.entries.items[0].text, "/tmp/a\nb\\ c");
    guard_journal_done(&journal);
    buffer_done(&line);
}

Test(guard, another_process_with_a_reused_number_is_spared) {
    pid_t process = start("sleep 100", NULL);
    for (int64_t end = clock_monotonic() + SECOND; !guard_process_started(process) && clock_monotonic() < end;) rest();
    struct guard_entry entry = { .kind = GUARD_PROCESS,
                                 .process = process,
                                 .started = guard_process_started(process) + 1,
                                 .stop_signal = SIGKILL,
                                 .patience = SECOND };
    guard_undo(&entry, NULL);
    cr_expect(guard_process_is(process, 0));
    entry.started--;
    guard_undo(&entry, NULL);
    cr_expect(gone_within(process, 0, SECOND));
    waitpid(process, NULL, 0);
}

static void work_kills_guard(struct guard *guard, int report) {
    uint32_t id = guard_process(guard, 0, SIGTERM, SECOND);
    pid_t process = start("sleep 100", run_id);
    guard_process_set(guard, id, process);
    struct guard_journal journal;
    if (guard_journal_read(journal_path, &journal)) kill(journal.guard, SIGKILL);
    report_process(report, process);
}

Test(guard, clean_finds_what_a_killed_guard_left_and_spares_the_living) {
    char *error = NULL;
    struct guard *alive = guard_start("guard", outer_id, &error);
    cr_assert(alive);
    char kept[128];
    snprintf(kept, sizeof kept, "%s/mine", root);
    mkdir(kept, 0755);
    guard_folder(alive, kept);
    pid_t process = killed_aot(work_kills_guard);
    struct guard_journal journal;
    cr_assert(guard_journal_read(journal_path, &journal));
    cr_assert(gone_within(journal.guard, 0, 10 * SECOND));
    guard_journal_done(&journal);
    cr_expect(guard_process_is(process, 0), "nobody has undone it yet");
    struct buffer out = { 0 };
    cr_expect_geq(guard_clean("guard", &out), 1);
    cr_expect(gone_within(process, 0, SECOND));
    cr_expect(text_find(buffer_text(&out), text_of(run_id)) != SIZE_MAX);
    cr_expect_eq(access("mine", F_OK), 0);
    cr_expect_eq(guard_clean("guard", &out), 0);
    buffer_done(&out);
    guard_finish(alive);
    cr_expect_neq(access("mine", F_OK), 0);
}

Test(guard, clean_of_an_absent_folder_is_nothing) {
    struct buffer out = { 0 };
    cr_expect_eq(guard_clean("no such folder", &out), 0);
}

Test(guard, says_why_it_cannot_start) {
    make_file("guard");
    char *error = NULL;
    cr_expect_null(guard_start("guard/below", run_id, &error));
    cr_expect_not_null(error);
    memory_release(error);
}

/* ---- cells in processes of their own ---- */

/* Registers a scratch folder and a process for the cell; forked from the guard's aot. */
static pid_t cell_that_dies(const struct guard *guard, const char *cell_id) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t cell = fork();
    if (cell == 0) {
        struct guard *own = guard_share(guard, cell_id, 3);
        char path[128];
        snprintf(path, sizeof path, "%s/.aot/%s", root, cell_id);
        guard_folder(own, path);
        mkdir(".aot", 0755);
        mkdir(path, 0755);
        uint32_t id = guard_process(own, 0, SIGTERM, SECOND);
        pid_t process = start("setsid sleep 100 & sleep 100", cell_id);
        guard_process_set(own, id, process);
        report_process(ends[1], process);
        raise(SIGKILL);
    }
    close(ends[1]);
    pid_t process = 0;
    cr_assert_eq(read(ends[0], &process, sizeof process), (ssize_t)sizeof process);
    close(ends[0]);
    waitpid(cell, NULL, 0);
    return process;
}

static void cell_names(char cell_id[128], char journal[256]) {
    snprintf(cell_id, 128, "%s.3", run_id);
    snprintf(journal, 256, "guard/%s.journal", cell_id);
}

static void work_cell(struct guard *guard, int report) {
    char cell_id[128], journal[256];
    cell_names(cell_id, journal);
    report_process(report, cell_that_dies(guard, cell_id));
}

Test(guard, undoes_what_the_cells_of_a_killed_aot_have_left) {
    char cell_id[128], journal[256], folder[256];
    cell_names(cell_id, journal);
    snprintf(folder, sizeof folder, ".aot/%s", cell_id);
    pid_t process = killed_aot(work_cell);
    cr_expect(gone_within(process, 0, 10 * SECOND));
    cr_expect(absent_within(folder, 10 * SECOND));
    cr_expect(absent_within(journal, 10 * SECOND));
    cr_expect(absent_within(journal_path, 10 * SECOND));
    cr_expect_eq(guard_kill_marked(cell_id, 0, NULL), 0);
}

Test(guard, a_cell_that_died_alone_is_undone_while_aot_lives) {
    char *error = NULL;
    struct guard *guard = guard_start("guard", run_id, &error);
    cr_assert(guard, "%s", error);
    char cell_id[128], journal[256], folder[256], mine[256];
    cell_names(cell_id, journal);
    snprintf(folder, sizeof folder, ".aot/%s", cell_id);
    snprintf(mine, sizeof mine, "%s/.aot/mine", root);
    pid_t process = cell_that_dies(guard, cell_id);
    mkdir(mine, 0755);
    guard_folder(guard, mine);
    cr_expect_eq(access(journal, F_OK), 0);
    cr_expect_geq(guard_undo_cell(guard, cell_id), 2);
    cr_expect(gone_within(process, 0, SECOND));
    cr_expect_neq(access(folder, F_OK), 0);
    cr_expect_neq(access(journal, F_OK), 0);
    cr_expect_eq(access(mine, F_OK), 0, "what is aot's own stays");
    guard_finish(guard);
    cr_expect_neq(access(mine, F_OK), 0);
}

Test(guard, a_cell_that_registers_nothing_leaves_no_journal) {
    char *error = NULL;
    struct guard *guard = guard_start("guard", run_id, &error);
    cr_assert(guard, "%s", error);
    char cell_id[128], journal[256];
    cell_names(cell_id, journal);
    struct guard *cell = guard_share(guard, cell_id, 3);
    cr_expect_neq(access(journal, F_OK), 0);
    cr_expect_eq(guard_finish(cell), 0);
    cell = guard_share(guard, cell_id, 3);
    uint32_t id = guard_folder(cell, "/tmp/aot-no-such-folder");
    cr_expect_eq(access(journal, F_OK), 0);
    guard_release(cell, id);
    cr_expect_eq(guard_finish(cell), 0);
    cr_expect_neq(access(journal, F_OK), 0);
    cr_expect_eq(guard_finish(guard), 0);
}
