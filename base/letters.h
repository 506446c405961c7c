/* The characters of a text: code points, and their capital and small forms (utf8proc). Bytes that are not UTF-8 count one each
 * and stay as they are. */
#ifndef AOT_BASE_LETTERS_H
#define AOT_BASE_LETTERS_H
#include "base/buffer.h"

size_t letters_count(struct text text);
/* The length in bytes of the character at the text's start; 0 only for the empty text. */
size_t letters_first(struct text text);
void letters_upper(struct text text, struct buffer *out);
void letters_lower(struct text text, struct buffer *out);
#endif
