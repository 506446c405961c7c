/* Looks an input's text up: command line, environment, then aot.yaml. */
#include "cli/inputs.h"

#include "base/suggest.h"
#include "cli/file_input.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool split(const char *setting, struct text *name, struct text *value) {
    const char *equals = strchr(setting, '=');
    if (!equals) return false;
    *name = text_trim((struct text){ setting, (size_t)(equals - setting) });
    *value = text_of(equals + 1);
    return true;
}

static bool check_setting(const char *setting, const struct program *program, bool may_lack) {
    struct text name, value;
    if (!split(setting, &name, &value)) {
        fprintf(stderr, "aot: --set %s: write --set name=value\n", setting);
        return false;
    }
    uint32_t matches = 0;
    struct suggestion suggestion = suggestion_for(name);
    for (uint32_t i = 0; i < program->input_count; i++) {
        matches += input_has_name(&program->inputs[i], name);
        suggestion_offer(&suggestion, program->inputs[i].name);
    }
    if (matches == 1 || (!matches && may_lack)) return true;
    if (matches > 1) {
        fprintf(stderr, "aot: --set %.*s: several files have this input; say which:", TEXT_ARGS(name));
        for (uint32_t i = 0; i < program->input_count; i++)
            if (input_has_name(&program->inputs[i], name) && program->inputs[i].alias.length)
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

bool inputs_has(const struct program *program, const char *setting) {
    struct text name, value;
    bool has = false;
    if (!split(setting, &name, &value)) return false;
    for (uint32_t i = 0; i < program->input_count; i++) has |= input_has_name(&program->inputs[i], name);
    return has;
}

bool inputs_is_secret(const struct program *program, const char *setting) {
    struct text name, value;
    if (!split(setting, &name, &value)) return true;
    for (uint32_t i = 0; i < program->input_count; i++)
        if (program->inputs[i].is_secret && input_has_name(&program->inputs[i], name)) return true;
    return false;
}

static const char *environment_value(const struct input *input, struct buffer *name) {
    buffer_clear(name);
    buffer_append_string(name, "AOT_INPUT_");
    for (size_t i = 0; i < input->name.length; i++)
        buffer_append_byte(name, (char)toupper((unsigned char)input->name.bytes[i]));
    return getenv(name->bytes);
}

static bool from_file(struct inputs *inputs, const struct input *input, struct input_given *given) {
    const struct config *config = inputs->settings->config;
    const struct config_section *sections[] = { inputs->settings->profile, config ? &config->base : NULL };
    for (size_t i = 0; i < 2 && !given->row; i++) {
        given->row = file_input_find(sections[i], inputs->program, input);
        given->section = sections[i];
    }
    if (!given->row) return false;
    buffer_clear(&inputs->found);
    buffer_append_string(&inputs->found, "");
    file_input_text(config, inputs->program, input, given->row->value, &inputs->found);
    given->text = buffer_text(&inputs->found);
    return true;
}

struct input_given inputs_given(struct inputs *inputs, const struct input *input) {
    struct input_given given = { SETTING_DEFAULT, TEXT_NONE, NULL, NULL };
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(inputs->settings->options, "set", i)); i++) {
        struct text name, text;
        if (!split(setting, &name, &text) || !input_has_name(input, name)) continue;
        given.text = text; /* the last one counts */
        given.origin = SETTING_OPTION;
    }
    if (given.origin == SETTING_OPTION) return given;
    const char *environment = environment_value(input, &inputs->found);
    if (environment) {
        given.text = text_of(environment);
        given.origin = SETTING_ENVIRONMENT;
    } else if (from_file(inputs, input, &given)) {
        given.origin = SETTING_FILE;
    }
    return given;
}

bool inputs_value(void *data, const struct input *input, struct text *value) {
    struct input_given given = inputs_given(data, input);
    *value = given.text;
    return given.origin != SETTING_DEFAULT;
}

bool inputs_fit(struct inputs *inputs) {
    const struct program *program = inputs->program;
    const struct settings *settings = inputs->settings;
    bool good = true;
    const char *setting;
    for (size_t i = 0; (setting = option_value_at(settings->options, "set", i)); i++)
        good &= check_setting(setting, program,
                              inputs->is_one_of_several || option_is_earlier(settings->options, "set", i));
    if (settings->config) {
        file_inputs_check(settings->config, program, settings->sources, settings->diagnostics);
        good &= settings_print(settings);
    }
    return good;
}

bool inputs_check(struct inputs *inputs) {
    const struct program *program = inputs->program;
    bool good = inputs_fit(inputs);
    for (uint32_t i = 0; i < program->input_count; i++) {
        const struct input *input = &program->inputs[i];
        struct text value;
        if (input->has_default || inputs_value(inputs, input, &value)) continue;
        environment_value(input, &inputs->found);
        fprintf(stderr, "aot: input %.*s is not set and has no default: --set %.*s=… or %s=… in the environment\n",
                TEXT_ARGS(input->name), TEXT_ARGS(input->name), inputs->found.bytes);
        good = false;
    }
    return good;
}
