/* Lines to documents and back. What the program answers is checked here, so that no later step meets half an answer. */
#include "stdlib/document/feed.h"

#include "stdlib/document/document.h"

#include <string.h>

enum { FEED_MAXIMUM = 64 << 20, SHOWN_MAXIMUM = 60 };

/* One document as the program reads it. */
static void add(struct document document, const struct document_node *tree, struct buffer *out) {
    if (document.format == DOCUMENT_YAML) buffer_append_string(out, "---\n");
    bool lines = document.format == DOCUMENT_JSON && memchr(document.text.bytes, '\n', document.text.length);
    if (lines || text_starts(document.text, TEXT("---"))) /* or it would be two documents */
        document_print(tree, document.format, false, out);
    else
        buffer_append(out, document.text);
    if (out->bytes[out->length - 1] != '\n') buffer_append_byte(out, '\n');
}

bool feed_join(struct value documents, struct buffer *out, struct buffer *problem) {
    enum document_format format = DOCUMENT_JSON;
    for (size_t i = 0; i < value_count(documents) && !problem->length; i++) {
        struct document document;
        struct arena *arena = arena_new();
        struct buffer reason = { 0 };
        bool known = document_of(value_at(documents, i), &document, &reason);
        struct document_node *tree = known ? document_tree(arena, document, &reason) : NULL;
        if (known && i && document.format != format)
            buffer_printf(problem, "document %zu is of another format than the first", i);
        else if (tree)
            add(document, tree, out);
        else
            buffer_printf(problem, "document %zu is %.*s", i, TEXT_ARGS(buffer_text(&reason)));
        format = known ? document.format : format;
        if (!problem->length && out->length > FEED_MAXIMUM)
            buffer_append_string(problem, "more than 64 MiB of documents");
        buffer_done(&reason);
        arena_free(arena);
    }
    return !problem->length;
}

/* ---- answers ---- */

struct answers {
    struct heap *heap;
    struct value documents; /* as many as were wanted; owned */
    size_t wanted, count;
};

static void take(struct answers *answers, struct document document) {
    if (answers->count++ >= answers->wanted) return; /* counted only */
    struct value value = document_value(answers->heap, document);
    answers->documents = value_list_append(answers->documents, value);
    value_release(value);
}

static struct text take_line(struct text *rest) {
    const char *end = memchr(rest->bytes, '\n', rest->length);
    size_t length = end ? (size_t)(end - rest->bytes) : rest->length;
    struct text line = text_slice(*rest, 0, length);
    *rest = text_slice(*rest, length + 1, SIZE_MAX);
    return line;
}

static void take_lines(struct answers *answers, struct text output, struct buffer *problem) {
    while (output.length && !problem->length) {
        struct text line = take_line(&output);
        if (!text_trim(line).length) continue;
        struct arena *arena = arena_new();
        struct buffer reason = { 0 };
        if (answers->count >= answers->wanted || document_read(arena, line, &reason))
            take(answers, (struct document){ DOCUMENT_JSON, line });
        else
            buffer_printf(problem, "answer %zu is %.*s: %.*s%s", answers->count, TEXT_ARGS(buffer_text(&reason)),
                          TEXT_ARGS(text_slice(line, 0, SHOWN_MAXIMUM)), line.length > SHOWN_MAXIMUM ? "…" : "");
        buffer_done(&reason);
        arena_free(arena);
    }
}

static bool take_yaml(void *data, struct document_node *root) {
    struct buffer text = { 0 };
    document_write_yaml(root, false, &text);
    take(data, (struct document){ DOCUMENT_YAML, buffer_text(&text) });
    buffer_done(&text);
    return true;
}

struct value feed_split(struct heap *heap, struct value fed, struct text output) {
    struct answers answers = { heap, value_list(heap, NULL, 0), value_count(fed), 0 };
    struct buffer problem = { 0 };
    struct document first = { 0 };
    struct arena *arena = arena_new();
    bool yaml = answers.wanted && document_of(value_at(fed, 0), &first, &problem) && first.format == DOCUMENT_YAML;
    if (!yaml)
        take_lines(&answers, output, &problem);
    else if (!document_read_yaml_stream(arena, output, take_yaml, &answers, &problem))
        buffer_printf(&problem, ", behind %zu answers", answers.count);
    if (!problem.length && answers.count != answers.wanted)
        buffer_printf(&problem, "it answered %zu %s to %zu documents", answers.count, yaml ? "documents" : "lines",
                      answers.wanted);
    struct value result = problem.length ? value_error(heap, "%s", problem.bytes) : value_retain(answers.documents);
    value_release(answers.documents);
    buffer_done(&problem);
    arena_free(arena);
    return result;
}
