/* The files that a glob matches. Runs before anything is started, for the axes of a matrix, so it does not wait. */
#include "base/memory.h"
#include "stdlib/functions.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What glob could not read; a folder that is not there is no problem. glob takes no argument for it, and the machine has one thread. */
static _Thread_local char *unreadable;

static int keep_problem(const char *path, int error) {
    if (error == ENOENT || error == ENOTDIR) return 0;
    memory_release(unreadable);
    struct buffer text = { 0 };
    buffer_printf(&text, "%s: %s", path, strerror(error));
    unreadable = buffer_take(&text);
    return 1;
}

/* The recipe's folder with what glob would take for a pattern escaped, and the pattern behind it. */
static char *whole_pattern(struct text folder, struct text pattern) {
    static const char special[] = { '*', '?', '[', '\\' };
    struct buffer whole = { 0 };
    if (!text_starts(pattern, TEXT("/")) && folder.length) {
        while (text_starts(pattern, TEXT("./"))) pattern = text_slice(pattern, 2, pattern.length);
        for (size_t i = 0; i < folder.length; i++) {
            if (memchr(special, folder.bytes[i], sizeof special)) buffer_append_byte(&whole, '\\');
            buffer_append_byte(&whole, folder.bytes[i]);
        }
        buffer_append_byte(&whole, '/');
    }
    buffer_append(&whole, pattern);
    return buffer_take(&whole);
}

static int bytewise(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct value matches(struct heap *heap, glob_t *found) {
    struct value list = value_list(heap, NULL, 0);
    if (found->gl_pathc > 1) qsort(found->gl_pathv, found->gl_pathc, sizeof *found->gl_pathv, bytewise);
    for (size_t i = 0; i < found->gl_pathc; i++) {
        struct stat status;
        if (stat(found->gl_pathv[i], &status) != 0 || S_ISDIR(status.st_mode)) continue;
        struct value path = value_string(heap, found->gl_pathv[i]);
        list = value_list_append(list, path);
        value_release(path);
    }
    return list;
}

enum native_outcome file_list(struct native_call *call) {
    struct heap *heap = run_heap(call->run);
    char *pattern = whole_pattern(run_recipe_folder(call->run), argument_text(call, 0));
    glob_t found = { 0 };
    int outcome = glob(pattern, GLOB_NOSORT, keep_problem, &found);
    enum native_outcome result;
    if (outcome == GLOB_NOSPACE)
        result = native_fail(call, "files: out of memory");
    else if (outcome == GLOB_ABORTED)
        result = native_fail(call, "files: %s", unreadable ? unreadable : pattern);
    else
        result = native_done(call, matches(heap, &found));
    globfree(&found);
    memory_release(unreadable);
    unreadable = NULL;
    memory_release(pattern);
    return result;
}
