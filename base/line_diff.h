/* The difference of two texts by lines, as `diff -u` writes it. */
#ifndef AOT_BASE_LINE_DIFF_H
#define AOT_BASE_LINE_DIFF_H
#include "base/buffer.h"

/* Appends a unified diff with three lines of context; nothing when the texts are equal. Texts that differ in very many lines
 * (thousands) are shown as one replaced part: right, but not the shortest. `path` stands in the head, before and after. */
void line_diff_unified(struct text before, struct text after, const char *path, struct buffer *out);
#endif
