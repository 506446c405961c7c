/* Where a cell writes and what it is called: the same for the process that runs it and for the one that waits for it. */
#ifndef AOT_CLI_CELL_PLACE_H
#define AOT_CLI_CELL_PLACE_H
#include "cli/run_session.h"

struct cell_place {
    size_t number;        /* through all recipes, from 1 */
    struct buffer label;  /* "app=N, size=3"; empty without a matrix */
    struct buffer name;   /* "T4 [app=N, size=3]" */
    struct buffer folder; /* .aot/runs/<id>/<cell> */
    struct buffer record; /* the record's path */
    struct buffer scratch;
    struct buffer guard_id; /* marks its processes, names its journal */
};
void cell_place_find(struct cell_place *place, const struct run_session *session, size_t index);
void cell_place_done(struct cell_place *place);
#endif
