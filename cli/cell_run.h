/* One cell from program to printed verdict: its folders, its record, the machine, the judge, the report. */
#ifndef AOT_CLI_CELL_RUN_H
#define AOT_CLI_CELL_RUN_H
#include "cli/run_session.h"
#include "judge/judge.h"

/* Runs a cell and prints its report. `environment` is set when the environment, or aot itself, broke a promise. */
enum outcome cell_run(struct run_session *session, size_t index, bool *environment, bool *not_built);
#endif
