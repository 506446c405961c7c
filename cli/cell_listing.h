/* `aot run --list`. */
#ifndef AOT_CLI_CELL_LISTING_H
#define AOT_CLI_CELL_LISTING_H
#include "cli/run_session.h"

/* For people: a line a cell. */
void cell_listing_print(const struct course *course);
/* For machines: one JSON object. */
void cell_listing_print_json(const struct course *course);
/* "cover pairwise: 12 of 27 cells; each of 27 pairs stands in 1 to 3 of them"; nothing without `cover`. */
void cell_listing_proof(const struct run_session *session, struct buffer *out);
#endif
