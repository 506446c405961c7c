/* What `aot sql` found, for people: the place with a caret, what is wrong, the lock and who waits for it, the safe form. */
#include "cli/sql_notes.h"

#include <string.h>

enum { SHOWN_MAXIMUM = 50, LINE_MAXIMUM = 160 };

static void append(const struct report_style *style, enum report_colour colour, const char *text, struct buffer *out) {
    style_append(style, colour, text_of(text), out);
}

/* The line around the place, with a caret under it. */
static void excerpt(const struct sql_note *note, const struct report_style *style, struct buffer *out) {
    struct text line = note->place.line_text;
    size_t at = 0;
    for (uint32_t column = 1; column < note->place.column && at < line.length; at++)
        column += at + 1 >= line.length || ((unsigned char)line.bytes[at + 1] & 0xc0) != 0x80;
    size_t from = at > LINE_MAXIMUM / 2 ? at - LINE_MAXIMUM / 2 : 0;
    while (from > 0 && ((unsigned char)line.bytes[from] & 0xc0) == 0x80) from--;
    size_t length = line.length - from < LINE_MAXIMUM ? line.length - from : LINE_MAXIMUM;
    while (from + length < line.length && ((unsigned char)line.bytes[from + length] & 0xc0) == 0x80) length--;
    struct text before = text_slice(line, from, at - from), marked = text_slice(line, at, note->marked);
    if (at + marked.length > from + length) marked.length = from + length > at ? from + length - at : 0;
    struct buffer number = { 0 }, shown = { 0 };
    buffer_printf(&number, "%6u | ", note->place.line);
    append(style, COLOUR_FAINT, number.bytes, out);
    style_append(style, COLOUR_PLAIN, text_slice(line, from, length), &shown);
    for (size_t i = 0; i < shown.length; i++) buffer_append_byte(out, shown.bytes[i] == '\t' ? ' ' : shown.bytes[i]);
    buffer_append_byte(out, '\n');
    append(style, COLOUR_FAINT, "       | ", out);
    buffer_append_repeat(out, ' ', text_columns(before));
    buffer_clear(&shown);
    size_t columns = text_columns(marked);
    buffer_append_repeat(&shown, '^', columns ? columns : 1);
    style_append(style, note->level == SQL_ERROR ? COLOUR_BAD : COLOUR_UNSURE, buffer_text(&shown), out);
    buffer_append_byte(out, '\n');
    buffer_done(&shown);
    buffer_done(&number);
}

/* "       = lock: …" */
static void remark(const struct report_style *style, const char *name, struct text text, struct buffer *out) {
    append(style, COLOUR_FAINT, "       = ", out);
    append(style, COLOUR_STRONG, name, out);
    buffer_append_string(out, ": ");
    style_append(style, COLOUR_PLAIN, text, out);
    buffer_append_byte(out, '\n');
}

static void remark_lock(const struct sql_note *note, const struct report_style *style, struct buffer *out) {
    const struct sql_rule *rule = note->rule;
    struct buffer text = { 0 };
    if (strcmp(rule->lock, "none") == 0 || strcmp(rule->lock, "unknown") == 0) return;
    buffer_append_string(&text, rule->lock);
    if (note->table) buffer_printf(&text, " on %s", note->table);
    buffer_printf(&text, "; work under it: %s; who waits: %s", rule->work, rule->blocks);
    remark(style, "lock", buffer_text(&text), out);
    buffer_clear(&text);
    if (note->held_since) {
        buffer_printf(&text, "the transaction holds a lock since line %d", note->held_since);
        remark(style, "held", buffer_text(&text), out);
    }
    buffer_done(&text);
}

static void remark_rewrite(const struct sql_note *note, const struct report_style *style, struct buffer *out) {
    remark(style, "instead", text_of(note->rule->advice), out);
    for (struct text left = text_of(note->rewrite); left.length;) {
        size_t end = text_find(left, TEXT("\n"));
        struct text line = text_slice(left, 0, end);
        append(style, COLOUR_FAINT, "       |   ", out);
        style_append(style, COLOUR_GOOD, line, out);
        buffer_append_byte(out, '\n');
        left = text_slice(left, line.length + 1, SIZE_MAX);
    }
}

static void print_note(const struct sql_notes *notes, const struct sql_note *note, const struct report_style *style,
                       struct buffer *out) {
    struct buffer text = { 0 };
    bool is_error = note->level == SQL_ERROR, unjudged = note->detail != NULL;
    style_append(style, COLOUR_STRONG, text_of(notes->source->path), out);
    buffer_printf(out, ":%u:%u: ", note->place.line, note->place.column);
    append(style, is_error ? COLOUR_BAD : COLOUR_UNSURE, is_error ? "error" : "warning", out);
    sql_note_message(note, &text);
    buffer_append_string(out, ": ");
    style_append(style, COLOUR_STRONG, buffer_text(&text), out);
    buffer_printf(out, " [%s]\n", note->rule->slug);
    excerpt(note, style, out);
    remark_lock(note, style, out);
    if (*note->rule->fact) remark(style, "unknown here", text_of(note->rule->fact), out);
    if (unjudged)
        remark(style, "note", text_of(note->rule->advice), out);
    else
        remark_rewrite(note, style, out);
    buffer_append_byte(out, '\n');
    buffer_done(&text);
}

void sql_text_file(const struct sql_notes *notes, const struct report_style *style, struct buffer *out) {
    size_t shown = 0;
    for (size_t i = 0; i < notes->list.count && shown < SHOWN_MAXIMUM; i++, shown++)
        print_note(notes, &notes->list.items[i], style, out);
    if (notes->list.count > shown)
        buffer_printf(out, "%s: and %zu more; --format json shows all\n\n", notes->source->path,
                      notes->list.count - shown);
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

void sql_text_end(const struct sql_notes *notes, bool complete, struct buffer *out) {
    (void)complete;
    buffer_printf(out, "%zu file%s, %zu statement%s: ", notes->files, plural(notes->files), notes->statements,
                  plural(notes->statements));
    if (notes->errors + notes->warnings == 0)
        buffer_append_string(out, "no findings\n");
    else
        buffer_printf(out, "%zu error%s, %zu warning%s\n", notes->errors, plural(notes->errors), notes->warnings,
                      plural(notes->warnings));
}
