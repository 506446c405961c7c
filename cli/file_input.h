/* Inputs of a recipe that aot.yaml sets: which of its lines counts, what it says as a text, and whether it fits. */
#ifndef AOT_CLI_FILE_INPUT_H
#define AOT_CLI_FILE_INPUT_H
#include "bytecode/program.h"
#include "config/config.h"

/* Whether "length" or "component.length" is this input. */
bool input_has_name(const struct input *input, struct text written);
/* The line of the section that sets this input: of this recipe, else of all. NULL: none. */
const struct config_input *file_input_find(const struct config_section *section, const struct program *program,
                                           const struct input *input);
/* Its value as one would write it behind --set; paths begin where aot.yaml is. */
void file_input_text(const struct config *config, const struct program *program, const struct input *input,
                     const struct yaml_value *value, struct buffer *out);
/* Makes a value unreadable in the file's text: it is a secret, or may be one. */
void file_input_blot(struct source_set *sources, const struct yaml_value *value);
/* Reports what the file sets for this recipe wrongly, in all its profiles: unknown inputs, values that do not fit, secrets. What
 * secrets it has are made unreadable in `sources` first. */
void file_inputs_check(const struct config *config, const struct program *program, struct source_set *sources,
                       struct diagnostics *diagnostics);
#endif
