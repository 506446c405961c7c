/* Any bytes as a document. What is read is written, with escapes and without, as something that reads the same: nothing is lost either way.
 * Two documents, split at the first line break, are compared without a fault, and a document with fields of a future lacks nothing of it. */
#include "base/memory.h"
#include "stdlib/document/future.h"
#include "stdlib/document/loss.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) abort();
}

/* Read, or NULL with a reason. The copy shows reads behind its end. */
static struct document_node *read_copy(struct arena *arena, struct text text) {
    struct buffer problem = { 0 };
    char *exact = memory_resize(NULL, text.length ? text.length : 1);
    memcpy(exact, text.bytes, text.length);
    struct document_node *tree = document_read(arena, (struct text){ exact, text.length }, &problem);
    require((tree == NULL) == (problem.length > 0));
    require(text_invalid_utf8(buffer_text(&problem)) == SIZE_MAX);
    memory_release(exact);
    buffer_done(&problem);
    return tree;
}

static void loses(const struct document_node *sent, const struct document_node *got, bool wanted) {
    struct buffer out = { 0 };
    bool lost = document_loss(sent, got, &out);
    require(lost == (out.length > 0) && (!wanted || !lost));
    require(text_invalid_utf8(buffer_text(&out)) == SIZE_MAX);
    buffer_done(&out);
}

static struct document_node *again(struct arena *arena, const struct document_node *tree, bool escaped) {
    struct buffer out = { 0 };
    document_write(tree, escaped, &out);
    require(!memchr(out.bytes, '\n', out.length));
    struct document_node *back = read_copy(arena, buffer_text(&out));
    require(back);
    buffer_done(&out);
    return back;
}

/* The same bytes as YAML. */
static void try_yaml(struct arena *arena, struct text text) {
    struct buffer problem = { 0 }, out = { 0 };
    struct document_node *tree = document_read_yaml(arena, text, &problem);
    require((tree == NULL) == (problem.length > 0));
    for (int escaped = 0; tree && escaped < 2; escaped++) {
        buffer_clear(&out);
        document_write_yaml(tree, escaped, &out);
        struct document_node *back = document_read_yaml(arena, buffer_text(&out), &problem);
        require(back);
        loses(tree, back, true);
        loses(back, tree, true);
    }
    buffer_done(&problem);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct text all = { (const char *)data, size };
    size_t line = text_find(all, TEXT("\n"));
    struct document_node *first = read_copy(arena, line == SIZE_MAX ? all : text_slice(all, 0, line));
    struct document_node *second = line == SIZE_MAX ? NULL : read_copy(arena, text_slice(all, line + 1, SIZE_MAX));
    if (first && second) loses(first, second, false);
    if (first) {
        struct document_node *plain = again(arena, first, false), *escaped = again(arena, first, true);
        loses(first, plain, true);
        loses(escaped, first, true);
        document_add_future(arena, plain, size & 1, size, size % 97);
        loses(first, plain, true);
    }
    try_yaml(arena, all);
    arena_free(arena);
    require(memory_live_blocks() == 0);
    return 0;
}
