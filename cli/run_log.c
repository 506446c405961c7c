/* Appends lines to the run's log. A log that cannot be written costs a later --rerun, not this run: that is said, and --rerun refuses
 * a log that lacks cells. */
#include "cli/run_log.h"

#include "base/json.h"
#include "cli/cell_label.h"
#include "cli/cell_place.h"
#include "cli/kept_sets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void append(const struct course *course, const struct buffer *lines) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/run.jsonl", course->folder.bytes);
    int file = open(path.bytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    bool good = file >= 0;
    for (size_t done = 0; good && done < lines->length;) {
        ssize_t written = write(file, lines->bytes + done, lines->length - done);
        if (written < 0 && errno == EINTR) continue;
        good = written > 0;
        if (good) done += (size_t)written;
    }
    if (!good)
        fprintf(stderr, "aot: %s could not be written: %s; --rerun will not know all of this run\n", path.bytes,
                strerror(errno));
    if (file >= 0) close(file);
    buffer_done(&path);
}

static void field(struct json_writer *json, const char *key, struct text text) {
    json_key(json, key);
    json_text(json, text);
}

static void axes(struct json_writer *json, const struct cell_entry *entry) {
    const struct run_session *session = entry->session;
    const struct cell *cell = session_cell(session, entry->index);
    json_key(json, "axes");
    json_object_begin(json);
    for (uint32_t i = 0; cell && i < session->program->axis_count; i++) {
        struct buffer value = { 0 };
        cell_axis_value(&session->cells, cell, i, &value);
        field(json, session->program->axes[i].name.bytes, buffer_text(&value));
        buffer_done(&value);
    }
    json_object_end(json);
}

struct line {
    struct text recipe, path, cell, outcome, record, message;
    bool is_earlier; /* of the run that this one is to complete */
};

static void cell_line(const struct line *line, const struct cell_entry *axes_of, struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    field(&json, "type", TEXT("cell"));
    field(&json, "recipe", line->recipe);
    field(&json, "path", line->path);
    field(&json, "cell", line->cell);
    if (axes_of) axes(&json, axes_of);
    field(&json, "outcome", line->outcome);
    if (line->message.length) field(&json, "message", line->message);
    if (line->record.length) field(&json, "record", line->record);
    if (line->is_earlier) json_key(&json, "earlier");
    if (line->is_earlier) json_boolean(&json, true);
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void entry_line(const struct cell_entry *entry, struct text message, struct buffer *out) {
    struct cell_place place;
    cell_place_find(&place, entry->session, entry->index);
    bool over = entry->state == CELL_OVER;
    const char *outcome = over ? outcome_name(entry->result.outcome) : "not run";
    if (over && entry->result.outcome == OUTCOME_PASS && entry->session->passed_over) outcome = "partial";
    struct line line = { .recipe = entry->session->program->id,
                         .path = entry->session->program->path,
                         .cell = buffer_text(&place.label),
                         .outcome = text_of(outcome),
                         .message = message,
                         .record = over ? buffer_text(&place.record) : TEXT_NONE };
    cell_line(&line, entry, out);
    cell_place_done(&place);
}

/* The line of a skipped recipe stands for all its cells. */
static bool is_said_already(const struct course *course, const struct rerun_cell *cell) {
    for (size_t i = 0; cell->whole && i < course->skipped.count; i++)
        if (text_equal(course->skipped.items[i]->program->id, cell->recipe)) return true;
    return false;
}

/* What stays outstanding though no cell of it is among the results. */
static size_t other_lines(const struct course *course, struct buffer *out) {
    size_t count = course->skipped.count;
    for (size_t i = 0; i < course->skipped.count; i++) {
        const struct run_session *session = course->skipped.items[i];
        struct buffer why = { 0 };
        buffer_printf(&why, "it needs %s", session->missing.bytes);
        struct line line = { .recipe = session->program->id,
                             .path = session->program->path,
                             .outcome = TEXT("skipped"),
                             .message = buffer_text(&why) };
        cell_line(&line, NULL, out);
        buffer_done(&why);
    }
    for (size_t i = 0; i < course->rerun.cells.count; i++) {
        const struct rerun_cell *cell = &course->rerun.cells.items[i];
        if (cell->chosen || is_said_already(course, cell)) continue;
        struct line line = { .recipe = cell->recipe,
                             .path = cell->path,
                             .cell = cell->cell,
                             .outcome = cell->whole ? TEXT("skipped") : TEXT("not run"),
                             .is_earlier = true };
        cell_line(&line, NULL, out);
        count++;
    }
    return count;
}

bool run_log_begin(const struct course *course, const struct results *results) {
    struct buffer out = { 0 }, others = { 0 };
    size_t count = results->count + other_lines(course, &others);
    struct json_writer json = json_writer_on(&out);
    json_object_begin(&json);
    field(&json, "type", TEXT("run"));
    field(&json, "schema", TEXT("aot.report/1"));
    field(&json, "run", buffer_text(&course->id));
    json_key(&json, "cells");
    json_integer(&json, (int64_t)count);
    struct buffer settings = { 0 };
    kept_sets_write(course, &settings);
    json_key(&json, "settings");
    json_raw(&json, buffer_text(&settings));
    buffer_done(&settings);
    if (course->narrowed.length) field(&json, "narrowed", buffer_text(&course->narrowed));
    json_object_end(&json);
    buffer_append_byte(&out, '\n');
    for (size_t i = 0; i < results->count; i++) entry_line(&results->cells[i], TEXT_NONE, &out);
    buffer_append(&out, buffer_text(&others));
    if (count) append(course, &out);
    buffer_done(&out);
    buffer_done(&others);
    return count > 0;
}

void run_log_add(const struct course *course, const struct cell_entry *entry) {
    struct buffer out = { 0 };
    entry_line(entry, TEXT_NONE, &out);
    append(course, &out);
    buffer_done(&out);
}

void run_log_end(const struct course *course, const struct results *results) {
    struct buffer out = { 0 };
    for (size_t i = 0; i < results->count; i++)
        if (results->cells[i].state != CELL_OVER) entry_line(&results->cells[i], results_why_not_run(course), &out);
    if (out.length) append(course, &out);
    buffer_done(&out);
}
