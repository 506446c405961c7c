/* Asks git, without a shell, for at most ten seconds. */
#include "config/tags.h"

#include "base/child.h"
#include "base/clock.h"

#include <string.h>

static const int64_t patience = 10 * SECOND;

/* Runs git; its output in `out`. False with the reason. */
static bool run_git(const char *const *arguments, struct buffer *out, char **error) {
    struct buffer said = { 0 }, reason = { 0 };
    int status = 0, failed = child_ask(arguments, patience, out, &said, &status);
    if (failed) {
        buffer_printf(&reason, "git cannot be asked: %s", child_trouble(failed));
    } else if (status) {
        buffer_append_string(&reason, "git says: ");
        buffer_append(&reason, text_slice(buffer_text(&said), 0, said.bytes ? strcspn(said.bytes, "\n") : 0));
    }
    *error = failed || status ? buffer_take(&reason) : NULL;
    buffer_done(&said);
    return *error == NULL;
}

int tags_read(const char *folder, struct text pattern, struct arena *arena, struct text *tags, char **error) {
    struct text copy = arena_copy(arena, pattern); /* with a NUL behind it */
    /* Before a release stand its candidates: v2.0.0-rc1 is older than v2.0.0. */
    const char *arguments[] = { "git",
                                "-C",
                                folder,
                                "-c",
                                "versionsort.suffix=-",
                                "tag",
                                "--list",
                                "--sort=-v:refname",
                                "--",
                                copy.length ? copy.bytes : NULL,
                                NULL };
    struct buffer out = { 0 };
    int count = run_git(arguments, &out, error) ? 0 : -1;
    struct text rest = count < 0 ? TEXT_NONE : buffer_text(&out);
    while (rest.length && count < TAGS_MAXIMUM) {
        size_t end = text_find(rest, TEXT("\n"));
        if (end == SIZE_MAX) end = rest.length;
        if (end) tags[count++] = arena_copy(arena, text_slice(rest, 0, end));
        rest = text_slice(rest, end + 1, SIZE_MAX);
    }
    buffer_done(&out);
    return count;
}
