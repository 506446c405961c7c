/* What the formatter must know of the tree, by place in the text: a byte of flags for each offset. */
#ifndef AOT_GRAMMAR_FORMAT_MARKS_H
#define AOT_GRAMMAR_FORMAT_MARKS_H
#include "grammar/tree.h"

enum format_mark {
    MARK_POSTFIX = 1, /* an operand ends here whose `(`, `[` or `.` follows without a blank */
    MARK_LEFT = 2,    /* the left side of a binary operator ends here */
    MARK_VALUE = 4,   /* the `{` of a record or of a type, not of a block */
    MARK_TIGHT = 8,   /* the `{` of a map's type: no blanks inside */
    MARK_COLUMN = 16, /* what follows here stands in a column; times enum format_column */
    MARK_COLUMN_ALL = 7 * MARK_COLUMN
};
/* What may stand below each other in a column, with its like alone. */
enum format_column { COLUMN_NONE, COLUMN_LET, COLUMN_INPUT, COLUMN_AXIS, COLUMN_WATCH, COLUMN_FIELD, COLUMN_PHASE };

/* One byte for each byte of the text and one for its end; owned by the caller (memory_release). */
uint8_t *format_marks(const struct tree *tree, struct text text);
#endif
