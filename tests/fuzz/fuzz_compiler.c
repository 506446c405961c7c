/* Any text: the compiler gives findings or a program that verifies and can be dumped, never both nothing, never a crash. */
#include "base/diagnostic.h"
#include "base/memory.h"
#include "compiler/compile.h"
#include "stdlib/catalogue.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t before = memory_live_blocks();
    struct source_set *sources = source_set_new();
    struct diagnostics *diagnostics = diagnostics_new();
    uint32_t source = source_set_add(sources, "fuzz.aot", (struct text){ (const char *)data, size });
    struct compile_options options = { .natives = catalogue(), .from_record = true };
    struct compilation compilation = compile(sources, source, &options, diagnostics);
    size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
    if (compilation.program) {
        struct buffer out = { 0 };
        if (errors || !program_verify(compilation.program, catalogue(), &out)) abort();
        program_dump(compilation.program, catalogue(), &out);
        buffer_done(&out);
        program_free(compilation.program);
    } else if (!errors && !compilation.is_library) {
        abort();
    }
    struct buffer out = { 0 };
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, false, 20);
    buffer_done(&out);
    diagnostics_free(diagnostics);
    source_set_free(sources);
    if (memory_live_blocks() != before) abort();
    return 0;
}
