/* Faults that nothing met, and which claims rest on what was bound while one was in force: `let a = http.get(…)` in the phase of an
 * idle fault shows nothing of the fault, whatever the claim's own scope is. */
#ifndef AOT_JUDGE_IDLE_H
#define AOT_JUDGE_IDLE_H
#include "judge/scope.h"
#include "judge/world.h"
#include "base/vector.h"

/* An effect of kind "idle fault", whose subject is the phase. */
struct idle_fault {
    char *phase;        /* owned */
    char *outcome;      /* owned */
    int64_t start, end; /* of the phase */
};
struct idle_faults VECTOR(struct idle_fault);
void idle_faults_read(struct idle_faults *faults, struct record *history);
void idle_faults_done(struct idle_faults *faults);
/* The fault over whose time this scope is, or NULL. */
const struct idle_fault *idle_fault_over(const struct idle_faults *faults, const struct extent *extent);

/* For each claim the fault that it rests on, or NULL; all of it NULL when there is none. The caller releases it; it borrows from
 * `faults`. */
const struct idle_fault **idle_claims(const struct world *world, const struct idle_faults *faults);
#endif
