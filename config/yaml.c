/* libyaml's events become a tree. Nothing of libyaml leaves this file; whatever the text holds, reading it takes
 * bounded memory and time. */
#include "config/yaml.h"

#include "base/vector.h"

#include <yaml.h>

#include <string.h>

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct text content; /* behind a byte order mark */
    uint32_t source;
    uint32_t skipped;               /* bytes of the byte order mark */
    size_t known_index, known_byte; /* libyaml counts characters: one place of which both are known */
    size_t values;
    bool failed;
};

/* ---- places ---- */
static bool continues(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static uint32_t offset_of(struct reader *reader, size_t index) {
    struct text text = reader->content;
    size_t byte = reader->known_byte, at = reader->known_index;
    for (; at < index && byte < text.length; at++)
        for (byte++; byte < text.length && continues(text.bytes[byte]);) byte++;
    for (; at > index && byte > 0; at--)
        for (byte--; byte > 0 && continues(text.bytes[byte]);) byte--;
    reader->known_index = at;
    reader->known_byte = byte;
    return (uint32_t)byte + reader->skipped;
}

static struct span span_of(struct reader *reader, yaml_mark_t start, yaml_mark_t end) {
    uint32_t from = offset_of(reader, start.index), to = offset_of(reader, end.index);
    return (struct span){ reader->source, from, to > from ? to - from : 0 };
}

static struct diagnostic *fail(struct reader *reader, enum diagnostic_code code, struct span span, const char *what) {
    reader->failed = true;
    return diagnostics_report(reader->diagnostics, code, span, "%s", what);
}

/* ---- libyaml's own complaints, in words of this house ---- */
static void explain(struct reader *reader, struct diagnostic *diagnostic, uint32_t at) {
    const char *problem = reader->parser.problem;
    struct text rest = text_slice(reader->content, at - reader->skipped, SIZE_MAX);
    if (rest.length && rest.bytes[0] == '\t') diagnostic_help(diagnostic, "YAML is indented by blanks, not by tabs");
    if (rest.length && strchr("{}", rest.bytes[0]) && strstr(problem, "',' or '}'"))
        diagnostic_help(diagnostic, "between { and } a text that holds braces stands in quotes");
    if (rest.length && strchr("%@`", rest.bytes[0]))
        diagnostic_help(diagnostic, "a text that begins with %c stands in quotes", rest.bytes[0]);
    if (strstr(problem, "mapping values are not allowed"))
        diagnostic_help(diagnostic, "one key and its value stand on a line; a text with `: ` in it stands in quotes");
}

static void report_syntax(struct reader *reader) {
    yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    parser->problem = problem;
    uint32_t at = offset_of(reader, parser->problem_mark.index);
    if (parser->error == YAML_READER_ERROR) at = (uint32_t)parser->problem_offset + reader->skipped;
    reader->failed = true;
    struct diagnostic *diagnostic = diagnostics_report(
        reader->diagnostics, DIAG_E600, (struct span){ reader->source, at, 0 }, "this is no YAML: %s", problem);
    if (parser->context && parser->context_mark.index != parser->problem_mark.index) {
        struct span span = { reader->source, offset_of(reader, parser->context_mark.index), 0 };
        diagnostic_note(diagnostic, span, "%s that begins here", parser->context);
    }
    explain(reader, diagnostic, at);
}

/* ---- events ---- */
static bool next(struct reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event)) return true;
    report_syntax(reader);
    return false;
}

/* What aot.yaml has no use for; reading goes on as if it were not there. */
static void refuse_extras(struct reader *reader, yaml_event_t *event) {
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    bool alias = event->type == YAML_ALIAS_EVENT;
    if (!anchor && !tag && !alias) return;
    diagnostics_report(reader->diagnostics, DIAG_E601, span_of(reader, event->start_mark, event->end_mark), "%s",
                       alias    ? "aliases (*name) are not used here: write the value again"
                       : anchor ? "anchors (&name) are not used here"
                                : "tags (!name) are not used here: the place of a value says what it is");
}

static struct yaml_value *read_value(struct reader *reader, yaml_event_t *event, unsigned depth);

static const struct yaml_entry *kept(struct reader *reader, const struct yaml_entry *entries, size_t count) {
    struct yaml_entry *copy = ARENA_ARRAY(reader->arena, struct yaml_entry, count + 1);
    if (count) memcpy(copy, entries, count * sizeof *copy);
    return copy;
}

/* The key at hand; false when it cannot be one. */
static bool read_key(struct reader *reader, yaml_event_t *event, struct yaml_entry *entry) {
    struct span span = span_of(reader, event->start_mark, event->end_mark);
    refuse_extras(reader, event);
    if (event->type != YAML_SCALAR_EVENT) {
        fail(reader, DIAG_E601, span, "a key is a word or a text, not a list or a mapping");
        return false;
    }
    struct text key = { (const char *)event->data.scalar.value, event->data.scalar.length };
    *entry = (struct yaml_entry){ arena_copy(reader->arena, key), span, NULL };
    return true;
}

static bool is_new(struct reader *reader, const struct yaml_entry *entries, size_t count,
                   const struct yaml_entry *entry) {
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(entries[i].key, entry->key)) continue;
        struct diagnostic *diagnostic = diagnostics_report(reader->diagnostics, DIAG_E602, entry->key_span,
                                                           "the key `%.*s` stands twice", TEXT_ARGS(entry->key));
        diagnostic_note(diagnostic, entries[i].key_span, "first here");
        return false;
    }
    return true;
}

static void read_entries(struct reader *reader, struct yaml_value *value, unsigned depth) {
    struct VECTOR(struct yaml_entry) entries = { 0 };
    yaml_event_type_t end = value->shape == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    while (!reader->failed) {
        yaml_event_t event;
        struct yaml_entry entry = { .key_span = value->span };
        if (!next(reader, &event)) break;
        bool over = event.type == end, keyed = value->shape == YAML_MAP && !over;
        bool good = !keyed || read_key(reader, &event, &entry);
        if (keyed) {
            yaml_event_delete(&event);
            if (!good || !next(reader, &event)) break;
        }
        if (!over) entry.value = read_value(reader, &event, depth);
        yaml_event_delete(&event);
        if (over) break;
        if (entry.value && (!keyed || is_new(reader, entries.items, entries.count, &entry)))
            VECTOR_PUSH(&entries, entry);
    }
    value->entries = kept(reader, entries.items, entries.count);
    value->count = entries.count;
    VECTOR_DONE(&entries);
    if (value->count && value->span.length == 0)
        value->span = value->shape == YAML_MAP ? value->entries[0].key_span : value->entries[0].value->span;
}

/* The value that the event begins; NULL when there is too much of it. An alias is an empty text. */
static struct yaml_value *read_value(struct reader *reader, yaml_event_t *event, unsigned depth) {
    refuse_extras(reader, event);
    struct yaml_value *value = ARENA_NEW(reader->arena, struct yaml_value);
    value->span = span_of(reader, event->start_mark, event->end_mark);
    if (++reader->values > YAML_VALUES_MAXIMUM) {
        fail(reader, DIAG_E609, value->span, "this is more than 5,000 values");
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT) return value;
    if (event->type == YAML_SCALAR_EVENT) {
        struct text text = { (const char *)event->data.scalar.value, event->data.scalar.length };
        value->shape = YAML_TEXT;
        value->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        value->text = arena_copy(reader->arena, text);
        return value;
    }
    value->shape = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
    if (depth == YAML_DEPTH_MAXIMUM) {
        fail(reader, DIAG_E609, value->span, "this is nested more than 32 deep");
        return NULL;
    }
    read_entries(reader, value, depth + 1);
    return value;
}

static struct yaml_value *empty(struct reader *reader) {
    struct yaml_value *value = ARENA_NEW(reader->arena, struct yaml_value);
    value->shape = YAML_MAP;
    value->span = (struct span){ reader->source, reader->skipped, 0 };
    return value;
}

/* Stream start, document start, the value, document end; then no second document. */
static struct yaml_value *read_stream(struct reader *reader) {
    struct yaml_value *value = NULL;
    for (bool over = false; !over && !reader->failed;) {
        yaml_event_t event;
        if (!next(reader, &event)) break;
        over = event.type == YAML_STREAM_END_EVENT;
        bool frames = over || event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            if (value)
                fail(reader, DIAG_E601, span_of(reader, event.start_mark, event.end_mark),
                     "a second document begins here; the file is one");
        } else if (!frames && !reader->failed) {
            value = read_value(reader, &event, 0);
        }
        yaml_event_delete(&event);
    }
    return value ? value : reader->failed ? NULL : empty(reader);
}

static bool is_readable(struct reader *reader) {
    struct text text = reader->content;
    struct span start = { reader->source, 0, 0 };
    if (text.length > YAML_SIZE_MAXIMUM)
        return fail(reader, DIAG_E609, start, "the file is larger than 256 KiB"), false;
    size_t odd = text_invalid_utf8(text);
    if (odd != SIZE_MAX) {
        struct span span = { reader->source, (uint32_t)odd + reader->skipped, 1 };
        return fail(reader, DIAG_E600, span, "this is no YAML: the file is not UTF-8"), false;
    }
    const char *nul = text.length ? memchr(text.bytes, 0, text.length) : NULL;
    if (!nul) return true;
    struct span span = { reader->source, (uint32_t)(nul - text.bytes) + reader->skipped, 1 };
    return fail(reader, DIAG_E600, span, "this is no YAML: a NUL byte"), false;
}

const struct yaml_value *yaml_read(struct source_set *sources, uint32_t source, struct arena *arena,
                                   struct diagnostics *diagnostics) {
    struct reader reader = { .arena = arena, .diagnostics = diagnostics, .source = source };
    reader.content = source_set_get(sources, source)->content;
    if (text_starts(reader.content, TEXT("\xEF\xBB\xBF"))) reader.skipped = 3;
    reader.content = text_slice(reader.content, reader.skipped, SIZE_MAX);
    if (!is_readable(&reader) || !yaml_parser_initialize(&reader.parser)) return NULL;
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)reader.content.bytes, reader.content.length);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    const struct yaml_value *value = read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    return reader.failed ? NULL : value;
}

const struct yaml_entry *yaml_find(const struct yaml_value *map, const char *key) {
    for (size_t i = 0; map && map->shape == YAML_MAP && i < map->count; i++)
        if (text_is(map->entries[i].key, key)) return &map->entries[i];
    return NULL;
}
