/* Looks an input's text up: command line, then environment. */
#include "cli/inputs.h"

#include "base/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "name" or "alias.name" as written left of the equals sign. */
static bool names_input(struct text written, const struct input *input) {
    if (text_equal(written, input->name)) return true;
    return input->alias.length && written.length == input->alias.length + 1 + input->name.length &&
           text_starts(written, input->alias) && written.bytes[input->alias.length] == '.' &&
           text_ends(written, input->name);
}

static bool split(const char *setting, struct text *name, struct text *value) {
    const char *equals = strchr(setting, '=');
    if (!equals) return false;
    *name = text_trim((struct text){ setting, (size_t)(equals - setting) });
    *value = text_of(equals + 1);
    return true;
}

static bool check_setting(const char *setting, const struct program *program) {
    struct text name, value;
    if (!split(setting, &name, &value)) {
        fprintf(stderr, "aot: --set %s: write --set name=value\n", setting);
        return false;
    }
    uint32_t matches = 0;
    struct suggestion suggestion = suggestion_for(name);
    for (uint32_t i = 0; i < program->input_count; i++) {
        matches += names_input(name, &program->inputs[i]);
        suggestion_offer(&suggestion, program->inputs[i].name);
    }
    if (matches == 1) return true;
    if (matches > 1) {
        fprintf(stderr, "aot: --set %.*s: several files have this input; say which:", TEXT_ARGS(name));
        for (uint32_t i = 0; i < program->input_count; i++)
            if (names_input(name, &program->inputs[i]) && program->inputs[i].alias.length)
                fprintf(stderr, " %.*s.%.*s", TEXT_ARGS(program->inputs[i].alias), TEXT_ARGS(program->inputs[i].name));
        fputc('\n', stderr);
        return false;
    }
    fprintf(stderr, "aot: --set %.*s: the recipe has no such input", TEXT_ARGS(name));
    if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
    fputs("\n     inputs:", stderr);
    for (uint32_t i = 0; i < program->input_count; i++) fprintf(stderr, " %.*s", TEXT_ARGS(program->inputs[i].name));
    fputc('\n', stderr);
    return false;
}

bool inputs_is_secret(const struct program *program, const char *setting) {
    struct text name, value;
    if (!split(setting, &name, &value)) return true;
    for (uint32_t i = 0; i < program->input_count; i++)
        if (program->inputs[i].is_secret && names_input(name, &program->inputs[i])) return true;
    return false;
}

static const char *environment_value(const struct input *input, struct buffer *name) {
    buffer_clear(name);
    buffer_append_string(name, "AOT_INPUT_");
    for (size_t i = 0; i < input->name.length; i++)
        buffer_append_byte(name, (char)toupper((unsigned char)input->name.bytes[i]));
    return getenv(name->bytes);
}

bool inputs_value(void *data, const struct input *input, struct text *value) {
    struct inputs *inputs = data;
    const char *setting;
    bool given = false;
    for (size_t i = 0; (setting = option_value_at(inputs->options, "set", i)); i++) {
        struct text name, text;
        if (!split(setting, &name, &text) || !names_input(name, input)) continue;
        *value = text;
        given = true; /* the last one counts */
    }
    if (given) return true;
    const char *environment = environment_value(input, &inputs->found);
    if (environment) *value = text_of(environment);
    return environment != NULL;
}

bool inputs_check(const struct options *options, const struct program *program) {
    bool good = true;
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(options, "set", i)); i++) good &= check_setting(setting, program);
    struct inputs inputs = { options, { 0 } };
    for (uint32_t i = 0; i < program->input_count; i++) {
        const struct input *input = &program->inputs[i];
        struct text value;
        if (input->has_default || inputs_value(&inputs, input, &value)) continue;
        environment_value(input, &inputs.found);
        fprintf(stderr, "aot: input %.*s is not set and has no default: --set %.*s=… or %s=… in the environment\n",
                TEXT_ARGS(input->name), TEXT_ARGS(input->name), inputs.found.bytes);
        good = false;
    }
    buffer_done(&inputs.found);
    return good;
}
