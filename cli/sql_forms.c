/* The forms of `aot sql`: for people, one JSON object a line, SARIF, GitHub's annotations. */
#include "cli/report_output.h"
#include "cli/sql_notes.h"
#include "report/annotation.h"

static void json_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out) {
    (void)style;
    for (size_t i = 0; i < notes->list.count; i++) {
        const struct sql_note *note = &notes->list.items[i];
        const struct sql_rule *rule = note->rule;
        struct buffer message = { 0 };
        struct json_writer writer = json_writer_on(out);
        sql_note_message(note, &message);
        const struct {
            const char *key;
            struct text text;
        } texts[] = { { "file", text_of(notes->source->path) },
                      { "level", text_of(note->level == SQL_ERROR ? "error" : "warning") },
                      { "rule", text_of(rule->slug) },
                      { "message", buffer_text(&message) },
                      { "mode", text_of(sql_runner_word(notes->runner)) },
                      { "statement", note->statement },
                      { "table", text_of(note->table) },
                      { "lock", text_of(rule->lock) },
                      { "blocks", text_of(rule->blocks) },
                      { "work", text_of(rule->work) },
                      { "unknown", text_of(rule->fact) },
                      { "advice", text_of(rule->advice) },
                      { "rewrite", text_of(note->rewrite) } };
        json_object_begin(&writer);
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            json_key(&writer, texts[k].key);
            json_text(&writer, texts[k].text);
        }
        json_key(&writer, "line");
        json_integer(&writer, note->place.line);
        json_key(&writer, "column");
        json_integer(&writer, note->place.column);
        json_key(&writer, "held_since");
        json_integer(&writer, note->held_since);
        json_object_end(&writer);
        buffer_append_byte(out, '\n');
        buffer_done(&message);
    }
}

/* GitHub shows ten errors and ten warnings a step; more of one file would hide the others'. */
static void github_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out) {
    (void)style;
    size_t printed[] = { [SQL_ERROR] = 0, [SQL_WARNING] = 0 };
    struct buffer prefix = { 0 };
    report_output_prefix(&prefix);
    for (size_t i = 0; i < notes->list.count; i++) {
        const struct sql_note *note = &notes->list.items[i];
        if (printed[note->level]++ >= ANNOTATIONS_MAXIMUM) continue;
        struct buffer message = { 0 };
        sql_note_message(note, &message);
        buffer_printf(&message, "\nlock: %s, work: %s, who waits: %s\ninstead: %s", note->rule->lock, note->rule->work,
                      note->rule->blocks, note->rule->advice);
        if (note->rewrite) buffer_printf(&message, "\n%s", note->rewrite);
        const struct annotation annotation = { note->level == SQL_ERROR ? "error" : "warning",
                                               text_of(notes->source->path),
                                               note->place.line,
                                               note->place.column,
                                               text_of(note->rule->slug),
                                               buffer_text(&message) };
        annotation_append(&annotation, buffer_text(&prefix), out);
        buffer_done(&message);
    }
    buffer_done(&prefix);
}

const struct sql_form sql_forms[] = { { "human", NULL, sql_text_file, sql_text_end },
                                      { "json", NULL, json_file, NULL },
                                      { "sarif", sql_sarif_begin, sql_sarif_file, sql_sarif_end },
                                      { "github", NULL, github_file, NULL },
                                      { NULL, NULL, NULL, NULL } };
