/* Collects what the lint says of a file. Lines and columns are counted from one finding to the next, as a file may be one line. */
#include "cli/sql_notes.h"

#include <string.h>

enum { MARK_MAXIMUM = 120 };

const char *sql_runner_word(enum sql_runner runner) {
    static const char *const words[] = { "autocommit", "transaction", "simple" };
    return words[runner];
}

static char *copy(const char *text) {
    return text ? memory_copy(text, strlen(text)) : NULL;
}

static struct place place_of(struct sql_notes *notes, size_t offset) {
    const char *bytes = notes->source->content.bytes;
    if (offset < notes->last_offset || !notes->last.line) {
        notes->last = source_place(notes->source, (uint32_t)offset);
    } else {
        size_t line_start = notes->last_offset;
        for (size_t i = notes->last_offset; i < offset; i++) {
            bool next = bytes[i] == '\n';
            if (next) line_start = i + 1;
            notes->last.line += next;
            notes->last.column = next ? 1 : notes->last.column + (((unsigned char)bytes[i + 1] & 0xc0) != 0x80);
        }
        if (line_start > notes->last_offset) {
            const char *end = memchr(bytes + line_start, '\n', notes->source->content.length - line_start);
            size_t stop = end ? (size_t)(end - bytes) : notes->source->content.length;
            if (stop > line_start && bytes[stop - 1] == '\r') stop--;
            notes->last.line_text = (struct text){ bytes + line_start, stop - line_start };
        }
    }
    notes->last_offset = offset;
    return notes->last;
}

/* From the place to the end of its statement or line. */
static size_t marked_bytes(const struct sql_notes *notes, const struct sql_finding *finding, struct text line) {
    const char *from = notes->source->content.bytes + finding->place, *to = line.bytes + line.length;
    const char *end = finding->statement.bytes ? finding->statement.bytes + finding->statement.length : from + 1;
    if (end < to) to = end;
    size_t length = to > from ? (size_t)(to - from) : 1;
    return length < MARK_MAXIMUM ? length : MARK_MAXIMUM;
}

static bool is_allowed(const struct sql_notes *notes, const struct sql_rule *rule) {
    for (size_t i = 0; i < notes->allowed.count; i++)
        if (strcmp(notes->allowed.items[i], rule->slug) == 0) return true;
    return false;
}

static void found(void *data, const struct sql_finding *finding) {
    struct sql_notes *notes = data;
    if (is_allowed(notes, finding->rule)) return;
    struct sql_note note = { .rule = finding->rule,
                             .level = finding->level,
                             .place = place_of(notes, finding->place),
                             .statement = finding->statement,
                             .table = copy(finding->table),
                             .detail = copy(finding->detail),
                             .rewrite = copy(finding->rewrite),
                             .doubtful = finding->doubtful,
                             .held_since = finding->held_since };
    note.marked = marked_bytes(notes, finding, note.place.line_text);
    notes->errors += note.level == SQL_ERROR;
    notes->warnings += note.level == SQL_WARNING;
    notes->unjudged += strcmp(finding->rule->slug, "cannot-judge") == 0;
    VECTOR_PUSH(&notes->list, note);
}

static void clear(struct sql_notes *notes) {
    for (size_t i = 0; i < notes->list.count; i++) {
        memory_release(notes->list.items[i].table);
        memory_release(notes->list.items[i].detail);
        memory_release(notes->list.items[i].rewrite);
    }
    notes->list.count = 0;
}

void sql_notes_read(struct sql_notes *notes, const struct sql_reviewer *reviewer, struct source *source,
                    enum sql_runner runner, bool rewrites) {
    clear(notes);
    notes->source = source;
    notes->runner = runner;
    notes->last = (struct place){ 0 };
    notes->last_offset = 0;
    struct sql_review review = {
        .content = source->content, .runner = runner, .rewrites = rewrites, .found = found, .data = notes
    };
    reviewer->review(&review);
    notes->files++;
    notes->statements += (size_t)review.statements;
}

void sql_notes_done(struct sql_notes *notes) {
    clear(notes);
    VECTOR_DONE(&notes->list);
    VECTOR_DONE(&notes->allowed);
}

void sql_note_message(const struct sql_note *note, struct buffer *out) {
    if (note->detail)
        buffer_printf(out, "cannot judge: %s", note->detail);
    else
        buffer_append_string(out, note->rule->message);
}
