/* Reading a text as aot.yaml, and what was found, as one line each: what the tests of config/ share. */
#ifndef AOT_TESTS_UNIT_CONFIG_READ_H
#define AOT_TESTS_UNIT_CONFIG_READ_H
#include "config/releases.h"

struct reading {
    struct source_set *sources;
    struct diagnostics *diagnostics;
    struct arena *arena;
    struct buffer found; /* "E603 2:3 a release has no key `tga`\n" of each finding */
};
struct reading reading_new(void);
void reading_done(struct reading *reading);
/* The findings so far. */
const char *reading_found(struct reading *reading);
/* A temporary folder, with the files of the pairs (path, content, …, NULL); removed by folder_remove. */
char *folder_with(const char *path, ...) __attribute__((sentinel));
void folder_remove(char *folder);
#endif
