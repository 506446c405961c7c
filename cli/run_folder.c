/* The folders of runs: making, naming, retention, removal. */
#include "cli/run_folder.h"

#include "base/clock.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool run_folder_make(const char *path) {
    struct buffer part = { 0 };
    bool made = true;
    for (const char *slash = path; made && *slash;) {
        slash += *slash == '/';
        slash += strcspn(slash, "/");
        buffer_clear(&part);
        buffer_append(&part, (struct text){ path, (size_t)(slash - path) });
        made = mkdir(part.bytes, 0755) == 0 || errno == EEXIST;
    }
    if (!made) fprintf(stderr, "aot: cannot make the folder %s: %s\n", path, strerror(errno));
    buffer_done(&part);
    return made;
}

void run_folder_id(struct text recipe, struct buffer *id) {
    time_t now = (time_t)(clock_wall() / SECOND);
    struct tm parts;
    gmtime_r(&now, &parts);
    /* Two machines, or two containers, may have the same process number and share a folder. */
    static const char letters[] = "bcdfghjklmnpqrstvwxz";
    unsigned char drawn[4] = { 0 };
    if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
        memcpy(drawn, &(uint32_t){ (uint32_t)clock_wall() }, 4);
    char more[sizeof drawn + 1] = { 0 };
    for (size_t i = 0; i < sizeof drawn; i++) more[i] = letters[drawn[i] % (sizeof letters - 1)];
    buffer_printf(id, "%04d%02d%02d-%02d%02d%02d-%.*s-%ld%s", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                  parts.tm_hour, parts.tm_min, parts.tm_sec, TEXT_ARGS(recipe), (long)getpid(), more);
}

void run_folder_cell(size_t number, struct text label, struct buffer *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-";
    buffer_printf(name, "%03zu", number);
    if (label.length) buffer_append_byte(name, '-');
    for (size_t i = 0; i < label.length && name->length < 100; i++) {
        if (label.bytes[i] == ' ' && i && label.bytes[i - 1] == ',') continue;
        buffer_append_byte(name, strchr(allowed, label.bytes[i]) && label.bytes[i] ? label.bytes[i] : '_');
    }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)walk;
    return type == FTW_DP || type == FTW_D ? rmdir(path) : unlink(path);
}

bool run_folder_remove(const char *path) {
    return nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS) == 0;
}

static int is_run(const struct dirent *entry) {
    return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

bool run_folder_hold(const char *path) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0;
}

static bool is_held(const char *name) {
    struct buffer path = { 0 };
    buffer_printf(&path, RUN_FOLDER_ROOT "/%s", name);
    int folder = open(path.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buffer_done(&path);
    bool held = folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (folder >= 0) close(folder);
    return held;
}

/* The process number begins the last part of a run's name; one of another container holds its folder. */
static bool is_alive(const char *name) {
    if (is_held(name)) return true;
    const char *dash = strrchr(name, '-');
    long process = dash ? strtol(dash + 1, NULL, 10) : 0;
    return process > 0 && (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

size_t run_folder_retain(size_t count) {
    struct dirent **runs;
    int found = scandir(RUN_FOLDER_ROOT, &runs, is_run, alphasort);
    size_t removed = 0;
    for (int i = 0; i < found; i++) {
        if ((size_t)(found - i) > count && !is_alive(runs[i]->d_name)) {
            struct buffer path = { 0 };
            buffer_printf(&path, RUN_FOLDER_ROOT "/%s", runs[i]->d_name);
            removed += run_folder_remove(path.bytes);
            buffer_done(&path);
        }
        free(runs[i]);
    }
    if (found >= 0) free(runs);
    return removed;
}

void run_folder_scratch(struct text run_id, size_t number, struct buffer *path) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || temporary[0] != '/') temporary = "/tmp";
    /* The recipe's part of the id is left out: socket paths below must stay under 108 bytes. */
    const char *process = run_id.bytes + run_id.length;
    while (process > run_id.bytes && process[-1] != '-') process--;
    size_t length = (size_t)(run_id.bytes + run_id.length - process), digits = 0;
    while (digits < length && process[digits] >= '0' && process[digits] <= '9') digits++;
    buffer_printf(path, "%s/aot-%.*s-%.*s%zu", temporary, (int)digits, process, (int)(length - digits),
                  process + digits, number);
}

bool run_folder_make_scratch(const char *path, struct buffer *notices) {
    if (mkdir(path, 0711) == 0) return true;
    buffer_printf(notices, "aot: cannot make the scratch folder %s: %s\n", path, strerror(errno));
    return false;
}
