/* Where two lists, records or long texts differ first. */
#ifndef AOT_JUDGE_DIFFERENCE_H
#define AOT_JUDGE_DIFFERENCE_H
#include "judge/world.h"

/* "at [1].name, character 12: "…bcd" != "…bce"", without the place where all was shown. False: nothing to add. */
bool difference_print(const struct world *world, struct value left, struct value right, struct buffer *out);
#endif
