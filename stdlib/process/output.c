/* Outputs of programs. Reads what is there and goes back to the loop; a program that writes without end is read for ever, but
 * only `limit` bytes of it stay in memory and LOG_MAXIMUM in the log. */
#include "stdlib/process/output.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/file/content.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, BLOCKS_A_TURN = 4, LINE_MAXIMUM = 1 << 20 };
#define LOG_MAXIMUM (INT64_C(256) << 20)

/* ---- the log ---- */

struct output_log {
    struct run *run;
    char *path;      /* owned */
    int descriptor;  /* -1 before the first line */
    bool over;       /* it cannot be written, or is long enough */
    int64_t written; /* bytes */
};

static void log_problem(struct output_log *log, const char *problem) {
    int64_t now = run_now(log->run);
    run_effect(log->run, "log", text_of(log->path), now, now, text_of(problem));
    if (log->descriptor >= 0) close(log->descriptor);
    log->descriptor = -1;
    log->over = true;
}

struct output_log *output_log_open(struct run *run, const char *name) {
    const char *folder = run_log_folder(run);
    if (!folder || !*folder) return NULL;
    struct output_log *log = memory_allocate(sizeof *log);
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/%s.log", folder, name);
    *log = (struct output_log){ .run = run, .path = buffer_take(&path), .descriptor = -1 };
    return log;
}

void output_log_close(struct output_log *log) {
    if (!log) return;
    if (log->descriptor >= 0) close(log->descriptor);
    memory_release(log->path);
    memory_release(log);
}

/* The file is made with its first line: most programs say nothing. */
static bool open_log(struct output_log *log) {
    if (log->descriptor >= 0 || log->over) return !log->over;
    log->descriptor = open(log->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (log->descriptor < 0) log_problem(log, strerror(errno));
    return !log->over;
}

static void log_line(struct output_log *log, const char *prefix, struct text line) {
    if (!log || !open_log(log)) return;
    struct buffer masked = { 0 };
    if (prefix) buffer_append_string(&masked, prefix);
    mask_apply(run_mask(log->run), line, &masked);
    buffer_append_byte(&masked, '\n');
    int problem = content_append(log->descriptor, buffer_text(&masked));
    log->written += (int64_t)masked.length;
    buffer_done(&masked);
    if (problem)
        log_problem(log, strerror(problem));
    else if (log->written > LOG_MAXIMUM)
        log_problem(log, "cut off at 256MiB");
}

/* ---- lines ---- */

static void end_line(struct output *output) {
    struct text line = buffer_text(&output->line);
    if (line.length && line.bytes[line.length - 1] == '\r') line.length--;
    int64_t now = run_now(output->run);
    log_line(output->log, output->prefix, line);
    if (output->line_came) output->line_came(output->line_data, line);
    if (!output->dropped && output->lines) {
        struct value value = value_text(run_heap(output->run), line);
        stream_add(output->lines, now, now, INT64_MIN, value);
        value_release(value);
    }
    buffer_clear(&output->line);
}

static void cut_lines(struct output *output, struct text bytes) {
    while (bytes.length) {
        const char *end = memchr(bytes.bytes, '\n', bytes.length);
        size_t length = end ? (size_t)(end - bytes.bytes) : bytes.length;
        buffer_append(&output->line, text_slice(bytes, 0, length));
        if (end || output->line.length > LINE_MAXIMUM) end_line(output);
        bytes = text_slice(bytes, length + (end ? 1 : 0), bytes.length);
    }
}

/* From here on lines are no events any more. Claims over the stream must not take that for silence. */
static void note_drop(struct output *output) {
    if (!output->lines) return;
    struct buffer limit = { 0 };
    size_print(&limit, output->limit);
    struct value error =
        value_error(run_heap(output->run), "more than %s of output: the rest was not kept", limit.bytes);
    int64_t now = run_now(output->run);
    stream_add(output->lines, now, now, INT64_MIN, error);
    value_release(error);
    buffer_done(&limit);
}

static void take(struct output *output, struct text bytes) {
    size_t room = output->limit > output->taken ? (size_t)(output->limit - output->taken) : 0;
    struct text kept = text_slice(bytes, 0, room), rest = text_slice(bytes, kept.length, bytes.length);
    output->taken += (int64_t)kept.length;
    if (!output->forgets) buffer_append(&output->kept, kept);
    cut_lines(output, kept);
    if (!rest.length) return;
    if (!output->dropped) note_drop(output);
    output->dropped += (int64_t)rest.length;
    cut_lines(output, rest);
}

/* ---- the pipe ---- */

static void on_readable(void *data, int events) {
    struct output *output = data;
    (void)events;
    char bytes[BLOCK];
    for (int i = 0; i < BLOCKS_A_TURN; i++) {
        ssize_t got = read(output->descriptor, bytes, sizeof bytes);
        if (got > 0) {
            take(output, (struct text){ bytes, (size_t)got });
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        output_stop(output);
        output->over(output->data);
        return;
    }
}

void output_start(struct output *output) {
    output->watch = loop_watch_start(run_loop(output->run), output->descriptor, LOOP_READABLE, on_readable, output);
}

void output_stop(struct output *output) {
    if (output->descriptor < 0) return;
    if (output->watch) loop_watch_stop(output->watch);
    output->watch = NULL;
    close(output->descriptor);
    output->descriptor = -1;
    if (output->line.length) end_line(output);
}

void output_done(struct output *output) {
    output_stop(output);
    buffer_done(&output->kept);
    buffer_done(&output->line);
}
