/* The head of a cell's record: what it is of, with which settings, and where it ended early. */
#include "cli/cell_head.h"

#include "base/clock.h"
#include "base/credentials.h"
#include "cli/cell_label.h"

#include <string.h>

void cell_number_meta(struct record *record, const char *key, int64_t number) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%lld", (long long)number);
    record_meta(record, key, buffer_text(&text));
    buffer_done(&text);
}

/* --rule: which assertions counted, for the report and for whoever judges again. */
static void describe_rules(const struct run_session *session, struct record *record) {
    struct buffer rules = { 0 };
    size_t counted = 0;
    const char *rule;
    for (size_t i = 0; (rule = option_value_at(session->course->options, "rule", i)); i++)
        buffer_printf(&rules, "%s%s", i ? ", " : "", rule);
    for (uint32_t i = 0; i < session->program->assertion_count; i++) counted += !session->passed_over[i];
    record_meta(record, "rules_counted", buffer_text(&rules));
    buffer_clear(&rules);
    buffer_printf(&rules, "%zu of %u", counted, session->program->assertion_count);
    record_meta(record, "assertions_counted", buffer_text(&rules));
    buffer_done(&rules);
}

void cell_describe(const struct run_session *session, const struct cell_place *place, struct record *record) {
    const struct program *program = session->program;
    record_meta(record, "recipe", program->id);
    record_meta(record, "title", program->title);
    record_meta(record, "path", program->path);
    record_meta(record, "cell", buffer_text(&place->label));
    record_meta(record, "run", buffer_text(&session->course->id));
    cell_number_meta(record, "seed", (int64_t)session->course->choice.seed);
    const struct cell *cell = session_cell(session, place->number - session->first_number);
    if (cell) cell_number_meta(record, "cell_seed", (int64_t)session_seed(session, &place->label));
    for (uint32_t i = 0; cell && i < program->axis_count; i++) {
        struct buffer key = { 0 }, value = { 0 };
        buffer_printf(&key, "axis.%02u.%.*s", i, TEXT_ARGS(program->axes[i].name));
        cell_axis_value(&session->cells, cell, i, &value);
        record_meta(record, key.bytes, buffer_text(&value));
        buffer_done(&key);
        buffer_done(&value);
    }
    if (session->course->narrowed.length) record_meta(record, "narrowed", buffer_text(&session->course->narrowed));
    if (session->passed_over) describe_rules(session, record);
    cell_number_meta(record, "started", clock_wall());
    struct source *recipe = NULL;
    for (uint32_t i = 0; i < source_set_count(program->sources); i++) {
        struct source *source = source_set_get(program->sources, i);
        if (source->path[0] == '<' && strcmp(source->path, "<stdin>") != 0)
            continue; /* the signatures' own little sources */
        record_source(record, source->path, source->content, recipe ? "library" : "recipe");
        if (!recipe) recipe = source;
    }
    if (session->settings.config) record_meta(record, "config", text_of(session->settings.config->path));
    if (session->settings.profile) record_meta(record, "profile", session->settings.profile->profile);
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(session->course->options, "set", i)); i++) {
        /* It may be another recipe's. And the record's own mask knows a secret only once it was read. */
        if (inputs_is_secret(program, setting) || !inputs_has(program, setting)) continue;
        struct buffer key = { 0 }, hidden = { 0 }, shown = { 0 };
        buffer_printf(&key, "set.%zu", i);
        credentials_hide(text_of(setting), false, &hidden);
        mask_apply(session->course->secrets, buffer_text(&hidden), &shown);
        record_meta(record, key.bytes, buffer_text(&shown));
        buffer_done(&key);
        buffer_done(&hidden);
        buffer_done(&shown);
    }
}

/* Where the run ended early, for the report. */
void cell_describe_end(struct run *run, struct record *record, struct source_set *sources) {
    struct span span = run_message_span(run);
    struct source *source = *run_message(run) ? source_set_get(sources, span.source) : NULL;
    if (!source || span.length == 0) return;
    struct place place = source_place(source, span.start);
    struct buffer text = { 0 };
    buffer_printf(&text, "%s:%u:%u", source->path, place.line, place.column);
    record_meta(record, "message_place", buffer_text(&text));
    record_meta(record, "message_line", text_trim(place.line_text));
    buffer_done(&text);
}
