/* Descendants of aot: whatever came of the processes that it started, also what left its session and dropped its
 * environment. aot adopts orphans while it lives, so the chain of parents leads to it; the guard notes them, since
 * after aot's death none does. */
#include "vm/guard_journal.h"

#include "base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEEPEST = 100 };
static const int64_t kill_limit = 5 * SECOND;

/* One row of /proc. */
struct row {
    pid_t process, parent;
    uint64_t started;
};
struct rows {
    struct VECTOR(struct row) list; /* ordered by process */
};

static bool read_row(const char *name, struct row *row) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%.20s/stat", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return false;
    text[length] = 0;
    char *rest = strrchr(text, ')'), state = 0;
    long parent = 0;
    if (!rest || sscanf(rest + 1, " %c %ld", &state, &parent) != 2 || state == 'Z' || state == 'X') return false;
    row->process = (pid_t)strtol(name, NULL, 10);
    row->parent = (pid_t)parent;
    for (int skip = 3; rest && skip <= 22; skip++) rest = strchr(rest + 1, ' ');
    row->started = rest ? strtoull(rest + 1, NULL, 10) : 0;
    return row->process > 1 && row->started;
}

static int by_process(const void *a, const void *b) {
    pid_t left = ((const struct row *)a)->process, right = ((const struct row *)b)->process;
    return (left > right) - (left < right);
}

static struct rows read_rows(void) {
    struct rows rows = { 0 };
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    struct row row;
    while (processes && (entry = readdir(processes))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_row(entry->d_name, &row))
            VECTOR_PUSH(&rows.list, row);
    }
    if (processes) closedir(processes);
    if (rows.list.count) qsort(rows.list.items, rows.list.count, sizeof *rows.list.items, by_process);
    return rows;
}

/* Whether the chain of parents leads to `root` without passing `spared`. */
static bool descends(const struct rows *rows, struct row row, pid_t root, pid_t spared) {
    for (int depth = 0; depth < DEEPEST; depth++) {
        if (row.process == spared || row.process == root) return false;
        if (row.parent == root) return true;
        struct row key = { .process = row.parent };
        struct row *parent =
            rows->list.count ? bsearch(&key, rows->list.items, rows->list.count, sizeof key, by_process) : NULL;
        if (!parent) return false;
        row = *parent;
    }
    return false;
}

/* The number that the kernel gave last, to a process or a thread: the end of /proc/loadavg. */
static long newest_number(void) {
    char text[128];
    int file = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (length <= 0) return -1;
    text[length] = 0;
    const char *last = strrchr(text, ' ');
    return last ? strtol(last, NULL, 10) : -1;
}

void guard_descendants_renote(pid_t root, pid_t spared, struct guard_descendants *noted) {
    long newest = newest_number();
    bool same = newest > 0 && newest == noted->newest;
    if (same && noted->settled) return;
    noted->settled = same; /* a number is given a moment before its process can be seen: look once more, later */
    noted->newest = newest;
    guard_descendants_note(root, spared, noted);
}

void guard_descendants_note(pid_t root, pid_t spared, struct guard_descendants *noted) {
    struct rows rows = read_rows();
    noted->list.count = 0;
    for (size_t i = 0; i < rows.list.count; i++) {
        struct row row = rows.list.items[i];
        if (descends(&rows, row, root, spared)) {
            VECTOR_PUSH(&noted->list, (struct guard_descendant){ row.process, row.started });
        }
    }
    VECTOR_DONE(&rows.list);
}

/* Those of the list that still live are sent SIGKILL. Returns how many. */
static size_t kill_noted(const struct guard_descendants *noted) {
    size_t killed = 0;
    for (size_t i = 0; i < noted->list.count; i++) {
        const struct guard_descendant *one = &noted->list.items[i];
        if (guard_process_is(one->process, one->started)) killed += kill(one->process, SIGKILL) == 0;
    }
    return killed;
}

size_t guard_descendants_kill(pid_t root, pid_t spared, struct guard_descendants *noted) {
    size_t killed = 0;
    for (int64_t end = clock_monotonic() + kill_limit; clock_monotonic() < end;) {
        if (root) guard_descendants_note(root, spared, noted);
        size_t now = kill_noted(noted);
        if (now > killed) killed = now;
        if (!now) break;
        struct timespec span = { 0, 2 * MILLISECOND };
        nanosleep(&span, NULL);
    }
    return killed;
}
