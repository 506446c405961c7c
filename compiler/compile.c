/* The passes of one compilation: read, check, emit. One arena and one table of names, both gone at its end; the program
 * has memory of its own. */
#include "compiler/compile.h"

#include "compiler/lint/lint.h"
#include "compiler/symbol.h"

struct compilation compile(struct source_set *sources, uint32_t source, const struct compile_options *options,
                           struct diagnostics *diagnostics) {
    struct compilation compilation = { 0 };
    struct arena *arena = arena_new();
    struct name_table *names = name_table_new();
    size_t before = diagnostics_count(diagnostics, SEVERITY_ERROR);
    struct checked *checked = check_with(arena, names, sources, source, options, diagnostics);
    compilation.is_library = checked->modules[checked->module_count - 1]->is_library;
    bool clean = diagnostics_count(diagnostics, SEVERITY_ERROR) == before;
    if (clean && !options->from_record) lint(checked);
    clean = diagnostics_count(diagnostics, SEVERITY_ERROR) == before;
    if (clean && !options->check_only && !compilation.is_library) compilation.program = emit(checked);
    name_table_free(names);
    arena_free(arena);
    return compilation;
}
