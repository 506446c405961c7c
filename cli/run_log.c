/* Appends lines to the run's log. A log that cannot be written costs a later --rerun, not this run. */
#include "cli/run_log.h"

#include "base/json.h"
#include "cli/cell_place.h"
#include "cli/rerun.h"

#include <fcntl.h>
#include <unistd.h>

static void append(const struct course *course, const struct buffer *lines) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/run.jsonl", course->folder.bytes);
    int file = open(path.bytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file >= 0) {
        (void)!write(file, lines->bytes, lines->length);
        close(file);
    }
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
    cell_line(entry->session->program->id, entry->session->program->path, buffer_text(&place.label), text_of(outcome),
              over ? buffer_text(&place.record) : TEXT_NONE, out);
    cell_place_done(&place);
}

void run_log_begin(const struct course *course, const struct results *results, const struct rerun *rerun) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    json_object_begin(&json);
    field(&json, "type", TEXT("run"));
    field(&json, "schema", TEXT("aot.report/1"));
    field(&json, "run", buffer_text(&course->id));
    json_key(&json, "cells");
    json_integer(&json, (int64_t)results->count);
    json_object_end(&json);
    buffer_append_byte(&out, '\n');
    for (size_t i = 0; i < results->count; i++) entry_line(&results->cells[i], &out);
    for (size_t i = 0; i < rerun->cells.count; i++) {
        const struct rerun_cell *cell = &rerun->cells.items[i];
        if (!cell->chosen) cell_line(cell->recipe, cell->path, cell->cell, TEXT("not run"), TEXT_NONE, &out);
    }
    append(course, &out);
    buffer_done(&out);
}

void run_log_add(const struct course *course, const struct cell_entry *entry) {
    struct buffer out = { 0 };
    entry_line(entry, &out);
    append(course, &out);
    buffer_done(&out);
}
