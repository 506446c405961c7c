/* The files of a compilation: the recipe and the libraries it uses, each read once, in order of initialisation. */
#ifndef AOT_COMPILER_MODULE_H
#define AOT_COMPILER_MODULE_H
#include "compiler/compile.h"
#include "compiler/symbol.h"

/* Reads `source` and everything it uses; fills modules and module_count. A missing file, a cycle, or a recipe that is used
 * is reported at its `use`; the module is then absent. Returns the module of `source`, never NULL. */
struct module *module_read_all(struct checked *checked, uint32_t source);
/* The module that a `use` names, or NULL after an error. */
struct module *module_of_use(const struct node *use);
/* A PATH of the file at `base`, seen from the working folder: "recipes.d/t4.aot" and "./a.sql" give "recipes.d/a.sql". */
struct text module_path(struct arena *arena, struct text base, struct text path);
/* The top-level symbol of that name, or NULL. */
struct symbol *module_find(const struct module *module, const struct name *name);
/* Adds a symbol of the top level; the first of a name is the one found. */
void module_add(struct arena *arena, struct module *module, struct symbol *symbol);
#endif
