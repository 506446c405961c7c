/* Appends lines to the run's log. A log that cannot be written costs a later --rerun, not this run: that is said, and --rerun refuses
 * a log that lacks cells. */
#include "cli/run_log.h"

#include "base/json.h"
#include "cli/cell_place.h"

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

static void cell_line(struct text recipe, struct text path, struct text cell, struct text outcome, struct text record,
                      struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    field(&json, "type", TEXT("cell"));
    field(&json, "recipe", recipe);
    field(&json, "path", path);
    field(&json, "cell", cell);
    field(&json, "outcome", outcome);
    if (record.length) field(&json, "record", record);
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void entry_line(const struct cell_entry *entry, struct buffer *out) {
    struct cell_place place;
    cell_place_find(&place, entry->session, entry->index);
    bool over = entry->state == CELL_OVER;
    const char *outcome = over ? outcome_name(entry->result.outcome) : "not run";
    if (over && entry->result.outcome == OUTCOME_PASS && entry->session->passed_over) outcome = "partial";
    cell_line(entry->session->program->id, entry->session->program->path, buffer_text(&place.label), text_of(outcome),
              over ? buffer_text(&place.record) : TEXT_NONE, out);
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
        const struct program *program = course->skipped.items[i]->program;
        cell_line(program->id, program->path, TEXT_NONE, TEXT("skipped"), TEXT_NONE, out);
    }
    for (size_t i = 0; i < course->rerun.cells.count; i++) {
        const struct rerun_cell *cell = &course->rerun.cells.items[i];
        if (cell->chosen || is_said_already(course, cell)) continue;
        cell_line(cell->recipe, cell->path, cell->cell, cell->whole ? TEXT("skipped") : TEXT("not run"), TEXT_NONE,
                  out);
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
    json_object_end(&json);
    buffer_append_byte(&out, '\n');
    for (size_t i = 0; i < results->count; i++) entry_line(&results->cells[i], &out);
    buffer_append(&out, buffer_text(&others));
    if (count) append(course, &out);
    buffer_done(&out);
    buffer_done(&others);
    return count > 0;
}

void run_log_add(const struct course *course, const struct cell_entry *entry) {
    struct buffer out = { 0 };
    entry_line(entry, &out);
    append(course, &out);
    buffer_done(&out);
}
