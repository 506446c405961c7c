/* Slices of bytes, for every stage. Nothing here allocates or owns. */
#include "base/text.h"

#include <string.h>
#include <utf8proc.h>

struct text text_of(const char *terminated) {
    return (struct text){ terminated, terminated ? strlen(terminated) : 0 };
}

bool text_equal(struct text a, struct text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool text_is(struct text a, const char *terminated) {
    return text_equal(a, text_of(terminated));
}

int text_compare(struct text a, struct text b) {
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common ? memcmp(a.bytes, b.bytes, common) : 0;
    if (order) return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

bool text_starts(struct text text, struct text prefix) {
    return text.length >= prefix.length && text_equal((struct text){ text.bytes, prefix.length }, prefix);
}

bool text_ends(struct text text, struct text suffix) {
    if (text.length < suffix.length) return false;
    return text_equal(text_slice(text, text.length - suffix.length, suffix.length), suffix);
}

size_t text_find(struct text text, struct text needle) {
    if (needle.length == 0) return 0;
    if (text.length < needle.length) return SIZE_MAX;
    const char *found = memmem(text.bytes, text.length, needle.bytes, needle.length);
    return found ? (size_t)(found - text.bytes) : SIZE_MAX;
}

struct text text_slice(struct text text, size_t start, size_t length) {
    if (start >= text.length) return (struct text){ text.bytes ? text.bytes + text.length : NULL, 0 };
    if (length > text.length - start) length = text.length - start;
    return (struct text){ text.bytes + start, length };
}

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct text text_trim(struct text text) {
    while (text.length && is_blank(text.bytes[text.length - 1])) text.length--;
    while (text.length && is_blank(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    return text;
}

/* FNV-1a, then mixed so that the low bits (a table's index) depend on every byte. */
uint64_t text_hash(struct text text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.length; i++) hash = (hash ^ (unsigned char)text.bytes[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

size_t text_point(struct text text, size_t offset, int32_t *point) {
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.bytes + offset;
    size_t left = text.length - offset;
    utf8proc_ssize_t length = utf8proc_iterate(bytes, left > 4 ? 4 : (utf8proc_ssize_t)left, point);
    return length > 0 ? (size_t)length : 1;
}

size_t text_columns(struct text text) {
    size_t columns = 0;
    for (size_t offset = 0; offset < text.length;) {
        unsigned char byte = (unsigned char)text.bytes[offset];
        if (byte >= ' ' && byte < 0x7f) {
            columns++;
            offset++;
            continue;
        }
        int32_t point;
        offset += text_point(text, offset, &point);
        columns += point < 0 ? 1 : (size_t)utf8proc_charwidth(point);
    }
    return columns;
}

size_t text_invalid_utf8(struct text text) {
    size_t offset = 0;
    while (offset < text.length) {
        uint64_t eight;
        while (text.length - offset >= sizeof eight) { /* source text is nearly all ASCII */
            memcpy(&eight, text.bytes + offset, sizeof eight);
            if (eight & UINT64_C(0x8080808080808080)) break;
            offset += sizeof eight;
        }
        if (offset == text.length) break;
        int32_t point;
        size_t length = text_point(text, offset, &point);
        if (point < 0) return offset;
        offset += length;
    }
    return SIZE_MAX;
}
