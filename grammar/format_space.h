/* One blank or none between two pieces of a line. */
#ifndef AOT_GRAMMAR_FORMAT_SPACE_H
#define AOT_GRAMMAR_FORMAT_SPACE_H
#include "grammar/format_pieces.h"

/* `before_is_sign`: the piece before is a minus with nothing on its left. `in_tight`: inside the braces of a map's type. */
bool format_has_blank(const struct piece *before, const struct piece *piece, const uint8_t *marks, bool before_is_sign,
                      bool in_tight);
/* A minus that stands before its only operand. */
bool format_is_sign(const struct piece *before, const struct piece *piece, const uint8_t *marks);
#endif
