/* check_driver check|check-json|types|time FILE: the checker alone, without machine and command line, for tests/golden/run
 * and for measurements. `check` prints findings as people see them, `check-json` one object a line. */
#include "base/clock.h"
#include "compiler/compile.h"
#include "stdlib/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int check_file(const char *stage, struct source_set *sources, uint32_t source, struct buffer *out) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct compile_options options = { .natives = catalogue(), .check_only = true };
    if (strcmp(stage, "types") == 0)
        types_dump(sources, source, &options, diagnostics, out);
    else
        compile(sources, source, &options, diagnostics);
    diagnostics_sort(diagnostics);
    if (strcmp(stage, "check-json") == 0)
        diagnostics_print_json(diagnostics, sources, out);
    else
        diagnostics_print(diagnostics, sources, out, false, 20);
    bool clean = diagnostics_count(diagnostics, SEVERITY_ERROR) == 0;
    diagnostics_free(diagnostics);
    return clean ? 0 : 1;
}

/* CPU time, so that a busy machine does not count. */
static int64_t cpu_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void measure(struct source_set *sources, uint32_t source, struct buffer *out) {
    enum { ROUNDS = 11 };
    int64_t best = INT64_MAX;
    size_t findings = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct diagnostics *diagnostics = diagnostics_new();
        struct compile_options options = { .natives = catalogue(), .check_only = true };
        int64_t start = cpu_now();
        compile(sources, source, &options, diagnostics);
        int64_t took = cpu_now() - start;
        if (took < best) best = took;
        findings = diagnostics_size(diagnostics);
        diagnostics_free(diagnostics);
    }
    struct source *text = source_set_get(sources, source);
    uint32_t lines = source_place(text, (uint32_t)text->content.length).line;
    buffer_printf(out, "%u lines, %zu bytes, %zu findings: %.1f ms of CPU (best of %d)\n", lines, text->content.length,
                  findings, (double)best / (double)MILLISECOND, (int)ROUNDS);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fputs("usage: check_driver check|check-json|types|time FILE\n", stderr);
        return 2;
    }
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
    if (strcmp(arguments[1], "time") == 0)
        measure(sources, (uint32_t)source, &out);
    else
        status = check_file(arguments[1], sources, (uint32_t)source, &out);
    fwrite(out.bytes ? out.bytes : "", 1, out.length, stdout);
    buffer_done(&out);
    source_set_free(sources);
    return status;
}
