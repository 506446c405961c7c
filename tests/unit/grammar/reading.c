/* Reads texts for the tests of grammar/. */
#include "tests/unit/grammar/reading.h"

#include "base/memory.h"

#include <criterion/criterion.h>

static size_t blocks_before;

static struct reading start(void) {
    blocks_before = memory_live_blocks();
    return (struct reading){
        .sources = source_set_new(), .arena = arena_new(), .names = name_table_new(), .diagnostics = diagnostics_new()
    };
}

static void read_tree(struct reading *reading) {
    reading->tree = tree_parse(reading->arena, reading->names, reading->sources, reading->source, reading->diagnostics);
}

struct reading reading_of(struct text text) {
    struct reading reading = start();
    reading.source = source_set_add(reading.sources, "test.aot", text);
    read_tree(&reading);
    return reading;
}

struct reading reading_of_buffer(struct buffer *buffer) {
    struct reading reading = reading_of(buffer_text(buffer));
    buffer_done(buffer);
    blocks_before--; /* the buffer's */
    return reading;
}

struct reading reading_of_file(const char *path) {
    struct reading reading = start();
    char *error = NULL;
    int64_t source = source_set_read(reading.sources, path, &error);
    cr_assert(source >= 0, "%s: %s", path, error);
    reading.source = (uint32_t)source;
    read_tree(&reading);
    return reading;
}

void reading_done(struct reading *reading) {
    diagnostics_free(reading->diagnostics);
    name_table_free(reading->names);
    arena_free(reading->arena);
    source_set_free(reading->sources);
    cr_assert_eq(memory_live_blocks(), blocks_before);
}

struct node *reading_value(const struct reading *reading) {
    cr_assert_eq(diagnostics_size(reading->diagnostics), 0);
    struct node *let = reading->tree->file->list;
    cr_assert(let && let->kind == NODE_LET && !let->next);
    return let->b;
}
