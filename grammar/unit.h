/* The units behind numbers, and what people write instead of them. */
#ifndef AOT_GRAMMAR_UNIT_H
#define AOT_GRAMMAR_UNIT_H
#include "base/text.h"

extern const char unit_list[]; /* all of them, for messages */
/* The unit that `written` probably means: "m" for "min", "MB" for "mb"; NULL if none is near. */
const char *unit_nearest(struct text written);
/* `written` is a unit, or one of the names of a unit in other languages. */
bool unit_is_known(struct text written);
/* Nanoseconds of "ns" to "d"; 0 for anything else. */
int64_t unit_nanoseconds(struct text written);
#endif
