/* aot dump: what a stage of the compiler made of a file. */
#include "cli/command.h"
#include "cli/compile_file.h"
#include "grammar/tree.h"
#include "stdlib/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static void print_findings(struct diagnostics *diagnostics, struct source_set *sources) {
    struct buffer out = { 0 };
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, wants_colour(STDERR_FILENO), 20);
    if (out.length) fwrite(out.bytes, 1, out.length, stderr);
    buffer_done(&out);
}

static int dump_text(const char *stage, const char *path) {
    struct source_set *sources = source_set_new();
    struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = { 0 };
    uint32_t source = source_open(sources, path);
    int status = EXIT_STATUS_USAGE;
    if (source != UINT32_MAX) {
        if (strcmp(stage, "tokens") == 0) {
            tokens_dump(sources, source, &out);
        } else if (strcmp(stage, "tree") == 0) {
            struct arena *arena = arena_new();
            struct name_table *names = name_table_new();
            tree_dump(tree_parse(arena, names, sources, source, diagnostics), sources, &out);
            name_table_free(names);
            arena_free(arena);
        } else {
            struct compile_options options = { .natives = catalogue(), .check_only = true };
            types_dump(sources, source, &options, diagnostics, &out);
        }
        print_findings(diagnostics, sources);
        status = diagnostics_count(diagnostics, SEVERITY_ERROR) ? EXIT_STATUS_FAIL : EXIT_STATUS_PASS;
    }
    if (out.length) fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    diagnostics_free(diagnostics);
    source_set_free(sources);
    return status;
}

static int dump_bytecode(const char *path) {
    struct compiled compiled = compile_file(path, false);
    int status = EXIT_STATUS_USAGE;
    if (compiled.readable) {
        status = compiled_print(&compiled) ? EXIT_STATUS_FAIL : EXIT_STATUS_PASS;
        if (compiled.compilation.program) {
            struct buffer out = { 0 };
            program_dump(compiled.compilation.program, catalogue(), &out);
            fwrite(out.bytes, 1, out.length, stdout);
            buffer_done(&out);
        } else if (compiled.compilation.is_library) {
            fprintf(stderr,
                    "aot: %s is a library (it has no `recipe` line): it becomes bytecode in the recipes that use it\n",
                    path);
        }
    }
    compiled_done(&compiled);
    return status;
}

static int dump(const struct options *options) {
    static const char *const stages[] = { "tokens", "tree", "types", "bytecode" };
    if (options->operands.count == 2)
        for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
            if (strcmp(options->operands.items[0], stages[i]) != 0) continue;
            return i == 3 ? dump_bytecode(options->operands.items[1])
                          : dump_text(stages[i], options->operands.items[1]);
        }
    fputs("aot: usage: aot dump tokens|tree|types|bytecode FILE\n", stderr);
    return EXIT_STATUS_USAGE;
}

const struct command command_dump = {
    "dump", "tokens|tree|types|bytecode FILE", "show what a stage of the compiler made of a file", options_table, dump,
    NULL
};
