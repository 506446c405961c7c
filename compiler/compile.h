/* Source text to program: parse, import, names, types, effects, lowering, bytecode. One arena, freed with the compilation. */
#ifndef AOT_COMPILER_COMPILE_H
#define AOT_COMPILER_COMPILE_H
#include "base/diagnostic.h"
#include "bytecode/program.h"

struct compile_options {
    const struct native_catalogue *natives; /* required */
    bool check_only;                        /* find everything, emit nothing: program stays NULL */
    /* The sources are a record's: files that paths name need not exist, imports are in the set already. */
    bool from_record;
    /* Whether a regular expression compiles; else the reason and the byte where it breaks. From vm/ by way of the command
     * line; NULL: only its brackets are looked at. */
    bool (*check_regex)(struct text pattern, struct buffer *error, size_t *offset);
};
struct compilation {
    /* NULL after errors, for a library, or with check_only; freed by the caller with program_free. */
    struct program *program;
    bool is_library;
};
/* Reads `source` of the set (and what it uses, which is added to the set). Findings go to `diagnostics`; they are not printed. */
struct compilation compile(struct source_set *sources, uint32_t source, const struct compile_options *options,
                           struct diagnostics *diagnostics);
/* Every typed expression with its type and effect, for `aot dump types`. */
void types_dump(struct source_set *sources, uint32_t source, const struct compile_options *options,
                struct diagnostics *diagnostics, struct buffer *out);
#endif
