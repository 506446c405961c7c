/* A new file beside the old one takes its place. */
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

static bool replace(const char *path, struct text text) {
    struct stat status;
    if (stat(path, &status) != 0 || access(path, W_OK) != 0) return false;
    struct buffer temporary = { 0 };
    buffer_printf(&temporary, "%s.XXXXXX", path);
    int file = mkstemp(temporary.bytes);
    bool good =
        file >= 0 && fchmod(file, status.st_mode & 07777) == 0 && file_write_all(file, text) && fsync(file) == 0;
    if (file >= 0) good &= close(file) == 0;
    good = good && rename(temporary.bytes, path) == 0;
    int reason = errno;
    if (!good && file >= 0) unlink(temporary.bytes);
    buffer_done(&temporary);
    errno = reason;
    return good;
}

bool file_rewrite(const char *path, struct text text) {
    char *real = realpath(path, NULL);
    bool good = real && replace(real, text);
    if (!good) fprintf(stderr, "aot: %s could not be written: %s\n", path, strerror(errno));
    free(real);
    return good;
}
