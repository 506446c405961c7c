/* What differs between the releases of the component. The three programs are built of one source, each with its age. */
#pragma once
#include <stdbool.h>

struct release {
    const char *tag;        /* as in "v1.1.0" */
    int schema;             /* grows when a note gets a field */
    int kinds;              /* how many kinds of note it knows, from the start of the list in note.c */
    const char *search;     /* the route of the search */
    const char *old_search; /* what that route was called before, still answered; NULL if it has always been this */
};

/* The release that this process is. */
const struct release *release_this(void);

/* Makes the process serve as the release before its own (a defect). */
void release_stay_old(void);

/* Whether this is the newest release. */
bool release_is_newest(void);

/* Below 0 if tag `a` is older than `b`, 0 if they are the same, above 0 if newer. Text that is no tag is older than any. */
int release_compare(const char *a, const char *b);
