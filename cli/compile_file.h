/* Reading and compiling one recipe for a command: sources, findings, program, in one owner. */
#ifndef AOT_CLI_COMPILE_FILE_H
#define AOT_CLI_COMPILE_FILE_H
#include "compiler/compile.h"

struct compiled {
    struct source_set *sources;
    struct diagnostics *diagnostics;
    struct compilation compilation;
    bool readable; /* false: the file could not be read; the reason was printed */
};
/* `path` "-" is standard input. Findings are collected, not printed. */
struct compiled compile_file(const char *path, bool check_only);
/* Prints the findings to standard error (colour when it is a terminal); returns the number of errors. */
size_t compiled_print(const struct compiled *compiled);
/* The same when there are errors; else one line that says how many warnings there are. */
size_t compiled_print_errors(const struct compiled *compiled, const char *path);
void compiled_done(struct compiled *compiled);
/* Opens `path` into a new source set; UINT32_MAX and a printed reason when it cannot be read. */
uint32_t source_open(struct source_set *sources, const char *path);
/* Whether to write colour to this descriptor: a terminal, NO_COLOR unset or empty, TERM not dumb. */
bool wants_colour(int descriptor);
#endif
