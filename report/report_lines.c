/* JSON lines: one object a line, each with its `type`. The schema stands in docs/reports.md; `schema` rises when an older reader
 * would misread. */
#include "report/report_form.h"

#include "base/json.h"

#define SCHEMA "aot.report/1"

static void text_field(struct json_writer *json, const char *key, struct text value) {
    json_key(json, key);
    json_text(json, value);
}

static void whose(struct json_writer *json, const char *type, const struct report_cell *cell) {
    json_key(json, "type");
    json_string(json, type);
    text_field(json, "recipe", cell->recipe);
    text_field(json, "path", cell->path);
    text_field(json, "cell", cell->cell);
}

static void deaths(struct json_writer *json, const struct report_cell *cell) {
    json_key(json, "death_count");
    json_integer(json, (int64_t)cell->death_count);
    json_key(json, "deaths");
    json_array_begin(json);
    for (size_t i = 0; i < cell->deaths.count; i++) {
        json_object_begin(json);
        json_key(json, "at_ns");
        json_integer(json, cell->deaths.items[i].at);
        text_field(json, "text", cell->deaths.items[i].text);
        json_object_end(json);
    }
    json_array_end(json);
}

static void cell_line(const struct report_cell *cell, struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    whose(&json, "cell", cell);
    json_key(&json, "axes");
    json_object_begin(&json);
    for (size_t i = 0; i < cell->axes.count; i++)
        text_field(&json, cell->axes.items[i].name.bytes, cell->axes.items[i].value);
    json_object_end(&json);
    text_field(&json, "outcome", text_of(report_outcome_name(cell->outcome)));
    if (cell->rules_counted.length) text_field(&json, "rules_counted", cell->rules_counted);
    if (cell->narrowed.length) text_field(&json, "narrowed", cell->narrowed);
    if (cell->death_count) deaths(&json, cell);
    if (report_cell_has_trouble(cell)) text_field(&json, "message", report_cell_trouble(cell));
    if (cell->record.length) {
        text_field(&json, "run", cell->run);
        text_field(&json, "seed", cell->seed);
        json_key(&json, "started_ns");
        json_integer(&json, cell->started);
        json_key(&json, "duration_ns");
        json_integer(&json, cell->duration);
        text_field(&json, "record", cell->record);
    }
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void claim(struct json_writer *json, const struct verdict_row *row) {
    json_object_begin(json);
    text_field(json, "claim", row->claim);
    json_key(json, "occurrence");
    json_integer(json, row->occurrence);
    text_field(json, "outcome", row->outcome);
    text_field(json, "reason", row->reason);
    text_field(json, "explanation", row->explanation);
    json_key(json, "evidence");
    if (row->evidence.length)
        json_raw(json, row->evidence);
    else
        json_null(json);
    text_field(json, "file", row->file);
    json_key(json, "line");
    json_integer(json, row->line);
    json_key(json, "column");
    json_integer(json, row->column);
    json_object_end(json);
}

static void assertion_line(const struct report_cell *cell, const struct report_assertion *assertion,
                           struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    whose(&json, "assertion", cell);
    text_field(&json, "title", assertion->title);
    text_field(&json, "rules", assertion->rules);
    text_field(&json, "kind", assertion->is_assume ? TEXT("assume") : TEXT("assert"));
    text_field(&json, "outcome", text_of(report_outcome_name(assertion->outcome)));
    json_key(&json, "claim_count");
    json_integer(&json, (int64_t)assertion->claims);
    json_key(&json, "claims");
    json_array_begin(&json);
    for (size_t i = 0; i < assertion->rows.count; i++) claim(&json, &assertion->rows.items[i]);
    json_array_end(&json);
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void run_line(const struct report_run *run, struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    json_key(&json, "type");
    json_string(&json, "run");
    json_key(&json, "schema");
    json_string(&json, SCHEMA);
    json_key(&json, "cells");
    json_integer(&json, (int64_t)run->count);
    if (run->settings.length) {
        json_key(&json, "settings");
        json_raw(&json, run->settings);
    }
    if (run->narrowed.length) text_field(&json, "narrowed", run->narrowed);
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

static void end_line(const struct report_run *run, const struct report_counts *counts, struct buffer *out) {
    struct json_writer json = json_writer_on(out);
    json_object_begin(&json);
    json_key(&json, "type");
    json_string(&json, "end");
    for (int outcome = REPORT_FAIL; outcome <= REPORT_PASS; outcome++) {
        json_key(&json, outcome == REPORT_NOT_RUN ? "not_run" : report_outcome_name((enum report_outcome)outcome));
        json_integer(&json, (int64_t)counts->of[outcome]);
    }
    json_key(&json, "took_ns");
    json_integer(&json, run->took);
    json_object_end(&json);
    buffer_append_byte(out, '\n');
}

void report_lines(const struct report_run *run, struct buffer *out) {
    struct report_counts counts = { .cells = run->count };
    run_line(run, out);
    for (size_t i = 0; i < run->count; i++) {
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        counts.of[cell.outcome]++;
        cell_line(&cell, out);
        for (size_t k = 0; k < cell.assertions.count; k++) assertion_line(&cell, &cell.assertions.items[k], out);
        report_cell_done(&cell);
    }
    end_line(run, &counts, out);
}
