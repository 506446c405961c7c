/* The judge without a run: what the hooks come to. For judge.c and for tests. */
#ifndef AOT_JUDGE_CASE_H
#define AOT_JUDGE_CASE_H
#include "judge/judge.h"
#include "judge/world.h"

struct world
judge_world(const struct judge *judge); /* the program and the history; the times are still to be filled in */
void judge_claim(struct judge *judge, const struct world *world, uint32_t claim, const struct value *registers);
void judge_skip(struct judge *judge, uint32_t claim, struct value reason);
/* `end_message`: why the run ended early; empty otherwise. */
enum outcome judge_sum(struct judge *judge, enum run_end end, struct text end_message, struct buffer *message);
#endif
