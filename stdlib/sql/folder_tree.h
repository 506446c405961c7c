/* Whole folders: copied, given to an owner, removed. These calls read and write files, so they belong on a work
 * thread. */
#ifndef AOT_STDLIB_SQL_FOLDER_TREE_H
#define AOT_STDLIB_SQL_FOLDER_TREE_H
#include "stdlib/sql/owner.h"

/* Copies folders and regular files (shared blocks where the file system can); `to` must not exist, its parent must.
 * Everything made belongs to `owner` (NULL: to us), with modes 0700 and 0600. False with a reason. */
bool folder_tree_copy(const char *from, const char *to, const struct owner *owner, struct buffer *error);
/* Removes it all, following no link; what is not there is removed already. False with a reason. */
bool folder_tree_remove(const char *path, struct buffer *error);
#endif
