/* Values of inputs in a file that has mistakes: some are secrets, and which ones only a recipe says. */
#ifndef AOT_CONFIG_COVER_H
#define AOT_CONFIG_COVER_H
#include "base/source.h"

/* Overwrites every value below an `inputs:` in the text, so that no excerpt shows one. Names stay where a line has one. */
void cover_inputs(struct source_set *sources, uint32_t source);
#endif
