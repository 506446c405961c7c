/* Lines to documents and back. What the program answers is checked here, so that no later step meets half an answer. */
#include "stdlib/document/feed.h"

#include "stdlib/document/document.h"

#include <string.h>

enum { FEED_MAXIMUM = 64 << 20, SHOWN_MAXIMUM = 60 };

bool feed_join(struct value documents, struct buffer *out, struct buffer *problem) {
    for (size_t i = 0; i < value_count(documents) && !problem->length; i++) {
        struct document document;
        struct arena *arena = arena_new();
        struct buffer reason = { 0 };
        if (!document_of(value_at(documents, i), &document, &reason)) {
            buffer_printf(problem, "document %zu is %.*s", i, TEXT_ARGS(buffer_text(&reason)));
        } else {
            struct document_node *tree = document_read(arena, document.text, &reason);
            if (!tree)
                buffer_printf(problem, "document %zu is %.*s", i, TEXT_ARGS(buffer_text(&reason)));
            else if (memchr(document.text.bytes, '\n', document.text.length))
                document_write(tree, false, out); /* or it would be two lines */
            else
                buffer_append(out, document.text);
        }
        buffer_append_byte(out, '\n');
        if (!problem->length && out->length > FEED_MAXIMUM)
            buffer_append_string(problem, "more than 64 MiB of documents");
        buffer_done(&reason);
        arena_free(arena);
    }
    return !problem->length;
}

static struct text take_line(struct text *rest) {
    const char *end = memchr(rest->bytes, '\n', rest->length);
    size_t length = end ? (size_t)(end - rest->bytes) : rest->length;
    struct text line = text_slice(*rest, 0, length);
    *rest = text_slice(*rest, length + 1, SIZE_MAX);
    return line;
}

static struct value one(struct heap *heap, size_t index, struct text line) {
    struct arena *arena = arena_new();
    struct buffer problem = { 0 };
    struct value result =
        document_read(arena, line, &problem)
            ? document_value(heap, line)
            : value_error(heap, "answer %zu is %.*s: %.*s%s", index, TEXT_ARGS(buffer_text(&problem)),
                          TEXT_ARGS(text_slice(line, 0, SHOWN_MAXIMUM)), line.length > SHOWN_MAXIMUM ? "…" : "");
    buffer_done(&problem);
    arena_free(arena);
    return result;
}

struct value feed_split(struct heap *heap, struct value fed, struct text output) {
    size_t wanted = value_count(fed), count = 0;
    struct value documents = value_list(heap, NULL, 0), bad = value_none();
    while (output.length && bad.kind == VALUE_NONE) {
        struct text line = take_line(&output);
        if (!text_trim(line).length) continue;
        if (count++ >= wanted) continue; /* counted only */
        struct value document = one(heap, count - 1, line);
        if (document.kind == VALUE_ERROR)
            bad = value_retain(document);
        else
            documents = value_list_append(documents, document);
        value_release(document);
    }
    if (bad.kind == VALUE_NONE && count != wanted)
        bad = value_error(heap, "it answered %zu lines to %zu documents", count, wanted);
    if (bad.kind == VALUE_NONE) return documents;
    value_release(documents);
    return bad;
}
