/* One cell of a recipe, run: world, setup, run, asserts, teardown, stop; the record beside it. Also: judging a
 * record again. */
#ifndef AOT_VM_RUN_H
#define AOT_VM_RUN_H
#include "base/mask.h"
#include "bytecode/program.h"
#include "record/record.h"
#include "vm/native_call.h"
#include "vm/release.h"

enum run_end {
    RUN_COMPLETE,   /* the run body came to its end */
    RUN_FAILED,     /* `expect` or `wait until` in run: verdict fail */
    RUN_ERROR,      /* environment, usage, setup, limit */
    RUN_NOT_BUILT,  /* a native that is only declared: exit 4 */
    RUN_INTERRUPTED /* Ctrl-C, SIGTERM */
};
enum run_stage { STAGE_WORLD, STAGE_SETUP, STAGE_RUN, STAGE_JUDGE, STAGE_TEARDOWN, STAGE_STOP, STAGE_OVER };

struct run;
struct cell_value {
    uint32_t axis;
    struct value value;
};

/* Told while it goes on: for progress lines. Must not block. */
struct run_watcher {
    void *data;
    void (*stage)(void *data, struct run *run, enum run_stage stage);
    void (*phase)(void *data, struct run *run, struct text name, bool begins);
};
/* The judge's side: called at CLAIM with the frame's registers (borrowed), at CLAIM_SKIP with the reason. */
struct run_judge {
    void *data;
    void (*claim)(void *data, struct run *run, uint32_t claim, const struct value *registers);
    void (*skip)(void *data, struct run *run, uint32_t claim, struct value reason);
};

struct run_options {
    const struct program *program;
    const struct native_catalogue *natives;
    struct native_functions functions;
    struct record *record; /* written to; may be NULL in tests */
    struct record *replay; /* when judging again: read from, nothing is run but asserts */
    struct guard *guard;   /* may be NULL in tests that start nothing */
    struct mask *mask;     /* secrets are added to it */
    struct run_judge judge;
    struct run_watcher watcher;
    enum loop_mode clock;
    const char *scratch_folder, *log_folder;
    /* Makes `scratch_folder`, asked when something first wants it; NULL: it is there. */
    void (*make_scratch)(void *data);
    void *scratch_data;
    uint64_t seed;
    size_t memory_quota;    /* 0: 1 GiB */
    int64_t load_end_limit; /* ns that a load's thread may take to end; 0: 30 s */
    int64_t limit;          /* 0: the recipe's own, else 10 min */
    bool keep_scratch;
    enum backend backend;
    const struct text *allowed_targets; /* hosts, or host:port, that are not loopback; borrowed */
    size_t allowed_target_count;
    /* The text given for an input (command line, environment, file), or false: then the default's code runs. */
    bool (*input)(void *data, const struct input *input, struct text *value);
    void *input_data;
    const struct value *cell;       /* one for each axis of the program, or NULL */
    const bool *passed_over;        /* of each assertion: it is not judged (--rule); NULL: all are */
    const struct release *releases; /* what N, N-1 … are; they outlive the run */
    size_t release_count;
};
struct run *run_new(const struct run_options *options);
/* Runs to the end, whatever happens; everything acquired is given back before it returns. */
enum run_end run_execute(struct run *run);
const char *run_message(const struct run *run); /* why it ended early; "" otherwise; masked */
struct span run_message_span(const struct run *run);
int64_t run_started(const struct run *run); /* ns: the zero of the time axis is the start of `run` */
bool run_was_cut(const struct run *run);    /* the run body did not come to its end: what needed it is cut */
int64_t run_ended(
    const struct run *run); /* ns: the end of `run`, its loads and watches stopped; the start when it never began */
/* Asked by a callback of the loop, because of "interrupted" or of something more telling: stop, undo, judge what exists. */
void run_interrupt(struct run *run, const char *why);
size_t run_leaked(const struct run *run); /* live objects at the end: 0, or a bug */
/* A load's thread did not end and may still use the run, the program, the mask and the folders' names: run_free frees nothing, nor
 * must the caller free those. All else is done; the process has to leave, by _exit. */
bool run_is_abandoned(const struct run *run);
void run_free(struct run *run);
/* Every fiber's line and what it waits for, for a time-out's report and SIGUSR1. */
void run_print_fibers(const struct run *run, struct buffer *out);
struct value run_global(const struct run *run, uint32_t global); /* borrowed */
/* The run's stalls: heartbeats (10 ms) that came over 100 ms late. */
struct stall {
    int64_t at, length;
};
size_t run_stalls(const struct run *run, const struct stall **stalls);

/* Evaluates the inputs alone: one value for each of the program's, owned, on `heap`; an error value where a default could
 * not be computed. False with the reason (owned) when one that was given is not of its type. */
bool run_inputs(const struct run_options *options, struct heap *heap, struct value *values, char **error);

/* Cells: evaluates axes, exclusions, inclusions, cover. Values live on `heap`. */
struct cell {
    struct value *values; /* one for each axis */
};
/* That `cover` does what it says, counted anew from its result. A pair: values of two axes that stand together in a cell. */
struct cell_proof {
    size_t of;             /* cells there were to choose from; 0: there is no `cover pairwise` */
    size_t cells;          /* chosen of them */
    size_t pairs, covered; /* that some cell of all has; that a chosen one has */
    size_t least, most;    /* in how many chosen cells a pair stands */
};
struct cell_list {
    struct cell_proof proof;
    struct cell *cells;
    size_t count;
    char *error; /* owned; NULL if all is well */
    struct span error_span;
};
struct cell_list cells_expand(const struct run_options *options, struct heap *heap);
void cells_free(struct cell_list *list, uint32_t axis_count);
#endif
