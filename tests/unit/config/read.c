/* What the tests of config/ share. */
#include "tests/unit/config/read.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct reading reading_new(void) {
    return (struct reading){ source_set_new(), diagnostics_new(), arena_new(), { 0 } };
}

void reading_done(struct reading *reading) {
    source_set_free(reading->sources);
    diagnostics_free(reading->diagnostics);
    arena_free(reading->arena);
    buffer_done(&reading->found);
}

const char *reading_found(struct reading *reading) {
    buffer_clear(&reading->found);
    buffer_append_string(&reading->found, "");
    diagnostics_sort(reading->diagnostics);
    for (size_t i = 0; i < diagnostics_size(reading->diagnostics); i++) {
        const struct diagnostic *finding = diagnostics_at(reading->diagnostics, i);
        struct place place = source_place(source_set_get(reading->sources, finding->span.source), finding->span.start);
        buffer_printf(&reading->found, "%s %u:%u %s\n", diagnostic_info(finding->code)->code, place.line, place.column,
                      finding->message);
        for (size_t k = 0; k < finding->note_count; k++)
            if (finding->notes[k].is_help) buffer_printf(&reading->found, "  %s\n", finding->notes[k].message);
    }
    return reading->found.bytes;
}

char *folder_with(const char *path, ...) {
    char template[] = "/tmp/aotconfig-XXXXXX";
    cr_assert(mkdtemp(template));
    va_list arguments;
    va_start(arguments, path);
    for (; path; path = va_arg(arguments, const char *)) {
        char whole[400];
        snprintf(whole, sizeof whole, "%s/%s", template, path);
        for (char *slash = whole + strlen(template) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
            *slash = 0;
            mkdir(whole, 0755);
        }
        FILE *file = fopen(whole, "w");
        cr_assert(file, "%s", whole);
        fputs(va_arg(arguments, const char *), file);
        fclose(file);
    }
    va_end(arguments);
    return memory_copy(template, strlen(template));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void folder_remove(char *folder) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    memory_release(folder);
}
