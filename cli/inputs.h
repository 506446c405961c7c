/* Values for a recipe's inputs: --set beats AOT_INPUT_NAME beats aot.yaml (profile, then base) beats the default's code. */
#ifndef AOT_CLI_INPUTS_H
#define AOT_CLI_INPUTS_H
#include "bytecode/program.h"
#include "cli/settings.h"

struct inputs {
    const struct settings *settings; /* with --set name=value, and aot.yaml */
    const struct program *program;
    bool is_one_of_several; /* a --set that it has not may be another recipe's */
    struct buffer found;    /* holds the last environment name tried, or the last value of aot.yaml */
};
/* Who gives an input. */
struct input_given {
    enum setting_origin origin;           /* DEFAULT: nobody does */
    struct text text;                     /* as behind --set; borrowed until the next question */
    const struct config_input *row;       /* FILE */
    const struct config_section *section; /* FILE */
};
/* Every --set must name an input (by its bare name when that is unique, else alias.name), what aot.yaml sets must fit, and every
 * input without default must be given. Prints what is wrong; false then. */
bool inputs_check(struct inputs *inputs);
bool inputs_fit(struct inputs *inputs); /* the same, but an input may be without a value */
/* Whether the recipe has the input that `name=value` gives. */
bool inputs_has(const struct program *program, const char *setting);
/* Whether `name=value` gives a secret. */
bool inputs_is_secret(const struct program *program, const char *setting);
struct input_given inputs_given(struct inputs *inputs, const struct input *input);
/* The text given for an input; false: none. The signature of run_options.input; `data` is a struct inputs. */
bool inputs_value(void *data, const struct input *input, struct text *value);
#endif
