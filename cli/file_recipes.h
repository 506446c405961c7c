/* Whether the recipes that aot.yaml names exist. */
#ifndef AOT_CLI_FILE_RECIPES_H
#define AOT_CLI_FILE_RECIPES_H
#include "base/arena.h"
#include "base/vector.h"
#include "config/config.h"

struct file_recipes {
    struct arena *arena;              /* all texts; made when it is first needed */
    struct VECTOR(struct text) known; /* recipes that are there, whatever their files are called */
    struct VECTOR(struct text) files; /* each aot.yaml that was looked at */
};
void file_recipes_know(struct file_recipes *recipes, struct text id);
/* Reports (W610) each recipe that the file sets inputs of and that is neither known nor in a *.aot at or below the file's folder; of
 * each file once. Says nothing where that cannot be known: another file than that of `recipe` (NULL: of the working folder), a folder
 * that cannot be listed or is too large. Values of what is reported are made unreadable. */
void file_recipes_check(struct file_recipes *recipes, const struct config *config, const char *recipe,
                        struct source_set *sources, struct diagnostics *diagnostics);
void file_recipes_done(struct file_recipes *recipes);
#endif
