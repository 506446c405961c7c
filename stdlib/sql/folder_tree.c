/* Recursive copy and removal, by descriptors so that nothing outside the tree can be met. Depth is bounded: a cluster
 * has five levels. */
#include "stdlib/sql/folder_tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAXIMUM = 32 };

/* One copy or removal: what every level needs. */
struct journey {
    const struct owner *owner; /* who gets the copies; NULL: we */
    struct buffer *error;      /* the first reason */
};

static bool fail(struct journey *journey, const char *what, const char *name) {
    if (journey->error->length == 0) buffer_printf(journey->error, "cannot %s %s: %s", what, name, strerror(errno));
    return false;
}

static bool is_dots(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool hand_over(struct journey *journey, int descriptor, const char *name) {
    if (!journey->owner || !journey->owner->switches) return true;
    if (fchown(descriptor, journey->owner->user, journey->owner->group) == 0) return true;
    return fail(journey, "give away", name);
}

static bool copy_bytes(int from, int to) {
    if (ioctl(to, FICLONE, from) == 0) return true;
    for (;;) {
        ssize_t moved = copy_file_range(from, NULL, to, NULL, 1 << 24, 0);
        if (moved == 0) return true;
        if (moved < 0 && errno == EINTR) continue;
        if (moved < 0) break;
    }
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return false;
    char bytes[65536];
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got == 0) return true;
        if (got < 0) return false;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, bytes + done, (size_t)(got - done));
            if (put < 0) return false;
            done += put;
        }
    }
}

static bool copy_file(struct journey *journey, int from_folder, int to_folder, const char *name) {
    int from = openat(from_folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0) return fail(journey, "read", name);
    int to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = to >= 0 && copy_bytes(from, to);
    if (!ok) fail(journey, "copy", name);
    if (ok) ok = hand_over(journey, to, name);
    if (to >= 0) close(to);
    close(from);
    return ok;
}

static bool copy_folder(struct journey *journey, int from, int to, int depth);

static bool copy_entry(struct journey *journey, int from, int to, const char *name, int depth) {
    struct stat entry;
    if (fstatat(from, name, &entry, AT_SYMLINK_NOFOLLOW) != 0) return fail(journey, "look at", name);
    if (S_ISREG(entry.st_mode)) return copy_file(journey, from, to, name);
    if (!S_ISDIR(entry.st_mode)) return true; /* sockets and links are not part of a cluster at rest */
    if (mkdirat(to, name, 0700) != 0) return fail(journey, "make", name);
    int below_from = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int below_to = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = below_from >= 0 && below_to >= 0;
    if (!ok) fail(journey, "open", name);
    if (ok) ok = copy_folder(journey, below_from, below_to, depth + 1);
    if (below_from >= 0) close(below_from);
    if (below_to >= 0) close(below_to);
    return ok;
}

static bool copy_folder(struct journey *journey, int from, int to, int depth) {
    errno = ELOOP;
    if (depth > DEPTH_MAXIMUM) return fail(journey, "copy", "a folder");
    if (!hand_over(journey, to, "a folder")) return false;
    int listed = dup(from);
    DIR *folder = listed >= 0 ? fdopendir(listed) : NULL;
    if (!folder) {
        if (listed >= 0) close(listed);
        return fail(journey, "list", "a folder");
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder));) {
        if (!is_dots(entry->d_name)) ok = copy_entry(journey, from, to, entry->d_name, depth);
    }
    closedir(folder);
    return ok;
}

bool folder_tree_copy(const char *from, const char *to, const struct owner *owner, struct buffer *error) {
    struct journey journey = { owner, error };
    if (mkdir(to, 0700) != 0) return fail(&journey, "make", to);
    int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int target = open(to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = source >= 0 && target >= 0;
    if (!ok) fail(&journey, "open", source < 0 ? from : to);
    if (ok) ok = copy_folder(&journey, source, target, 0);
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    return ok;
}

static bool remove_below(struct journey *journey, int parent, const char *name, int depth) {
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
    if (errno != EISDIR && errno != EPERM) return fail(journey, "remove", name);
    int here = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (here < 0) return fail(journey, "open", name);
    DIR *folder = depth < DEPTH_MAXIMUM ? fdopendir(here) : NULL;
    if (!folder) {
        close(here);
        return fail(journey, "list", name);
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder));) {
        if (!is_dots(entry->d_name)) ok = remove_below(journey, here, entry->d_name, depth + 1);
    }
    closedir(folder);
    if (ok && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) ok = fail(journey, "remove", name);
    return ok;
}

bool folder_tree_remove(const char *path, struct buffer *error) {
    struct journey journey = { NULL, error };
    return remove_below(&journey, AT_FDCWD, path, 0);
}
