/* Which of a claim's conditions an operand belongs to: in `whenever a: eventually: b` both may come from one stream. */
#ifndef AOT_JUDGE_ROLE_H
#define AOT_JUDGE_ROLE_H
#include "judge/claim.h"

/* The trace of the condition that the site stands in; NULL where that is not to be seen (a site in a function). */
const struct trace *role_of(const struct judgement *judgement, const struct site *site);
#endif
