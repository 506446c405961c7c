/* Values as explanations write them: instants on the run's time axis, large whole numbers with their thousands parted. */
#ifndef AOT_JUDGE_SHOWN_H
#define AOT_JUDGE_SHOWN_H
#include "judge/world.h"

/* One operand: "412ms", "29,540", "run +1.250s". Clipped where it is long. */
void shown_print(const struct world *world, struct value value, struct buffer *out);
/* The same for machines: without parted thousands. */
void shown_plain(const struct world *world, struct value value, struct buffer *out);
/* With every digit, where two that differ would read alike. */
void shown_exactly(const struct world *world, struct value value, struct buffer *out);
/* "2,290/s" */
void shown_rate(double rate, struct buffer *out);
#endif
