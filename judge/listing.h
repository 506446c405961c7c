/* A list of records for a person: one element an entry, short fields together on its first line, long ones on lines of their own. */
#ifndef AOT_JUDGE_LISTING_H
#define AOT_JUDGE_LISTING_H
#include "vm/value.h"

/* Whether the value is a list of records that is worth an entry each. */
bool listing_fits(struct value value);
/* Appends "\n" and the entries, indented by `indentation`; at most `limit` of them, the rest counted. */
void listing_print(struct value list, size_t indentation, size_t limit, struct buffer *out);
#endif
