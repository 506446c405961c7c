/* For these tests: a text read into a tree, with all that it takes. */
#ifndef AOT_TESTS_UNIT_GRAMMAR_READING_H
#define AOT_TESTS_UNIT_GRAMMAR_READING_H
#include "grammar/tree.h"

struct reading {
    struct source_set *sources;
    struct arena *arena;
    struct name_table *names;
    struct diagnostics *diagnostics;
    struct tree *tree;
    uint32_t source;
};
struct reading reading_of(struct text text);
/* Releases the buffer. */
struct reading reading_of_buffer(struct buffer *buffer);
/* The text of a file; the test fails if it cannot be read. */
struct reading reading_of_file(const char *path);
/* Releases everything and asserts that nothing is left. */
void reading_done(struct reading *reading);
/* The tree of a recipe with one `let x = expression`: that expression. */
struct node *reading_value(const struct reading *reading);
#endif
