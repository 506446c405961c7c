/* What happened near a violation: phases that began or ended, marks, effects. One line, for a person. */
#ifndef AOT_JUDGE_NEARBY_H
#define AOT_JUDGE_NEARBY_H
#include "judge/world.h"

/* Appends "nearby  migrate.start +15.123s · db.run 0042.sql +15.124s … +20.004s" with a newline before it, or nothing. */
void nearby_print(const struct world *world, int64_t from, int64_t to, struct buffer *out);
/* Under a claim about captured values: the latest requests, programs and SQL of the run that did not go well, a line each
 * ("trouble http GET http://localhost:8080 +0.001s: connection refused"), or nothing. */
void nearby_troubles(const struct world *world, struct buffer *out);
#endif
