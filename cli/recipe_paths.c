/* Folders become the recipes in them. */
#include "cli/recipe_paths.h"

#include "base/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_recipe(const struct dirent *entry) {
    return text_ends(text_of(entry->d_name), TEXT(".aot")) && entry->d_name[0] != '.';
}

bool recipe_paths_add(struct recipe_paths *paths, const char *path) {
    struct stat status;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        VECTOR_PUSH(&paths->list, (struct recipe_path){ memory_copy(path, strlen(path)), false });
        return true;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, is_recipe, alphasort);
    if (count < 0) {
        fprintf(stderr, "aot: %s: cannot be listed: %s\n", path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct buffer file = { 0 };
        buffer_printf(&file, "%s%s%s", path, text_ends(text_of(path), TEXT("/")) ? "" : "/", entries[i]->d_name);
        VECTOR_PUSH(&paths->list, (struct recipe_path){ buffer_take(&file), true });
        free(entries[i]);
    }
    free(entries);
    return true;
}

void recipe_paths_done(struct recipe_paths *paths) {
    for (size_t i = 0; i < paths->list.count; i++) memory_release(paths->list.items[i].path);
    VECTOR_DONE(&paths->list);
}
