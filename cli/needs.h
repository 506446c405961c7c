/* What a recipe says it `needs`: programs of PATH. Without one the recipe is skipped. */
#ifndef AOT_CLI_NEEDS_H
#define AOT_CLI_NEEDS_H
#include "base/buffer.h"
#include "bytecode/program.h"

/* Appends the names of those that are not there, "docker, haproxy"; true if none is missing. */
bool needs_are_met(const struct program *program, struct buffer *missing);
#endif
