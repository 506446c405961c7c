/* The secrets of an `aot run`, as far as they are known before its cells run: for what is written down by then. */
#ifndef AOT_CLI_COURSE_SECRETS_H
#define AOT_CLI_COURSE_SECRETS_H
#include "cli/course.h"

/* Adds what --set, AOT_INPUT_… and aot.yaml give to the secrets of the recipes, and the passwords in URLs of their inputs, to the course's
 * mask. Defaults come to it when the cells are found. */
void course_secrets_find(const struct course *course);
#endif
