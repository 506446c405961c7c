/* aot report: reports from stored records, as `aot run --report` writes them, or for people. */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/compile_file.h"
#include "cli/report_output.h"
#include "cli/stored.h"
#include "report/report_grid.h"
#include "report/report_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options_table[] = {
    { "format", 'f', "NAME", "text, junit, jsonl, github, summary (text)" },
    { "output", 'o', "FILE", "where it goes; - is standard output" },
    { "quiet", 'q', NULL, "as text: only what did not pass" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

/* A cell that has no record is one line. */
static void text_without_record(const struct report_cell *cell, const struct report_style *style, struct buffer *out) {
    struct text outcome = text_of(report_outcome_name(cell->outcome));
    style_append(style, style_of_outcome(outcome), outcome, out);
    buffer_append_string(out, "  ");
    struct buffer name = { 0 };
    buffer_append(&name, cell->recipe);
    if (cell->cell.length) buffer_printf(&name, " [%.*s]", TEXT_ARGS(cell->cell));
    style_append(style, COLOUR_PLAIN, buffer_text(&name), out);
    buffer_append_string(out, "  ");
    style_append(style, COLOUR_FAINT, cell->why, out);
    buffer_append_byte(out, '\n');
    buffer_done(&name);
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
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        if (run->entries[i].record)
            text_cell(run->entries[i].record, style, out);
        else
            text_without_record(&cell, style, out);
        grid_gather_add(&gather, &cell);
        counts.of[cell.outcome]++;
        report_cell_done(&cell);
    }
    for (size_t i = 0; i < gather.grids.count; i++) report_grid(&gather.grids.items[i], style, out);
    grid_gather_done(&gather);
    report_counts_print(&counts, out);
    buffer_append_byte(out, '\n');
    if (run->narrowed.length) buffer_printf(out, "not all was run: %.*s\n", TEXT_ARGS(run->narrowed));
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

static int write_report(const struct options *options, const struct stored *stored) {
    const char *name = option_value(options, "format");
    bool is_text = !name || strcmp(name, "text") == 0;
    const struct report_form *form = is_text ? NULL : report_form_find(text_of(name));
    if (!is_text && !form) {
        fprintf(stderr, "aot: --format %s: there is no such report; there are: text", name);
        for (form = report_forms; form->name; form++) fprintf(stderr, " %s", form->name);
        fputc('\n', stderr);
        return EXIT_STATUS_USAGE;
    }
    struct report_run run = { .entries = stored->entries.items,
                              .count = stored->entries.count,
                              .narrowed = stored_narrowed(stored),
                              .settings = stored->settings };
    bool written =
        is_text ? write_text(&run, options) : report_output_write(form, option_value(options, "output"), &run);
    if (!written) return EXIT_STATUS_ENVIRONMENT;
    return stored->readable ? EXIT_STATUS_PASS : EXIT_STATUS_USAGE;
}

static int report(const struct options *options) {
    if (!options->operands.count) {
        fputs("aot: report wants records: aot report .aot/runs/…\n", stderr);
        return EXIT_STATUS_USAGE;
    }
    struct stored stored;
    stored_begin(&stored);
    bool good = true;
    for (size_t i = 0; i < options->operands.count; i++) good &= stored_add(&stored, options->operands.items[i]);
    int status = good ? write_report(options, &stored) : EXIT_STATUS_USAGE;
    stored_done(&stored);
    return status;
}

const struct command command_report = {
    "report",
    "RECORD…",
    "write reports from stored records",
    options_table,
    report,
    "A folder stands for the records below it, and for the cells that its runs' logs know as not run.\n"
    "exit status: 0 written, whatever the verdicts are; 2 usage, or a record that "
    "cannot be read; 4 it could not be written"
};
