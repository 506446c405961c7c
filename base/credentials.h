/* Users and passwords in URLs: found by their form alone, `scheme://user:password@host`, wherever they stand in a text. */
#ifndef AOT_BASE_CREDENTIALS_H
#define AOT_BASE_CREDENTIALS_H
#include "base/mask.h"

/* The next "user:password" or "user" at or after *offset, which is then behind it; empty: there is none. With `relative` a text that
 * begins with `//` is an address, too, as a Location may be. */
struct text credentials_next(struct text text, size_t *offset, bool relative);
/* Appends the text with three stars in the place of each. */
void credentials_hide(struct text text, bool relative, struct buffer *out);
/* Adds each to the mask; its password alone, too, if it is long. */
void credentials_mask(struct text text, struct mask *mask);
#endif
