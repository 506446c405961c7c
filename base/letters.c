/* Characters of UTF-8 text, for every stage that counts or changes them. Owns nothing; never fails on bad bytes. */
#include "base/letters.h"

#include <utf8proc.h>

size_t letters_first(struct text text) {
    int32_t point;
    return text.length ? text_point(text, 0, &point) : 0;
}

size_t letters_count(struct text text) {
    size_t count = 0;
    int32_t point;
    for (size_t at = 0; at < text.length; count++) at += text_point(text, at, &point);
    return count;
}

static void change(struct text text, struct buffer *out, utf8proc_int32_t (*form)(utf8proc_int32_t)) {
    int32_t point;
    for (size_t at = 0, length; at < text.length; at += length) {
        length = text_point(text, at, &point);
        if (point < 0) {
            buffer_append_byte(out, text.bytes[at]);
            continue;
        }
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t wide = utf8proc_encode_char(form(point), bytes);
        buffer_append(out, (struct text){ (const char *)bytes, (size_t)wide });
    }
}

void letters_upper(struct text text, struct buffer *out) {
    change(text, out, utf8proc_toupper);
}

void letters_lower(struct text text, struct buffer *out) {
    change(text, out, utf8proc_tolower);
}
