/* What a person sees while cells run: on a terminal a line for each that changes, in a log plain lines and a heartbeat. */
#ifndef AOT_CLI_PROGRESS_H
#define AOT_CLI_PROGRESS_H
#include "base/vector.h"
#include "base/buffer.h"

/* A cell that runs. */
struct progress_cell {
    struct text name;           /* "T4 [app=N]"; owned by the caller */
    struct buffer stage, phase; /* "run", and the innermost phase */
    int64_t began;              /* ns */
};
struct progress {
    struct VECTOR(struct progress_cell *) cells; /* borrowed */
    size_t over, total;                          /* cells of the run */
    bool terminal;                               /* standard error is one */
    bool quiet;
    size_t width;  /* columns that a line may take */
    size_t shown;  /* lines that stand on the terminal and must be wiped */
    int64_t began; /* ns */
    int64_t drawn; /* when they last were */
    int64_t due;   /* when they are to be drawn again */
};
void progress_begin(struct progress *progress, size_t total, bool quiet);
void progress_end(struct progress *progress);
void progress_add(struct progress *progress, struct progress_cell *cell);
void progress_remove(struct progress *progress, struct progress_cell *cell);
/* A stage or a phase began: a line in a log, the lines anew on a terminal. */
void progress_stage(struct progress *progress, struct progress_cell *cell, struct text stage);
void progress_phase(struct progress *progress, struct progress_cell *cell, struct text phase);
/* Draws again when it is time. */
void progress_refresh(struct progress *progress);
/* Takes the lines away, so that something else can be printed; progress_refresh brings them back. */
void progress_wipe(struct progress *progress);
#endif
