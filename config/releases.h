/* What N, N-1 … are in this run: aot.yaml, the repository's tags, and --versions, put together. */
#ifndef AOT_CONFIG_RELEASES_H
#define AOT_CONFIG_RELEASES_H
#include "config/config.h"

struct release_row {
    struct text name, tag, bin, image; /* empty: not known; `bin` is absolute */
    struct text place;                 /* "aot.yaml:3" or "--versions" */
};
struct release_rows {
    struct release_row *rows; /* by age, N first; on the arena */
    size_t count;
};
/* What `profile` (or NULL) says goes before what the file says. `config` and `versions` ("N=v2.0.0,N-1=v1.1.0", said by `said_by`) may be NULL. False: what is wrong was reported, or stands
 * in `error` (owned) when it has no place in a file. */
bool releases_resolve(const struct config *config, const struct config_section *profile, const char *versions,
                      const char *said_by, struct arena *arena, struct source_set *sources,
                      struct diagnostics *diagnostics, struct release_rows *out, char **error);
/* The age of "N-2": 2. False: the text is no such name. */
bool release_age(struct text name, int64_t *age);
#endif
