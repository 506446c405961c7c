/* What a cell's record says of itself. */
#ifndef AOT_CLI_CELL_HEAD_H
#define AOT_CLI_CELL_HEAD_H
#include "cli/cell_place.h"

void cell_number_meta(struct record *record, const char *key, int64_t number);
/* Recipe, cell, seed, settings, and the texts that the program was made from. */
void cell_describe(const struct run_session *session, const struct cell_place *place, struct record *record);
/* Where the run ended early, for the report. */
void cell_describe_end(struct run *run, struct record *record, struct source_set *sources);
#endif
