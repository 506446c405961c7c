/* The texts of one compilation and places in them. Owns every path and content; spans stay valid until the set is freed.
 * Reads whole files, at most 64 MiB, and only regular ones: a pipe or a device could keep aot waiting for ever. */
#include "base/source.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/vector.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 64 * 1024 * 1024 };

struct source_set {
    struct VECTOR(struct source *) sources; /* each on its own, so that pointers to them stay valid */
};

struct source_set *source_set_new(void) {
    return memory_allocate(sizeof(struct source_set));
}

void source_set_free(struct source_set *set) {
    if (!set) return;
    for (size_t i = 0; i < set->sources.count; i++) {
        struct source *source = set->sources.items[i];
        memory_release(source->path);
        memory_release((char *)source->content.bytes);
        memory_release(source->line_start);
        memory_release(source);
    }
    VECTOR_DONE(&set->sources);
    memory_release(set);
}

/* Takes over `bytes`. */
static uint32_t add_owned(struct source_set *set, const char *path, const char *bytes, size_t length) {
    struct source *source = memory_allocate(sizeof *source);
    source->path = memory_copy(path, strlen(path));
    source->content = (struct text){ bytes, length };
    VECTOR_PUSH(&set->sources, source);
    return (uint32_t)(set->sources.count - 1);
}

uint32_t source_set_add(struct source_set *set, const char *path, struct text content) {
    return add_owned(set, path, memory_copy(content.bytes, content.length), content.length);
}

static char *reason(const char *words) {
    return memory_copy(words, strlen(words));
}

static char *reason_of(int error) {
    if (error == ENOENT) return reason("no such file");
    if (error == EACCES) return reason("permission denied");
    return reason(strerror(error));
}

/* NULL if the open file can be read as source, else why not. */
static char *refuse(int file) {
    struct stat status;
    if (fstat(file, &status) != 0) return reason_of(errno);
    if (S_ISDIR(status.st_mode)) return reason("it is a directory");
    if (!S_ISREG(status.st_mode)) return reason("it is not a regular file");
    return NULL;
}

/* The whole content, or NULL with a reason. The file may grow or shrink meanwhile; what counts is what read() gives. */
static char *read_all(int file, size_t *length, char **error) {
    struct buffer content = { 0 };
    for (;;) {
        char chunk[64 * 1024];
        ssize_t got = read(file, chunk, sizeof chunk);
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            *error = reason_of(errno);
        else
            buffer_append(&content, (struct text){ chunk, (size_t)got });
        if (content.length > LARGEST_FILE) *error = reason("it is larger than 64 MiB");
        if (*error) {
            buffer_done(&content);
            return NULL;
        }
    }
    *length = content.length;
    return buffer_take(&content);
}

int64_t source_set_read(struct source_set *set, const char *path, char **error) {
    *error = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        *error = reason_of(errno);
        return -1;
    }
    size_t length = 0;
    char *bytes = NULL;
    *error = refuse(file);
    if (!*error) bytes = read_all(file, &length, error);
    close(file);
    return *error ? -1 : (int64_t)add_owned(set, path, bytes, length);
}

struct source *source_set_get(struct source_set *set, uint32_t index) {
    return index < set->sources.count ? set->sources.items[index] : NULL;
}

uint32_t source_set_count(const struct source_set *set) {
    return (uint32_t)set->sources.count;
}

static void find_lines(struct source *source) {
    const char *bytes = source->content.bytes, *end = bytes + source->content.length;
    uint32_t count = 1;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))); at++) count++;
    source->line_start = memory_allocate(count * sizeof *source->line_start);
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at)));)
        source->line_start[++source->line_count] = (uint32_t)(++at - bytes);
    source->line_count++;
}

/* The last line that starts at or before `offset`, from 0. */
static uint32_t line_at(const struct source *source, uint32_t offset) {
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->line_start[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct place source_place(struct source *source, uint32_t offset) {
    if (!source->line_start) find_lines(source);
    if (offset > source->content.length) offset = (uint32_t)source->content.length;
    uint32_t line = line_at(source, offset), start = source->line_start[line];
    uint32_t end = line + 1 < source->line_count ? source->line_start[line + 1] - 1 : (uint32_t)source->content.length;
    const char *bytes = source->content.bytes;
    if (end > start && bytes[end - 1] == '\r') end--;
    uint32_t column = 1;
    for (uint32_t i = start; i < offset; i++) column += ((unsigned char)bytes[i + 1] & 0xc0) != 0x80;
    return (struct place){ line + 1, column, { bytes + start, end - start } };
}

void source_blot(struct source_set *set, struct span span) {
    struct text text = span_text(set, span);
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] != '\n' && text.bytes[i] != '\r') ((char *)text.bytes)[i] = '*';
}

struct text span_text(struct source_set *set, struct span span) {
    struct source *source = source_set_get(set, span.source);
    return source ? text_slice(source->content, span.start, span.length) : TEXT_NONE;
}

struct span span_join(struct span first, struct span last) {
    uint64_t end = (uint64_t)last.start + last.length;
    uint32_t length = end > first.start ? (uint32_t)(end - first.start) : 0;
    return (struct span){ first.source, first.start, length };
}
