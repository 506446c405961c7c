/* What a person reads about a verdict, and what a machine reads. */
#ifndef AOT_JUDGE_EXPLAIN_H
#define AOT_JUDGE_EXPLAIN_H
#include "judge/tally.h"

/* The claim's line, then what it rests on; lines joined by newlines, without colour, not indented. */
void explain(const struct judgement *judgement, const struct tally *tally, struct buffer *out);
/* One JSON object: counts, first and worst violation with times and operands, gap, stalls. */
void explain_evidence(const struct judgement *judgement, const struct tally *tally, struct buffer *out);
/* Why nothing could be said: the sentence behind the reason's name. Nothing for a pass or a failure. */
void explain_reason(const struct judgement *judgement, struct buffer *out);
#endif
