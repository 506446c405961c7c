/* YAML values as texts of an input's type, in the same form that --set takes, so that all ways in mean the same. */
#include "cli/file_input.h"

#include "base/json.h"

#include <stdlib.h>

/* Where a text is going: alone, between the brackets of a list, or into JSON. */
enum surrounding { ALONE, IN_LIST, IN_JSON };

struct writer {
    const struct program *program;
    struct text folder; /* of aot.yaml */
    struct buffer *out;
};

bool input_has_name(const struct input *input, struct text written) {
    if (text_equal(written, input->name)) return true;
    return input->alias.length && written.length == input->alias.length + 1 + input->name.length &&
           text_starts(written, input->alias) && written.bytes[input->alias.length] == '.' &&
           text_ends(written, input->name);
}

const struct config_input *file_input_find(const struct config_section *section, const struct program *program,
                                           const struct input *input) {
    const struct config_input *of_all = NULL;
    for (size_t i = 0; section && i < section->input_count; i++) {
        const struct config_input *row = &section->inputs[i];
        if (!input_has_name(input, row->name)) continue;
        if (text_equal(row->recipe, program->id)) return row;
        if (!row->recipe.length) of_all = row;
    }
    return of_all;
}

/* ---- as a text ---- */
static const struct shape *without_optional(const struct program *program, uint32_t *index) {
    while (program->shapes[*index].kind == SHAPE_OPTIONAL) *index = program->shapes[*index].element;
    return &program->shapes[*index];
}

static bool takes_anything(enum shape_kind kind) {
    return kind == SHAPE_JSON || kind == SHAPE_ANY;
}

/* The scalar's own text, but true for True, 16 for 0x10, and a path from where aot.yaml is. */
static void append_spelled(const struct writer *writer, enum shape_kind kind, const struct yaml_value *value,
                           struct buffer *out) {
    enum yaml_scalar scalar = yaml_scalar(value);
    struct text text = value->text;
    bool number = kind == SHAPE_INTEGER || kind == SHAPE_NUMBER || takes_anything(kind);
    bool based = text_starts(text, TEXT("0x")) || text_starts(text, TEXT("0o"));
    if (scalar == YAML_BOOL && (kind == SHAPE_BOOL || takes_anything(kind)))
        buffer_append_string(out, text.bytes[0] == 't' || text.bytes[0] == 'T' ? "true" : "false");
    else if (scalar == YAML_INTEGER && number && based && text.length <= 17)
        buffer_printf(out, "%llu", strtoull(text.bytes + 2, NULL, text.bytes[1] == 'x' ? 16 : 8));
    else if (kind == SHAPE_PATH && text.length && text.bytes[0] != '/')
        buffer_printf(out, "%.*s/%.*s", TEXT_ARGS(writer->folder), TEXT_ARGS(text));
    else
        buffer_append(out,
                      scalar == YAML_INTEGER && number && text.bytes[0] == '+' ? text_slice(text, 1, SIZE_MAX) : text);
}

/* Numbers of YAML that JSON writes otherwise: .5, 1., 007. */
static bool is_json_number(struct text text) {
    size_t at = text.length && text.bytes[0] == '-';
    bool leading = at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9';
    bool zero = leading && text.bytes[at] == '0' && at + 1 < text.length && text.bytes[at + 1] >= '0' &&
                text.bytes[at + 1] <= '9';
    size_t dot = text_find(text, TEXT("."));
    bool part = dot == SIZE_MAX || (dot + 1 < text.length && text.bytes[dot + 1] >= '0' && text.bytes[dot + 1] <= '9');
    return leading && !zero && part;
}

static void append_scalar(const struct writer *writer, uint32_t shape, const struct yaml_value *value,
                          enum surrounding surrounding) {
    bool optional = writer->program->shapes[shape].kind == SHAPE_OPTIONAL;
    enum shape_kind kind = without_optional(writer->program, &shape)->kind;
    enum yaml_scalar scalar = yaml_scalar(value);
    bool json = takes_anything(kind);
    if (scalar == YAML_NULL && (optional || json)) {
        buffer_append_string(writer->out, surrounding == IN_JSON || json ? "null" : "none");
        return;
    }
    struct buffer text = { 0 };
    append_spelled(writer, kind, value, &text);
    bool none = optional && text_is(buffer_text(&text), "none"); /* without quotes none, with them a text */
    bool bare = json ? scalar == YAML_BOOL ||
                           ((scalar == YAML_INTEGER || scalar == YAML_NUMBER) && is_json_number(buffer_text(&text)))
                : none ? value->plain && surrounding != IN_JSON
                       : surrounding == ALONE;
    if (bare)
        buffer_append(writer->out, buffer_text(&text));
    else
        json_quote(writer->out, buffer_text(&text));
    buffer_done(&text);
}

/* The shape of a record's field or of a mapping's values; UINT32_MAX: there is no such field. */
static uint32_t shape_behind(const struct program *program, uint32_t index, struct text key) {
    const struct shape *shape = &program->shapes[index];
    if (takes_anything(shape->kind)) return index;
    if (shape->kind == SHAPE_MAP) return shape->element;
    for (uint32_t i = 0; shape->kind == SHAPE_RECORD && i < shape->field_count; i++)
        if (text_equal(program->shape_fields[shape->first_field + i].name, key))
            return program->shape_fields[shape->first_field + i].shape;
    return UINT32_MAX;
}

static void append_value(const struct writer *writer, uint32_t shape, const struct yaml_value *value,
                         enum surrounding surrounding) {
    if (value->shape == YAML_TEXT) {
        append_scalar(writer, shape, value, surrounding);
        return;
    }
    const struct shape *wanted = without_optional(writer->program, &shape);
    bool list = value->shape == YAML_LIST, json = takes_anything(wanted->kind) || surrounding == IN_JSON || !list;
    buffer_append_byte(writer->out, list ? '[' : '{');
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_entry *entry = &value->entries[i];
        if (i) buffer_append_string(writer->out, ", ");
        uint32_t inner = list ? (takes_anything(wanted->kind) ? shape : wanted->element)
                              : shape_behind(writer->program, shape, entry->key);
        if (!list) {
            json_quote(writer->out, entry->key);
            buffer_append_string(writer->out, ": ");
        }
        if (inner < writer->program->shape_count)
            append_value(writer, inner, entry->value, json ? IN_JSON : IN_LIST);
        else
            buffer_append_string(writer->out, "null");
    }
    buffer_append_byte(writer->out, list ? ']' : '}');
}

void file_input_text(const struct config *config, const struct program *program, const struct input *input,
                     const struct yaml_value *value, struct buffer *out) {
    struct writer writer = { program, text_of(config->folder), out };
    append_value(&writer, input->shape, value, ALONE);
}
