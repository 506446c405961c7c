/* Characters of UTF-8 text, for every stage that counts or changes them. Owns nothing; never fails on bad bytes. */
#include "base/letters.h"

#include <utf8proc.h>

/* Reads one character; `point` is -1 for a byte that is not UTF-8. */
static size_t next(struct text text, size_t at, utf8proc_int32_t *point) {
    utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)text.bytes + at, (utf8proc_ssize_t)(text.length - at), point);
    if (length > 0) return (size_t)length;
    *point = -1;
    return 1;
}

size_t letters_first(struct text text) {
    utf8proc_int32_t point;
    return text.length ? next(text, 0, &point) : 0;
}

size_t letters_count(struct text text) {
    size_t count = 0;
    utf8proc_int32_t point;
    for (size_t at = 0; at < text.length; count++) at += next(text, at, &point);
    return count;
}

static void change(struct text text, struct buffer *out, utf8proc_int32_t (*form)(utf8proc_int32_t)) {
    utf8proc_int32_t point;
    for (size_t at = 0, length; at < text.length; at += length) {
        length = next(text, at, &point);
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
