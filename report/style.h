/* How a person's terminal wants its text: colour or not, how wide, how much. */
#ifndef AOT_REPORT_STYLE_H
#define AOT_REPORT_STYLE_H
#include "base/buffer.h"

struct report_style {
    bool colour;  /* ANSI colours */
    bool quiet;   /* only what did not pass */
    size_t width; /* columns to aim at */
    bool ascii;   /* no sign beyond ASCII in pictures */
};
enum report_colour { COLOUR_PLAIN, COLOUR_GOOD, COLOUR_BAD, COLOUR_UNSURE, COLOUR_FAINT, COLOUR_STRONG };
/* Appends `text` in a colour when the style has colours. Control characters of `text` are shown as \xNN: what a service sends must
 * not drive the terminal. */
void style_append(const struct report_style *style, enum report_colour colour, struct text text, struct buffer *out);
enum report_colour style_of_outcome(struct text outcome);
#endif
