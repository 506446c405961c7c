/* The ends of logs. A log may be large, or torn in its last line: only its end is read, and what is no whole line is shown as it is. */
#include "cli/cell_log.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 5, LOGS_MAXIMUM = 8, TAIL_MAXIMUM = 8 * 1024, LINE_SHOWN = 300 };

static int is_log(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(".log"));
}

/* From where the last lines begin. */
static struct text last_lines(struct text text) {
    size_t at = text.length, lines = 0;
    while (at > 0 && lines < LINES) {
        at--;
        while (at > 0 && text.bytes[at - 1] != '\n') at--;
        lines++;
    }
    return text_slice(text, at, SIZE_MAX);
}

static void append_lines(const char *name, struct text text, struct buffer *out) {
    buffer_printf(out, "\nthe last lines of %s:", name);
    while (text.length) {
        size_t end = text_find(text, TEXT("\n"));
        struct text line = text_slice(text, 0, end);
        buffer_append_string(out, "\n  ");
        buffer_append(out, text_slice(line, 0, LINE_SHOWN));
        if (line.length > LINE_SHOWN) buffer_append_string(out, " …");
        text = end == SIZE_MAX ? TEXT_NONE : text_slice(text, end + 1, SIZE_MAX);
    }
}

static void append_tail(const char *folder, const char *name, struct buffer *out) {
    struct buffer path = { 0 };
    struct stat status;
    buffer_printf(&path, "%s/%s", folder, name);
    int file = open(path.bytes, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *bytes = memory_allocate(TAIL_MAXIMUM);
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        off_t from = status.st_size > TAIL_MAXIMUM ? status.st_size - TAIL_MAXIMUM : 0;
        ssize_t got = pread(file, bytes, TAIL_MAXIMUM, from);
        struct text text = text_trim((struct text){ bytes, got > 0 ? (size_t)got : 0 });
        if (text.length) append_lines(name, last_lines(text), out);
    }
    memory_release(bytes);
    if (file >= 0) close(file);
    buffer_done(&path);
}

void cell_log_tails(const char *folder, struct buffer *out) {
    struct dirent **logs;
    int count = scandir(folder, &logs, is_log, alphasort);
    for (int i = 0; i < count; i++) {
        if (i < LOGS_MAXIMUM) append_tail(folder, logs[i]->d_name, out);
        free(logs[i]);
    }
    if (count > LOGS_MAXIMUM) buffer_printf(out, "\n… and %d more logs in %s", count - LOGS_MAXIMUM, folder);
    if (count >= 0) free(logs);
}
