/* Looks at the head of a SQLite file (100 bytes, big-endian numbers) without opening it as a database, so that the message
 * can say what is wrong, and so that nothing that is no record is ever replaced. */
#include "record/file.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "record/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 100,
    HEAD_PAGE_SIZE = 16,
    HEAD_CHANGES = 24,
    HEAD_PAGES = 28,
    HEAD_USER_VERSION = 60,
    HEAD_APPLICATION = 68,
    HEAD_VALID_FOR = 92
};
static const char magic[16] = "SQLite format 3";

struct head {
    unsigned char bytes[HEAD_BYTES]; /* as many as there are */
    size_t length;                   /* read of them */
    int64_t size;                    /* of the file */
};

static char *reason(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *reason(const char *format, ...) {
    struct buffer text = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    return buffer_take(&text);
}

/* Returns 0, or an errno. Pipes and devices are refused, so reading never waits. */
static int read_head(const char *path, struct head *head) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return errno;
    struct stat status;
    int problem = fstat(descriptor, &status) != 0 ? errno : 0;
    if (!problem && S_ISDIR(status.st_mode)) problem = EISDIR;
    if (!problem && !S_ISREG(status.st_mode)) problem = EINVAL;
    if (!problem) {
        ssize_t length = pread(descriptor, head->bytes, HEAD_BYTES, 0);
        if (length < 0) problem = errno;
        head->length = length < 0 ? 0 : (size_t)length;
        head->size = status.st_size;
    }
    close(descriptor);
    return problem;
}

static char *unreadable(int problem) {
    if (problem == ENOENT) return reason("no such file");
    if (problem == EISDIR) return reason("is a folder, not a record");
    if (problem == EINVAL) return reason("is not an ordinary file");
    return reason("cannot be read: %s", strerrordesc_np(problem));
}

static uint32_t number_at(const struct head *head, size_t offset) {
    const unsigned char *bytes = head->bytes + offset;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool has_magic(const struct head *head) {
    size_t length = head->length < sizeof magic ? head->length : sizeof magic;
    return length > 0 && memcmp(head->bytes, magic, length) == 0;
}

/* What the head says that the file's size should be; 0 if it does not say. */
static int64_t promised_size(const struct head *head) {
    int64_t page = head->bytes[HEAD_PAGE_SIZE] << 8 | head->bytes[HEAD_PAGE_SIZE + 1];
    if (page == 1) page = 65536;
    bool is_valid = number_at(head, HEAD_CHANGES) == number_at(head, HEAD_VALID_FOR);
    return is_valid ? page * number_at(head, HEAD_PAGES) : 0;
}

bool file_has_log(const char *path) {
    struct buffer log = { 0 };
    buffer_printf(&log, "%s-wal", path);
    struct stat status;
    bool is_there = stat(log.bytes, &status) == 0 && status.st_size > 0;
    buffer_done(&log);
    return is_there;
}

bool file_is_record(const char *path, char **error) {
    struct head head = { 0 };
    int problem = read_head(path, &head);
    *error = NULL;
    if (problem)
        *error = unreadable(problem);
    else if (head.size == 0)
        *error = reason("is empty, not a record");
    else if (!has_magic(&head))
        *error = reason("is not a record");
    else if (head.length < HEAD_BYTES)
        *error = reason("is truncated: only %lld bytes are left", (long long)head.size);
    else if (number_at(&head, HEAD_APPLICATION) != RECORD_APPLICATION)
        *error = reason("is a SQLite database, but not a record of aot");
    else if (number_at(&head, HEAD_USER_VERSION) > RECORD_VERSION)
        *error = reason("was written by a newer aot: format %u, and this one reads format %d",
                        number_at(&head, HEAD_USER_VERSION), RECORD_VERSION);
    else if (!file_has_log(path) && head.size < promised_size(&head))
        *error =
            reason("is truncated: %lld of %lld bytes are left", (long long)head.size, (long long)promised_size(&head));
    return *error == NULL;
}

bool file_may_be_replaced(const char *path, char **error) {
    struct head head = { 0 };
    int problem = read_head(path, &head);
    *error = NULL;
    if (problem == ENOENT) return true;
    if (problem)
        *error = unreadable(problem);
    else if (head.size > 0 && (!has_magic(&head) || head.length < HEAD_BYTES ||
                               number_at(&head, HEAD_APPLICATION) != RECORD_APPLICATION))
        *error = reason("exists and is not a record, so it is not replaced");
    return *error == NULL;
}

bool file_remove(const char *path, char **error) {
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    *error = NULL;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && !*error; i++) {
        struct buffer name = { 0 };
        buffer_printf(&name, "%s%s", path, endings[i]);
        if (unlink(name.bytes) != 0 && errno != ENOENT)
            *error = reason("cannot be replaced: %s", strerrordesc_np(errno));
        buffer_done(&name);
    }
    return *error == NULL;
}
