/* YAML to trees and back. libyaml reads; which scalars are numbers and words is YAML 1.2's core schema. What a tree cannot hold (an alias, a
 * name that is no scalar) is refused. Writing is in blocks, as people write it. */
#include "stdlib/document/tree.h"

#include <string.h>
#include <yaml.h>

enum { NAME_MAXIMUM = 100 }; /* bytes; each may be written as ten */

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    unsigned depth;
    struct buffer *problem;
};

static struct document_node *fail(struct reader *reader, const char *what, size_t line) {
    if (!reader->problem->length) buffer_printf(reader->problem, "no YAML: %s, at line %zu", what, line + 1);
    return NULL;
}

static bool next_event(struct reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event)) return true;
    const char *what = reader->parser.problem ? reader->parser.problem : "it cannot be read";
    fail(reader, what, reader->parser.problem_mark.line);
    return false;
}

/* ---- scalars ---- */

static size_t digits(struct text text, size_t at) {
    size_t start = at;
    while (at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9') at++;
    return at - start;
}

static bool is_of(struct text text, const char *bytes) {
    for (size_t i = 0; i < text.length; i++)
        if (!text.bytes[i] || !strchr(bytes, text.bytes[i])) return false;
    return text.length > 0;
}

static bool is_number(struct text text) {
    size_t at = text.length && strchr("+-", text.bytes[0]), whole, part = 0;
    struct text rest = text_slice(text, at, SIZE_MAX);
    if (text_is(rest, ".inf") || text_is(text, ".nan")) return true;
    if (text_starts(text, TEXT("0x"))) return is_of(text_slice(text, 2, SIZE_MAX), "0123456789abcdefABCDEF");
    if (text_starts(text, TEXT("0o"))) return is_of(text_slice(text, 2, SIZE_MAX), "01234567");
    at += whole = digits(text, at);
    if (at < text.length && text.bytes[at] == '.') at += 1 + (part = digits(text, at + 1));
    if (!whole && !part) return false;
    if (at < text.length && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        if (at < text.length && strchr("+-", text.bytes[at])) at++;
        size_t power = digits(text, at);
        at += power;
        if (!power) return false;
    }
    return at == text.length;
}

static enum document_kind kind_of(struct text text) {
    if (!text.length || text_is(text, "~") || text_is(text, "null")) return DOCUMENT_NULL;
    if (text_is(text, "true")) return DOCUMENT_TRUE;
    if (text_is(text, "false")) return DOCUMENT_FALSE;
    return is_number(text) ? DOCUMENT_NUMBER : DOCUMENT_STRING;
}

static struct document_node *scalar(struct reader *reader, const yaml_event_t *event) {
    struct text text = { (const char *)event->data.scalar.value, event->data.scalar.length };
    bool plain = event->data.scalar.plain_implicit; /* and so without quotes and tag */
    struct document_node *node = document_node_new(reader->arena, plain ? kind_of(text) : DOCUMENT_STRING);
    if (node->kind >= DOCUMENT_NUMBER) node->text = arena_copy(reader->arena, text);
    return node;
}

/* ---- containers ---- */

static struct document_node *read_node(struct reader *reader, yaml_event_t *event);

static bool read_member(struct reader *reader, struct document_node *container, yaml_event_t *event) {
    struct text name = { 0 };
    yaml_event_t value;
    if (container->kind == DOCUMENT_LIST) {
        struct document_node *item = read_node(reader, event);
        if (item) document_append(container, item);
        return item != NULL;
    }
    if (event->type != YAML_SCALAR_EVENT) return fail(reader, "a name is no scalar", event->start_mark.line);
    name =
        arena_copy(reader->arena, (struct text){ (const char *)event->data.scalar.value, event->data.scalar.length });
    if (!next_event(reader, &value)) return false;
    struct document_node *item = read_node(reader, &value);
    yaml_event_delete(&value);
    if (!item) return false;
    item->name = name;
    document_append(container, item);
    return true;
}

static struct document_node *read_container(struct reader *reader, enum document_kind kind, size_t line) {
    struct document_node *container = document_node_new(reader->arena, kind);
    if (reader->depth >= DOCUMENT_DEPTH) return fail(reader, "nested too deep", line);
    reader->depth++;
    bool good = true, over = false;
    while (good && !over) {
        yaml_event_t event;
        good = next_event(reader, &event);
        if (!good) break;
        over = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        if (!over) good = read_member(reader, container, &event);
        yaml_event_delete(&event);
    }
    reader->depth--;
    return good ? container : NULL;
}

static struct document_node *read_node(struct reader *reader, yaml_event_t *event) {
    size_t line = event->start_mark.line;
    if (event->type == YAML_SCALAR_EVENT) return scalar(reader, event);
    if (event->type == YAML_MAPPING_START_EVENT) return read_container(reader, DOCUMENT_OBJECT, line);
    if (event->type == YAML_SEQUENCE_START_EVENT) return read_container(reader, DOCUMENT_LIST, line);
    return fail(reader, "an alias stands for something else", line);
}

/* ---- streams of documents ---- */

/* Every event up to the stream's end; false: somebody had enough, or there is a problem. */
static bool read_documents(struct reader *reader, document_taker *taker, void *data) {
    bool over = false, good = true;
    while (good && !over) {
        yaml_event_t event;
        if (!next_event(reader, &event)) return false;
        over = event.type == YAML_STREAM_END_EVENT;
        bool edge = event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT ||
                    event.type == YAML_DOCUMENT_END_EVENT;
        if (!over && !edge) {
            struct document_node *root = read_node(reader, &event);
            good = root && taker(data, root);
        }
        yaml_event_delete(&event);
    }
    return good;
}

bool document_read_yaml_stream(struct arena *arena, struct text yaml, document_taker *taker, void *data,
                               struct buffer *problem) {
    size_t invalid = text_invalid_utf8(yaml);
    if (invalid != SIZE_MAX) {
        buffer_printf(problem, "no YAML: byte %zu is no UTF-8", invalid + 1);
        return false;
    }
    struct reader reader = { .arena = arena, .problem = problem };
    if (!yaml_parser_initialize(&reader.parser)) {
        buffer_append_string(problem, "no YAML: there is no memory to read it");
        return false;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(yaml.length ? yaml.bytes : ""), yaml.length);
    bool good = read_documents(&reader, taker, data);
    yaml_parser_delete(&reader.parser);
    return good;
}

struct single {
    struct document_node *root;
    size_t count;
};

static bool take_single(void *data, struct document_node *root) {
    struct single *single = data;
    single->root = root;
    return ++single->count < 2;
}

struct document_node *document_read_yaml(struct arena *arena, struct text yaml, struct buffer *problem) {
    struct single single = { 0 };
    document_read_yaml_stream(arena, yaml, take_single, &single, problem);
    if (problem->length) return NULL;
    if (single.count == 1) return single.root;
    buffer_printf(problem, "no YAML: %s", single.count ? "it is several documents" : "there is nothing");
    return NULL;
}

/* ---- writing ---- */

static void write_quoted(struct text text, bool escaped, struct buffer *out) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length;) {
        int32_t point;
        size_t length = text_point(text, i, &point);
        bool breaks = point == 0x2028 || point == 0x2029 || point == 0xFEFF || (point >= 0x7F && point < 0xA0);
        if (point == '"' || point == '\\')
            buffer_printf(out, "\\%c", (char)point);
        else if (point >= 0x10000 && escaped)
            buffer_printf(out, "\\U%08x", (unsigned)point);
        else if (point < ' ' || breaks || (escaped && point >= 0x7F))
            buffer_printf(out, "\\u%04x", point < 0 ? 0xFFFDU : (unsigned)point);
        else
            buffer_append(out, text_slice(text, i, length));
        i += length;
    }
    buffer_append_byte(out, '"');
}

/* A word that no schema of YAML, old ones included, takes for anything else. */
static bool is_plain(struct text text) {
    static const char *const meant[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };
    for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
        if (text_is(text, meant[i])) return false;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        bool letter = byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!letter && !(i && byte >= '0' && byte <= '9')) return false;
    }
    return text.length > 0 && text.length < 100;
}

static void write_text(struct text text, bool escaped, struct buffer *out) {
    if (is_plain(text))
        buffer_append(out, text);
    else
        write_quoted(text, escaped, out);
}

/* With its colon. A long name is announced by `?`, since a plain one may have 1,024 characters at most. */
static void write_name(struct text name, size_t indent, bool escaped, struct buffer *out) {
    bool announced = name.length > NAME_MAXIMUM;
    if (announced) buffer_append_string(out, "? ");
    write_text(name, escaped, out);
    if (announced) buffer_append_byte(out, '\n');
    if (announced) buffer_append_repeat(out, ' ', indent);
    buffer_append_byte(out, ':');
}

static void write_block(const struct document_node *node, size_t indent, bool escaped, struct buffer *out) {
    static const char *const words[] = { "null", "false", "true" };
    if (node->kind <= DOCUMENT_TRUE) buffer_printf(out, "%s\n", words[node->kind]);
    if (node->kind == DOCUMENT_NUMBER) buffer_append(out, node->text);
    if (node->kind == DOCUMENT_STRING) write_text(node->text, escaped, out);
    if (node->kind == DOCUMENT_NUMBER || node->kind == DOCUMENT_STRING) buffer_append_byte(out, '\n');
    if (node->kind < DOCUMENT_LIST) return;
    if (!node->count) buffer_append_string(out, node->kind == DOCUMENT_LIST ? "[]\n" : "{}\n");
    for (const struct document_node *item = node->first; item; item = item->next) {
        bool block = item->kind >= DOCUMENT_LIST && item->count;
        buffer_append_repeat(out, ' ', indent);
        if (node->kind == DOCUMENT_OBJECT)
            write_name(item->name, indent, escaped, out);
        else
            buffer_append_byte(out, '-');
        buffer_append_byte(out, block ? '\n' : ' ');
        write_block(item, indent + 2, escaped, out);
    }
}

void document_write_yaml(const struct document_node *node, bool escaped, struct buffer *out) {
    write_block(node, 0, escaped, out);
}
