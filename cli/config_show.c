/* Rows of name, value and origin, made once and printed as text or as JSON. The value of a secret is never read. */
#include "cli/config_show.h"

#include "base/credentials.h"
#include "base/json.h"
#include "base/vector.h"

#include <ctype.h>
#include <string.h>

struct row {
    struct buffer name, value, place; /* `place`: "aot.yaml:12, profile quick", "AOT_JOBS", "default" */
    const char *origin;               /* "file", "environment", "option", "default" */
    const char *section;              /* "settings", "releases", "inputs" */
    bool is_secret;
};
struct rows {
    struct VECTOR(struct row) list;
};

static struct row *add(struct rows *rows, const char *section, enum setting_origin origin) {
    static const char *const origins[] = { [SETTING_DEFAULT] = "default",
                                           [SETTING_FILE] = "file",
                                           [SETTING_ENVIRONMENT] = "environment",
                                           [SETTING_OPTION] = "option" };
    VECTOR_PUSH(&rows->list, (struct row){ .section = section, .origin = origins[origin] });
    return &rows->list.items[rows->list.count - 1];
}

static void add_word(struct rows *rows, const struct settings *settings, const char *name, const char *option,
                     const char *variable) {
    const char *said_by, *word = settings_word(settings->options, option, variable, &said_by);
    if (!word) return;
    struct row *row = add(rows, "settings", said_by == option ? SETTING_OPTION : SETTING_ENVIRONMENT);
    buffer_append_string(&row->name, name);
    buffer_append_string(&row->value, word);
    buffer_append_string(&row->place, said_by);
}

/* ---- settings ---- */
static void add_setting(struct rows *rows, const struct settings *settings, enum config_key key) {
    static const char *const defaults[CONFIG_KEY_COUNT] = { [CONFIG_BACKEND] = "auto",
                                                            [CONFIG_JOBS] = "as many as cores",
                                                            [CONFIG_LIMIT] = "the recipe's",
                                                            [CONFIG_KEEP_RUNS] = "20" };
    struct setting setting = settings_value(settings, key);
    struct row *row = add(rows, "settings", setting.origin);
    buffer_append_string(&row->name, config_key_name(key));
    if (setting.origin == SETTING_DEFAULT)
        buffer_append_string(&row->value, defaults[key]);
    else
        buffer_append(&row->value, setting.value);
    if (setting.origin == SETTING_FILE)
        settings_place(settings, setting.span, setting.section, &row->place);
    else if (setting.origin == SETTING_ENVIRONMENT)
        buffer_append_string(&row->place, settings_variable(key));
    else if (setting.origin == SETTING_OPTION)
        buffer_printf(&row->place, "--%s", config_key_name(key));
    else
        buffer_append_string(&row->place, "default");
}

static void add_targets(struct rows *rows, const struct settings *settings) {
    for (size_t i = 0; settings->config && i < settings->config->allow_target_count; i++) {
        const struct config_text *target = &settings->config->allow_targets[i];
        struct row *row = add(rows, "settings", SETTING_FILE);
        buffer_append_string(&row->name, "allow targets");
        buffer_append(&row->value, target->text);
        settings_place(settings, target->span, NULL, &row->place);
    }
}

static void add_releases(struct rows *rows, const struct settings *settings) {
    for (size_t i = 0; i < settings->release_count; i++) {
        const struct release *release = &settings->releases[i];
        bool file = text_find(release->place, TEXT(":")) != SIZE_MAX;
        bool option = text_starts(release->place, TEXT("--"));
        struct row *row = add(rows, "releases", file ? SETTING_FILE : option ? SETTING_OPTION : SETTING_ENVIRONMENT);
        buffer_append(&row->name, release->name);
        buffer_append(&row->place, release->place);
        const struct text texts[] = { release->tag, release->bin, release->image };
        static const char *const words[] = { "tag ", "bin ", "image " };
        for (size_t k = 0; k < 3; k++) {
            if (!texts[k].length) continue;
            buffer_printf(&row->value, "%s%s%.*s", row->value.length ? ", " : "", words[k], TEXT_ARGS(texts[k]));
        }
    }
}

/* ---- inputs ---- */
static void say_who(const struct config_view *view, const struct input *input, const struct input_given *given,
                    struct buffer *out) {
    const struct program *program = view->inputs->program;
    struct source *source = source_set_get(program->sources, input->span.source);
    switch (given->origin) {
    case SETTING_OPTION: buffer_append_string(out, "--set"); break;
    case SETTING_ENVIRONMENT:
        buffer_append_string(out, "AOT_INPUT_");
        for (size_t i = 0; i < input->name.length; i++)
            buffer_append_byte(out, (char)toupper((unsigned char)input->name.bytes[i]));
        break;
    case SETTING_FILE: settings_place(view->settings, given->row->span, given->section, out); break;
    case SETTING_DEFAULT:
        buffer_printf(out, input->has_default ? "default, %s:%u" : "not set, %s:%u", source->path,
                      source_place(source, input->span.start).line);
        break;
    }
}

static void print_value(struct value value, struct buffer *out) {
    struct buffer text = { 0 };
    value_print(value, &text);
    credentials_hide(buffer_text(&text), false, out);
    buffer_done(&text);
}

static void add_inputs(struct rows *rows, const struct config_view *view) {
    const struct program *program = view->inputs->program;
    for (uint32_t i = 0; i < program->input_count; i++) {
        const struct input *input = &program->inputs[i];
        struct input_given given = inputs_given(view->inputs, input);
        struct row *row = add(rows, "inputs", given.origin);
        row->is_secret = input->is_secret;
        if (input->alias.length) buffer_printf(&row->name, "%.*s.", TEXT_ARGS(input->alias));
        buffer_append(&row->name, input->name);
        say_who(view, input, &given, &row->place);
        if (input->is_secret)
            buffer_append_string(&row->value, "***");
        else
            print_value(view->values[i], &row->value);
    }
}

static struct rows rows_of(const struct config_view *view) {
    struct rows rows = { 0 };
    const struct settings *settings = view->settings;
    add_word(&rows, settings, "profile", "--profile", "AOT_PROFILE");
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) add_setting(&rows, settings, key);
    add_targets(&rows, settings);
    add_releases(&rows, settings);
    if (view->inputs) add_inputs(&rows, view);
    return rows;
}

static void rows_done(struct rows *rows) {
    for (size_t i = 0; i < rows->list.count; i++) {
        buffer_done(&rows->list.items[i].name);
        buffer_done(&rows->list.items[i].value);
        buffer_done(&rows->list.items[i].place);
    }
    VECTOR_DONE(&rows->list);
}

/* ---- as text ---- */
static void pad(struct buffer *out, struct text text, size_t width) {
    size_t columns = text_columns(text);
    buffer_append(out, text);
    buffer_append_repeat(out, ' ', columns < width ? width - columns + 2 : 2);
}

static void print_heading(const struct config_view *view, const char *section, struct buffer *out) {
    if (strcmp(section, "inputs") == 0)
        buffer_printf(out, "inputs of %.*s (%.*s)\n", TEXT_ARGS(view->inputs->program->id),
                      TEXT_ARGS(view->inputs->program->path));
    else
        buffer_printf(out, "%s\n", section);
}

void config_show_text(const struct config_view *view, struct buffer *out) {
    enum { WIDEST_VALUE = 60 };
    struct rows rows = rows_of(view);
    size_t names = 0, values = 0;
    for (size_t i = 0; i < rows.list.count; i++) {
        size_t name = text_columns(buffer_text(&rows.list.items[i].name));
        size_t value = text_columns(buffer_text(&rows.list.items[i].value));
        if (name > names) names = name;
        if (value > values && value <= WIDEST_VALUE) values = value;
    }
    const struct config *config = view->settings->config;
    buffer_printf(out, "%s\n", config ? config->path : "there is no aot.yaml");
    const char *section = "";
    for (size_t i = 0; i < rows.list.count; i++) {
        struct row *row = &rows.list.items[i];
        if (strcmp(section, row->section) != 0) print_heading(view, section = row->section, out);
        buffer_append_string(out, "  ");
        pad(out, buffer_text(&row->name), names);
        pad(out, buffer_text(&row->value), values);
        buffer_append(out, buffer_text(&row->place));
        buffer_append_byte(out, '\n');
    }
    rows_done(&rows);
}

/* ---- as JSON ---- */
static void write_row(struct json_writer *writer, const struct row *row) {
    json_object_begin(writer);
    json_key(writer, "name");
    json_text(writer, buffer_text(&row->name));
    json_key(writer, "value");
    json_text(writer, buffer_text(&row->value));
    json_key(writer, "origin");
    json_string(writer, row->origin);
    json_key(writer, "place");
    json_text(writer, buffer_text(&row->place));
    if (row->is_secret) {
        json_key(writer, "secret");
        json_boolean(writer, true);
    }
    json_object_end(writer);
}

void config_show_json(const struct config_view *view, struct buffer *out) {
    static const char *const sections[] = { "settings", "releases", "inputs" };
    struct rows rows = rows_of(view);
    struct json_writer writer = json_writer_on(out);
    json_object_begin(&writer);
    json_key(&writer, "file");
    if (view->settings->config)
        json_string(&writer, view->settings->config->path);
    else
        json_null(&writer);
    if (view->inputs) {
        json_key(&writer, "recipe");
        json_text(&writer, view->inputs->program->id);
    }
    for (size_t s = 0; s < 3; s++) {
        json_key(&writer, sections[s]);
        json_array_begin(&writer);
        for (size_t i = 0; i < rows.list.count; i++)
            if (strcmp(rows.list.items[i].section, sections[s]) == 0) write_row(&writer, &rows.list.items[i]);
        json_array_end(&writer);
    }
    json_object_end(&writer);
    buffer_append_byte(out, '\n');
    rows_done(&rows);
}
