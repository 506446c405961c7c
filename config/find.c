/* Looks for aot.yaml from a recipe's folder upwards. */
#include "config/config.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has(const struct buffer *folder, const char *name) {
    struct buffer path = { 0 };
    buffer_printf(&path, "%s/%s", folder->bytes, name);
    bool there = access(path.bytes, F_OK) == 0;
    buffer_done(&path);
    return there;
}

/* The path as a person would write it: below the working folder without what they share. */
static char *shown(const struct buffer *folder) {
    struct buffer path = { 0 };
    char *here = realpath(".", NULL);
    struct text work = text_of(here), text = buffer_text(folder);
    bool below =
        work.length && text_starts(text, work) && (text.length == work.length || text.bytes[work.length] == '/');
    if (below) text = text_slice(text, work.length + (text.length > work.length), SIZE_MAX);
    buffer_append(&path, text);
    buffer_printf(&path, "%saot.yaml", !below || text.length ? "/" : "");
    free(here);
    return buffer_take(&path);
}

char *config_find(const char *recipe) {
    const char *slash = recipe && strcmp(recipe, "-") != 0 ? strrchr(recipe, '/') : NULL;
    char *start = slash ? memory_copy(recipe, (size_t)(slash - recipe) + 1) : memory_copy(".", 1);
    char *real = realpath(start, NULL), *found = NULL;
    struct buffer folder = { 0 };
    buffer_append_string(&folder, real ? real : "");
    bool top = !real;
    if (folder.length == 1) buffer_clear(&folder); /* "/" */
    while (!top && !found) {
        if (!folder.bytes) buffer_append_string(&folder, "");
        if (has(&folder, "aot.yaml")) found = shown(&folder);
        top = folder.length == 0 || has(&folder, ".git");
        while (folder.length && folder.bytes[--folder.length] != '/') continue;
        folder.bytes[folder.length] = '\0';
    }
    buffer_done(&folder);
    free(real);
    memory_release(start);
    return found;
}
