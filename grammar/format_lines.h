/* Pieces to lines: where each begins, how deep it stands, and what of it belongs in a column. */
#ifndef AOT_GRAMMAR_FORMAT_LINES_H
#define AOT_GRAMMAR_FORMAT_LINES_H
#include "base/buffer.h"
#include "grammar/format_marks.h"
#include "grammar/format_pieces.h"

struct format_line {
    uint32_t indentation; /* blanks */
    size_t start, end;    /* of its code in `code`; a text in quotes may go over several lines */
    size_t column_at;     /* where blanks may be put to reach the column, in `code` */
    struct text comment;  /* at its end, or all of it; of the source text */
    uint8_t column;       /* enum format_column; COLUMN_NONE when it stands for itself */
    bool after_blank_line;
};
struct format_lines {
    struct VECTOR(struct format_line) list;
    struct buffer code; /* of all lines, without indentation */
};

void format_lines_make(struct format_lines *lines, const struct pieces *pieces, const uint8_t *marks, struct text text);
/* Appends the lines to `out`, columns aligned. */
void format_lines_print(const struct format_lines *lines, struct buffer *out);
void format_lines_done(struct format_lines *lines);
#endif
