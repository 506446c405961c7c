/* Reads one file into a tree: fast and silent first; only if something was wrong, again from the start and carefully
 * (recovery.c), so that text without errors never pays for good messages. Owns the lexer and the parser of both
 * passes. */
#include "grammar/parse.h"

#include "base/memory.h"
#include "grammar/engine.h"
#include "grammar/recovery.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NODES_AT_ONCE = 256, MOST_REPORTS = 1000 };

struct diagnostic *parse_report(struct parse *parse, enum diagnostic_code code, uint32_t start, uint32_t end,
                                const char *format, ...) {
    parse->failed = true;
    if (!parse->diagnostics || start < parse->quiet_end || parse->report_count == MOST_REPORTS) return NULL;
    parse->report_count++;
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    struct diagnostic *report = diagnostics_report(parse->diagnostics, code, span_of(parse, start, end), "%s",
                                                   message.bytes ? message.bytes : "");
    buffer_done(&message);
    return report;
}

void parse_too_deep(struct parse *parse, uint32_t start, uint32_t end) {
    if (!parse->too_deep) {
        struct diagnostic *report = parse_report(parse, DIAG_E103, start, end, "nested too deeply");
        if (report) diagnostic_help(report, "name a part of it with `let`; what follows was not read");
    }
    parse->failed = parse->too_deep = true;
}

struct node *parse_more_nodes(struct parse *parse) {
    parse->spare = ARENA_ARRAY(parse->arena, struct node, NODES_AT_ONCE);
    parse->spare_end = parse->spare + NODES_AT_ONCE;
    return parse->spare;
}

static void read_fast(struct parse *parse, struct lexer *lexer) {
    struct engine *engine = engine_new(parse);
    engine_run(engine, lexer);
    engine_free(engine);
}

static void keep_comments(struct tree *tree, const struct lexer *lexer, struct arena *arena) {
    tree->comment_count = lexer->comments.count;
    if (!tree->comment_count) return;
    tree->comments = ARENA_ARRAY(arena, struct comment, tree->comment_count);
    memcpy(tree->comments, lexer->comments.items, tree->comment_count * sizeof *tree->comments);
}

struct tree *tree_parse(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                        struct diagnostics *diagnostics) {
    struct text text = source_set_get(sources, source)->content;
    struct parse parse = { .arena = arena, .names = names, .bytes = text.bytes, .source = source };
    struct lexer *lexer = memory_allocate(sizeof *lexer);
    lexer_init(lexer, &parse, text);
    read_fast(&parse, lexer);
    if (parse.failed) {
        parse.failed = parse.too_deep = false;
        parse.quiet_end = parse.doubtful_end = 0;
        parse.end = 0;
        parse.items = (struct chain){ 0 };
        parse.diagnostics = diagnostics;
        lexer_done(lexer);
        lexer_init(lexer, &parse, text);
        recovery_read(&parse, lexer);
    }
    struct tree *tree = ARENA_NEW(arena, struct tree);
    tree->source = source;
    tree->nested_too_deeply = parse.too_deep;
    parse.end = (uint32_t)text.length;
    tree->file = node_new(&parse, NODE_FILE, 0);
    tree->file->list = parse.items.first;
    tree->file->height = (uint16_t)(parse.items.height + 1);
    keep_comments(tree, lexer, arena);
    lexer_done(lexer);
    memory_release(lexer);
    return tree;
}
