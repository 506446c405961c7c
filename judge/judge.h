/* The judge: claims over recorded time become verdicts with evidence. It never probes and never waits.
 * Definitions: docs/language.md 5. The monitors are one forward pass each. */
#ifndef AOT_JUDGE_JUDGE_H
#define AOT_JUDGE_JUDGE_H
#include "vm/run.h"

enum outcome {
    OUTCOME_PASS,
    OUTCOME_INCONCLUSIVE,
    OUTCOME_ERROR,
    OUTCOME_FAIL
};                                              /* worse is greater; a failed assume: see judge_outcome */
const char *outcome_name(enum outcome outcome); /* "pass" */

struct judge;
/* Collects verdicts; writes each to `record` when that is not NULL. */
struct judge *judge_new(const struct program *program, struct record *record);
void judge_free(struct judge *judge);
/* Where effects are read, for what stands near a violation and for faults that nothing met: the record being written, unless said
 * otherwise (when a record is judged again: that one). */
void judge_set_history(struct judge *judge, struct record *history);
/* The natives that the program calls. Without them it is not known that rate(load) speaks of the load's own pace. */
void judge_set_natives(struct judge *judge, const struct native_catalogue *natives);
/* Assertions that are not judged and do not count, one flag each (borrowed); NULL: all count. */
void judge_set_passed_over(struct judge *judge, const bool *passed_over);
/* The verdicts so far, in the order in which they were made; borrowed until judge_free. Their texts are not masked: print them
 * through the mask, or read them from the record. */
size_t judge_verdict_count(const struct judge *judge);
const struct verdict_row *judge_verdict(const struct judge *judge, size_t index);
struct run_judge judge_hooks(struct judge *judge);
/* The cell: a failed assume makes it inconclusive whatever the assertions say (settled.md 1); else fail > error > inconclusive > pass;
 * how the run ended is weighed in (an assertion that was never judged is inconclusive). Writes the outcome to the record. */
enum outcome judge_outcome(struct judge *judge, struct run *run, enum run_end end, struct buffer *message);
#endif
