/* A header line, and which of them may be written down: what carries a credential is kept by its name only. */
#ifndef AOT_STDLIB_PROXY_HEADER_H
#define AOT_STDLIB_PROXY_HEADER_H
#include "base/buffer.h"

struct header {
    struct text name;  /* as it was sent */
    struct text value; /* without blanks around it */
};
struct header header_of(struct text name, struct text value);
bool header_is(const struct header *header, const char *name); /* in any case; `name` in small letters */
/* Whether the last of its words, separated by commas, is this one, in any case. */
bool header_ends_with_word(const struct header *header, const char *word);
bool header_is_secret(const struct header *header);
/* Appends "name\0value\0": the name in small letters, a secret's value as three stars. */
void header_keep(const struct header *header, struct buffer *out);
#endif
