/* Secrets, and their replacement by *** in whatever leaves the process: as they are, URL-, base64- and JSON-escaped. */
#ifndef AOT_BASE_MASK_H
#define AOT_BASE_MASK_H
#include "base/buffer.h"

struct mask;
struct mask *mask_new(void);
struct mask *mask_copy(const struct mask *mask);
void mask_free(struct mask *mask);
/* Texts under 4 bytes are refused (they would mask everything): returns false. */
bool mask_add(struct mask *mask, struct text secret);
bool mask_is_empty(const struct mask *mask);
/* Appends `text` to `out`, each occurrence of a secret replaced. `mask` may be NULL. */
void mask_apply(const struct mask *mask, struct text text, struct buffer *out);
#endif
