/* What a person calls a cell. */
#ifndef AOT_CLI_CELL_LABEL_H
#define AOT_CLI_CELL_LABEL_H
#include "vm/run.h"

/* "migration=0001.sql, behind=nothing": files by their last part, where that tells them from the other cells'. */
void cell_label(const struct program *program, const struct cell_list *cells, const struct cell *cell,
                struct buffer *out);
/* "0001.sql": the value of one axis, in the same way. */
void cell_axis_value(const struct cell_list *cells, const struct cell *cell, uint32_t axis, struct buffer *out);
#endif
