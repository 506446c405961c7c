/* Any bytes through lexer and parser. Tokens stand in order inside the file, with nothing but blanks and comments
 * between; every node lies inside its parent; without findings the tree has no ERROR; whatever is wrong is said. What
 * parses is laid out, means the same then, and stays as it is when that is done again. */
#include "base/memory.h"
#include "grammar/format.h"
#include "grammar/lexer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) abort();
}

static bool is_blank(struct text text, const struct lexer *lexer, uint32_t *offset, size_t *comment) {
    if (*comment < lexer->comments.count && lexer->comments.items[*comment].span.start == *offset) {
        *offset += lexer->comments.items[(*comment)++].span.length;
        return true;
    }
    char byte = text.bytes[(*offset)++];
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == ';';
}

/* True if the lexer had nothing to say. */
static bool read_tokens(struct text text) {
    struct parse parse = { .bytes = text.bytes };
    struct lexer *lexer = memory_allocate(sizeof *lexer);
    lexer_init(lexer, &parse, text);
    uint32_t end = text_starts(text, TEXT("\xef\xbb\xbf")) ? 3 : 0;
    size_t comment = 0;
    struct token token;
    do {
        token = lexer_next(lexer);
        require(token.offset >= end && token_end(token) <= text.length);
        while (!parse.failed && end < token.offset) require(is_blank(text, lexer, &end, &comment));
        end = token_end(token);
        require(lexer->bracket_count <= BRACKET_LIMIT);
    } while (token.id != 0);
    require(lexer_next(lexer).id == 0);
    lexer_done(lexer);
    memory_release(lexer);
    return !parse.failed;
}

static bool inside(struct span inner, struct span outer) {
    return inner.start >= outer.start && inner.start + inner.length <= outer.start + outer.length;
}

static size_t errors_in(const struct node *node, const struct node *parent) {
    require(node->kind < NODE_KIND_COUNT && node->height < parent->height && inside(node->span, parent->span));
    require(!node->name || node->name_span.length == 0 || inside(node->name_span, node->span));
    const struct node *const slots[] = { node->a, node->b, node->c };
    size_t errors = node->kind == NODE_ERROR;
    for (size_t i = 0; i < 3; i++)
        if (slots[i]) errors += errors_in(slots[i], node);
    for (const struct node *child = node->list; child; child = child->next) errors += errors_in(child, node);
    return errors;
}

static void lay_out(struct source_set *sources, uint32_t source) {
    struct diagnostics *diagnostics = diagnostics_new();
    struct buffer once = { 0 }, twice = { 0 };
    require(format_source(sources, source, diagnostics, &once) == FORMAT_DONE);
    require(format_source(sources, source_set_add(sources, "again.aot", buffer_text(&once)), diagnostics, &twice) ==
            FORMAT_DONE);
    require(text_equal(buffer_text(&once), buffer_text(&twice)));
    buffer_done(&once);
    buffer_done(&twice);
    diagnostics_free(diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t blocks = memory_live_blocks();
    struct source_set *sources = source_set_new();
    uint32_t source = source_set_add(sources, "fuzz.aot", (struct text){ (const char *)data, size });
    bool lexed = read_tokens(source_set_get(sources, source)->content);
    struct arena *arena = arena_new();
    struct name_table *names = name_table_new();
    struct diagnostics *diagnostics = diagnostics_new();
    const struct tree *tree = tree_parse(arena, names, sources, source, diagnostics);
    size_t errors = 0;
    for (const struct node *item = tree->file->list; item; item = item->next) errors += errors_in(item, tree->file);
    size_t findings = diagnostics_size(diagnostics);
    require(findings > 0 || (lexed && errors == 0 && !tree->nested_too_deeply));
    struct buffer out = { 0 };
    tree_dump(tree, sources, &out);
    tokens_dump(sources, source, &out);
    diagnostics_sort(diagnostics);
    diagnostics_print(diagnostics, sources, &out, false, 20);
    buffer_done(&out);
    if (!findings) lay_out(sources, source);
    diagnostics_free(diagnostics);
    name_table_free(names);
    arena_free(arena);
    source_set_free(sources);
    require(memory_live_blocks() == blocks);
    return 0;
}
