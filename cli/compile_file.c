/* Reads a recipe (or standard input), compiles it with the built-in catalogue, prints what was found. */
#include "cli/compile_file.h"

#include "base/memory.h"
#include "stdlib/catalogue.h"
#include "vm/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool wants_colour(int descriptor) {
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (refused && *refused) return false;
    return isatty(descriptor) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static uint32_t read_standard_input(struct source_set *sources) {
    struct buffer text = { 0 };
    char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof block, stdin)) > 0 && text.length < (64U << 20))
        buffer_append(&text, (struct text){ block, got });
    uint32_t source = source_set_add(sources, "<stdin>", buffer_text(&text));
    buffer_done(&text);
    return source;
}

uint32_t source_open(struct source_set *sources, const char *path) {
    if (strcmp(path, "-") == 0) return read_standard_input(sources);
    char *error = NULL;
    int64_t source = source_set_read(sources, path, &error);
    if (source >= 0) return (uint32_t)source;
    fprintf(stderr, "aot: %s: %s\n", path, error);
    memory_release(error);
    return UINT32_MAX;
}

struct compiled compile_file(const char *path, bool check_only) {
    struct compiled compiled = { .sources = source_set_new(), .diagnostics = diagnostics_new() };
    uint32_t source = source_open(compiled.sources, path);
    compiled.readable = source != UINT32_MAX;
    if (compiled.readable) {
        struct compile_options options = { .natives = catalogue(),
                                           .check_only = check_only,
                                           .check_regex = regex_compiles };
        compiled.compilation = compile(compiled.sources, source, &options, compiled.diagnostics);
        diagnostics_sort(compiled.diagnostics);
    }
    return compiled;
}

size_t compiled_print(const struct compiled *compiled) {
    struct buffer out = { 0 };
    diagnostics_print(compiled->diagnostics, compiled->sources, &out, wants_colour(STDERR_FILENO), 20);
    if (out.length) fwrite(out.bytes, 1, out.length, stderr);
    buffer_done(&out);
    return diagnostics_count(compiled->diagnostics, SEVERITY_ERROR);
}

size_t compiled_print_errors(const struct compiled *compiled, const char *path) {
    size_t warnings = diagnostics_count(compiled->diagnostics, SEVERITY_WARNING);
    if (diagnostics_count(compiled->diagnostics, SEVERITY_ERROR)) return compiled_print(compiled);
    if (warnings)
        fprintf(stderr, "aot: %s: %zu warning%s; `aot check %s` shows %s\n", path, warnings, warnings == 1 ? "" : "s",
                path, warnings == 1 ? "it" : "them");
    return 0;
}

void compiled_done(struct compiled *compiled) {
    if (compiled->compilation.program) program_free(compiled->compilation.program);
    diagnostics_free(compiled->diagnostics);
    source_set_free(compiled->sources);
}
