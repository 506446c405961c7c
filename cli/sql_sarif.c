/* `aot sql` in SARIF: its rules and notes as findings, written file by file. */
#include "cli/report_output.h"
#include "cli/sql_notes.h"
#include "report/finding.h"

static void append_measure(struct buffer *out, const struct sql_rule *rule) {
    buffer_printf(out, "Lock: %s; work: %s; who waits: %s.", rule->lock, rule->work, rule->blocks);
}

void sql_sarif_begin(const struct sql_reviewer *reviewer, struct buffer *out) {
    struct finding_rule *rules = memory_allocate((reviewer->rule_count + 1) * sizeof *rules);
    struct buffer *help = memory_allocate((reviewer->rule_count + 1) * sizeof *help);
    for (size_t i = 0; i < reviewer->rule_count; i++) {
        const struct sql_rule *rule = reviewer->rule(i);
        buffer_printf(&help[i], "%s\n", rule->advice);
        append_measure(&help[i], rule);
        rules[i] = (struct finding_rule){ rule->slug, rule->slug, text_of(rule->message), buffer_text(&help[i]),
                                          rule->level == SQL_ERROR };
    }
    sarif_begin("aot sql", rules, reviewer->rule_count, out);
    for (size_t i = 0; i < reviewer->rule_count; i++) buffer_done(&help[i]);
    memory_release(help);
    memory_release(rules);
}

static uint32_t code_points(struct text text) {
    uint32_t count = 0;
    for (size_t i = 0; i < text.length; i++) count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return count;
}

/* How many code points of the line are meant, one at least. */
static uint32_t width_of(const struct sql_note *note) {
    size_t at = 0;
    const struct text line = note->place.line_text;
    for (uint32_t column = 1; column < note->place.column && at < line.length; at++)
        column += at + 1 >= line.length || ((unsigned char)line.bytes[at + 1] & 0xc0) != 0x80;
    uint32_t marked = code_points(text_slice(line, at, note->marked));
    return marked ? marked : 1;
}

static void append_details(const struct sql_note *note, struct buffer *out) {
    append_measure(out, note->rule);
    if (note->held_since) buffer_printf(out, " The transaction holds a lock since line %d.", note->held_since);
    if (*note->rule->fact) buffer_printf(out, "\nUnknown here: %s.", note->rule->fact);
    buffer_printf(out, "\nInstead: %s", note->rule->advice);
    if (note->rewrite) buffer_printf(out, "\n%s", note->rewrite);
}

void sql_sarif_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out) {
    (void)style;
    struct buffer prefix = { 0 };
    report_output_prefix(&prefix);
    for (size_t i = 0; i < notes->list.count; i++) {
        const struct sql_note *note = &notes->list.items[i];
        struct buffer message = { 0 }, details = { 0 };
        sql_note_message(note, &message);
        append_details(note, &details);
        const struct finding finding = { .path = text_of(notes->source->path),
                                         .line = note->place.line,
                                         .column = note->place.column,
                                         .end_line = note->place.line,
                                         .end_column = note->place.column + width_of(note),
                                         .rule = note->rule->slug,
                                         .name = note->rule->slug,
                                         .is_error = note->level == SQL_ERROR,
                                         .message = buffer_text(&message),
                                         .details = buffer_text(&details) };
        sarif_result(&finding, buffer_text(&prefix), NULL,
                     i == 0 && notes->errors + notes->warnings == notes->list.count, out);
        buffer_done(&message);
        buffer_done(&details);
    }
    buffer_done(&prefix);
}

void sql_sarif_end(const struct sql_notes *notes, bool complete, struct buffer *out) {
    (void)notes;
    sarif_end(complete, out);
}
