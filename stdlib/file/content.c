/* Reading and writing whole files, on threads. Owns its descriptors only while a call lasts. */
#include "stdlib/file/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 128 * 1024, ALIGNMENT = 4096 };

int content_open(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return -1;
    struct stat status;
    int problem = fstat(descriptor, &status) != 0 ? errno
                  : S_ISDIR(status.st_mode)       ? EISDIR
                  : !S_ISREG(status.st_mode)      ? EINVAL
                                                  : 0;
    if (!problem) return descriptor;
    close(descriptor);
    errno = problem;
    return -1;
}

int content_read(const char *path, const atomic_bool *given_up, bool (*block)(void *data, struct text bytes),
                 void *data) {
    int descriptor = content_open(path);
    if (descriptor < 0) return errno;
    char *bytes = aligned_alloc(ALIGNMENT, BLOCK);
    int problem = bytes ? 0 : ENOMEM;
    while (!problem) {
        if (given_up && atomic_load(given_up)) {
            problem = ECANCELED;
            break;
        }
        ssize_t got = read(descriptor, bytes, BLOCK);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) problem = errno;
        if (got <= 0) break;
        if (!block(data, (struct text){ bytes, (size_t)got })) problem = ECANCELED;
    }
    free(bytes);
    close(descriptor);
    return problem;
}

const char *content_problem(int error) {
    if (error == ENOENT) return "no such file";
    if (error == EISDIR) return "it is a folder";
    if (error == EINVAL) return "it is no regular file";
    return strerror(error);
}

int content_append(int descriptor, struct text bytes) {
    while (bytes.length) {
        ssize_t written = write(descriptor, bytes.bytes, bytes.length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes = text_slice(bytes, (size_t)written, bytes.length);
    }
    return 0;
}
