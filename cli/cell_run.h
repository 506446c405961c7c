/* One cell from program to printed verdict: its folders, its record, the machine, the judge, the report. */
#ifndef AOT_CLI_CELL_RUN_H
#define AOT_CLI_CELL_RUN_H
#include "cli/inputs.h"
#include "judge/judge.h"
#include "report/report_text.h"

/* What all cells of one `aot run` share. */
struct run_session {
    const struct program *program;
    const struct options *options;
    struct inputs inputs;
    struct native_functions functions;
    struct guard *guard;
    struct report_style style;
    struct buffer id;              /* the run's id */
    struct buffer folder;          /* .aot/runs/<id> */
    const char *record_path;       /* --record, or NULL */
    const struct cell_list *cells; /* of the matrix; those not selected too */
    size_t selected;               /* cells that will run */
    uint64_t seed;
    bool keep, quiet;
    bool interrupted; /* Ctrl-C or SIGTERM came: no further cell is begun */
    int signal;       /* which */
};
/* "migration=0001.sql, behind=nothing": files by their last part, where that tells them from the other cells'. */
void cell_label(const struct program *program, const struct cell_list *cells, const struct cell *cell,
                struct buffer *out);
/* The options a machine gets for this session, without record, judge and cell. */
struct run_options session_run_options(struct run_session *session);
/* Runs a cell and prints its report. `internal` is set when aot itself broke a promise (leaked objects). */
enum outcome cell_run(struct run_session *session, const struct cell *cell, size_t number, bool *environment,
                      bool *not_built);
#endif
