/* Reads the text of a native's row, or of a table's record type: types, parameters, defaults. The form is told in
 * bytecode/native.h. The texts are the project's own: a wrong one is a bug that a unit test finds. */
#include "compiler/signature.h"

#include "base/clock.h"

#include <stdlib.h>

enum { PARAMETER_LIMIT = 32, WORD_LIMIT = 32 };

static char peek(struct signature_parser *parser) {
    while (parser->at < parser->text.length && parser->text.bytes[parser->at] == ' ') parser->at++;
    return parser->at < parser->text.length ? parser->text.bytes[parser->at] : '\0';
}

static void fail(struct signature_parser *parser, const char *what) {
    if (parser->error.length) return;
    parser->error = arena_printf(parser->arena, "%s at byte %zu", what, parser->at);
    parser->at = parser->text.length;
}

static bool take(struct signature_parser *parser, const char *mark) {
    peek(parser);
    struct text wanted = text_of(mark);
    if (!text_equal(text_slice(parser->text, parser->at, wanted.length), wanted)) return false;
    parser->at += wanted.length;
    return true;
}

static void want(struct signature_parser *parser, const char *mark) {
    if (!take(parser, mark)) fail(parser, mark);
}

static bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static struct text word(struct signature_parser *parser) {
    peek(parser);
    size_t start = parser->at;
    while (parser->at < parser->text.length && is_word(parser->text.bytes[parser->at])) parser->at++;
    if (parser->at == start) fail(parser, "a word is missing");
    return text_slice(parser->text, start, parser->at - start);
}

/* A text in quotes, without them; the tables need no escapes. */
static struct text quoted(struct signature_parser *parser) {
    want(parser, "\"");
    size_t start = parser->at;
    while (parser->at < parser->text.length && parser->text.bytes[parser->at] != '"') parser->at++;
    struct text content = text_slice(parser->text, start, parser->at - start);
    want(parser, "\"");
    return content;
}

/* ---- types ---- */

static const struct type *parse_type(struct signature_parser *parser);

static const struct type *parse_words(struct signature_parser *parser) {
    struct text words[WORD_LIMIT];
    uint32_t count = 0;
    do {
        if (count == WORD_LIMIT) fail(parser, "too many words");
        if (count < WORD_LIMIT) words[count++] = quoted(parser);
    } while (take(parser, "|") && !parser->error.length);
    return type_words(parser->types, words, count);
}

static const struct type *parse_of(struct signature_parser *parser, struct text name) {
    enum type_kind kind = text_is(name, "stream")   ? TYPE_STREAM
                          : text_is(name, "signal") ? TYPE_SIGNAL
                          : text_is(name, "window") ? TYPE_WINDOW
                          : text_is(name, "series") ? TYPE_SERIES
                          : text_is(name, "each")   ? TYPE_EACH
                                                    : TYPE_POISON;
    if (kind == TYPE_POISON) fail(parser, "an unknown type of elements");
    const struct type *element = parse_type(parser);
    want(parser, ">");
    return kind == TYPE_POISON ? element : type_of(parser->types, kind, element);
}

const struct type *signature_basic_type(struct type_table *types, struct text name) {
    static const struct {
        const char *name;
        enum type_kind kind;
        int time_power, byte_power;
    } basic[] = {
        { "bool", TYPE_BOOL, 0, 0 },           { "int", TYPE_INT, 0, 0 },       { "number", TYPE_QUANTITY, 0, 0 },
        { "duration", TYPE_QUANTITY, 1, 0 },   { "size", TYPE_QUANTITY, 0, 1 }, { "rate", TYPE_QUANTITY, -1, 0 },
        { "bandwidth", TYPE_QUANTITY, -1, 1 }, { "ratio", TYPE_RATIO, 0, 0 },   { "instant", TYPE_INSTANT, 0, 0 },
        { "version", TYPE_VERSION, 0, 0 },     { "string", TYPE_STRING, 0, 0 }, { "bytes", TYPE_BYTES, 0, 0 },
        { "regex", TYPE_REGEX, 0, 0 },         { "url", TYPE_URL, 0, 0 },       { "path", TYPE_PATH, 0, 0 },
        { "label", TYPE_LABEL, 0, 0 },         { "json", TYPE_JSON, 0, 0 },     { "sql", TYPE_SQL, 0, 0 },
        { "shell", TYPE_SHELL, 0, 0 },         { "any", TYPE_ANY, 0, 0 },       { "none", TYPE_NOTHING, 0, 0 },
        { "phase", TYPE_INTERVAL, 0, 0 },      { "task", TYPE_INTERVAL, 0, 0 }, { "command", TYPE_COMMAND, 0, 0 },
    };
    for (size_t i = 0; i < sizeof basic / sizeof basic[0]; i++) {
        if (!text_is(name, basic[i].name)) continue;
        return basic[i].kind == TYPE_QUANTITY ? type_quantity(types, basic[i].time_power, basic[i].byte_power)
                                              : type_simple(types, basic[i].kind);
    }
    return NULL;
}

static const struct type *parse_name(struct signature_parser *parser) {
    struct text name = word(parser);
    if (take(parser, "<")) return parse_of(parser, name);
    if (name.length == 1 && name.bytes[0] >= 'A' && name.bytes[0] <= 'Z') return type_variable(parser->types, name);
    const struct type *type = signature_basic_type(parser->types, name);
    if (!type && parser->find_type) type = parser->find_type(parser->data, name);
    if (!type) fail(parser, "an unknown type");
    return type ? type : type_simple(parser->types, TYPE_POISON);
}

static const struct type *parse_type(struct signature_parser *parser) {
    const struct type *type;
    if (take(parser, "[")) {
        type = type_of(parser->types, TYPE_LIST, parse_type(parser));
        want(parser, "]");
    } else if (take(parser, "{")) {
        if (!text_is(word(parser), "string")) fail(parser, "a map's key is a string");
        want(parser, ":");
        type = type_of(parser->types, TYPE_MAP, parse_type(parser));
        want(parser, "}");
    } else {
        type = peek(parser) == '"' ? parse_words(parser) : parse_name(parser);
    }
    while (take(parser, "?")) type = type_of(parser->types, TYPE_OPTIONAL, type);
    return type;
}

/* ---- defaults ---- */

static struct node *literal(struct signature_parser *parser, enum node_kind kind, const struct type *type) {
    struct node *node = ARENA_NEW(parser->arena, struct node);
    node->kind = (uint16_t)kind;
    node->height = 1;
    node->span = SPAN_NONE;
    node->name_span = SPAN_NONE;
    node->type = type;
    return node;
}

static struct node *text_literal(struct signature_parser *parser) {
    const struct type *string = type_simple(parser->types, TYPE_STRING);
    struct node *node = literal(parser, NODE_STRING, string);
    struct text content = quoted(parser);
    if (content.length) {
        node->list = literal(parser, NODE_TEXT, string);
        node->list->string = content;
        node->height = 2;
    }
    return node;
}

static struct node *number_literal(struct signature_parser *parser) {
    peek(parser);
    size_t start = parser->at;
    while (parser->at < parser->text.length &&
           (is_word(parser->text.bytes[parser->at]) || parser->text.bytes[parser->at] == '.'))
        parser->at++;
    struct text digits = text_slice(parser->text, start, parser->at - start);
    int64_t integer;
    struct node *node;
    if (take(parser, "%")) {
        node = literal(parser, NODE_RATIO, type_simple(parser->types, TYPE_RATIO));
        node->number = strtod(digits.bytes, NULL) / 100;
    } else if (duration_parse(digits, &integer)) {
        node = literal(parser, NODE_DURATION, type_quantity(parser->types, 1, 0));
        node->integer = integer;
    } else if (size_parse(digits, &integer)) {
        node = literal(parser, NODE_SIZE, type_quantity(parser->types, 0, 1));
        node->integer = integer;
    } else if (text_find(digits, TEXT(".")) != SIZE_MAX) {
        node = literal(parser, NODE_NUMBER, type_simple(parser->types, TYPE_QUANTITY));
        node->number = strtod(digits.bytes, NULL);
    } else {
        node = literal(parser, NODE_INTEGER, type_simple(parser->types, TYPE_INT));
        node->integer = strtoll(digits.bytes, NULL, 10);
    }
    return node;
}

static struct node *parse_default(struct signature_parser *parser, const struct type *type) {
    char first = peek(parser);
    if (first == '"') return text_literal(parser);
    if (first >= '0' && first <= '9') return number_literal(parser);
    if (take(parser, "{")) {
        want(parser, "}");
        return literal(parser, NODE_RECORD, type);
    }
    if (take(parser, "[")) {
        want(parser, "]");
        return literal(parser, NODE_LIST_OF, type);
    }
    struct text name = word(parser);
    if (text_is(name, "none")) return literal(parser, NODE_NONE, type_simple(parser->types, TYPE_NOTHING));
    if (text_is(name, "true")) return literal(parser, NODE_TRUE, type_simple(parser->types, TYPE_BOOL));
    if (text_is(name, "false")) return literal(parser, NODE_FALSE, type_simple(parser->types, TYPE_BOOL));
    fail(parser, "an unknown default");
    return NULL;
}

/* ---- the whole ---- */

static struct parameter parse_parameter(struct signature_parser *parser) {
    struct parameter parameter = { .name = name_intern(parser->names, word(parser)), .span = SPAN_NONE };
    want(parser, ":");
    parameter.is_variadic = take(parser, "...");
    parameter.type = parse_type(parser);
    if (take(parser, "=")) parameter.default_value = parse_default(parser, parameter.type);
    return parameter;
}

struct signature *signature_parse(struct signature_parser *parser) {
    struct signature *signature = ARENA_NEW(parser->arena, struct signature);
    struct parameter parameters[PARAMETER_LIMIT];
    uint32_t count = 0;
    while (!take(parser, "->") && !parser->error.length) {
        if (count) want(parser, ",");
        if (count == PARAMETER_LIMIT) fail(parser, "too many parameters");
        if (!parser->error.length) parameters[count++] = parse_parameter(parser);
    }
    signature->count = count;
    signature->result = parser->error.length ? type_simple(parser->types, TYPE_POISON) : parse_type(parser);
    if (peek(parser) != '\0') fail(parser, "something stands behind the result");
    signature->parameters = ARENA_ARRAY(parser->arena, struct parameter, count);
    signature->defaults = ARENA_ARRAY(parser->arena, struct node *, count);
    for (uint32_t i = 0; i < count; i++) {
        signature->parameters[i] = parameters[i];
        signature->defaults[i] = parameters[i].default_value;
    }
    return signature;
}

void signature_parse_fields(struct signature_parser *parser, struct type *record) {
    struct type_field fields[PARAMETER_LIMIT];
    uint32_t count = 0;
    while (peek(parser) != '\0') {
        if (count) want(parser, ",");
        if (count == PARAMETER_LIMIT) fail(parser, "too many fields");
        if (parser->error.length) break;
        fields[count].name = word(parser);
        want(parser, ":");
        fields[count++].type = parse_type(parser);
    }
    record->fields = ARENA_ARRAY(parser->arena, struct type_field, count);
    for (uint32_t i = 0; i < count; i++) record->fields[i] = fields[i];
    record->count = count;
    type_complete(record);
}
