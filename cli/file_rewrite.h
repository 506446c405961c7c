/* A file of the user's that gets new content. */
#ifndef AOT_CLI_FILE_REWRITE_H
#define AOT_CLI_FILE_REWRITE_H
#include "base/text.h"

/* As a whole or not at all, with the file's permissions, behind a symbolic link too. Prints what went wrong; false then. */
bool file_rewrite(const char *path, struct text text);
#endif
