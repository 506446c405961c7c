/* Text in XML 1.0. */
#include "report/xml.h"

enum { TEXT_MAXIMUM = 64 * 1024 }; /* of one text: GitLab takes 30 MB in all */

/* XML 1.0 has no form for most control characters, not even escaped. */
static bool is_legal(int32_t point) {
    if (point < 0x20) return point == '\t' || point == '\n';
    return !(point >= 0x7f && point < 0xa0) && !(point >= 0xd800 && point < 0xe000) && point != 0xfffe &&
           point != 0xffff;
}

void xml_escape(struct text text, struct buffer *out) {
    for (size_t i = 0, length; i < text.length && i < TEXT_MAXIMUM; i += length) {
        int32_t point;
        length = text_point(text, i, &point);
        switch (point) {
        case '&': buffer_append_string(out, "&amp;"); break;
        case '<': buffer_append_string(out, "&lt;"); break;
        case '>': buffer_append_string(out, "&gt;"); break;
        case '"': buffer_append_string(out, "&quot;"); break;
        case '\n': buffer_append_string(out, "&#10;"); break;
        case '\t': buffer_append_string(out, "&#9;"); break;
        default:
            if (point >= 0 && is_legal(point))
                buffer_append(out, text_slice(text, i, length));
            else
                buffer_append_string(out, "\xef\xbf\xbd");
        }
    }
    if (text.length > TEXT_MAXIMUM) buffer_append_string(out, " … (cut)");
}

void xml_attribute(const char *name, struct text value, struct buffer *out) {
    buffer_printf(out, " %s=\"", name);
    xml_escape(value, out);
    buffer_append_byte(out, '"');
}
