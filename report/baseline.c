/* The baseline's file: read, updated section by section, written, compared. A section that was not measured again is
 * written as it was read, so that what people add to it stays. */
#include "report/baseline.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define TITLE "# Performance baseline"

static const char preamble[] = TITLE
    "\n\n"
    "Kept by `aot run --baseline`. Later runs are compared with it, as ratios for people; no verdict comes from it.\n"
    "Latency counts from the intended start. A gap is the longest time in which no pass ended.\n";

void baseline_begin(struct baseline *baseline) {
    *baseline = (struct baseline){ .arena = arena_new(), .preamble = TEXT(preamble) };
}

void baseline_done(struct baseline *baseline) {
    for (size_t i = 0; i < baseline->cells.count; i++) VECTOR_DONE(&baseline->cells.items[i].rows);
    VECTOR_DONE(&baseline->cells);
    arena_free(baseline->arena);
}

/* ---- reading ---- */
struct reading {
    struct baseline *baseline;
    struct baseline_cell *cell; /* of the section; NULL before the first */
    const char *section;        /* where its heading begins */
    size_t line;
    struct buffer *reason;
};

static bool refuse(struct reading *reading, const char *what) {
    buffer_printf(reading->reason, "line %zu: %s", reading->line, what);
    return false;
}

static void end_section(struct reading *reading, const char *end) {
    struct text source = { reading->section, (size_t)(end - reading->section) };
    if (reading->cell)
        reading->cell->source = arena_copy(reading->baseline->arena, source);
    else
        reading->baseline->preamble = arena_copy(reading->baseline->arena, source);
    reading->section = end;
}

static bool read_fact(struct text line, const char *key, struct arena *arena, struct text *value) {
    struct text begin = text_of(key);
    if (!text_starts(line, begin)) return false;
    *value = arena_copy(arena, text_trim(text_slice(line, begin.length, SIZE_MAX)));
    return true;
}

/* The next of "| a | b |"; false behind the last. */
static bool next_cell(struct text *rest, struct text *cell) {
    size_t bar = text_find(*rest, TEXT("|"));
    if (bar == SIZE_MAX) return false;
    *cell = text_trim(text_slice(*rest, 0, bar));
    *rest = text_slice(*rest, bar + 1, SIZE_MAX);
    return true;
}

static bool read_row(struct reading *reading, struct text line) {
    struct arena *arena = reading->baseline->arena;
    struct text rest = text_slice(line, 1, SIZE_MAX), cells[7];
    size_t count = 0;
    while (count < 7 && next_cell(&rest, &cells[count])) count++;
    if (count < 7) return refuse(reading, "a row has seven columns: load, phase, passes, p50, p99, max, gap");
    if (text_is(cells[0], "load") || text_starts(cells[0], TEXT("--"))) return true;
    struct baseline_row row = { .load = arena_copy(arena, cells[0]), .phase = arena_copy(arena, cells[1]) };
    row.passes = strtoull(arena_copy(arena, cells[2]).bytes, NULL, 10);
    int64_t *const figures[] = { &row.p50, &row.p99, &row.most, &row.gap };
    for (size_t i = 0; i < 4; i++)
        if (!duration_parse(cells[3 + i], figures[i])) return refuse(reading, "columns 4 to 7 are durations: 1.5ms");
    VECTOR_PUSH(&reading->cell->rows, row);
    return true;
}

static bool read_line(struct reading *reading, struct text line, const char *begin) {
    struct arena *arena = reading->baseline->arena;
    struct baseline_cell *cell = reading->cell;
    if (text_starts(line, TEXT("## "))) {
        end_section(reading, begin);
        struct text name = arena_copy(arena, text_trim(text_slice(line, 3, SIZE_MAX)));
        VECTOR_PUSH(&reading->baseline->cells, (struct baseline_cell){ .name = name });
        reading->cell = &reading->baseline->cells.items[reading->baseline->cells.count - 1];
        return true;
    }
    if (!cell) return true;
    if (line.length && line.bytes[0] == '|') return read_row(reading, line);
    (void)(read_fact(line, "- made:", arena, &cell->made) || read_fact(line, "- machine:", arena, &cell->machine) ||
           read_fact(line, "- versions:", arena, &cell->versions) ||
           read_fact(line, "- inputs:", arena, &cell->inputs));
    return true;
}

bool baseline_read(struct baseline *baseline, struct text file, struct buffer *reason) {
    struct reading reading = { .baseline = baseline, .section = file.bytes, .line = 1, .reason = reason };
    if (!text_starts(file, TEXT(TITLE))) return refuse(&reading, "it does not begin with `" TITLE "`");
    for (struct text rest = file; rest.length; reading.line++) {
        size_t end = text_find(rest, TEXT("\n"));
        if (!read_line(&reading, text_slice(rest, 0, end), rest.bytes)) return false;
        rest = end == SIZE_MAX ? TEXT_NONE : text_slice(rest, end + 1, SIZE_MAX);
    }
    end_section(&reading, file.bytes + file.length);
    return true;
}

/* ---- updating ---- */
const struct baseline_cell *baseline_find(const struct baseline *baseline, struct text name) {
    for (size_t i = 0; i < baseline->cells.count; i++)
        if (text_equal(baseline->cells.items[i].name, name)) return &baseline->cells.items[i];
    return NULL;
}

static struct baseline_cell copied(const struct baseline_cell *cell) {
    struct baseline_cell copy = *cell;
    memset(&copy.rows, 0, sizeof copy.rows);
    for (size_t i = 0; i < cell->rows.count; i++) VECTOR_PUSH(&copy.rows, cell->rows.items[i]);
    return copy;
}

void baseline_update(struct baseline *kept, const struct baseline *now) {
    for (size_t i = 0; i < now->cells.count; i++) {
        struct baseline_cell copy = copied(&now->cells.items[i]);
        const struct baseline_cell *old = baseline_find(kept, copy.name);
        if (old) {
            struct baseline_cell *place = &kept->cells.items[old - kept->cells.items];
            VECTOR_DONE(&place->rows);
            *place = copy;
        } else {
            VECTOR_PUSH(&kept->cells, copy);
        }
    }
}

/* ---- writing ---- */
/* Three figures say enough, and change less from run to run. */
static int64_t rounded(int64_t nanoseconds) {
    int64_t unit = 1;
    while (nanoseconds / unit >= 1000) unit *= 10;
    return (nanoseconds + unit / 2) / unit * unit;
}

/* On one line, and no table's end. */
static void append_line(struct buffer *out, struct text text) {
    for (size_t i = 0; i < text.length; i++)
        buffer_append_byte(out, (unsigned char)text.bytes[i] < 0x20 ? ' ' : text.bytes[i]);
}

static void write_fact(struct buffer *out, const char *key, struct text value) {
    if (!value.length) return;
    buffer_printf(out, "- %s: ", key);
    append_line(out, value);
    buffer_append_byte(out, '\n');
}

static void write_cell(const struct baseline_cell *cell, struct buffer *out) {
    if (cell->source.length) {
        buffer_append(out, cell->source);
        return;
    }
    buffer_append_string(out, "## ");
    append_line(out, cell->name);
    buffer_append_string(out, "\n\n");
    write_fact(out, "made", cell->made);
    write_fact(out, "machine", cell->machine);
    write_fact(out, "versions", cell->versions);
    write_fact(out, "inputs", cell->inputs);
    buffer_append_string(out, "\n| load | phase | passes | p50 | p99 | max | gap |\n|---|---|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < cell->rows.count; i++) {
        const struct baseline_row *row = &cell->rows.items[i];
        buffer_printf(out, "| %.*s | %.*s | %llu", TEXT_ARGS(row->load), TEXT_ARGS(row->phase),
                      (unsigned long long)row->passes);
        const int64_t figures[] = { row->p50, row->p99, row->most, row->gap };
        for (size_t k = 0; k < 4; k++) {
            buffer_append_string(out, " | ");
            duration_print(out, rounded(figures[k]));
        }
        buffer_append_string(out, " |\n");
    }
    buffer_append_byte(out, '\n');
}

void baseline_write(const struct baseline *baseline, struct buffer *out) {
    buffer_append(out, baseline->preamble);
    if (!text_ends(baseline->preamble, TEXT("\n\n"))) buffer_append_byte(out, '\n');
    for (size_t i = 0; i < baseline->cells.count; i++) {
        write_cell(&baseline->cells.items[i], out);
        if (!text_ends(buffer_text(out), TEXT("\n\n"))) buffer_append_byte(out, '\n');
    }
    while (out->length > 1 && text_ends(buffer_text(out), TEXT("\n\n"))) out->bytes[--out->length] = 0;
}
