/* Lines to text: columns of neighbouring lines, comments behind code below each other, one blank line at most. */
#include "grammar/format_lines.h"

#include <string.h>

static struct text code_of(const struct format_lines *lines, const struct format_line *line) {
    return text_slice(buffer_text(&lines->code), line->start, line->end - line->start);
}

static struct text before_column(const struct format_lines *lines, const struct format_line *line) {
    return text_slice(buffer_text(&lines->code), line->start, line->column_at - line->start);
}

static bool has_code(const struct format_line *line) {
    return line->end > line->start;
}

/* Blanks that the line needs at its column; 0 for one without. */
static size_t padding_of(const struct format_lines *lines, size_t index, size_t width) {
    const struct format_line *line = &lines->list.items[index];
    return line->column ? width - text_columns(before_column(lines, line)) : 0;
}

/* Lines of one depth and one kind with nothing between but comments stand in one column: its width, for those from `first` on, and where
 * they end. */
static size_t column_width(const struct format_lines *lines, size_t first, size_t *end) {
    const struct format_line *head = &lines->list.items[first];
    size_t width = 0, i = first;
    for (; i < lines->list.count; i++) {
        const struct format_line *line = &lines->list.items[i];
        if (i > first && (line->after_blank_line || line->indentation != head->indentation)) break;
        if (!has_code(line)) continue;
        if (line->column != head->column) break;
        size_t columns = text_columns(before_column(lines, line));
        if (columns > width) width = columns;
    }
    *end = i;
    return width;
}

/* The width of a line's code with its padding: of its last line, when a text goes over several. */
static size_t code_width(const struct format_lines *lines, size_t index, size_t padding) {
    struct text code = code_of(lines, &lines->list.items[index]);
    return text_columns(code) + padding;
}

static bool is_one_line(const struct format_lines *lines, size_t index) {
    struct text code = code_of(lines, &lines->list.items[index]);
    return code.length && !memchr(code.bytes, '\n', code.length);
}

enum { FARTHEST = 40 };

/* Comments behind code: below each other as long as the depth stays, no line is empty, and none would stand far from its code. */
static size_t comment_width(const struct format_lines *lines, const size_t *paddings, size_t first, size_t *end) {
    const struct format_line *head = &lines->list.items[first];
    size_t widest = 0, least = SIZE_MAX, i = first;
    for (; i < lines->list.count; i++) {
        const struct format_line *line = &lines->list.items[i];
        if (i > first && (line->after_blank_line || line->indentation != head->indentation)) break;
        if (!line->comment.length || !is_one_line(lines, i)) continue;
        size_t columns = code_width(lines, i, paddings[i]);
        size_t most = columns > widest ? columns : widest, fewest = columns < least ? columns : least;
        if (most - fewest > FARTHEST) break;
        widest = most;
        least = fewest;
    }
    *end = i;
    return widest;
}

static bool wants_blank(struct text comment) {
    if (comment.length < 2 || comment.bytes[0] != '#') return false;
    char byte = comment.bytes[1];
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

static void print_comment(struct text comment, struct buffer *out) {
    if (wants_blank(comment)) {
        buffer_append_string(out, "# ");
        comment = text_slice(comment, 1, comment.length);
    }
    buffer_append(out, comment);
}

static void print_line(const struct format_lines *lines, size_t index, size_t padding, size_t width,
                       struct buffer *out) {
    const struct format_line *line = &lines->list.items[index];
    if (line->after_blank_line) buffer_append_byte(out, '\n');
    buffer_append_repeat(out, ' ', line->indentation);
    struct text code = code_of(lines, line);
    size_t before = line->column ? line->column_at - line->start : code.length;
    buffer_append(out, text_slice(code, 0, before));
    buffer_append_repeat(out, ' ', padding);
    buffer_append(out, text_slice(code, before, code.length));
    if (line->comment.length) {
        size_t blanks = is_one_line(lines, index) ? width - code_width(lines, index, padding) + 2 : 2;
        if (has_code(line)) buffer_append_repeat(out, ' ', blanks);
        print_comment(line->comment, out);
    }
    buffer_append_byte(out, '\n');
}

void format_lines_print(const struct format_lines *lines, struct buffer *out) {
    size_t count = lines->list.count, end = 0, width = 0;
    size_t *paddings = memory_allocate((count + 1) * sizeof *paddings);
    for (size_t i = 0; i < count; i++) {
        if (lines->list.items[i].column == COLUMN_NONE) {
            end = i + 1;
            continue;
        }
        if (i >= end) width = column_width(lines, i, &end);
        paddings[i] = padding_of(lines, i, width);
    }
    end = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= end) width = comment_width(lines, paddings, i, &end);
        print_line(lines, i, paddings[i], width, out);
    }
    memory_release(paddings);
}
