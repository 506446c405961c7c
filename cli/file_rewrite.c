/* A new file beside the old one takes its place where that can be. */
#include "cli/file_rewrite.h"

#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write_all(int file, struct text text) {
    while (text.length) {
        ssize_t written = write(file, text.bytes, text.length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text = text_slice(text, (size_t)written, SIZE_MAX);
    }
    return true;
}

/* A new file takes the old one's place. False, with nothing changed, where that cannot be. */
static bool replace(const char *path, const struct stat *status, struct text text) {
    struct buffer temporary = { 0 };
    buffer_printf(&temporary, "%s.XXXXXX", path);
    int file = mkstemp(temporary.bytes);
    bool good = file >= 0 && fchown(file, status->st_uid, status->st_gid) == 0 &&
                fchmod(file, status->st_mode & 07777) == 0 && file_write_all(file, text) && fsync(file) == 0;
    if (file >= 0) good &= close(file) == 0;
    good = good && rename(temporary.bytes, path) == 0;
    if (!good && file >= 0) unlink(temporary.bytes);
    buffer_done(&temporary);
    return good;
}

/* Into the file itself, which has other names, another owner, or a folder that nobody may write to. */
static bool overwrite(const char *path, struct text text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && file_write_all(file, text) && ftruncate(file, (off_t)text.length) == 0 && fsync(file) == 0;
    int reason = errno;
    if (file >= 0) good &= close(file) == 0;
    errno = reason;
    return good;
}

static bool rewrite(const char *path, struct text text) {
    struct stat status;
    if (stat(path, &status) != 0 || access(path, W_OK) != 0) return false;
    return (status.st_nlink == 1 && replace(path, &status, text)) || overwrite(path, text);
}

bool file_rewrite(const char *path, struct text text) {
    char *real = realpath(path, NULL);
    bool good = real && rewrite(real, text);
    if (!good) fprintf(stderr, "aot: %s could not be written: %s\n", path, strerror(errno));
    free(real);
    return good;
}
