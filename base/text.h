/* A slice of bytes that somebody else owns: pointer and length, no terminator promised. */
#ifndef AOT_BASE_TEXT_H
#define AOT_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *bytes; /* may be NULL when length is 0 */
    size_t length;     /* in bytes */
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })
#define TEXT_NONE ((struct text){ 0, 0 })
/* For printf: printf("%.*s", TEXT_ARGS(t)) */
#define TEXT_ARGS(text) (int)(text).length, (text).bytes ? (text).bytes : ""

struct text text_of(const char *terminated); /* NULL gives the empty text */
bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *terminated);
int text_compare(struct text a, struct text b); /* bytewise, shorter first */
bool text_starts(struct text text, struct text prefix);
bool text_ends(struct text text, struct text suffix);
/* Offset of the first occurrence, or SIZE_MAX. */
size_t text_find(struct text text, struct text needle);
struct text text_slice(struct text text, size_t start, size_t length); /* clamped */
struct text text_trim(struct text text);                               /* ASCII blanks at both ends */
uint64_t text_hash(struct text text);
/* The code point at `offset`, which must lie in the text; returns its bytes. A byte that is not UTF-8 is -1, of length 1. */
size_t text_point(struct text text, size_t offset, int32_t *point);
/* Terminal columns of UTF-8 text (utf8proc); invalid bytes count one each. */
size_t text_columns(struct text text);
/* Offset of the first byte that is not valid UTF-8, or SIZE_MAX. */
size_t text_invalid_utf8(struct text text);
#endif
