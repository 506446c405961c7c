/* Which starved load each plain claim rests on: an aggregate is one value, which does not know what it was made of, so the
 * assertion's code is read. */
#ifndef AOT_JUDGE_STARVED_H
#define AOT_JUDGE_STARVED_H
#include "judge/world.h"
#include "bytecode/op.h"

/* For each claim the global of a load that did not reach its rate, or NO_LOAD. NULL when no load is starved. The caller
 * releases it. */
uint32_t *starved_claims(const struct world *world);
/* Whether an instruction reads that register of its unit. */
bool starved_code_reads(const struct world *world, uint32_t register_count, struct instruction instruction,
                        uint32_t index);
/* "flood reached 2,290/s of 100,000/s" */
void starved_print(const struct world *world, uint32_t load, struct buffer *out);
/* The same of the load that a recording comes from. */
void starved_print_series(const struct world *world, const struct series *series, struct buffer *out);
#endif
