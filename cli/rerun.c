/* Reads a run's log: of several lines of one cell the last counts, and what is no pass is outstanding. */
#include "cli/rerun.h"

#include "cli/run_folder.h"
#include "vm/heap.h"
#include "vm/value.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void take_line(struct rerun *rerun, struct value line) {
    if (!text_is(field(rerun, line, "type"), "cell")) return;
    struct rerun_cell cell = { .recipe = field(rerun, line, "recipe"),
                               .path = field(rerun, line, "path"),
                               .cell = field(rerun, line, "cell"),
                               .passed = text_is(field(rerun, line, "outcome"), "pass") };
    struct rerun_cell *known = find(rerun, cell.recipe, cell.cell);
    if (known)
        *known = cell;
    else
        VECTOR_PUSH(&rerun->cells, cell);
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
    size_t capacity = 0, lines = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, file)) > 0) {
        struct value value = value_from_json(heap, text_trim((struct text){ line, (size_t)length }));
        if (value.kind == VALUE_RECORD) take_line(rerun, value);
        lines += value.kind == VALUE_RECORD;
        value_release(value);
    }
    free(line);
    fclose(file);
    heap_free(heap);
    if (!lines) fprintf(stderr, "aot: --rerun %s: no line of it is a JSON object; is it the log of a run?\n", path);
    return lines > 0;
}

static int is_run(const struct dirent *entry) {
    return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

/* The newest run's log, by the name of its folder. */
static void find_last(struct buffer *path) {
    struct dirent **runs;
    int count = scandir(RUN_FOLDER_ROOT, &runs, is_run, alphasort);
    for (int i = count - 1; i >= 0; i--) {
        struct buffer log = { 0 };
        buffer_printf(&log, RUN_FOLDER_ROOT "/%s/run.jsonl", runs[i]->d_name);
        if (!path->length && access(log.bytes, R_OK) == 0) buffer_append(path, buffer_text(&log));
        buffer_done(&log);
        free(runs[i]);
    }
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

bool rerun_choose(struct rerun *rerun, struct text recipe, struct text cell) {
    struct rerun_cell *known = find(rerun, recipe, cell);
    if (known) known->chosen = true;
    return known != NULL;
}

size_t rerun_left(const struct rerun *rerun) {
    size_t left = 0;
    for (size_t i = 0; i < rerun->cells.count; i++) left += !rerun->cells.items[i].chosen;
    return left;
}

void rerun_done(struct rerun *rerun) {
    VECTOR_DONE(&rerun->cells);
    VECTOR_DONE(&rerun->paths);
    if (rerun->arena) arena_free(rerun->arena);
}
