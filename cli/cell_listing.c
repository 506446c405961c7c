/* The cells that would run, and the proof that `cover` covers. */
#include "cli/cell_listing.h"

#include "base/json.h"
#include "cli/cell_label.h"

#include <stdio.h>

void cell_listing_proof(const struct run_session *session, struct buffer *out) {
    const struct cell_proof *proof = &session->cells.proof;
    if (!proof->of) return;
    buffer_printf(out, "cover pairwise: %zu of %zu cells; ", proof->cells, proof->of);
    if (proof->pairs == 0)
        buffer_append_string(out, "there are no two axes, so no pairs");
    else if (proof->covered < proof->pairs)
        buffer_printf(out, "only %zu of %zu pairs are covered: this is a bug in aot", proof->covered, proof->pairs);
    else if (proof->least == proof->most)
        buffer_printf(out, "each of %zu pairs stands in %zu", proof->pairs, proof->least);
    else
        buffer_printf(out, "each of %zu pairs stands in %zu to %zu of them", proof->pairs, proof->least, proof->most);
}

static void print_session(const struct run_session *session) {
    const struct course *course = session->course;
    struct buffer line = { 0 };
    for (size_t i = 0; i < session->total; i++) {
        if (!session->chosen[i]) continue;
        struct buffer label = { 0 };
        cell_label(session->program, &session->cells, session_cell(session, i), &label);
        buffer_printf(&line, "%3zu  ", session->first_number + i);
        if (course->all.count > 1) buffer_printf(&line, "%.*s  ", TEXT_ARGS(session->program->id));
        style_append(&course->style, COLOUR_PLAIN, label.length ? buffer_text(&label) : TEXT("(no matrix)"), &line);
        buffer_append_byte(&line, '\n');
        buffer_done(&label);
    }
    size_t cells = line.length;
    cell_listing_proof(session, &line);
    if (line.length > cells) buffer_append_byte(&line, '\n');
    if (line.length) fwrite(line.bytes, 1, line.length, stdout);
    buffer_done(&line);
}

void cell_listing_print(const struct course *course) {
    for (size_t i = 0; i < course->all.count; i++) print_session(course->all.items[i]);
}

/* ---- JSON ---- */
static void number(struct json_writer *json, const char *key, size_t value) {
    json_key(json, key);
    json_integer(json, (int64_t)value);
}

static void cell_object(const struct run_session *session, size_t index, struct json_writer *json) {
    const struct program *program = session->program;
    const struct cell *cell = session_cell(session, index);
    struct buffer label = { 0 };
    cell_label(program, &session->cells, cell, &label);
    json_object_begin(json);
    number(json, "number", session->first_number + index);
    json_key(json, "recipe");
    json_text(json, program->id);
    json_key(json, "path");
    json_text(json, program->path);
    json_key(json, "cell");
    json_text(json, buffer_text(&label));
    json_key(json, "axes");
    json_object_begin(json);
    for (uint32_t i = 0; cell && i < program->axis_count; i++) {
        struct buffer name = { 0 }, value = { 0 };
        value_plain(cell->values[i], &value);
        buffer_append(&name, program->axes[i].name);
        json_key(json, name.bytes);
        json_text(json, buffer_text(&value));
        buffer_done(&name);
        buffer_done(&value);
    }
    json_object_end(json);
    json_object_end(json);
    buffer_done(&label);
}

static void proof_object(const struct run_session *session, struct json_writer *json) {
    const struct cell_proof *proof = &session->cells.proof;
    if (!proof->of) return;
    json_object_begin(json);
    json_key(json, "recipe");
    json_text(json, session->program->id);
    number(json, "cells", proof->cells);
    number(json, "of", proof->of);
    number(json, "pairs", proof->pairs);
    number(json, "covered", proof->covered);
    number(json, "least", proof->least);
    number(json, "most", proof->most);
    json_object_end(json);
}

void cell_listing_print_json(const struct course *course) {
    struct buffer out = { 0 };
    struct json_writer json = json_writer_on(&out);
    json_object_begin(&json);
    json_key(&json, "schema");
    json_string(&json, "aot.cells/1");
    json_key(&json, "cells");
    json_array_begin(&json);
    for (size_t i = 0; i < course->all.count; i++) {
        const struct run_session *session = course->all.items[i];
        for (size_t k = 0; k < session->total; k++)
            if (session->chosen[k]) cell_object(session, k, &json);
    }
    json_array_end(&json);
    json_key(&json, "covers");
    json_array_begin(&json);
    for (size_t i = 0; i < course->all.count; i++) proof_object(course->all.items[i], &json);
    json_array_end(&json);
    json_object_end(&json);
    puts(out.bytes);
    buffer_done(&out);
}
