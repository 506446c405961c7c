/* What the requests were that violate a claim about a load: `always: clients.ok` alone does not say why they are not. */
#ifndef AOT_JUDGE_ANSWERS_H
#define AOT_JUDGE_ANSWERS_H
#include "judge/tally.h"

/* Appends "they are 21 × status 500 · 3 × connect_refused" and the first one's body or error, each on a line of its own
 * with a newline before it; nothing when the claim is about anything but a load's answers. */
void answers_print(const struct judgement *judgement, const struct tally *tally, struct buffer *out);
#endif
