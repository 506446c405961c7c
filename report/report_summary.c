/* Markdown for a step summary: counts, the grid, and what did not pass with its explanation folded away. GitHub takes a MiB of it. */
#include "report/report_form.h"
#include "report/report_grid.h"

#include "base/clock.h"

enum { SIZE_MAXIMUM = 900 * 1024, EXPLANATION_MAXIMUM = 8 * 1024, CELLS_MAXIMUM = 100 };

/* In a table or a heading: nothing in it is Markdown or HTML. */
static void escape(struct text text, struct buffer *out) {
    for (size_t i = 0, length; i < text.length; i += length) {
        int32_t point;
        length = text_point(text, i, &point);
        if (point == '<' || point == '>' || point == '&')
            buffer_printf(out, "&#%d;", (int)point);
        else if (point == '|' || point == '`' || point == '*' || point == '_' || point == '[' || point == ']' ||
                 point == '\\' || point == '~' || point == '#' || point == '!')
            buffer_printf(out, "\\%c", (int)point);
        else if (point < 0x20)
            buffer_append_byte(out, ' ');
        else
            buffer_append(out, text_slice(text, i, length));
    }
}

/* Between HTML's tags nothing is Markdown. */
static void escape_html(struct text text, struct buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (byte == '<' || byte == '>' || byte == '&')
            buffer_printf(out, "&#%d;", byte);
        else
            buffer_append_byte(out, (unsigned char)byte < 0x20 ? ' ' : byte);
    }
}

/* A fence that is longer than any in the text. */
static void fenced(struct text text, struct buffer *out) {
    size_t longest = 2, now = 0;
    for (size_t i = 0; i < text.length; i++) {
        now = text.bytes[i] == '`' ? now + 1 : 0;
        if (now > longest) longest = now;
    }
    buffer_append_repeat(out, '`', longest + 1);
    buffer_append_string(out, "text\n");
    for (size_t i = 0; i < text.length && i < EXPLANATION_MAXIMUM; i++)
        buffer_append_byte(out, (unsigned char)text.bytes[i] < 0x20 && text.bytes[i] != '\n' ? ' ' : text.bytes[i]);
    if (text.length > EXPLANATION_MAXIMUM) buffer_append_string(out, "\n… (cut)");
    buffer_append_byte(out, '\n');
    buffer_append_repeat(out, '`', longest + 1);
    buffer_append_byte(out, '\n');
}

static const char *emoji(enum report_outcome outcome) {
    static const char *const signs[] = { "❌", "💥", "❓", "➖", "⚪", "✅" };
    return signs[outcome];
}

static void assertion(const struct report_assertion *assertion, struct buffer *out) {
    if (assertion->outcome == REPORT_PASS) return;
    const struct verdict_row *row = &assertion->rows.items[0];
    buffer_printf(out, "\n%s **", report_outcome_name(assertion->outcome));
    if (assertion->rules.length) {
        escape(assertion->rules, out);
        buffer_append_byte(out, ' ');
    }
    escape(assertion->title, out);
    buffer_append_string(out, "**");
    if (row->file.length) {
        buffer_append_string(out, " (");
        escape(row->file, out);
        buffer_printf(out, ":%u)", row->line);
    }
    if (row->reason.length) {
        buffer_append_string(out, ": ");
        escape(row->reason, out);
    }
    buffer_append_string(out, "\n\n");
    fenced(row->explanation, out);
}

static void deaths(const struct report_cell *cell, struct buffer *out) {
    if (!cell->death_count) return;
    struct buffer text = { 0 };
    for (size_t i = 0; i < cell->deaths.count; i++) {
        if (i) buffer_append_byte(&text, '\n');
        report_death_print(&cell->deaths.items[i], &text);
    }
    if (cell->death_count > cell->deaths.count)
        buffer_printf(&text, "\n… and %zu more in the record", cell->death_count - cell->deaths.count);
    buffer_append_byte(out, '\n');
    fenced(buffer_text(&text), out);
    buffer_done(&text);
}

static void cell_details(const struct report_cell *cell, struct buffer *out) {
    buffer_printf(out, "\n<details><summary>%s ", emoji(cell->outcome));
    escape_html(report_cell_name(cell), out);
    buffer_printf(out, " %s", report_outcome_name(cell->outcome));
    if (cell->duration) {
        buffer_append_string(out, " in ");
        duration_print(out, cell->duration);
    }
    buffer_append_string(out, "</summary>\n");
    if (report_cell_has_trouble(cell)) {
        buffer_append_byte(out, '\n');
        fenced(report_cell_trouble(cell), out);
    }
    for (size_t i = 0; i < cell->assertions.count; i++) assertion(&cell->assertions.items[i], out);
    deaths(cell, out);
    if (cell->record.length) {
        buffer_append_string(out, "\nAgain from its record:\n\n");
        struct buffer command = { 0 };
        buffer_printf(&command, "aot judge %.*s", TEXT_ARGS(cell->record));
        fenced(buffer_text(&command), out);
        buffer_done(&command);
    }
    buffer_append_string(out, "\n</details>\n");
}

void report_grid_markdown(const struct report_grid *grid, struct buffer *out) {
    struct grid_axes axes = grid_axes_of(grid);
    if (axes.list.count == 2) {
        const struct grid_axis *down = &axes.list.items[0], *across = &axes.list.items[1];
        buffer_append_string(out, "\n| ");
        escape(grid->names[down->axis], out);
        buffer_append_string(out, " \\\\ ");
        escape(grid->names[across->axis], out);
        for (size_t c = 0; c < across->values.count; c++) {
            buffer_append_string(out, " | ");
            escape(across->values.items[c], out);
        }
        buffer_append_string(out, " |\n|---");
        for (size_t c = 0; c < across->values.count; c++) buffer_append_string(out, "|:-:");
        buffer_append_string(out, "|\n");
        for (size_t r = 0; r < down->values.count; r++) {
            buffer_append_string(out, "| ");
            escape(down->values.items[r], out);
            for (size_t c = 0; c < across->values.count; c++) {
                const struct grid_cell *cell = grid_find(grid, &axes, 0, r, 1, c, NULL);
                buffer_printf(out, " | %s", cell ? emoji(cell->outcome) : "");
            }
            buffer_append_string(out, " |\n");
        }
    }
    grid_axes_done(&axes);
}

void report_summary(const struct report_run *run, struct buffer *out) {
    struct report_counts counts = { .cells = run->count };
    struct grid_gather gather = { 0 };
    struct buffer details = { 0 };
    size_t left_out = 0, shown = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct report_cell cell;
        report_cell_read(&cell, &run->entries[i]);
        counts.of[cell.outcome]++;
        grid_gather_add(&gather, &cell);
        if (cell.outcome != REPORT_PASS || cell.death_count) {
            bool fits = shown < CELLS_MAXIMUM && details.length < SIZE_MAXIMUM;
            if (fits) cell_details(&cell, &details);
            shown += fits;
            left_out += !fits;
        }
        report_cell_done(&cell);
    }
    bool good = counts.of[REPORT_PASS] == counts.cells && counts.cells;
    buffer_printf(out, "### %s aot: ",
                  emoji(good                     ? REPORT_PASS
                        : counts.of[REPORT_FAIL] ? REPORT_FAIL
                                                 : REPORT_INCONCLUSIVE));
    report_counts_print(&counts, out);
    buffer_append_byte(out, '\n');
    if (run->narrowed.length) {
        buffer_append_string(out, "\nNot all was run: ");
        escape(run->narrowed, out);
        buffer_append_byte(out, '\n');
    }
    for (size_t i = 0; i < gather.grids.count; i++) report_grid_markdown(&gather.grids.items[i], out);
    buffer_append(out, buffer_text(&details));
    if (left_out) buffer_printf(out, "\n… and %zu more cells\n", left_out);
    buffer_done(&details);
    grid_gather_done(&gather);
}
