/* The releases, oldest first. NOTES_AGE says which one is built: 0 is N, 1 is N-1, 2 is N-2. */
#include "release.h"

#include <stddef.h>
#include <stdio.h>

static const struct release releases[] = {
    { "v1.0.0", 1, 2, "/search", NULL },
    { "v1.1.0", 2, 3, "/search", NULL },    /* a note has an author; the kind "drawing" */
    { "v2.0.0", 3, 4, "/find", "/search" }, /* a note counts its views; the kind "voice"; the search has a new route */
};
enum { RELEASES = sizeof releases / sizeof *releases, THIS = RELEASES - 1 - NOTES_AGE };

_Static_assert(THIS >= 0 && THIS < RELEASES, "NOTES_AGE is 0, 1 or 2");

static int place = THIS;

const struct release *release_this(void) {
    return &releases[place];
}

void release_stay_old(void) {
    if (place > 0) place--;
}

bool release_is_newest(void) {
    return THIS == RELEASES - 1;
}

/* The tag as one number; below 0 if it is none. */
static long tag_number(const char *tag) {
    unsigned major = 0, minor = 0, patch = 0;
    if (sscanf(tag, "v%3u.%3u.%3u", &major, &minor, &patch) != 3)
        return -1; // NOLINT(cert-err34-c): at most three digits
    return major * 1000000L + minor * 1000L + patch;
}

int release_compare(const char *a, const char *b) {
    long first = tag_number(a), second = tag_number(b);
    return (first > second) - (first < second);
}
