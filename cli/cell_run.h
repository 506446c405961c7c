/* One cell from program to rendered verdict: its folders, its record, the machine, the judge, the report. */
#ifndef AOT_CLI_CELL_RUN_H
#define AOT_CLI_CELL_RUN_H
#include "cli/cell_voice.h"
#include "cli/run_session.h"
#include "judge/judge.h"

struct cell_result {
    enum outcome outcome;
    bool environment; /* the environment, or aot itself, broke a promise: status 4 */
};
/* Runs a cell in this process and tells `voice` of it; the last word is its result. */
void cell_run(struct run_session *session, size_t index, const struct cell_voice *voice);
/* In a process of its own: undoes what a cell has left whose process is gone, and says so in its record and its report. */
void cell_bury(struct run_session *session, size_t index, const char *reason, const struct cell_voice *voice);
/* Reads WORD_RESULT. */
bool cell_result_read(struct text text, struct cell_result *result);
#endif
