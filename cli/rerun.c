/* Reads a run's log: of several lines of one cell the last counts, and what is no pass is outstanding. */
#include "cli/rerun.h"

#include "base/clock.h"
#include "cli/run_folder.h"
#include "vm/heap.h"
#include "vm/value.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct text field(struct rerun *rerun, struct value line, const char *key) {
    bool found;
    struct value value = value_field(line, text_of(key), &found);
    return found && value.kind == VALUE_TEXT ? arena_copy(rerun->arena, value_text_of(value)) : TEXT_NONE;
}

static struct rerun_cell *find(struct rerun *rerun, struct text recipe, struct text cell) {
    for (size_t i = 0; i < rerun->cells.count; i++) {
        struct rerun_cell *known = &rerun->cells.items[i];
        if (text_equal(known->recipe, recipe) && text_equal(known->cell, cell)) return known;
    }
    return NULL;
}

static void add_path(struct rerun *rerun, struct text path) {
    for (size_t i = 0; i < rerun->paths.count; i++)
        if (text_equal(rerun->paths.items[i], path)) return;
    VECTOR_PUSH(&rerun->paths, path);
}

/* What stands between two headers, as several logs may be put one behind the other. */
struct part {
    size_t number;   /* of the header; 0: there was none */
    int64_t claimed; /* cells, by the header */
    int64_t found;   /* so far */
    bool torn;       /* a part before has fewer than it claimed */
};

static void take_set(struct rerun *rerun, struct text setting) {
    struct text name = text_slice(setting, 0, text_find(setting, TEXT("=")));
    for (size_t i = 0; i < rerun->sets.count; i++) {
        struct rerun_set *set = &rerun->sets.items[i];
        if (!text_equal(text_slice(set->setting, 0, text_find(set->setting, TEXT("="))), name)) continue;
        set->is_disputed |= !text_equal(set->setting, setting);
        return;
    }
    VECTOR_PUSH(&rerun->sets, (struct rerun_set){ setting, false });
}

/* The list of texts under the key, the last of each name. */
static void take_settings(struct rerun *rerun, struct value settings, const char *key, bool kept) {
    bool found;
    struct value list = value_field(settings, text_of(key), &found);
    for (size_t i = 0; found && list.kind == VALUE_LIST && i < value_count(list); i++) {
        struct value item = value_at(list, i);
        if (item.kind != VALUE_TEXT) continue;
        struct text text = arena_copy(rerun->arena, value_text_of(item));
        if (kept)
            take_set(rerun, text);
        else
            VECTOR_PUSH(&rerun->not_kept, text);
    }
}

static void take_header(struct rerun *rerun, struct value line, struct part *part) {
    bool found;
    struct value settings = value_field(line, TEXT("settings"), &found);
    rerun->knows_sets = found && (rerun->knows_sets || part->number == 0);
    if (found) take_settings(rerun, settings, "set", true);
    if (found) take_settings(rerun, settings, "set_not_kept", false);
    struct value cells = value_field(line, TEXT("cells"), &found);
    part->torn |= part->found < part->claimed;
    part->number++;
    part->claimed = found && cells.kind == VALUE_INTEGER ? cells.integer : INT64_MAX;
    part->found = 0;
}

static void take_line(struct rerun *rerun, struct value line, struct part *part) {
    struct text type = field(rerun, line, "type"), outcome = field(rerun, line, "outcome");
    if (text_is(type, "run")) take_header(rerun, line, part);
    if (!text_is(type, "cell")) return;
    /* What passed by --rule alone is not proven. */
    bool passed = text_is(outcome, "pass") && !field(rerun, line, "rules_counted").length;
    struct rerun_cell cell = { .recipe = field(rerun, line, "recipe"),
                               .path = field(rerun, line, "path"),
                               .cell = field(rerun, line, "cell"),
                               .whole = text_is(outcome, "skipped"),
                               .passed = passed,
                               .part = part->number };
    struct rerun_cell *known = find(rerun, cell.recipe, cell.cell);
    part->found += !known || known->part != part->number;
    if (known)
        *known = cell;
    else
        VECTOR_PUSH(&rerun->cells, cell);
}

/* Cells that nobody knows of would never be run again, and that would look like a pass. */
static bool is_whole(const struct rerun *rerun, const struct part *part, const char *path) {
    const char *problem = NULL;
    if (!rerun->cells.count)
        problem = "it has no cell; is it the log of a run?";
    else if (!part->number)
        problem = "its first line, which says how many cells there are, is not there";
    else if (part->torn || part->found < part->claimed)
        problem = "it has fewer cells than its first line says: a part of it is lost";
    if (problem) fprintf(stderr, "aot: --rerun %s: %s; run the recipes with --matrix instead\n", path, problem);
    return !problem;
}

/* A last line that is torn is passed over: its cell is outstanding by the line before. */
static bool read_log(struct rerun *rerun, const char *path) {
    FILE *file = fopen(path, "re");
    if (!file) {
        fprintf(stderr, "aot: --rerun %s: %s\n", path, strerror(errno));
        return false;
    }
    struct heap *heap = heap_new(0);
    char *line = NULL;
    size_t capacity = 0;
    struct part part = { 0 };
    ssize_t length;
    while ((length = getline(&line, &capacity, file)) > 0) {
        struct value value = value_from_json(heap, text_trim((struct text){ line, (size_t)length }));
        if (value.kind == VALUE_RECORD) take_line(rerun, value, &part);
        value_release(value);
    }
    free(line);
    fclose(file);
    heap_free(heap);
    return is_whole(rerun, &part, path);
}

static int is_run(const struct dirent *entry) {
    return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static int64_t changed_at(const char *name) {
    struct buffer path = { 0 };
    struct stat status;
    buffer_printf(&path, RUN_FOLDER_ROOT "/%s/run.jsonl", name);
    bool known = stat(path.bytes, &status) == 0;
    if (!known) { /* without a log its folder tells */
        path.length = 0;
        buffer_printf(&path, RUN_FOLDER_ROOT "/%s", name);
        known = stat(path.bytes, &status) == 0;
    }
    buffer_done(&path);
    return known ? (int64_t)status.st_mtim.tv_sec * SECOND + status.st_mtim.tv_nsec : 0;
}

/* By the second in which they began; of one second by when they were last written. */
static int by_age(const struct dirent **a, const struct dirent **b) {
    int order = strncmp((*a)->d_name, (*b)->d_name, strlen("20261231-235959"));
    if (order) return order;
    int64_t first = changed_at((*a)->d_name), second = changed_at((*b)->d_name);
    return (first > second) - (first < second);
}

/* The log of the newest run. An older run's is not taken instead: it knows nothing of the newest. */
static void find_last(struct buffer *path) {
    struct dirent **runs;
    int count = scandir(RUN_FOLDER_ROOT, &runs, is_run, by_age);
    if (count > 0) buffer_printf(path, RUN_FOLDER_ROOT "/%s/run.jsonl", runs[count - 1]->d_name);
    for (int i = 0; i < count; i++) free(runs[i]);
    if (count >= 0) free(runs);
}

static void drop_passed(struct rerun *rerun) {
    size_t kept = 0;
    for (size_t i = 0; i < rerun->cells.count; i++) {
        add_path(rerun, rerun->cells.items[i].path);
        if (!rerun->cells.items[i].passed) rerun->cells.items[kept++] = rerun->cells.items[i];
    }
    rerun->cells.count = kept;
}

bool rerun_read(const char *from, struct rerun *rerun) {
    *rerun = (struct rerun){ .wanted = from != NULL };
    if (!from) return true;
    rerun->arena = arena_new();
    struct buffer path = { 0 };
    bool last = strcmp(from, "failed") == 0 || strcmp(from, "last") == 0;
    if (last)
        find_last(&path);
    else
        buffer_append_string(&path, from);
    bool good = path.length && read_log(rerun, path.bytes);
    if (!path.length) fputs("aot: --rerun: there is no earlier run under " RUN_FOLDER_ROOT "\n", stderr);
    rerun->log = arena_copy(rerun->arena, buffer_text(&path));
    buffer_done(&path);
    if (good) drop_passed(rerun);
    return good;
}

static struct rerun_cell *find_whole(struct rerun *rerun, struct text recipe) {
    for (size_t i = 0; i < rerun->cells.count; i++) {
        struct rerun_cell *known = &rerun->cells.items[i];
        if (known->whole && text_equal(known->recipe, recipe)) return known;
    }
    return NULL;
}

bool rerun_choose(struct rerun *rerun, struct text recipe, struct text cell) {
    struct rerun_cell *known = find(rerun, recipe, cell), *whole = find_whole(rerun, recipe);
    if (known) known->chosen = true;
    if (whole) whole->chosen = true;
    return known || whole;
}

void rerun_keep_whole(struct rerun *rerun, struct text recipe) {
    struct rerun_cell *whole = find_whole(rerun, recipe);
    if (whole) whole->chosen = false;
}

size_t rerun_left(const struct rerun *rerun) {
    size_t left = 0;
    for (size_t i = 0; i < rerun->cells.count; i++) left += !rerun->cells.items[i].chosen;
    return left;
}

void rerun_done(struct rerun *rerun) {
    VECTOR_DONE(&rerun->cells);
    VECTOR_DONE(&rerun->paths);
    VECTOR_DONE(&rerun->sets);
    VECTOR_DONE(&rerun->not_kept);
    if (rerun->arena) arena_free(rerun->arena);
}
