/* A file of the user's that gets new content. */
#ifndef AOT_CLI_FILE_REWRITE_H
#define AOT_CLI_FILE_REWRITE_H
#include "base/text.h"

/* All of it, interrupted or not; false, and errno, when something stops that. */
bool file_write_all(int file, struct text text);
/* As a whole or not at all, with the file's permissions and owner, behind a symbolic link too; in place where the file has several names or
 * its folder cannot be written to. Prints what went wrong; false then. */
bool file_rewrite(const char *path, struct text text);
#endif
