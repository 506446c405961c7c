/* Colours, and text from outside made harmless: nothing in it steers a terminal, or turns round what is read. */
#include "report/style.h"

/* Controls, marks of direction, separators of lines: whatever makes shown text differ from what is there. */
static bool is_harmful(int32_t point) {
    if (point < 0x20) return point != '\t';
    return (point >= 0x7f && point < 0xa0) || point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

void style_append(const struct report_style *style, enum report_colour colour, struct text text, struct buffer *out) {
    static const char *const codes[] = { "", "\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[1m" };
    bool coloured = style->colour && colour != COLOUR_PLAIN;
    if (coloured) buffer_append_string(out, codes[colour]);
    for (size_t i = 0, length; i < text.length; i += length) {
        int32_t point;
        length = text_point(text, i, &point);
        if (!is_harmful(point))
            buffer_append(out, text_slice(text, i, length));
        else if (point < 0x80)
            buffer_printf(out, "\\x%02x", (unsigned char)text.bytes[i]);
        else
            buffer_printf(out, "\\u{%x}", (unsigned)point);
    }
    if (coloured) buffer_append_string(out, "\033[0m");
}

enum report_colour style_of_outcome(struct text outcome) {
    if (text_is(outcome, "pass")) return COLOUR_GOOD;
    if (text_is(outcome, "fail")) return COLOUR_BAD;
    return COLOUR_UNSURE;
}
