/* Progress on standard error. On a terminal a line a running cell, drawn again each second; in a log a line a phase, and every
 * 60 s one that says that it still goes on. */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REFRESH_TERMINAL SECOND
#define REFRESH_LOG (60 * SECOND)
#define REFRESH_SOON (100 * MILLISECOND) /* after something happened: not for each of 200 short cells */
enum { LINES_MAXIMUM = 16 };

static size_t columns_of_terminal(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

void progress_begin(struct progress *progress, size_t total, bool quiet) {
    *progress = (struct progress){ .total = total, .quiet = quiet, .terminal = isatty(STDERR_FILENO) };
    progress->began = clock_monotonic();
    progress->width = columns_of_terminal();
    progress->due = progress->began + (progress->terminal ? 0 : REFRESH_LOG);
}

static void soon(struct progress *progress) {
    int64_t at = progress->drawn + REFRESH_SOON;
    if (progress->terminal && at < progress->due) progress->due = at;
}

void progress_end(struct progress *progress) {
    progress_wipe(progress);
    VECTOR_DONE(&progress->cells);
}

void progress_add(struct progress *progress, struct progress_cell *cell) {
    VECTOR_PUSH(&progress->cells, cell);
}

void progress_remove(struct progress *progress, struct progress_cell *cell) {
    for (size_t i = 0; i < progress->cells.count; i++) {
        if (progress->cells.items[i] != cell) continue;
        memmove(&progress->cells.items[i], &progress->cells.items[i + 1],
                (progress->cells.count - i - 1) * sizeof *progress->cells.items);
        progress->cells.count--;
    }
    soon(progress);
}

static void say(const struct buffer *out) {
    if (out->length) fwrite(out->bytes, 1, out->length, stderr);
}

/* "  T4 [app=N]  run, phase migrate  +12.300s" */
static void cell_line(const struct progress_cell *cell, const char *before, struct buffer *out) {
    buffer_printf(out, "  %.*s  %s", TEXT_ARGS(cell->name), before);
    buffer_append(out, buffer_text(&cell->stage));
    if (cell->phase.length) buffer_printf(out, ", phase %s", cell->phase.bytes);
    buffer_append_string(out, "  ");
    offset_print(out, clock_monotonic() - cell->began);
}

/* "  3 of 48 cells are over  +2.300s" */
static void count_line(const struct progress *progress, struct buffer *out) {
    buffer_printf(out, "  %zu of %zu cells are over  ", progress->over, progress->total);
    offset_print(out, clock_monotonic() - progress->began);
}

static void append_cut(const struct progress *progress, const struct buffer *line, struct buffer *out) {
    struct text text = buffer_text(line);
    size_t end = 0;
    for (size_t i = 0, length; i < text.length && text_columns(text_slice(text, 0, i)) + 2 < progress->width;
         i += length) {
        int32_t point;
        length = text_point(text, i, &point);
        end = i + length;
    }
    buffer_append(out, text_slice(text, 0, end));
}

void progress_wipe(struct progress *progress) {
    if (!progress->shown) return;
    fputs("\r\033[K", stderr);
    for (; progress->shown > 1; progress->shown--) fputs("\033[A\033[K", stderr);
    progress->shown = 0;
    soon(progress);
}

static void draw(struct progress *progress) {
    struct buffer out = { 0 }, line = { 0 };
    progress_wipe(progress);
    size_t lines = progress->cells.count < LINES_MAXIMUM ? progress->cells.count : LINES_MAXIMUM;
    for (size_t i = 0; i < lines; i++) {
        buffer_clear(&line);
        cell_line(progress->cells.items[i], "", &line);
        append_cut(progress, &line, &out);
        if (i + 1 < lines || progress->total > 1) buffer_append_byte(&out, '\n');
    }
    progress->shown = lines + (progress->total > 1);
    buffer_clear(&line);
    if (progress->total > 1) count_line(progress, &line);
    append_cut(progress, &line, &out);
    say(&out);
    buffer_done(&line);
    buffer_done(&out);
}

/* In a log: that it still goes on, and with what. */
static void heartbeat(const struct progress *progress) {
    struct buffer out = { 0 };
    for (size_t i = 0; i < progress->cells.count && i < LINES_MAXIMUM; i++) {
        cell_line(progress->cells.items[i], "still running: ", &out);
        buffer_append_byte(&out, '\n');
    }
    if (progress->total > 1) {
        count_line(progress, &out);
        buffer_append_byte(&out, '\n');
    }
    say(&out);
    buffer_done(&out);
}

void progress_refresh(struct progress *progress) {
    int64_t now = clock_monotonic();
    if (progress->quiet || now < progress->due) return;
    if (progress->terminal)
        draw(progress);
    else
        heartbeat(progress);
    progress->drawn = now;
    progress->due = now + (progress->terminal ? REFRESH_TERMINAL : REFRESH_LOG);
}

void progress_stage(struct progress *progress, struct progress_cell *cell, struct text stage) {
    buffer_clear(&cell->stage);
    buffer_clear(&cell->phase);
    buffer_append(&cell->stage, stage);
    soon(progress); /* in a log, stages alone are noise */
}

void progress_phase(struct progress *progress, struct progress_cell *cell, struct text phase) {
    buffer_clear(&cell->phase);
    buffer_append(&cell->phase, phase);
    soon(progress);
    if (progress->terminal || progress->quiet || !phase.length) return;
    struct buffer out = { 0 };
    cell_line(cell, "", &out);
    buffer_append_byte(&out, '\n');
    say(&out);
    buffer_done(&out);
}
