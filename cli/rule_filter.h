/* --rule: which assertions count. */
#ifndef AOT_CLI_RULE_FILTER_H
#define AOT_CLI_RULE_FILTER_H
#include "bytecode/program.h"

/* For each assertion whether it is passed over because it carries none of `rules` ("R3.2, R4": R4 stands for R4.1, R4.2 …); assumptions
 * always count. `any`: an assertion counts. Owned by the caller. */
bool *rule_filter_make(const struct program *program, struct text rules, bool *any);
#endif
