/* What the judge knows of the run besides a claim's registers: its times, stalls, phases and effects. Borrowed throughout, so
 * that tests can give a world without a run. */
#ifndef AOT_JUDGE_WORLD_H
#define AOT_JUDGE_WORLD_H
#include "bytecode/native.h"
#include "bytecode/program.h"
#include "record/record.h"
#include "base/mask.h"
#include "vm/run.h"

struct unwatched;
struct idle_fault;

#define NO_LOAD UINT32_MAX
struct world {
    const struct program *program;
    int64_t started;            /* when `run` began: the zero of the time axis */
    int64_t ended;              /* when it ended: the end of the scope "the whole run" */
    bool was_cut;               /* it did not come to its end */
    const struct stall *stalls; /* times at which aot itself was frozen */
    size_t stall_count;
    struct record *history;                                   /* where effects are read; NULL: none */
    struct value (*global)(const void *data, uint32_t index); /* phases and marks; NULL: none */
    const void *data;                                         /* for `global` */
    const struct mask *mask;                /* secrets: masked before a value is clipped; may be NULL */
    const struct native_catalogue *natives; /* that the code calls; NULL: not known */
    const uint32_t *starved; /* of each claim the starved load that it rests on, or NO_LOAD; NULL: no load is starved */
    const struct unwatched *unwatched;    /* of each claim the hole that it rests on; NULL: there is none */
    const struct idle_fault *const *idle; /* of each claim the idle fault that it rests on; NULL: there is none */
};
/* The stall that touches [from, to] first, or NULL. */
const struct stall *world_stall(const struct world *world, int64_t from, int64_t to);
#endif
