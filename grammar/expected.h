/* What could stand at a place, in the user's words. */
#ifndef AOT_GRAMMAR_EXPECTED_H
#define AOT_GRAMMAR_EXPECTED_H
#include "grammar/engine.h"

/* "`)`, `,` or an operator": exactly what the parser would take now. Soft words count once, as a name. `may_close`: a
 * `}` could stand here too, because it takes back the newline before it. */
void expected_describe(const struct engine *engine, bool may_close, struct buffer *out);
/* "`foo`", "end of line", "a text in quotes". */
void expected_found(const struct parse *parse, struct token token, struct buffer *out);
#endif
