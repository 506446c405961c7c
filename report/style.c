/* Colours, and text from outside made harmless. */
#include "report/style.h"

void style_append(const struct report_style *style, enum report_colour colour, struct text text, struct buffer *out) {
    static const char *const codes[] = { "", "\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[1m" };
    bool coloured = style->colour && colour != COLOUR_PLAIN;
    if (coloured) buffer_append_string(out, codes[colour]);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            buffer_printf(out, "\\x%02x", byte);
        else
            buffer_append_byte(out, (char)byte);
    }
    if (coloured) buffer_append_string(out, "\033[0m");
}

enum report_colour style_of_outcome(struct text outcome) {
    if (text_is(outcome, "pass")) return COLOUR_GOOD;
    if (text_is(outcome, "fail")) return COLOUR_BAD;
    return COLOUR_UNSURE;
}
