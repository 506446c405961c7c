/* Files of text and places in them. Offsets are bytes; lines and columns are computed late. */
#ifndef AOT_BASE_SOURCE_H
#define AOT_BASE_SOURCE_H
#include "base/text.h"

struct span {
    uint32_t source; /* index in the source set */
    uint32_t start;  /* byte offset */
    uint32_t length; /* bytes; 0 is a place between two bytes */
};

/* No place at all: a finding about the command line or a file that cannot be read. */
#define SPAN_NONE ((struct span){ UINT32_MAX, 0, 0 })

struct source {
    char *path;           /* as the user named it; owned */
    struct text content;  /* owned copy, a NUL stands behind it */
    uint32_t *line_start; /* offset of each line's first byte; filled on the first look-up */
    uint32_t line_count;
};

struct place {
    uint32_t line;         /* from 1 */
    uint32_t column;       /* in code points, from 1 */
    struct text line_text; /* without its line ending */
};

struct source_set;
struct source_set *source_set_new(void);
void source_set_free(struct source_set *set);
/* Reads a file of at most 64 MiB. Returns its index, or -1 with a reason in `error` (owned by the caller; without the
 * path: "no such file"). Pipes, devices and directories are refused, so reading never waits. */
int64_t source_set_read(struct source_set *set, const char *path, char **error);
/* Adds text that is in memory already (tests, standard input); copied. */
uint32_t source_set_add(struct source_set *set, const char *path, struct text content);
struct source *source_set_get(struct source_set *set, uint32_t index); /* NULL when there is none */
uint32_t source_set_count(const struct source_set *set);
struct place source_place(struct source *source, uint32_t offset);
/* Overwrites what stands there, so that nothing can show it any more. Lines and columns stay. */
void source_blot(struct source_set *set, struct span span);
struct text span_text(struct source_set *set, struct span span);
struct span span_join(struct span first, struct span last); /* from the first's start to the last's end */
#endif
