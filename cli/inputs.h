/* Values for a recipe's inputs: --set beats AOT_INPUT_NAME beats the default's code. */
#ifndef AOT_CLI_INPUTS_H
#define AOT_CLI_INPUTS_H
#include "bytecode/program.h"
#include "cli/options.h"

struct inputs {
    const struct options *options; /* --set name=value */
    struct buffer found;           /* holds the last environment name tried */
};
/* Every --set must name an input (by its bare name when that is unique, else alias.name), and every input without default must be
 * given. Prints what is wrong; false then. */
bool inputs_check(const struct options *options, const struct program *program);
/* Whether `name=value` gives a secret. */
bool inputs_is_secret(const struct program *program, const char *setting);
/* The text given for an input; false: none. The signature of run_options.input; `data` is a struct inputs. */
bool inputs_value(void *data, const struct input *input, struct text *value);
#endif
