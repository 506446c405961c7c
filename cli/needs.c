/* Looks for the programs that a recipe needs. Starts nothing. */
#include "cli/needs.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool is_on_path(struct text name, struct text folders) {
    bool found = false;
    while (!found && folders.length) {
        size_t end = text_find(folders, TEXT(":"));
        struct buffer path = { 0 };
        buffer_append(&path, text_slice(folders, 0, end));
        buffer_append_byte(&path, '/');
        buffer_append(&path, name);
        found = is_program(path.bytes);
        buffer_done(&path);
        folders = end == SIZE_MAX ? TEXT_NONE : text_slice(folders, end + 1, SIZE_MAX);
    }
    return found;
}

bool needs_are_met(const struct program *program, struct buffer *missing) {
    const char *path = getenv("PATH");
    for (uint32_t i = 0; i < program->need_count; i++) {
        if (is_on_path(program->needs[i], path ? text_of(path) : TEXT("/usr/local/bin:/usr/bin:/bin"))) continue;
        if (missing->length) buffer_append_string(missing, ", ");
        buffer_append(missing, program->needs[i]);
    }
    return missing->length == 0;
}
