/* The content of files, in blocks. May block on the disk, so it belongs on a thread (stdlib/errand.h). */
#ifndef AOT_STDLIB_FILE_CONTENT_H
#define AOT_STDLIB_FILE_CONTENT_H
#include "base/text.h"
#include <stdatomic.h>

/* Calls `block` with each part of the file, in order, until it returns false. Only regular files: reading a pipe or a device could wait
 * for ever. Returns 0, or an errno: EINVAL for what is no regular file, EISDIR for a folder, ECANCELED when given up or refused. */
int content_read(const char *path, const atomic_bool *given_up, bool (*block)(void *data, struct text bytes),
                 void *data);
/* Opens for reading with these rules; -1 with errno. */
int content_open(const char *path);
/* What an errno of these functions says about a file: "no such file". On the loop only. */
const char *content_problem(int error);
/* Appends to an open file; 0 or an errno. */
int content_append(int descriptor, struct text bytes);
#endif
