/* By /proc: the socket that listens there, whose process holds it, and whether that process stems from aot. */
#include "stdlib/service/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEEPEST = 100, LISTENS = 0x0A, ENVIRONMENT_MAXIMUM = 256 * 1024 };

/* The inode of the socket that listens; 0: none. */
static unsigned long find_listener(const char *table, unsigned number) {
    FILE *file = fopen(table, "re");
    char line[512];
    unsigned long found = 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned port, state;
        unsigned long inode;
        bool is_row = sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*d %lu", &port, &state,
                             &inode) == 3;
        if (is_row && state == LISTENS && port == number) found = inode;
    }
    if (file) fclose(file);
    return found;
}

static pid_t parent_of(pid_t process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *behind_name = strrchr(text, ')');
    int parent = 0;
    if (!behind_name || sscanf(behind_name + 1, " %*c %d", &parent) != 1) return 0;
    return parent;
}

static bool stems_from_us(pid_t process) {
    pid_t us = getpid();
    for (int depth = 0; depth < DEEPEST && process > 1; depth++) {
        process = parent_of(process);
        if (process == us) return true;
    }
    return false;
}

/* True too when it cannot be read: what is not known is left alone. */
static bool is_marked(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return true;
    char *text = malloc(ENVIRONMENT_MAXIMUM);
    ssize_t length = text ? read(file, text, ENVIRONMENT_MAXIMUM) : -1;
    close(file);
    static const char mark[] = "AOT_PROCESS=";
    bool marked = length < 0 || length == ENVIRONMENT_MAXIMUM || memmem(text, (size_t)length, mark, sizeof mark - 1);
    free(text);
    return marked;
}

static bool holds(const char *process, const char *socket) {
    char path[320], target[64];
    snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    DIR *folder = opendir(path);
    bool found = false;
    for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (length <= 0) continue;
        target[length] = '\0';
        found = strcmp(target, socket) == 0;
    }
    if (folder) closedir(folder);
    return found;
}

pid_t holder_of_port(int number) {
    unsigned long inode = find_listener("/proc/net/tcp", (unsigned)number);
    if (!inode) inode = find_listener("/proc/net/tcp6", (unsigned)number);
    char socket[64];
    snprintf(socket, sizeof socket, "socket:[%lu]", inode);
    DIR *processes = inode ? opendir("/proc") : NULL;
    pid_t found = 0;
    for (struct dirent *entry; processes && !found && (entry = readdir(processes));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        if (stems_from_us(process) && !is_marked(process) && holds(entry->d_name, socket)) found = process;
    }
    if (processes) closedir(processes);
    return found;
}
