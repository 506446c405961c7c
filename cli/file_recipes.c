/* Looks for the recipes that aot.yaml sets inputs of, by their `recipe NAME` lines: nothing is compiled. The walk ends as soon as all
 * are found, so only a name that is nowhere costs a look at the whole project. */
#include "cli/file_recipes.h"

#include "base/buffer.h"
#include "base/suggest.h"
#include "cli/file_input.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAXIMUM = 50000, DEPTH_MAXIMUM = 24, HEAD_MAXIMUM = 64 * 1024 };

struct named {
    const struct config_input *row; /* the first that names it */
    bool found;
};
struct search {
    struct arena *arena;
    struct VECTOR(struct named) wanted;
    struct VECTOR(struct text) ids; /* of the recipes that were seen, for "did you mean" */
    size_t missing;                 /* of `wanted` */
};

/* ---- the recipes that are there ---- */
static void see(struct search *search, struct text id) {
    VECTOR_PUSH(&search->ids, arena_copy(search->arena, id));
    for (size_t i = 0; i < search->wanted.count; i++) {
        struct named *named = &search->wanted.items[i];
        if (named->found || !text_equal(named->row->recipe, id)) continue;
        named->found = true;
        search->missing--;
    }
}

static bool is_letter(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* "recipe T3 …" at a line's head; what looks like it and is none does no harm. */
static void see_line(struct search *search, struct text line) {
    static const struct text word = { "recipe", 6 };
    line = text_trim(line);
    if (!text_starts(line, word)) return;
    struct text rest = text_trim(text_slice(line, word.length, SIZE_MAX));
    size_t length = 0;
    while (length < rest.length && is_letter(rest.bytes[length])) length++;
    if (length && rest.length < line.length - word.length) see(search, text_slice(rest, 0, length));
}

static void see_file(struct search *search, const char *path) {
    FILE *file = fopen(path, "re");
    char *head = memory_allocate(HEAD_MAXIMUM);
    struct text text = { head, file ? fread(head, 1, HEAD_MAXIMUM, file) : 0 };
    while (text.length && search->missing) {
        size_t end = text_find(text, TEXT("\n"));
        see_line(search, text_slice(text, 0, end));
        text = end == SIZE_MAX ? TEXT_NONE : text_slice(text, end + 1, SIZE_MAX);
    }
    memory_release(head);
    if (file) fclose(file);
}

static bool is_passed_over(const FTSENT *entry) {
    return entry->fts_level > 0 && (strcmp(entry->fts_name, ".git") == 0 || strcmp(entry->fts_name, ".aot") == 0);
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* False: not all of the project could be seen. */
static bool look_below(struct search *search, const char *folder) {
    char *const roots[] = { (char *)folder, NULL };
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    bool whole = walk != NULL;
    FTSENT *entry = NULL;
    for (size_t seen = 0; whole && search->missing && (entry = fts_read(walk)); seen++) {
        whole = seen < ENTRIES_MAXIMUM && entry->fts_level < DEPTH_MAXIMUM && entry->fts_info != FTS_DNR &&
                entry->fts_info != FTS_ERR && entry->fts_info != FTS_NS;
        if (entry->fts_info == FTS_D && is_passed_over(entry)) fts_set(walk, entry, FTS_SKIP);
        if (entry->fts_info == FTS_F && text_ends(text_of(entry->fts_path), TEXT(".aot")))
            see_file(search, entry->fts_path);
    }
    if (walk) fts_close(walk);
    return whole;
}

/* ---- those that are named ---- */
static void want(struct search *search, const struct config_section *section) {
    for (size_t i = 0; i < section->input_count; i++) {
        const struct config_input *row = &section->inputs[i];
        bool is_new = row->recipe.length > 0;
        for (size_t k = 0; k < search->wanted.count; k++)
            is_new &= search->wanted.items[k].row->recipe_span.start != row->recipe_span.start;
        if (is_new) VECTOR_PUSH(&search->wanted, (struct named){ row, false });
        search->missing += is_new;
    }
}

static void blot_section(const struct config_section *section, struct span recipe, struct source_set *sources) {
    for (size_t i = 0; i < section->input_count; i++)
        if (section->inputs[i].recipe.length && section->inputs[i].recipe_span.start == recipe.start)
            file_input_blot(sources, section->inputs[i].value);
}

static void report(const struct search *search, const struct config *config, const struct config_input *row,
                   struct source_set *sources, struct diagnostics *diagnostics) {
    struct suggestion suggestion = suggestion_for(row->recipe);
    for (size_t i = 0; i < search->ids.count; i++) suggestion_offer(&suggestion, search->ids.items[i]);
    /* Who knows what is a secret there? */
    blot_section(&config->base, row->recipe_span, sources);
    for (size_t i = 0; i < config->profile_count; i++) blot_section(&config->profiles[i], row->recipe_span, sources);
    struct diagnostic *diagnostic =
        diagnostics_report(diagnostics, DIAG_W610, row->recipe_span,
                           "there is no recipe `%.*s` at or below the folder of this file", TEXT_ARGS(row->recipe));
    if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    else
        diagnostic_help(diagnostic, "its first line would be: recipe %.*s \"…\"", TEXT_ARGS(row->recipe));
}

static bool is_of_project(const struct config *config, const char *recipe) {
    char *found = config_find(recipe), *first = found ? realpath(found, NULL) : NULL;
    char *second = realpath(config->path, NULL);
    bool same = first && second && strcmp(first, second) == 0;
    memory_release(found);
    free(first);
    free(second);
    return same;
}

static void look(const struct file_recipes *recipes, const struct config *config, const char *recipe,
                 struct source_set *sources, struct diagnostics *diagnostics) {
    struct search search = { .arena = recipes->arena };
    want(&search, &config->base);
    for (size_t i = 0; i < config->profile_count; i++) want(&search, &config->profiles[i]);
    for (size_t i = 0; i < recipes->known.count; i++) see(&search, recipes->known.items[i]);
    if (search.missing && is_of_project(config, recipe) && look_below(&search, config->folder))
        for (size_t i = 0; i < search.wanted.count; i++)
            if (!search.wanted.items[i].found)
                report(&search, config, search.wanted.items[i].row, sources, diagnostics);
    VECTOR_DONE(&search.wanted);
    VECTOR_DONE(&search.ids);
}

/* ---- from outside ---- */
static struct arena *arena_of(struct file_recipes *recipes) {
    if (!recipes->arena) recipes->arena = arena_new();
    return recipes->arena;
}

void file_recipes_know(struct file_recipes *recipes, struct text id) {
    VECTOR_PUSH(&recipes->known, arena_copy(arena_of(recipes), id));
}

void file_recipes_check(struct file_recipes *recipes, const struct config *config, const char *recipe,
                        struct source_set *sources, struct diagnostics *diagnostics) {
    struct text path = text_of(config->path);
    for (size_t i = 0; i < recipes->files.count; i++)
        if (text_equal(recipes->files.items[i], path)) return;
    VECTOR_PUSH(&recipes->files, arena_copy(arena_of(recipes), path));
    look(recipes, config, recipe, sources, diagnostics);
}

void file_recipes_done(struct file_recipes *recipes) {
    VECTOR_DONE(&recipes->known);
    VECTOR_DONE(&recipes->files);
    if (recipes->arena) arena_free(recipes->arena);
}
