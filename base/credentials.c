/* Looks for what stands between `//` and the last `@` of an authority. Owns nothing. */
#include "base/credentials.h"

#include <string.h>

/* A password that is a common word would mask that word everywhere: alone it is masked only if it is long. */
enum { SHORTEST_ALONE = 8 };

/* What no authority goes over. A comma, a bracket or a quote inside a password is legal, so those do not end it. */
static bool ends_authority(char byte) {
    return byte == '/' || byte == '?' || byte == '#' || byte == '<' || byte == '>' || byte == '"' || byte == '\\' ||
           (unsigned char)byte <= ' ' || byte == 127;
}

/* Where an authority begins, at or after `from`; SIZE_MAX: nowhere. */
static size_t authority(struct text text, size_t from, bool relative) {
    if (relative && from == 0 && text_starts(text, TEXT("//"))) return 2;
    size_t at = text_find(text_slice(text, from, SIZE_MAX), TEXT("://"));
    return at == SIZE_MAX ? SIZE_MAX : from + at + 3;
}

struct text credentials_next(struct text text, size_t *offset, bool relative) {
    size_t start;
    while ((start = authority(text, *offset, relative)) != SIZE_MAX) {
        size_t end = start, at = SIZE_MAX;
        for (; end < text.length && !ends_authority(text.bytes[end]); end++)
            if (text.bytes[end] == '@') at = end;
        *offset = end;
        if (at == SIZE_MAX || at == start) continue;
        *offset = at;
        return text_slice(text, start, at - start);
    }
    *offset = text.length;
    return TEXT_NONE;
}

void credentials_hide(struct text text, bool relative, struct buffer *out) {
    size_t offset = 0, copied = 0;
    struct text found;
    while ((found = credentials_next(text, &offset, relative)).length) {
        size_t start = (size_t)(found.bytes - text.bytes);
        buffer_append(out, text_slice(text, copied, start - copied));
        buffer_append_string(out, "***");
        copied = start + found.length;
    }
    buffer_append(out, text_slice(text, copied, SIZE_MAX));
}

static void mask_one(struct mask *mask, struct text found) {
    struct buffer form = { 0 };
    size_t colon = text_find(found, TEXT(":"));
    struct text word = colon == SIZE_MAX ? found : text_slice(found, colon + 1, SIZE_MAX);
    if (!mask_add(mask, found)) {
        buffer_printf(&form, "//%.*s@", TEXT_ARGS(found));
        mask_add(mask, buffer_text(&form));
    }
    if (word.length >= SHORTEST_ALONE) mask_add(mask, word);
    buffer_done(&form);
}

void credentials_mask(struct text text, struct mask *mask) {
    size_t offset = 0;
    struct text found;
    while ((found = credentials_next(text, &offset, false)).length) mask_one(mask, found);
}
