/* Whether what aot.yaml sets fits the recipe's inputs: by shape, so that a finding stands at the very element. */
#include "base/suggest.h"
#include "cli/file_input.h"
#include "vm/convert.h"

struct checker {
    const struct config *config;
    const struct program *program;
    const struct input *input;
    struct source_set *sources;
    struct diagnostics *diagnostics;
    struct heap *heap;
};

static void misfit(struct checker *checker, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void misfit(struct checker *checker, struct span span, const char *format, ...) {
    struct buffer why = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&why, format, arguments);
    va_end(arguments);
    struct diagnostic *diagnostic = diagnostics_report(
        checker->diagnostics, DIAG_E607, span, "the input `%.*s` of %.*s: %.*s", TEXT_ARGS(checker->input->name),
        TEXT_ARGS(checker->program->id), TEXT_ARGS(buffer_text(&why)));
    struct text type = checker->program->shapes[checker->input->shape].name;
    struct source *source = source_set_get(checker->program->sources, checker->input->span.source);
    struct place place = source_place(source, checker->input->span.start);
    diagnostic_note(diagnostic, SPAN_NONE, "its type is said at %s:%u: %.*s", source->path, place.line,
                    TEXT_ARGS(type));
    buffer_done(&why);
}

static void check_value(struct checker *checker, uint32_t shape, const struct yaml_value *value);

/* A single text, by the reader of --set. */
static void check_text(struct checker *checker, uint32_t shape, const struct yaml_value *value) {
    struct input alone = { .shape = shape };
    struct buffer text = { 0 };
    file_input_text(checker->config, checker->program, &alone, value, &text);
    struct value read = value_parse_shape(checker->heap, checker->program, shape, buffer_text(&text));
    if (value_is_bad(read)) misfit(checker, value->span, "%.*s", TEXT_ARGS(value_text_of(read)));
    value_release(read);
    buffer_done(&text);
}

static void check_record(struct checker *checker, const struct shape *shape, const struct yaml_value *value) {
    const struct shape_field *fields = &checker->program->shape_fields[shape->first_field];
    for (uint32_t i = 0; i < shape->field_count; i++) {
        bool given = false;
        for (size_t k = 0; k < value->count; k++) {
            if (!text_equal(value->entries[k].key, fields[i].name)) continue;
            check_value(checker, fields[i].shape, value->entries[k].value);
            given = true;
        }
        if (!given && checker->program->shapes[fields[i].shape].kind != SHAPE_OPTIONAL)
            misfit(checker, value->span, "the field `%.*s` is missing", TEXT_ARGS(fields[i].name));
    }
    for (size_t k = 0; k < value->count; k++) {
        struct suggestion suggestion = suggestion_for(value->entries[k].key);
        bool known = false;
        for (uint32_t i = 0; i < shape->field_count; i++) {
            known |= text_equal(fields[i].name, value->entries[k].key);
            suggestion_offer(&suggestion, fields[i].name);
        }
        if (!known)
            misfit(checker, value->entries[k].key_span, "there is no field `%.*s`%s%.*s%s",
                   TEXT_ARGS(value->entries[k].key), suggestion.best.length ? "; did you mean `" : "",
                   TEXT_ARGS(suggestion.best), suggestion.best.length ? "`?" : "");
    }
}

static void check_value(struct checker *checker, uint32_t index, const struct yaml_value *value) {
    const struct shape *shape = &checker->program->shapes[index];
    if (shape->kind == SHAPE_JSON || shape->kind == SHAPE_ANY) return;
    if (shape->kind == SHAPE_OPTIONAL) {
        if (yaml_scalar(value) != YAML_NULL) check_value(checker, shape->element, value);
        return;
    }
    bool list = shape->kind == SHAPE_LIST && value->shape == YAML_LIST;
    bool map = shape->kind == SHAPE_MAP && value->shape == YAML_MAP;
    if (list || map) {
        for (size_t i = 0; i < value->count; i++) check_value(checker, shape->element, value->entries[i].value);
    } else if (shape->kind == SHAPE_RECORD && value->shape == YAML_MAP) {
        check_record(checker, shape, value);
    } else if (value->shape != YAML_TEXT || yaml_scalar(value) == YAML_NULL) {
        misfit(checker, value->span, "%s is no %.*s", yaml_kind_name(value), TEXT_ARGS(shape->name));
    } else {
        check_text(checker, index, value);
    }
}

/* ---- which input is meant ---- */
void file_input_blot(struct source_set *sources, const struct yaml_value *value) {
    if (value->shape == YAML_TEXT) source_blot(sources, value->span);
    for (size_t i = 0; i < value->count; i++) {
        source_blot(sources, value->entries[i].key_span);
        file_input_blot(sources, value->entries[i].value);
    }
}

static void report_unknown(struct checker *checker, const struct config_input *row, size_t matches) {
    struct suggestion suggestion = suggestion_for(row->name);
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E606, row->span,
                           matches ? "several files of %.*s have an input `%.*s`" : "%.*s has no input `%.*s`",
                           TEXT_ARGS(checker->program->id), TEXT_ARGS(row->name));
    struct buffer all = { 0 };
    for (uint32_t i = 0; i < checker->program->input_count; i++) {
        const struct input *input = &checker->program->inputs[i];
        suggestion_offer(&suggestion, input->name);
        if (input->is_secret) file_input_blot(checker->sources, row->value); /* it may be that one, misspelt */
        if (matches && (!input_has_name(input, row->name) || !input->alias.length)) continue;
        buffer_printf(&all, "%s%.*s%s%.*s", all.length ? ", " : "", TEXT_ARGS(matches ? input->alias : TEXT_NONE),
                      matches ? "." : "", TEXT_ARGS(input->name));
    }
    if (matches)
        diagnostic_help(diagnostic, "say which: %s", all.bytes ? all.bytes : "");
    else if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    else
        diagnostic_help(diagnostic, "it has %s", all.length ? all.bytes : "no inputs");
    buffer_done(&all);
}

static void check_row(struct checker *checker, const struct config_input *row) {
    if (row->recipe.length && !text_equal(row->recipe, checker->program->id)) return;
    size_t matches = 0;
    for (uint32_t i = 0; i < checker->program->input_count; i++) {
        if (!input_has_name(&checker->program->inputs[i], row->name)) continue;
        checker->input = &checker->program->inputs[i];
        matches++;
    }
    if (matches > 1 || (matches == 0 && row->recipe.length)) {
        report_unknown(checker, row, matches);
    } else if (matches && checker->input->is_secret) {
        file_input_blot(checker->sources, row->value);
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E608, row->span, "the secret `%.*s` has its value in a file",
                               TEXT_ARGS(row->name));
        diagnostic_help(diagnostic, "give it in the environment: AOT_INPUT_… with its name in capitals");
    } else if (matches) {
        check_value(checker, checker->input->shape, row->value);
    }
}

static void check_section(struct checker *checker, const struct config_section *section) {
    for (size_t i = 0; i < section->input_count; i++) check_row(checker, &section->inputs[i]);
}

void file_inputs_check(const struct config *config, const struct program *program, struct source_set *sources,
                       struct diagnostics *diagnostics) {
    struct checker checker = { config, program, NULL, sources, diagnostics, heap_new(0) };
    check_section(&checker, &config->base);
    for (size_t i = 0; i < config->profile_count; i++) check_section(&checker, &config->profiles[i]);
    heap_free(checker.heap);
}
