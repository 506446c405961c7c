/* Grids from cells that were read one after the other: one for each recipe in a row. */
#include "report/report_grid.h"

/* Whether the cell is of the recipe whose grid is the last. */
static bool continues(const struct grid_gather *gather, const struct report_cell *cell) {
    if (!gather->grids.count) return false;
    const struct report_grid *last = &gather->grids.items[gather->grids.count - 1];
    return text_equal(last->title, cell->recipe) && last->axis_count == cell->axes.count;
}

void grid_gather_add(struct grid_gather *gather, const struct report_cell *cell) {
    if (!gather->arena) gather->arena = arena_new();
    if (!continues(gather, cell)) {
        struct text *names = ARENA_ARRAY(gather->arena, struct text, cell->axes.count + 1);
        for (size_t i = 0; i < cell->axes.count; i++) names[i] = arena_copy(gather->arena, cell->axes.items[i].name);
        struct report_grid first = { .title = arena_copy(gather->arena, cell->recipe),
                                     .names = names,
                                     .axis_count = cell->axes.count };
        VECTOR_PUSH(&gather->grids, first);
    }
    struct report_grid *grid = &gather->grids.items[gather->grids.count - 1];
    struct text *values = ARENA_ARRAY(gather->arena, struct text, grid->axis_count + 1);
    for (size_t i = 0; i < grid->axis_count; i++) values[i] = arena_copy(gather->arena, cell->axes.items[i].value);
    VECTOR_PUSH(&grid->cells, (struct grid_cell){ values, cell->outcome });
}

void grid_gather_done(struct grid_gather *gather) {
    for (size_t i = 0; i < gather->grids.count; i++) VECTOR_DONE(&gather->grids.items[i].cells);
    VECTOR_DONE(&gather->grids);
    if (gather->arena) arena_free(gather->arena);
}
