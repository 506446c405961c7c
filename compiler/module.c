/* Reads the recipe and the libraries it uses, each once, and orders them so that each comes before its users.
 * Files come from the source set when they are there already, else from disk. Names and types are not its matter. */
#include "compiler/module.h"

#include "base/vector.h"

#include <string.h>

enum { CHAIN_LIMIT = 64 };

struct reader {
    struct checked *checked;              /* takes the modules */
    struct VECTOR(struct module *) known; /* by the index of the path's name; NULL: not read */
    struct VECTOR(struct module *) order; /* finished ones */
    struct VECTOR(struct node *) chain;   /* the `use`s that led here */
};

static struct module *read_module(struct reader *reader, uint32_t source, struct text path);

/* ---- paths ---- */

/* Takes "." and "name/.." out of a path, in place. */
static size_t normalise(char *path, size_t length) {
    size_t out = 0, at = 0;
    bool absolute = length && path[0] == '/';
    if (absolute) out = at = 1;
    size_t root = out;
    while (at < length) {
        size_t end = at;
        while (end < length && path[end] != '/') end++;
        size_t size = end - at;
        bool up = size == 2 && path[at] == '.' && path[at + 1] == '.';
        if (up && out > root && !(out >= root + 3 && memcmp(path + out - 3, "../", 3) == 0)) {
            out--;
            while (out > root && path[out - 1] != '/') out--;
        } else if (size && !(size == 1 && path[at] == '.') && !(up && absolute)) {
            memmove(path + out, path + at, size);
            out += size;
            path[out++] = '/';
        }
        at = end + 1;
    }
    return out > root ? out - 1 : out;
}

struct text module_path(struct arena *arena, struct text base, struct text path) {
    size_t folder = path.length && path.bytes[0] == '/' ? 0 : base.length;
    while (folder && base.bytes[folder - 1] != '/') folder--;
    /* One byte more than the texts: normalising writes a slash behind the last part. */
    char *bytes = arena_allocate(arena, folder + path.length + 2);
    if (folder) memcpy(bytes, base.bytes, folder);
    if (path.length) memcpy(bytes + folder, path.bytes, path.length);
    size_t length = normalise(bytes, folder + path.length);
    bytes[length] = '\0';
    return (struct text){ bytes, length };
}

/* ---- members ---- */

static struct symbol **slot_of(const struct module *module, const struct name *name) {
    uint32_t slot = (uint32_t)name->hash & (module->member_capacity - 1);
    while (module->members[slot] && module->members[slot]->name != name)
        slot = (slot + 1) & (module->member_capacity - 1);
    return &module->members[slot];
}

struct symbol *module_find(const struct module *module, const struct name *name) {
    return module->member_capacity ? *slot_of(module, name) : NULL;
}

static void grow(struct arena *arena, struct module *module) {
    uint32_t capacity = module->member_capacity ? module->member_capacity * 2 : 16;
    struct symbol **symbols = ARENA_ARRAY(arena, struct symbol *, capacity);
    if (module->symbol_count) memcpy(symbols, module->symbols, module->symbol_count * sizeof(struct symbol *));
    module->symbols = symbols;
    module->members = ARENA_ARRAY(arena, struct symbol *, capacity);
    module->member_capacity = capacity;
    for (uint32_t i = 0; i < module->symbol_count; i++) {
        struct symbol **slot = slot_of(module, symbols[i]->name);
        if (!*slot) *slot = symbols[i];
    }
}

void module_add(struct arena *arena, struct module *module, struct symbol *symbol) {
    if (module->symbol_count * 2 >= module->member_capacity) grow(arena, module);
    module->symbols[module->symbol_count++] = symbol;
    struct symbol **slot = slot_of(module, symbol->name);
    if (!*slot) *slot = symbol;
}

/* ---- reading ---- */

static int64_t source_of(struct reader *reader, struct text path, char **error) {
    struct source_set *sources = reader->checked->sources;
    for (uint32_t i = 0; i < source_set_count(sources); i++)
        if (text_is(path, source_set_get(sources, i)->path)) return i;
    return source_set_read(sources, path.bytes, error);
}

static struct text spelling(const struct node *use) {
    return use->a ? use->a->string : TEXT_NONE;
}

static void report_cycle(struct reader *reader, struct node *use, const struct module *again) {
    struct diagnostic *diagnostic =
        diagnostics_report(reader->checked->diagnostics, DIAG_E476, use->a->span,
                           "`%.*s` uses itself, by way of this `use`", TEXT_ARGS(again->path));
    size_t first = reader->chain.count;
    while (first && reader->chain.items[first - 1] != again->user) first--;
    for (size_t i = first; i < reader->chain.count; i++)
        diagnostic_note(diagnostic, reader->chain.items[i]->span, "it uses `%.*s` here",
                        TEXT_ARGS(spelling(reader->chain.items[i])));
    diagnostic_help(diagnostic, "move what both files need into a third library that uses neither");
}

static struct module **known_slot(struct reader *reader, struct text path) {
    uint32_t index = name_intern(reader->checked->names, path)->index;
    while (reader->known.count <= index) VECTOR_PUSH(&reader->known, NULL);
    return &reader->known.items[index];
}

static struct module *load(struct reader *reader, struct node *use, struct text path) {
    struct diagnostics *diagnostics = reader->checked->diagnostics;
    if (reader->chain.count >= CHAIN_LIMIT) {
        diagnostics_report(diagnostics, DIAG_E476, use->a->span, "libraries use each other more than %d deep",
                           CHAIN_LIMIT);
        return NULL;
    }
    char *error = NULL;
    int64_t source = source_of(reader, path, &error);
    if (source < 0) {
        diagnostics_report(diagnostics, DIAG_E476, use->a->span, "cannot read `%.*s`: %s", TEXT_ARGS(path), error);
        memory_release(error);
        return NULL;
    }
    VECTOR_PUSH(&reader->chain, use);
    struct module *module = read_module(reader, (uint32_t)source, path);
    reader->chain.count--;
    return module;
}

static struct module *import(struct reader *reader, struct module *user, struct node *use) {
    struct text path = module_path(reader->checked->arena, user->path, spelling(use));
    struct module *module = *known_slot(reader, path);
    if (!module) {
        module = load(reader, use, path);
        if (module && !module->user) {
            module->user = use;
            module->used_by = user;
        }
    } else if (module->is_open) {
        report_cycle(reader, use, module);
        return NULL;
    }
    if (module && !module->is_library) {
        struct diagnostic *diagnostic =
            diagnostics_report(reader->checked->diagnostics, DIAG_E213, use->a->span,
                               "`%.*s` is a recipe, and only libraries can be used", TEXT_ARGS(path));
        diagnostic_help(diagnostic, "move what both need into a file without a `recipe` line");
        return NULL;
    }
    return module;
}

static bool is_library(const struct node *file) {
    for (const struct node *item = file->list; item; item = item->next)
        if (item->kind == NODE_RECIPE) return false;
    return true;
}

static void import_all(struct reader *reader, struct module *module) {
    struct VECTOR(struct module *) imports = { 0 };
    struct VECTOR(struct node *) uses = { 0 };
    for (struct node *item = module->tree->file->list; item; item = item->next) {
        if (item->kind != NODE_USE || !item->a || item->a->kind != NODE_PATH) continue;
        struct module *used = import(reader, module, item);
        item->resolved = used; /* a symbol takes its place when the names are entered */
        if (!used) continue;
        VECTOR_PUSH(&imports, used);
        VECTOR_PUSH(&uses, item);
    }
    module->imports = ARENA_ARRAY(reader->checked->arena, struct module *, imports.count);
    if (imports.count) memcpy(module->imports, imports.items, imports.count * sizeof *imports.items);
    module->import_count = (uint32_t)imports.count;
    module->uses = ARENA_ARRAY(reader->checked->arena, struct node *, uses.count);
    if (uses.count) memcpy(module->uses, uses.items, uses.count * sizeof *uses.items);
    VECTOR_DONE(&imports);
    VECTOR_DONE(&uses);
}

static struct module *read_module(struct reader *reader, uint32_t source, struct text path) {
    struct checked *checked = reader->checked;
    struct module *module = ARENA_NEW(checked->arena, struct module);
    *known_slot(reader, path) = module;
    module->path = path;
    module->tree = tree_parse(checked->arena, checked->names, checked->sources, source, checked->diagnostics);
    module->is_library = is_library(module->tree->file);
    module->user = reader->chain.count ? reader->chain.items[reader->chain.count - 1] : NULL;
    module->is_open = true;
    import_all(reader, module);
    module->is_open = false;
    bool belongs = module->is_library || reader->chain.count == 0; /* a recipe that is used is reported, not checked */
    if (belongs) VECTOR_PUSH(&reader->order, module);
    return module;
}

struct module *module_of_use(const struct node *use) {
    return use->resolved;
}

/* Users come before what they use when the order is gone through backwards, so each has its alias already. */
static void name_aliases(struct checked *checked) {
    for (uint32_t i = checked->module_count; i-- > 0;) {
        struct module *user = checked->modules[i];
        for (uint32_t k = 0; k < user->import_count; k++) {
            struct text alias = user->uses[k]->name->text;
            if (user->imports[k]->alias.length) continue;
            if (user->alias.length)
                alias = arena_printf(checked->arena, "%.*s.%.*s", TEXT_ARGS(user->alias), TEXT_ARGS(alias));
            user->imports[k]->alias = alias;
        }
    }
}

struct module *module_read_all(struct checked *checked, uint32_t source) {
    struct reader reader = { .checked = checked };
    struct text path = text_of(source_set_get(checked->sources, source)->path);
    struct module *main = read_module(&reader, source, module_path(checked->arena, TEXT_NONE, path));
    checked->module_count = (uint32_t)reader.order.count;
    checked->modules = ARENA_ARRAY(checked->arena, struct module *, reader.order.count);
    memcpy(checked->modules, reader.order.items, reader.order.count * sizeof *reader.order.items);
    name_aliases(checked);
    VECTOR_DONE(&reader.known);
    VECTOR_DONE(&reader.order);
    VECTOR_DONE(&reader.chain);
    return main;
}
