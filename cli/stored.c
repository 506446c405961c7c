/* Finds records and logs, and puts them together by run, recipe and cell, so that it does not matter where the records lie now. Several
 * lines of one cell: the last counts. */
#include "cli/stored.h"

#include "base/memory.h"
#include "vm/heap.h"
#include "vm/value.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A record, and whose it is; `run` is empty if it could not be read. */
struct found {
    const char *path;
    struct text run, recipe, cell;
    bool taken; /* a log knows it */
};
struct row {
    struct report_entry entry;
    struct text outcome, record;
    bool is_earlier;
};
struct folder {
    struct stored *stored;
    struct VECTOR(struct found) records;
    struct VECTOR(const char *) logs;
};

void stored_begin(struct stored *stored) {
    *stored = (struct stored){ .arena = arena_new(), .readable = true };
}

static void note_narrowed(struct stored *stored, struct text narrowed) {
    bool is_new = narrowed.length > 0;
    for (size_t i = 0; i < stored->narrowed.count; i++) is_new &= !text_equal(stored->narrowed.items[i], narrowed);
    if (is_new) VECTOR_PUSH(&stored->narrowed, narrowed);
}

/* ---- records ---- */
static struct found look_at(struct stored *stored, const char *path) {
    struct found found = { .path = path };
    char *error = NULL;
    struct record *record = record_open(path, &error);
    if (record) {
        found.run = record_meta_text(record, "run", stored->arena);
        found.recipe = record_meta_text(record, "recipe", stored->arena);
        found.cell = record_meta_text(record, "cell", stored->arena);
        note_narrowed(stored, record_meta_text(record, "narrowed", stored->arena));
        record_close(record, NULL);
    } else {
        fprintf(stderr, "aot: %s: %s\n", path, error);
        stored->readable = false;
    }
    memory_release(error);
    return found;
}

static void add_record(struct stored *stored, const char *path) {
    VECTOR_PUSH(&stored->entries, (struct report_entry){ .record = path });
}

/* ---- logs ---- */
/* Kept for the JSON lines, from which --rerun repeats it; of logs that differ nothing. */
static void note_settings(struct stored *stored, struct value line) {
    bool found;
    struct value settings = value_field(line, TEXT("settings"), &found);
    struct buffer json = { 0 };
    if (found) value_encode(settings, &json);
    if (stored->log_count++ == 0)
        stored->settings = arena_copy(stored->arena, buffer_text(&json));
    else if (!text_equal(stored->settings, buffer_text(&json)))
        stored->settings = TEXT_NONE;
    buffer_done(&json);
}

static struct text field(struct stored *stored, struct value line, const char *key) {
    bool found;
    struct value value = value_field(line, text_of(key), &found);
    return found && value.kind == VALUE_TEXT ? arena_copy(stored->arena, value_text_of(value)) : TEXT_NONE;
}

static void read_axes(struct stored *stored, struct value line, struct report_entry *entry) {
    bool found;
    struct value axes = value_field(line, TEXT("axes"), &found);
    if (!found || axes.kind != VALUE_RECORD) return;
    size_t count = value_count(axes);
    struct report_axis *list = ARENA_ARRAY(stored->arena, struct report_axis, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct text name = arena_copy(stored->arena, value_key_at(axes, i));
        list[i] = (struct report_axis){ name, field(stored, axes, name.bytes) };
    }
    entry->axes = list;
    entry->axis_count = count;
}

struct log {
    struct text run, narrowed;
    struct VECTOR(struct row) rows;
};

static void take_line(struct stored *stored, struct value line, struct log *log) {
    struct text type = field(stored, line, "type");
    bool found, earlier;
    if (text_is(type, "run")) {
        log->run = field(stored, line, "run");
        log->narrowed = field(stored, line, "narrowed");
        note_narrowed(stored, log->narrowed);
        note_settings(stored, line);
    }
    if (!text_is(type, "cell")) return;
    struct row row = { .outcome = field(stored, line, "outcome"), .record = field(stored, line, "record") };
    struct value flag = value_field(line, TEXT("earlier"), &earlier);
    row.is_earlier = earlier && flag.kind == VALUE_BOOL && flag.boolean;
    row.entry.recipe = field(stored, line, "recipe");
    row.entry.path = field(stored, line, "path");
    row.entry.cell = field(stored, line, "cell");
    row.entry.why = field(stored, line, "message");
    row.entry.skipped = text_is(row.outcome, "skipped");
    row.entry.narrowed = log->narrowed;
    read_axes(stored, line, &row.entry);
    found = false;
    for (size_t i = 0; i < log->rows.count && !found; i++) {
        struct row *known = &log->rows.items[i];
        found = text_equal(known->entry.recipe, row.entry.recipe) && text_equal(known->entry.cell, row.entry.cell);
        if (found) *known = row;
    }
    if (!found) VECTOR_PUSH(&log->rows, row);
}

static void read_log(struct stored *stored, const char *path, struct log *log) {
    FILE *file = fopen(path, "re");
    struct heap *heap = heap_new(0);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while (file && (length = getline(&line, &capacity, file)) > 0) {
        struct value value = value_from_json(heap, text_trim((struct text){ line, (size_t)length }));
        if (value.kind == VALUE_RECORD) take_line(stored, value, log);
        value_release(value);
    }
    free(line);
    if (file) fclose(file);
    heap_free(heap);
}

static struct found *find(struct folder *folder, const struct log *log, const struct report_entry *entry) {
    for (size_t i = 0; i < folder->records.count; i++) {
        struct found *found = &folder->records.items[i];
        if (!found->taken && text_equal(found->run, log->run) && text_equal(found->recipe, entry->recipe) &&
            text_equal(found->cell, entry->cell))
            return found;
    }
    return NULL;
}

/* Whether --record of another run, or of another cell, has since written to the same path. */
static bool is_overwritten(const struct found *found, const struct log *log, const struct report_entry *entry) {
    if (!found->run.length) return false; /* not readable, or without its head: an error by itself */
    bool same = text_equal(found->recipe, entry->recipe) && text_equal(found->cell, entry->cell);
    return !same || (log->run.length && !text_equal(found->run, log->run));
}

/* --record took it elsewhere, or it is gone: the report has that as an error. */
static void place_elsewhere(struct stored *stored, const struct log *log, struct row *row) {
    struct found found = look_at(stored, row->record.bytes);
    if (!is_overwritten(&found, log, &row->entry)) {
        row->entry.record = row->record.bytes;
        return;
    }
    row->entry.lost = true;
    row->entry.why = TEXT("its record was overwritten by another run");
    fprintf(stderr, "aot: %s: the record of another run, %.*s, is there now\n", found.path, TEXT_ARGS(found.run));
    stored->readable = false;
}

/* A cell's record, or the cell without one: what was under way when aot was killed has a record that the log does not know. */
static void place(struct folder *folder, const struct log *log, struct row *row) {
    struct found *found = find(folder, log, &row->entry);
    if (found) {
        found->taken = true;
        add_record(folder->stored, found->path);
        return;
    }
    if (row->is_earlier) return; /* told by its own run */
    if (row->record.length) place_elsewhere(folder->stored, log, row);
    if (!row->entry.record && !row->entry.why.length) row->entry.why = TEXT("the run ended before");
    VECTOR_PUSH(&folder->stored->entries, row->entry);
}

static void add_log(struct folder *folder, const char *path) {
    struct log log = { 0 };
    read_log(folder->stored, path, &log);
    for (size_t i = 0; i < log.rows.count; i++) place(folder, &log, &log.rows.items[i]);
    VECTOR_DONE(&log.rows);
}

/* ---- folders ---- */
static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_log(const FTSENT *entry) {
    return strcmp(entry->fts_name, "run.jsonl") == 0;
}

static void walk_folder(struct folder *folder, const char *path) {
    char *const roots[] = { (char *)path, NULL };
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *entry;
    while (walk && (entry = fts_read(walk))) {
        const char *copy =
            entry->fts_info == FTS_F ? arena_copy(folder->stored->arena, text_of(entry->fts_path)).bytes : NULL;
        if (copy && text_ends(text_of(copy), TEXT(".aotrec")))
            VECTOR_PUSH(&folder->records, look_at(folder->stored, copy));
        else if (copy && is_log(entry))
            VECTOR_PUSH(&folder->logs, copy);
    }
    if (walk) fts_close(walk);
}

/* Records that no log knows come last: they are older than logs, or of another place. */
static bool add_folder(struct stored *stored, const char *path) {
    struct folder folder = { .stored = stored };
    walk_folder(&folder, path);
    size_t before = stored->entries.count;
    for (size_t i = 0; i < folder.logs.count; i++) add_log(&folder, folder.logs.items[i]);
    for (size_t i = 0; i < folder.records.count; i++)
        if (!folder.records.items[i].taken) add_record(stored, folder.records.items[i].path);
    VECTOR_DONE(&folder.records);
    VECTOR_DONE(&folder.logs);
    bool any = stored->entries.count > before;
    if (!any) fprintf(stderr, "aot: %s: there is no record (*.aotrec) below it\n", path);
    return any;
}

bool stored_add(struct stored *stored, const char *path) {
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return add_folder(stored, path);
    look_at(stored, path);
    add_record(stored, path);
    return true;
}

struct text stored_narrowed(const struct stored *stored) {
    struct buffer all = { 0 };
    for (size_t i = 0; i < stored->narrowed.count; i++)
        buffer_printf(&all, "%s%.*s", i ? "; " : "", TEXT_ARGS(stored->narrowed.items[i]));
    struct text text = arena_copy(stored->arena, buffer_text(&all));
    buffer_done(&all);
    return text;
}

void stored_done(struct stored *stored) {
    VECTOR_DONE(&stored->entries);
    VECTOR_DONE(&stored->narrowed);
    arena_free(stored->arena);
}
