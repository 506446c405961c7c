/* Which axes of a grid vary, over which values; and which cell stands where. */
#include "report/report_grid.h"

static void add_value(struct grid_axis *axis, struct text value) {
    for (size_t i = 0; i < axis->values.count; i++)
        if (text_equal(axis->values.items[i], value)) return;
    VECTOR_PUSH(&axis->values, value);
    size_t width = text_columns(value.length ? value : TEXT("\"\""));
    if (width > axis->width) axis->width = width;
}

struct grid_axes grid_axes_of(const struct report_grid *grid) {
    struct grid_axes axes = { 0 };
    for (size_t i = 0; i < grid->axis_count; i++) {
        struct grid_axis axis = { .axis = i };
        for (size_t k = 0; k < grid->cells.count; k++) add_value(&axis, grid->cells.items[k].values[i]);
        if (axis.values.count > 1)
            VECTOR_PUSH(&axes.list, axis);
        else
            VECTOR_DONE(&axis.values);
    }
    return axes;
}

void grid_axes_done(struct grid_axes *axes) {
    for (size_t i = 0; i < axes->list.count; i++) VECTOR_DONE(&axes->list.items[i].values);
    VECTOR_DONE(&axes->list);
}

/* Whether the cell has the values of `fixed` in all axes but these two. */
static bool agrees(const struct report_grid *grid, const struct grid_cell *cell, const struct grid_cell *fixed,
                   size_t a, size_t b) {
    for (size_t i = 0; i < grid->axis_count && fixed; i++)
        if (i != a && i != b && !text_equal(cell->values[i], fixed->values[i])) return false;
    return true;
}

const struct grid_cell *grid_find(const struct report_grid *grid, const struct grid_axes *axes, size_t row_axis,
                                  size_t row, size_t column_axis, size_t column, const struct grid_cell *fixed) {
    const struct grid_axis *rows = &axes->list.items[row_axis], *columns = &axes->list.items[column_axis];
    for (size_t i = 0; i < grid->cells.count; i++) {
        const struct grid_cell *cell = &grid->cells.items[i];
        if (text_equal(cell->values[rows->axis], rows->values.items[row]) &&
            text_equal(cell->values[columns->axis], columns->values.items[column]) &&
            agrees(grid, cell, fixed, rows->axis, columns->axis))
            return cell;
    }
    return NULL;
}
