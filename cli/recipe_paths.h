/* Recipes on the command line: files, and folders that stand for the *.aot in them. */
#ifndef AOT_CLI_RECIPE_PATHS_H
#define AOT_CLI_RECIPE_PATHS_H
#include "base/vector.h"

#include <stdbool.h>

struct recipe_path {
    char *path; /* owned */
    bool is_of_folder;
};
struct recipe_paths {
    struct VECTOR(struct recipe_path) list;
};
/* Adds the file, or the folder's recipes in the order of their names; what does not exist is added as it is. False, and the reason is
 * printed, when a folder cannot be listed. */
bool recipe_paths_add(struct recipe_paths *paths, const char *path);
void recipe_paths_done(struct recipe_paths *paths);
#endif
