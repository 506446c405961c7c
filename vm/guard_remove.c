/* Removing a folder with everything in it, on behalf of the guard: by descriptors, so that no symbolic link is ever
 * followed, also not one that is put there meanwhile. What is nested very deep is moved up first, so that
 * descriptors suffice. */
#include "vm/guard_journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 64, MOST_PASSES = 10000 };

/* The folder that is removed, into which deep ones are moved. */
struct removal {
    int top;        /* its descriptor */
    unsigned moved; /* how many were moved: for their names */
};

static void remove_entry(struct removal *removal, int folder, const char *name, unsigned depth);

static int open_folder(int folder, const char *name) {
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK };
    int opened = openat(folder, name, FLAGS);
    if (opened >= 0 || errno != EACCES) return opened;
    fchmodat(folder, name, 0700, 0); /* ours, but closed to us; it is no link, or unlink would have removed it */
    return openat(folder, name, FLAGS);
}

/* Removes what is in the folder, as far as that is possible. Takes over the descriptor. */
static void empty(struct removal *removal, int folder, unsigned depth) {
    struct stat status;
    if (fstat(folder, &status) == 0 && (status.st_mode & 0700) != 0700) fchmod(folder, 0700);
    DIR *entries = fdopendir(folder);
    if (!entries) {
        close(folder);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        remove_entry(removal, dirfd(entries), entry->d_name, depth + 1);
    }
    closedir(entries);
}

static bool move_up(struct removal *removal, int folder, const char *name) {
    char moved[40];
    fchmodat(folder, name, 0700, 0); /* moving a folder writes its `..` */
    snprintf(moved, sizeof moved, ".aot-moved-%ld-%u", (long)getpid(), removal->moved++);
    return renameat(folder, name, removal->top, moved) == 0;
}

static void remove_entry(struct removal *removal, int folder, const char *name, unsigned depth) {
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return;
    if (depth > DEEPEST && move_up(removal, folder, name)) return;
    int opened = open_folder(folder, name);
    if (opened < 0) return;
    empty(removal, opened, depth);
    unlinkat(folder, name, AT_REMOVEDIR); /* whether all went well shows in the end: is the top folder gone? */
}

/* Below `folder`, in a folder of it that is called aot-… as all scratch folders are. */
static bool is_scratch_of(const char *path, const char *folder) {
    size_t length = folder && folder[0] == '/' ? strlen(folder) : 0;
    while (length > 1 && folder[length - 1] == '/') length--;
    return length > 1 && strncmp(path, folder, length) == 0 && path[length] == '/' &&
           strncmp(path + length + 1, "aot-", 4) == 0;
}

/* Only what aot makes: below a folder .aot, or a scratch folder of the system's temporary folder. */
static bool is_ours(const char *path) {
    return strstr(path, "/.aot/") || is_scratch_of(path, "/tmp") || is_scratch_of(path, getenv("TMPDIR"));
}

/* The real path, but for its last part, which may be a link itself. */
static bool resolve(const char *path, char real[PATH_MAX], const char **name) {
    char folder[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length >= sizeof folder || path[0] != '/' || strstr(path, "/../")) return false;
    memcpy(folder, path, length);
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    if (!realpath(slash == folder ? "/" : folder, real)) return false;
    size_t at = strlen(real);
    if (at + 1 + strlen(slash + 1) >= PATH_MAX || strcmp(slash + 1, "..") == 0 || strcmp(slash + 1, ".") == 0)
        return false;
    if (at > 1) real[at++] = '/';
    memcpy(real + at, slash + 1, strlen(slash + 1) + 1);
    *name = real + at;
    return is_ours(real);
}

enum guard_removal guard_remove(const char *path) {
    char real[PATH_MAX], folder[PATH_MAX];
    const char *name;
    if (!resolve(path, real, &name)) return GUARD_REFUSED;
    memcpy(folder, real, (size_t)(name - real));
    folder[name - real] = '\0';
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return GUARD_REFUSED;
    enum guard_removal result = GUARD_REMOVED;
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        result = GUARD_ABSENT;
    } else if (unlinkat(parent, name, 0) != 0) {
        struct removal removal = { .top = open_folder(parent, name) };
        for (int pass = 0; removal.top >= 0 && pass < MOST_PASSES; pass++) {
            unsigned moved = removal.moved;
            int again = dup(removal.top);
            if (again < 0 || lseek(again, 0, SEEK_SET) < 0) break;
            empty(&removal, again, 0);
            if (removal.moved == moved) break;
        }
        if (removal.top >= 0) close(removal.top);
        if (unlinkat(parent, name, AT_REMOVEDIR) != 0) result = GUARD_STAYED;
    }
    close(parent);
    return result;
}
