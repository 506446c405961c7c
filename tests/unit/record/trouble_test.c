/* record: a killed run loses at most its last batch; a full disk is said, not swallowed; a slow disk delays nobody. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/record.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/aot-record-XXXXXX";
static char path[64];

static void set_up(void) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.aotrec", folder);
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

static struct record *create(void) {
    char *error = NULL;
    struct record *record = record_create(path, NULL, &error);
    cr_assert(record, "%s", error);
    return record;
}

static void pause_for(int64_t nanoseconds) {
    nanosleep(&(struct timespec){ nanoseconds / SECOND, nanoseconds % SECOND }, NULL);
}

static bool check_order(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    int *count = data;
    (void)intended;
    cr_assert(start == *count && end == start + 1 && text_is(value, *count % 2 ? "true" : "false"));
    ++*count;
    return true;
}

/* The child writes a sample a millisecond and tells how many; then it is killed. What is older than a second is there. */
Test(record, kill_loses_at_most_the_last_batch, .init = set_up, .fini = tear_down) {
    int told[2];
    cr_assert_eq(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        struct record *record = create();
        uint32_t stream = record_stream(record, TEXT("s"), "samples", false, true, MILLISECOND, 0, 0);
        for (int i = 0;; i++) {
            record_sample(record, stream, i, i + 1, INT64_MIN, i % 2 ? TEXT("true") : TEXT("false"));
            if (write(told[1], &i, sizeof i) < 0) _exit(1);
            pause_for(MILLISECOND);
        }
    }
    close(told[1]);
    int last = 0, before = 0;
    int64_t begun = clock_monotonic();
    while (clock_monotonic() - begun < 2200 * MILLISECOND) {
        cr_assert_eq(read(told[0], &last, sizeof last), (ssize_t)sizeof last);
        if (clock_monotonic() - begun < 1200 * MILLISECOND) before = last;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(told[0]);
    cr_assert_gt(before, 100);

    char *error = NULL;
    struct record *record = record_open(path, &error);
    cr_assert(record, "%s", error);
    cr_expect_not(record_is_complete(record));
    int count = 0;
    cr_expect(record_each_sample(record, 1, check_order, &count));
    cr_expect_geq(count, before, "%d written a second before the end, only %d there", before, count);
    cr_expect(record_close(record, &error));
    record = record_open(path, &error);
    cr_assert(record, "a second reader finds it too: %s", error);
    int again = 0;
    cr_expect(record_each_sample(record, 1, check_order, &again));
    cr_expect_eq(again, count);
    cr_expect(record_close(record, &error));
}

/* Killed before the first batch: the main file alone says what it is. */
Test(record, killed_at_once, .init = set_up, .fini = tear_down) {
    pid_t child = fork();
    if (child == 0) {
        create();
        _exit(0);
    }
    waitpid(child, NULL, 0);
    char command[192], *error = NULL;
    snprintf(command, sizeof command, "rm -f '%s-wal' '%s-shm'", path, path);
    cr_assert_eq(system(command), 0);
    struct record *record = record_open(path, &error);
    cr_assert(record, "%s", error);
    cr_expect_not(record_is_complete(record));
    cr_expect(record_close(record, &error));
}

static void add_much(struct record *record) {
    uint32_t stream = record_stream(record, TEXT("s"), "samples", false, true, 1, 0, 0);
    struct buffer value = { 0 };
    for (int i = 0; i < 2000; i++) {
        buffer_clear(&value);
        buffer_printf(&value, "\"%d ", i);
        buffer_append_repeat(&value, 'x', 4000);
        buffer_append_byte(&value, '"');
        record_sample(record, stream, i, i + 1, INT64_MIN, buffer_text(&value));
    }
    buffer_done(&value);
}

/* 8 MB into 1 MB. SIGXFSZ would kill the process if the writer's thread took it. */
Test(record, disk_full_is_said, .init = set_up, .fini = tear_down) {
    struct rlimit limit = { 1000 * 1000, 1000 * 1000 };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct record *record = create();
    add_much(record);
    record_outcome(record, TEXT("pass"), TEXT(""));
    char *error = NULL;
    cr_expect_not(record_close(record, &error));
    cr_assert(error);
    cr_expect(strstr(error, "run.aotrec: "), "%s", error);
    cr_expect(strstr(error, "a write failed") || strstr(error, "full"), "%s", error);
    memory_release(error);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* The same on a file system that is really full, where one may be mounted. */
Test(record, file_system_full, .init = set_up, .fini = tear_down) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0)
        cr_skip("no tmpfs can be mounted here; disk_full_is_said covers the rest");
    struct record *record = create();
    add_much(record);
    char *error = NULL;
    cr_expect_not(record_close(record, &error));
    cr_assert(error);
    cr_expect(strstr(error, "full"), "%s", error);
    memory_release(error);
    cr_expect_eq(umount2(folder, MNT_DETACH), 0);
}

static bool count_rows(void *data, struct text name, int64_t at) {
    (void)name, (void)at;
    ++*(int *)data;
    return true;
}

/* Somebody else holds the file's lock for a second: the run's side never waits, nothing is lost, and the queue says how long it got. */
Test(record, a_slow_disk_delays_nobody, .init = set_up, .fini = tear_down) {
    struct record *record = create();
    cr_assert(record_flush(record, SECOND));
    sqlite3 *other;
    cr_assert_eq(sqlite3_open(path, &other), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int64_t begun = clock_monotonic();
    add_much(record);
    for (int i = 0; i < 1000; i++) record_mark(record, TEXT("m"), i);
    cr_expect_lt(clock_monotonic() - begun, SECOND);
    cr_expect_not(record_flush(record, 100 * MILLISECOND));
    cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    char *error = NULL;
    cr_assert(record_close(record, &error), "%s", error);
    record = record_open(path, &error);
    int rows = 0;
    cr_expect(record_each_mark(record, count_rows, &rows));
    cr_expect_eq(rows, 1000);
    struct buffer maximum = { 0 };
    cr_expect(record_read_meta(record, "queue_maximum", &maximum));
    cr_expect_gt(atol(maximum.bytes), 8000000);
    buffer_done(&maximum);
    cr_expect(record_close(record, &error));
}
