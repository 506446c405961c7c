/* A server's crash: SIGKILL to the postmaster and its children, which would serve on for a moment without it. What the kernel keeps
 * of its memory is given back, since nobody starts it again. */
#include "base/memory.h"
#include "base/vector.h"
#include "stdlib/sql/cluster.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

struct cluster_remains {
    struct VECTOR(pid_t) processes; /* the postmaster first */
    struct VECTOR(char *) segments; /* "/PostgreSQL.1234" of shm_open; owned */
    int shared;                     /* the System V segment's number; -1 */
};

static void add_children(struct cluster_remains *remains, pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)process);
    FILE *file = fopen(path, "re");
    for (int child; file && fscanf(file, "%d", &child) == 1;) VECTOR_PUSH(&remains->processes, (pid_t)child);
    if (file) fclose(file);
}

static void add_segment(struct cluster_remains *remains, const char *name) {
    size_t length = strcspn(name, " \n");
    for (size_t i = 0; i < remains->segments.count; i++)
        if (strlen(remains->segments.items[i]) == length && memcmp(remains->segments.items[i], name, length) == 0)
            return;
    VECTOR_PUSH(&remains->segments, memory_copy(name, length));
}

static void add_segments(struct cluster_remains *remains, pid_t process) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *found = strstr(line, "/dev/shm/PostgreSQL.");
        if (found) add_segment(remains, found + strlen("/dev/shm"));
    }
    if (file) fclose(file);
}

/* The seventh line of postmaster.pid: key and number of its System V segment. */
static int shared_segment(const char *data) {
    char path[200], line[256] = "";
    snprintf(path, sizeof path, "%s/postmaster.pid", data);
    FILE *file = fopen(path, "re");
    int number = -1;
    for (int i = 0; file && i < 7 && fgets(line, sizeof line, file); i++) continue;
    if (file) {
        char *rest = line;
        strtoul(line, &rest, 10);
        char *end = rest;
        long read = strtol(rest, &end, 10);
        if (end != rest) number = (int)read;
        fclose(file);
    }
    return number;
}

struct cluster_remains *cluster_kill(const char *data, pid_t postmaster) {
    struct cluster_remains *remains = memory_allocate(sizeof *remains);
    *remains = (struct cluster_remains){ .shared = shared_segment(data) };
    kill(postmaster, SIGSTOP); /* it makes no child while they are counted */
    VECTOR_PUSH(&remains->processes, postmaster);
    add_children(remains, postmaster);
    for (size_t i = 0; i < remains->processes.count; i++) add_segments(remains, remains->processes.items[i]);
    for (size_t i = 0; i < remains->processes.count; i++) kill(remains->processes.items[i], SIGKILL);
    return remains;
}

/* A dead one that nobody has reaped yet does nothing any more. */
static bool lives(pid_t process) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = 0;
    const char *behind_name = strrchr(line, ')');
    return behind_name && behind_name[2] != 'Z' && behind_name[2] != 'X';
}

bool cluster_remains_gone(const struct cluster_remains *remains) {
    for (size_t i = 0; i < remains->processes.count; i++)
        if (lives(remains->processes.items[i])) return false;
    return true;
}

void cluster_remains_free(struct cluster_remains *remains) {
    if (!remains) return;
    for (size_t i = 0; i < remains->segments.count; i++) {
        shm_unlink(remains->segments.items[i]);
        memory_release(remains->segments.items[i]);
    }
    if (remains->shared >= 0) shmctl(remains->shared, IPC_RMID, NULL);
    VECTOR_DONE(&remains->segments);
    VECTOR_DONE(&remains->processes);
    memory_release(remains);
}
