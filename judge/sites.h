/* The places of a claim's text whose values explain it: where they stand in the canonical line, and what they were at an element. */
#ifndef AOT_JUDGE_SITES_H
#define AOT_JUDGE_SITES_H
#include "judge/claim.h"

#define AT_NO_ELEMENT NULL, NO_ELEMENT

/* The value of a site when an element was complete; for plain claims (no trace) the register's. False: nothing to show.
 * Borrowed from the registers. */
bool site_value(const struct judgement *judgement, const struct site *site, const struct trace *trace, size_t element,
                struct value *value);
/* The claim's site of this index says something: no constant, not the claim's own value, not shown by an earlier one already. */
bool site_is_shown(const struct judgement *judgement, uint32_t index);
/* Its text on one line, "blocked". */
void site_text(const struct judgement *judgement, const struct site *site, struct buffer *out);
/* Lines "   blocked = 412ms", each beneath its operand in the claim's line. */
void sites_print(const struct judgement *judgement, const struct trace *trace, size_t element, struct buffer *out);
/* The values of the operands in one line, "503, 12ms": for what holds, and behind a sample. At most `limit` of them. */
void sites_values(const struct judgement *judgement, const struct trace *trace, size_t element, size_t limit,
                  struct buffer *out);
/* The same with their names, "count(got) = 3, r.ok = true": for a plain claim that holds. */
void sites_named(const struct judgement *judgement, size_t limit, struct buffer *out);
/* Whether an operand that sites_print shows is this error already. */
bool sites_say(const struct judgement *judgement, struct text message);
/* "at [1].name: a != b" for lists, records and long texts compared with ==. False: there is no such comparison, or they are equal. */
bool sites_difference(const struct judgement *judgement, const struct trace *trace, size_t element, struct buffer *out);
/* By how much an element is beyond what a comparison allows; false where the claim has no such comparison of quantities. */
bool sites_excess(const struct judgement *judgement, const struct trace *trace, size_t element, bool never,
                  double *excess);
#endif
