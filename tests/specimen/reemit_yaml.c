/* Messages in YAML, by libyaml both ways. Plain scalars that look like numbers or words are such, and are written as they were read. */
#include "reemit.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEEPEST = 64 };

/* ---- reading ---- */

static struct json *made(enum json_kind kind, const char *text) {
    struct json *value = calloc(1, sizeof *value);
    if (!value || (text && !(value->text = strdup(text)))) abort();
    value->kind = kind;
    return value;
}

static struct json *scalar(const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    char *end;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return made(JSON_STRING, text);
    if (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0) return made(JSON_NULL, NULL);
    if (strcmp(text, "true") == 0) return made(JSON_TRUE, NULL);
    if (strcmp(text, "false") == 0) return made(JSON_FALSE, NULL);
    bool digit = strspn(text, "+-.0123456789") > 0;
    return made(digit && (strtod(text, &end), !*end) ? JSON_NUMBER : JSON_STRING, text);
}

static struct json *read_node(yaml_parser_t *parser, yaml_event_t *event, int depth);

static bool read_items(yaml_parser_t *parser, struct json *container, int depth) {
    struct json **link = &container->first;
    for (;;) {
        yaml_event_t event;
        char *name = NULL;
        if (!yaml_parser_parse(parser, &event)) return false;
        bool over = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        bool good = true;
        if (!over && container->kind == JSON_OBJECT) {
            good = event.type == YAML_SCALAR_EVENT && (name = strdup((const char *)event.data.scalar.value));
            yaml_event_delete(&event);
            if (good && !yaml_parser_parse(parser, &event)) good = false, event.type = YAML_NO_EVENT;
        }
        struct json *item = good && !over ? read_node(parser, &event, depth) : NULL;
        if (event.type != YAML_NO_EVENT) yaml_event_delete(&event);
        if (over) return true;
        if (!item) {
            free(name);
            return false;
        }
        item->name = name;
        *link = item;
        link = &item->next;
    }
}

static struct json *read_node(yaml_parser_t *parser, yaml_event_t *event, int depth) {
    if (event->type == YAML_SCALAR_EVENT) return scalar(event);
    bool object = event->type == YAML_MAPPING_START_EVENT;
    if ((!object && event->type != YAML_SEQUENCE_START_EVENT) || depth == DEEPEST) return NULL;
    struct json *container = made(object ? JSON_OBJECT : JSON_ARRAY, NULL);
    if (read_items(parser, container, depth + 1)) return container;
    json_free(container);
    return NULL;
}

/* ---- writing ---- */

static bool emit_scalar(yaml_emitter_t *emitter, const char *text, bool quoted) {
    yaml_event_t event;
    yaml_scalar_style_t style = quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1,
                                        style) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_node(yaml_emitter_t *emitter, const struct json *value) {
    static const char *const words[] = { [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true" };
    yaml_event_t event;
    if (value->kind <= JSON_TRUE) return emit_scalar(emitter, words[value->kind], false);
    if (value->kind <= JSON_STRING) return emit_scalar(emitter, value->text, value->kind == JSON_STRING);
    bool object = value->kind == JSON_OBJECT;
    bool good = object ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
                       : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
    good = good && yaml_emitter_emit(emitter, &event);
    for (const struct json *item = value->first; good && item; item = item->next)
        good = (!item->name || emit_scalar(emitter, item->name, true)) && emit_node(emitter, item);
    good = good && (object ? yaml_mapping_end_event_initialize(&event) : yaml_sequence_end_event_initialize(&event));
    return good && yaml_emitter_emit(emitter, &event);
}

static bool emit_document(yaml_emitter_t *emitter, const struct json *message) {
    yaml_event_t event;
    return yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0) && yaml_emitter_emit(emitter, &event) &&
           emit_node(emitter, message) && yaml_document_end_event_initialize(&event, 1) &&
           yaml_emitter_emit(emitter, &event);
}

/* ---- both ---- */

static bool pass_on(yaml_parser_t *parser, yaml_emitter_t *emitter) {
    bool over = false, good = true;
    yaml_event_t event;
    while (good && !over) {
        if (!yaml_parser_parse(parser, &event)) return false;
        over = event.type == YAML_STREAM_END_EVENT;
        bool edge = over || event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT ||
                    event.type == YAML_DOCUMENT_END_EVENT;
        if (!edge) {
            struct json *message = read_node(parser, &event, 0);
            good = reemit_message(message) && emit_document(emitter, message);
            json_free(message);
        }
        yaml_event_delete(&event);
    }
    return good;
}

int reemit_yaml(void) {
    yaml_parser_t parser;
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser) || !yaml_emitter_initialize(&emitter)) abort();
    yaml_parser_set_input_file(&parser, stdin);
    yaml_emitter_set_output_file(&emitter, stdout);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool good = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(&emitter, &event) &&
                pass_on(&parser, &emitter) && yaml_stream_end_event_initialize(&event) &&
                yaml_emitter_emit(&emitter, &event) && fflush(stdout) == 0;
    if (!good) fprintf(stderr, "notes: this is no stream of messages: %s\n", parser.problem ? parser.problem : "");
    yaml_emitter_delete(&emitter);
    yaml_parser_delete(&parser);
    return good ? 0 : 1;
}
