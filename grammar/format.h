/* The one layout of a recipe: `aot fmt`. The author's line breaks stay; indentation, blanks, blank lines and columns are the formatter's,
 * as in gofmt. What is written is read again before it is given back: the same tree, or nothing. */
#ifndef AOT_GRAMMAR_FORMAT_H
#define AOT_GRAMMAR_FORMAT_H
#include "grammar/tree.h"

enum format_outcome {
    FORMAT_DONE,
    FORMAT_UNREADABLE, /* it does not parse: said in `diagnostics` */
    FORMAT_BROKEN      /* the formatter's own mistake: the text would not mean the same */
};

/* Appends the formatted text to `out` (nothing unless FORMAT_DONE). Formatting it again gives the same bytes. */
enum format_outcome format_source(struct source_set *sources, uint32_t source, struct diagnostics *diagnostics,
                                  struct buffer *out);
#endif
