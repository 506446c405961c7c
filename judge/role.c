/* Reads the claim's text: a condition ends at a colon outside of brackets and quotes, or at `until`. */
#include "judge/role.h"

struct reader {
    struct text text; /* of the claim, in its source */
    size_t at;
    size_t depth;  /* of brackets */
    size_t colons; /* outside of brackets, so far */
    bool until;    /* the word was met since the last of them */
};

static bool is_at(const struct reader *reader, const char *word) {
    return text_starts(text_slice(reader->text, reader->at, SIZE_MAX), text_of(word));
}

static bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* Over a quoted text; what is interpolated into it may hold quotes of its own. */
static void skip_quoted(struct reader *reader) {
    const struct text text = reader->text;
    const char *end = is_at(reader, "\"\"\"") ? "\"\"\"" : text.bytes[reader->at] == '"' ? "\"" : "'";
    size_t depth = 0;
    for (reader->at += text_of(end).length; reader->at < text.length; reader->at++) {
        if (depth == 0 && is_at(reader, end)) {
            reader->at += text_of(end).length;
            return;
        }
        char byte = text.bytes[reader->at];
        if (byte == '\\') reader->at++;
        if (is_at(reader, "${") || (depth && byte == '{')) {
            reader->at += byte == '$';
            depth++;
        }
        if (depth && byte == '}') depth--;
    }
}

static void step(struct reader *reader) {
    char byte = reader->text.bytes[reader->at];
    bool is_begin = reader->at == 0 || !is_word(reader->text.bytes[reader->at - 1]);
    size_t behind = reader->at + 5;
    if (byte == '"' || byte == '\'') {
        skip_quoted(reader);
        return;
    }
    if (byte == '#')
        while (reader->at < reader->text.length && reader->text.bytes[reader->at] != '\n') reader->at++;
    if (byte == '(' || byte == '[' || byte == '{') reader->depth++;
    if ((byte == ')' || byte == ']' || byte == '}') && reader->depth) reader->depth--;
    if (byte == ':' && reader->depth == 0) {
        reader->colons++;
        reader->until = false;
    }
    if (reader->depth == 0 && is_begin && is_at(reader, "until") &&
        (behind >= reader->text.length || !is_word(reader->text.bytes[behind])))
        reader->until = true;
    reader->at++;
}

const struct trace *role_of(const struct judgement *judgement, const struct site *site) {
    struct span whole = judgement->claim->span;
    if (judgement->node_count == 0 || site->span.source != whole.source || site->span.start < whole.start ||
        site->span.start + site->span.length > whole.start + whole.length)
        return NULL;
    struct reader reader = { .text = span_text(judgement->world->program->sources, whole) };
    while (reader.at < reader.text.length && reader.at < site->span.start - whole.start) step(&reader);
    /* A `whenever` has its condition before its colon, other time words behind it, and the last one's is the rest. */
    if (reader.colons < judgement->node_count && judgement->nodes[reader.colons].kind == NODE_WHENEVER)
        return judgement->nodes[reader.colons].condition;
    const struct node *last = &judgement->nodes[judgement->node_count - 1];
    return reader.until && last->kind == NODE_UNTIL ? last->ending : last->condition;
}
