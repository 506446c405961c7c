/* aot report: reports from stored records, as `aot run --report` writes them, or for people. */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/report_output.h"
#include "report/report_grid.h"
#include "report/report_text.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "format", 'f', "NAME", "text, junit, jsonl, github, summary (text)" },
    { "output", 'o', "FILE", "where it goes; - is standard output" },
    { "quiet", 'q', NULL, "as text: only what did not pass" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

struct records {
    struct VECTOR(char *) paths; /* owned */
};

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder stands for the records below it. */
static bool add_folder(struct records *records, const char *path) {
    char *const roots[] = { (char *)path, NULL };
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    size_t before = records->paths.count;
    FTSENT *entry;
    while (walk && (entry = fts_read(walk)))
        if (entry->fts_info == FTS_F && text_ends(text_of(entry->fts_path), TEXT(".aotrec")))
            VECTOR_PUSH(&records->paths, memory_copy(entry->fts_path, strlen(entry->fts_path)));
    if (walk) fts_close(walk);
    size_t found = records->paths.count - before;
    if (found) qsort(records->paths.items + before, found, sizeof(char *), compare_paths);
    if (!found) fprintf(stderr, "aot: %s: there is no record (*.aotrec) below it\n", path);
    return found > 0;
}

static bool add(struct records *records, const char *path) {
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return add_folder(records, path);
    VECTOR_PUSH(&records->paths, memory_copy(path, strlen(path)));
    return true;
}

/* What cannot be read is said here: the report has it as an error. */
static bool all_readable(const struct report_run *run) {
    bool good = true;
    for (size_t i = 0; i < run->count; i++) {
        char *error = NULL;
        struct record *record = record_open(run->entries[i].record, &error);
        if (record)
            record_close(record, NULL);
        else
            fprintf(stderr, "aot: %s: %s\n", run->entries[i].record, error);
        good &= record != NULL;
        memory_release(error);
    }
    return good;
}

static void text_cell(const char *path, const struct report_style *style, struct buffer *out) {
    char *error = NULL;
    struct record *record = record_open(path, &error);
    if (record) {
        report_text_cell(record, style, out);
        report_text_outcome(record, text_of(path), style, out);
        record_close(record, NULL);
    }
    memory_release(error);
}

static void text_form(const struct report_run *run, const struct report_style *style, struct buffer *out) {
    struct grid_gather gather = { 0 };
    struct report_counts counts = { .cells = run->count };
    for (size_t i = 0; i < run->count; i++) {
        text_cell(run->entries[i].record, style, out);
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        grid_gather_add(&gather, &cell);
        counts.of[cell.outcome]++;
        report_cell_done(&cell);
    }
    for (size_t i = 0; i < gather.grids.count; i++) report_grid(&gather.grids.items[i], style, out);
    grid_gather_done(&gather);
    report_counts_print(&counts, out);
    buffer_append_byte(out, '\n');
}

static bool write_text(const struct report_run *run, const struct options *options) {
    const char *path = option_value(options, "output");
    FILE *file = path && strcmp(path, "-") != 0 ? fopen(path, "we") : stdout;
    if (!file) {
        perror(path);
        return false;
    }
    struct report_style style = { .colour = file == stdout && wants_colour(STDOUT_FILENO),
                                  .quiet = option_given(options, "quiet"),
                                  .width = 110 };
    struct buffer out = { 0 };
    text_form(run, &style, &out);
    bool good = fwrite(out.bytes, 1, out.length, file) == out.length;
    if (file != stdout) good &= fclose(file) == 0;
    buffer_done(&out);
    return good;
}

static int write_report(const struct options *options, const struct records *records) {
    const char *name = option_value(options, "format");
    bool is_text = !name || strcmp(name, "text") == 0;
    const struct report_form *form = is_text ? NULL : report_form_find(text_of(name));
    if (!is_text && !form) {
        fprintf(stderr, "aot: --format %s: there is no such report; there are: text", name);
        for (form = report_forms; form->name; form++) fprintf(stderr, " %s", form->name);
        fputc('\n', stderr);
        return EXIT_STATUS_USAGE;
    }
    struct report_entry *entries = memory_allocate((records->paths.count + 1) * sizeof *entries);
    for (size_t i = 0; i < records->paths.count; i++)
        entries[i] = (struct report_entry){ .record = records->paths.items[i] };
    struct report_run run = { .entries = entries, .count = records->paths.count };
    bool readable = all_readable(&run);
    bool written =
        is_text ? write_text(&run, options) : report_output_write(form, option_value(options, "output"), &run);
    memory_release(entries);
    if (!written) return EXIT_STATUS_ENVIRONMENT;
    return readable ? EXIT_STATUS_PASS : EXIT_STATUS_USAGE;
}

static int report(const struct options *options) {
    if (!options->operands.count) {
        fputs("aot: report wants records: aot report .aot/runs/…\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    struct records records = { 0 };
    bool good = true;
    for (size_t i = 0; i < options->operands.count; i++) good &= add(&records, options->operands.items[i]);
    int status = good ? write_report(options, &records) : EXIT_STATUS_USAGE;
    for (size_t i = 0; i < records.paths.count; i++) memory_release(records.paths.items[i]);
    VECTOR_DONE(&records.paths);
    return status;
}

const struct command command_report = { "report",
                                        "RECORD…",
                                        "write reports from stored records",
                                        options_table,
                                        report,
                                        "A folder stands for the records below it; what was not run has none.\n"
                                        "exit status: 0 written, whatever the verdicts are; 2 usage, or a record that "
                                        "cannot be read; 4 it could not be written" };
