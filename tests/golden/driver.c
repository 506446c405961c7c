/* golden_driver tokens|tree|syntax|format FILE: the first stages alone, for tests/golden/run and for measurements.
 * `syntax` prints findings as people see them, `syntax-json` one object a line, `time` how long reading takes. */
#include "base/clock.h"
#include "grammar/format.h"
#include "grammar/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int read_tree(const char *stage, struct source_set *sources, uint32_t source, struct buffer *out) {
    struct arena *arena = arena_new();
    struct name_table *names = name_table_new();
    struct diagnostics *diagnostics = diagnostics_new();
    const struct tree *tree = tree_parse(arena, names, sources, source, diagnostics);
    diagnostics_sort(diagnostics);
    if (strcmp(stage, "tree") == 0)
        tree_dump(tree, sources, out);
    else if (strcmp(stage, "syntax-json") == 0)
        diagnostics_print_json(diagnostics, sources, out);
    else
        diagnostics_print(diagnostics, sources, out, false, 20);
    bool clean = diagnostics_size(diagnostics) == 0;
    diagnostics_free(diagnostics);
    name_table_free(names);
    arena_free(arena);
    return clean ? 0 : 1;
}

/* What is laid out stays as it is when that is done again. */
static int lay_out(struct source_set *sources, uint32_t source, struct buffer *out) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct buffer again = { 0 };
    enum format_outcome outcome = format_source(sources, source, diagnostics, out);
    if (outcome == FORMAT_DONE) {
        uint32_t result = source_set_add(sources, "formatted.aot", buffer_text(out));
        outcome = format_source(sources, result, diagnostics, &again);
        if (!text_equal(buffer_text(out), buffer_text(&again)))
            buffer_append_string(out, "NOT THE SAME WHEN DONE AGAIN\n");
    }
    if (outcome == FORMAT_BROKEN) buffer_append_string(out, "BROKEN\n");
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, out, false, 20);
    buffer_done(&again);
    diagnostics_free(diagnostics);
    return outcome == FORMAT_DONE ? 0 : 1;
}

/* Of the processor, not of the wall: the machine may be busy. */
static int64_t processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static void measure(struct source_set *sources, uint32_t source, struct buffer *out) {
    enum { ROUNDS = 11 };
    int64_t best = INT64_MAX;
    size_t bytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *arena = arena_new();
        struct name_table *names = name_table_new();
        struct diagnostics *diagnostics = diagnostics_new();
        int64_t start = processor_time();
        tree_parse(arena, names, sources, source, diagnostics);
        int64_t took = processor_time() - start;
        if (took < best) best = took;
        bytes = arena_size(arena);
        diagnostics_free(diagnostics);
        name_table_free(names);
        arena_free(arena);
    }
    struct source *text = source_set_get(sources, source);
    uint32_t lines = source_place(text, (uint32_t)text->content.length).line;
    buffer_printf(out, "%u lines, %zu bytes: %.1f ms of CPU (best of %d), %.1f MiB\n", lines, text->content.length,
                  (double)best / (double)MILLISECOND, (int)ROUNDS, (double)bytes / (1024.0 * 1024.0));
}

int main(int count, char **arguments) {
    if (count != 3) {
        fputs("usage: golden_driver tokens|tree|syntax|syntax-json|format|time FILE\n", stderr);
        return 2;
    }
    const char *stage = arguments[1];
    struct source_set *sources = source_set_new();
    char *error = NULL;
    int64_t source = source_set_read(sources, arguments[2], &error);
    if (source < 0) {
        fprintf(stderr, "%s: %s\n", arguments[2], error);
        free(error);
        source_set_free(sources);
        return 2;
    }
    struct buffer out = { 0 };
    int status = 0;
    if (strcmp(stage, "tokens") == 0)
        tokens_dump(sources, (uint32_t)source, &out);
    else if (strcmp(stage, "format") == 0)
        status = lay_out(sources, (uint32_t)source, &out);
    else if (strcmp(stage, "time") == 0)
        measure(sources, (uint32_t)source, &out);
    else
        status = read_tree(stage, sources, (uint32_t)source, &out);
    fwrite(out.bytes ? out.bytes : "", 1, out.length, stdout);
    buffer_done(&out);
    source_set_free(sources);
    return status;
}
