/* The grid for a terminal. What does not fit its width is turned, and else counted by value: a table that wraps says nothing. */
#include "report/report_grid.h"

enum { TABLES_MAXIMUM = 6, ROWS_MAXIMUM = 40, GAP = 2 };

const char *report_glyph(enum report_outcome outcome, bool ascii) {
    switch (outcome) {
    case REPORT_PASS: return ascii ? "+" : "✔";
    case REPORT_FAIL: return ascii ? "X" : "✘";
    case REPORT_INCONCLUSIVE: return "?";
    case REPORT_ERROR: return "!";
    case REPORT_NOT_RUN: return ascii ? "-" : "–";
    case REPORT_SKIPPED: return ascii ? "o" : "○";
    }
    return "!";
}

struct drawing {
    const struct report_grid *grid;
    const struct report_style *style;
    struct grid_axes axes;
    struct buffer *out;
};

static enum report_colour colour_of(enum report_outcome outcome) {
    if (outcome == REPORT_NOT_RUN || outcome == REPORT_SKIPPED) return COLOUR_FAINT;
    return style_of_outcome(text_of(report_outcome_name(outcome)));
}

static void glyph(const struct drawing *drawing, enum report_outcome outcome) {
    style_append(drawing->style, colour_of(outcome), text_of(report_glyph(outcome, drawing->style->ascii)),
                 drawing->out);
}

static struct text shown(struct text value) {
    return value.length ? value : TEXT("\"\"");
}

static void padded(const struct drawing *drawing, enum report_colour colour, struct text text, size_t width) {
    style_append(drawing->style, colour, text, drawing->out);
    size_t columns = text_columns(text);
    if (columns < width) buffer_append_repeat(drawing->out, ' ', width - columns);
}

static const struct grid_axis *axis_at(const struct drawing *drawing, size_t index) {
    return &drawing->axes.list.items[index];
}

static struct text name_of(const struct drawing *drawing, size_t index) {
    return drawing->grid->names[axis_at(drawing, index)->axis];
}

/* ---- two axes ---- */
static size_t head_width(const struct drawing *drawing, size_t rows, size_t columns) {
    struct text row = name_of(drawing, rows), column = name_of(drawing, columns);
    size_t head = text_columns(row) + 3 + text_columns(column); /* "app \ db" */
    return head > axis_at(drawing, rows)->width ? head : axis_at(drawing, rows)->width;
}

static size_t table_width(const struct drawing *drawing, size_t rows, size_t columns) {
    size_t width = 2 + head_width(drawing, rows, columns);
    for (size_t i = 0; i < axis_at(drawing, columns)->values.count; i++)
        width += GAP + text_columns(shown(axis_at(drawing, columns)->values.items[i]));
    return width;
}

static void table(const struct drawing *drawing, size_t rows, size_t columns, const struct grid_cell *fixed) {
    const struct grid_axis *down = axis_at(drawing, rows), *across = axis_at(drawing, columns);
    size_t head = head_width(drawing, rows, columns);
    struct buffer corner = { 0 };
    buffer_printf(&corner, "%.*s \\ %.*s", TEXT_ARGS(name_of(drawing, rows)), TEXT_ARGS(name_of(drawing, columns)));
    buffer_append_string(drawing->out, "  ");
    padded(drawing, COLOUR_FAINT, buffer_text(&corner), head);
    buffer_done(&corner);
    for (size_t c = 0; c < across->values.count; c++) {
        buffer_append_string(drawing->out, "  ");
        style_append(drawing->style, COLOUR_STRONG, shown(across->values.items[c]), drawing->out);
    }
    for (size_t r = 0; r < down->values.count; r++) {
        buffer_append_string(drawing->out, "\n  ");
        padded(drawing, COLOUR_STRONG, shown(down->values.items[r]), head);
        size_t waiting = 0; /* blanks to the right of a glyph are only written when another follows */
        for (size_t c = 0; c < across->values.count; c++) {
            const struct grid_cell *cell = grid_find(drawing->grid, &drawing->axes, rows, r, columns, c, fixed);
            size_t width = text_columns(shown(across->values.items[c])), left = (width - 1) / 2;
            waiting += GAP + left;
            if (cell) buffer_append_repeat(drawing->out, ' ', waiting);
            if (cell) glyph(drawing, cell->outcome);
            waiting = cell ? width - left - 1 : waiting + width - left;
        }
    }
    buffer_append_byte(drawing->out, '\n');
}

static bool fits(const struct drawing *drawing, size_t rows, size_t columns) {
    return table_width(drawing, rows, columns) <= drawing->style->width &&
           axis_at(drawing, rows)->values.count <= ROWS_MAXIMUM;
}

/* Which of two axes goes down and which across: the later across, where that fits. False: neither fits. */
static bool turn(const struct drawing *drawing, size_t *rows, size_t *columns) {
    if (fits(drawing, *rows, *columns)) return true;
    size_t swapped = *rows;
    *rows = *columns;
    *columns = swapped;
    return fits(drawing, *rows, *columns);
}

/* ---- one axis: "  size  ✔ 1MiB  ✘ 2MiB" ---- */
static void line(const struct drawing *drawing) {
    struct text name = name_of(drawing, 0);
    size_t begin = 2 + text_columns(name), used = begin;
    buffer_append_string(drawing->out, "  ");
    style_append(drawing->style, COLOUR_FAINT, name, drawing->out);
    for (size_t i = 0; i < drawing->grid->cells.count; i++) {
        const struct grid_cell *cell = &drawing->grid->cells.items[i];
        struct text value = shown(cell->values[axis_at(drawing, 0)->axis]);
        size_t width = GAP + 2 + text_columns(value);
        if (used + width > drawing->style->width && used > begin) {
            buffer_append_byte(drawing->out, '\n');
            buffer_append_repeat(drawing->out, ' ', begin);
            used = begin;
        }
        buffer_append_string(drawing->out, "  ");
        glyph(drawing, cell->outcome);
        buffer_append_byte(drawing->out, ' ');
        style_append(drawing->style, COLOUR_PLAIN, value, drawing->out);
        used += width;
    }
    buffer_append_byte(drawing->out, '\n');
}

/* ---- many axes: by each value how many came to what ---- */
static void count_value(const struct drawing *drawing, size_t axis, struct text value) {
    size_t of[REPORT_PASS + 1] = { 0 };
    for (size_t i = 0; i < drawing->grid->cells.count; i++)
        if (text_equal(drawing->grid->cells.items[i].values[axis_at(drawing, axis)->axis], value))
            of[drawing->grid->cells.items[i].outcome]++;
    for (int outcome = REPORT_PASS; outcome >= REPORT_FAIL; outcome--) {
        if (!of[outcome]) continue;
        struct buffer part = { 0 };
        buffer_printf(&part, "%s %zu %s", report_glyph((enum report_outcome)outcome, drawing->style->ascii),
                      of[outcome], report_outcome_name((enum report_outcome)outcome));
        buffer_append_string(drawing->out, "  ");
        style_append(drawing->style, colour_of((enum report_outcome)outcome), buffer_text(&part), drawing->out);
        buffer_done(&part);
    }
}

static void counts(const struct drawing *drawing) {
    size_t names = 0, values = 0;
    for (size_t i = 0; i < drawing->axes.list.count; i++) {
        size_t width = text_columns(name_of(drawing, i));
        if (width > names) names = width;
        if (axis_at(drawing, i)->width > values) values = axis_at(drawing, i)->width;
    }
    for (size_t i = 0; i < drawing->axes.list.count; i++) {
        for (size_t k = 0; k < axis_at(drawing, i)->values.count; k++) {
            struct text value = axis_at(drawing, i)->values.items[k];
            buffer_append_string(drawing->out, "  ");
            padded(drawing, COLOUR_FAINT, k ? TEXT_NONE : name_of(drawing, i), names);
            buffer_append_string(drawing->out, "  ");
            padded(drawing, COLOUR_STRONG, shown(value), values);
            count_value(drawing, i, value);
            buffer_append_byte(drawing->out, '\n');
        }
    }
}

/* ---- three axes and more: a table for each combination of the first ones, if those are few ---- */
/* Whether an earlier cell has the same values in all varying axes but the last two. */
static bool begins_table(const struct drawing *drawing, size_t index) {
    for (size_t i = 0; i < index; i++) {
        bool same = true;
        for (size_t a = 0; a + 2 < drawing->axes.list.count && same; a++) {
            size_t axis = axis_at(drawing, a)->axis;
            same =
                text_equal(drawing->grid->cells.items[i].values[axis], drawing->grid->cells.items[index].values[axis]);
        }
        if (same) return false;
    }
    return true;
}

static size_t table_count(const struct drawing *drawing) {
    size_t count = 0;
    for (size_t i = 0; i < drawing->grid->cells.count && count <= TABLES_MAXIMUM; i++)
        count += begins_table(drawing, i);
    return count;
}

static void table_title(const struct drawing *drawing, const struct grid_cell *cell) {
    buffer_append_string(drawing->out, "  ");
    for (size_t a = 0; a + 2 < drawing->axes.list.count; a++) {
        struct buffer part = { 0 };
        buffer_printf(&part, "%s%.*s=%.*s", a ? ", " : "", TEXT_ARGS(name_of(drawing, a)),
                      TEXT_ARGS(shown(cell->values[axis_at(drawing, a)->axis])));
        style_append(drawing->style, COLOUR_PLAIN, buffer_text(&part), drawing->out);
        buffer_done(&part);
    }
    buffer_append_byte(drawing->out, '\n');
}

static void tables(const struct drawing *drawing, size_t rows, size_t columns) {
    for (size_t i = 0; i < drawing->grid->cells.count; i++) {
        const struct grid_cell *cell = &drawing->grid->cells.items[i];
        if (!begins_table(drawing, i)) continue;
        if (drawing->axes.list.count > 2) table_title(drawing, cell);
        table(drawing, rows, columns, cell);
    }
}

/* What the glyphs mean that occur. */
static void legend(const struct drawing *drawing) {
    bool occurs[REPORT_PASS + 1] = { false };
    for (size_t i = 0; i < drawing->grid->cells.count; i++) occurs[drawing->grid->cells.items[i].outcome] = true;
    for (int outcome = REPORT_PASS; outcome >= REPORT_FAIL; outcome--) {
        if (!occurs[outcome]) continue;
        buffer_append_string(drawing->out, "  ");
        glyph(drawing, (enum report_outcome)outcome);
        buffer_append_byte(drawing->out, ' ');
        style_append(drawing->style, COLOUR_FAINT, text_of(report_outcome_name((enum report_outcome)outcome)),
                     drawing->out);
    }
    buffer_append_byte(drawing->out, '\n');
}

void report_grid(const struct report_grid *grid, const struct report_style *style, struct buffer *out) {
    struct drawing drawing = { .grid = grid, .style = style, .axes = grid_axes_of(grid), .out = out };
    size_t varying = drawing.axes.list.count, rows = varying - 2, columns = varying - 1;
    if (varying && grid->title.length) {
        style_append(style, COLOUR_STRONG, grid->title, out);
        buffer_append_byte(out, '\n');
    }
    if (varying == 1) {
        line(&drawing);
    } else if (varying && (varying == 2 || table_count(&drawing) <= TABLES_MAXIMUM) &&
               turn(&drawing, &rows, &columns)) {
        tables(&drawing, rows, columns);
        legend(&drawing);
    } else if (varying) {
        counts(&drawing);
    }
    grid_axes_done(&drawing.axes);
}
