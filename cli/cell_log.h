/* What the programs of a cell said last, from the logs in its folder: for a cell that cannot tell it itself any more. */
#ifndef AOT_CLI_CELL_LOG_H
#define AOT_CLI_CELL_LOG_H
#include "base/buffer.h"

/* Appends the last lines of each log (*.log) of the folder, masked when they were written; nothing where nothing was said. */
void cell_log_tails(const char *folder, struct buffer *out);
#endif
