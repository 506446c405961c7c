/* Sessions, read from /proc. A dead process that nobody has reaped yet is no member. Nothing here waits. */
#include "stdlib/process/session.h"

#include "base/buffer.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_MAXIMUM = 4 << 20 };

uint64_t session_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    return (uint64_t)now.tv_sec * ticks + (uint64_t)now.tv_nsec * ticks / 1000000000;
}

static bool read_entry(const char *process, const char *entry, struct buffer *out) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/%s", process, entry);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    char block[8192];
    ssize_t got;
    buffer_clear(out);
    while ((got = read(descriptor, block, sizeof block)) > 0 && out->length < ENVIRONMENT_MAXIMUM)
        buffer_append(out, (struct text){ block, (size_t)got });
    close(descriptor);
    return out->length > 0;
}

static bool has_mark(const char *process, const char *mark, struct buffer *scratch) {
    if (!read_entry(process, "environ", scratch)) return false;
    size_t length = strlen(mark);
    for (size_t at = 0; at + length <= scratch->length; at += strlen(scratch->bytes + at) + 1)
        if (strcmp(scratch->bytes + at, mark) == 0) return true;
    return false;
}

static bool is_member(const struct session *session, const char *process, struct buffer *scratch) {
    if (!read_entry(process, "stat", scratch)) return false;
    const char *behind_name = strrchr(scratch->bytes, ')'); /* a name may hold anything, blanks and brackets too */
    char state;
    int leader;
    unsigned long long since;
    if (!behind_name ||
        sscanf(behind_name + 1, " %c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &state, &leader, &since) != 3)
        return false;
    if (state == 'Z' || state == 'X') return false;
    if (session->leader && leader == session->leader) return true;
    return since + 2 >= session->since && has_mark(process, session->mark, scratch);
}

size_t session_signal(const struct session *session, int signal) {
    if (signal && session->leader) kill(-session->leader, signal);
    DIR *processes = opendir("/proc");
    if (!processes) return session_group_lives(session);
    size_t members = 0;
    struct buffer scratch = { 0 };
    for (struct dirent *entry; (entry = readdir(processes));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        if (process == getpid() || !is_member(session, entry->d_name, &scratch)) continue;
        members++;
        bool told = session->leader && getpgid(process) == session->leader &&
                    signal != SIGKILL; /* a second SIGTERM is another request */
        if (signal && !told) kill(process, signal);
    }
    closedir(processes);
    buffer_done(&scratch);
    return members;
}

bool session_group_lives(const struct session *session) {
    return session->leader && (kill(-session->leader, 0) == 0 || errno == EPERM);
}
