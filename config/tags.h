/* The tags of the repository that a folder lies in. */
#ifndef AOT_CONFIG_TAGS_H
#define AOT_CONFIG_TAGS_H
#include "base/arena.h"
#include "base/text.h"

enum { TAGS_MAXIMUM = 100 };
/* At most TAGS_MAXIMUM tags that fit the pattern ("": all), the newest version first, as git orders them. -1 with a reason (owned)
 * in `error` when git is missing, fails, or takes over 10 s. */
int tags_read(const char *folder, struct text pattern, struct arena *arena, struct text *tags, char **error);
#endif
