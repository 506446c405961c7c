/* The guard against real deaths: aot (a forked child here) is killed by SIGKILL, and what it had registered must be gone. */
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[64];

static void make_root(void) {
    strcpy(root, "/tmp/aot-guard-test-XXXXXX");
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
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
static pid_t start(const char *script, const char *run_id) {
    pid_t process = fork();
    if (process) return process;
    setsid();
    if (run_id) setenv("AOT_RUN", run_id, 1);
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
        struct guard *guard = guard_start("guard", "run-1", &error);
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
    cr_expect(absent_within("guard/run-1.journal", 10 * SECOND));
    cr_expect_eq(access("precious", F_OK), 0);
}

static void work_unknown_process(struct guard *guard, int report) {
    guard_process(guard, 0, SIGTERM, SECOND); /* killed between fork and guard_process_set */
    report_process(report, start("setsid sleep 100 & sleep 100", "run-1"));
}

Test(guard, finds_a_process_by_its_mark_when_its_number_was_never_written) {
    pid_t process = killed_aot(work_unknown_process);
    cr_expect(gone_within(process, 0, 10 * SECOND));
    cr_expect(absent_within("guard/run-1.journal", 10 * SECOND));
    cr_expect_eq(guard_kill_marked("run-1", 0, NULL), 0, "the daemon that it made must be gone too");
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
    cr_expect(absent_within("guard/run-1.journal", 10 * SECOND));
    cr_expect_eq(access("kept", F_OK), 0);
}

Test(guard, finish_undoes_what_is_left_and_ends_the_guard) {
    char *error = NULL;
    struct guard *guard = guard_start("guard", "run-2", &error);
    cr_assert(guard, "%s", error);
    pid_t process = start("sleep 100", "run-2");
    guard_process(guard, process, SIGTERM, SECOND);
    struct guard_journal journal;
    cr_assert(guard_journal_read("guard/run-2.journal", &journal));
    pid_t watcher = journal.guard;
    cr_expect_eq(journal.entries.count, 1);
    guard_journal_done(&journal);
    cr_expect(guard_process_is(watcher, 0));
    cr_expect_eq(guard_finish(guard), 1);
    cr_expect(gone_within(process, 0, SECOND));
    cr_expect_not(guard_process_is(watcher, 0));
    cr_expect_neq(access("guard/run-2.journal", F_OK), 0);
    waitpid(process, NULL, 0);
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
    pid_t process = start("sleep 100", "run-1");
    guard_process_set(guard, id, process);
    struct guard_journal journal;
    if (guard_journal_read("guard/run-1.journal", &journal)) kill(journal.guard, SIGKILL);
    report_process(report, process);
}

Test(guard, clean_finds_what_a_killed_guard_left_and_spares_the_living) {
    char *error = NULL;
    struct guard *alive = guard_start("guard", "run-0", &error);
    cr_assert(alive);
    char kept[128];
    snprintf(kept, sizeof kept, "%s/mine", root);
    mkdir(kept, 0755);
    guard_folder(alive, kept);
    pid_t process = killed_aot(work_kills_guard);
    rest();
    cr_expect(guard_process_is(process, 0), "nobody has undone it yet");
    struct buffer out = { 0 };
    cr_expect_geq(guard_clean("guard", &out), 1);
    cr_expect(gone_within(process, 0, SECOND));
    cr_expect(text_find(buffer_text(&out), TEXT("run run-1")) != SIZE_MAX);
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
    cr_expect_null(guard_start("guard/below", "run-3", &error));
    cr_expect_not_null(error);
    memory_release(error);
}
