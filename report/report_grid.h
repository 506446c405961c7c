/* The verdicts of a matrix as a picture: two axes as a table, more as several tables or as counts by value. */
#ifndef AOT_REPORT_REPORT_GRID_H
#define AOT_REPORT_REPORT_GRID_H
#include "base/vector.h"
#include "report/report_cell.h"
#include "report/style.h"

struct grid_cell {
    const struct text *values; /* one for each axis; borrowed */
    enum report_outcome outcome;
};
struct report_grid {
    struct text title;        /* "T4"; may be empty */
    const struct text *names; /* of the axes */
    size_t axis_count;
    struct VECTOR(struct grid_cell) cells;
};
/* "✔", or "+" where the terminal has ASCII only. */
const char *report_glyph(enum report_outcome outcome, bool ascii);
/* For a terminal: nothing when there is no more than one cell. */
void report_grid(const struct report_grid *grid, const struct report_style *style, struct buffer *out);
/* As Markdown: a table when two axes vary, else nothing. */
void report_grid_markdown(const struct report_grid *grid, struct buffer *out);

/* The grids of cells that are read one after the other. */
struct grid_gather {
    struct arena *arena;
    struct VECTOR(struct report_grid) grids; /* one for each recipe */
};
void grid_gather_add(struct grid_gather *gather, const struct report_cell *cell);
void grid_gather_done(struct grid_gather *gather);

/* What both forms need: the axes with more than one value, and their values. */
struct grid_axis {
    size_t axis; /* index */
    struct VECTOR(struct text) values;
    size_t width; /* columns of the longest value */
};
struct grid_axes {
    struct VECTOR(struct grid_axis) list; /* those that vary */
};
struct grid_axes grid_axes_of(const struct report_grid *grid);
void grid_axes_done(struct grid_axes *axes);
/* The cell with these two values, or NULL; `fixed` narrows it to the values of one other cell but for the two axes. */
const struct grid_cell *grid_find(const struct report_grid *grid, const struct grid_axes *axes, size_t row_axis,
                                  size_t row, size_t column_axis, size_t column, const struct grid_cell *fixed);
#endif
