/* Spans, names, comments and heights of trees; that depth is bounded and reading is fast and complete. What the trees
 * are is tested in tests/golden/tree. */
#include "tests/unit/grammar/reading.h"

#include "base/clock.h"
#include "base/memory.h"
#include "grammar/recovery.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define RECIPES "tests/golden/tree/"

static void check_node(const struct reading *reading, const struct node *node, const struct node *parent) {
    const char *kind = node_kind_name((enum node_kind)node->kind);
    uint32_t end = node->span.start + node->span.length;
    cr_assert(node->span.start >= parent->span.start && end <= parent->span.start + parent->span.length, "%s", kind);
    cr_assert(node->height < parent->height && node->height >= 1, "%s", kind);
    cr_assert(node->span.source == reading->source, "%s", kind);
    if (node->name && !(node->flags & NODE_QUOTED))
        cr_assert(text_equal(node->name->text, span_text(reading->sources, node->name_span)), "%s", kind);
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < 3; i++)
        if (slots[i]) check_node(reading, slots[i], node);
    uint32_t after = 0;
    for (const struct node *child = node->list; child; child = child->next) {
        cr_assert(child->span.start >= after, "children of %s are in order", kind);
        after = child->span.start;
        check_node(reading, child, node);
    }
}

static void check_spans(const struct reading *reading) {
    for (const struct node *item = reading->tree->file->list; item; item = item->next)
        check_node(reading, item, reading->tree->file);
}

static void each_golden_tree(void (*check)(const char *path)) {
    DIR *folder = opendir(RECIPES);
    cr_assert(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".aot")) continue;
        char path[512];
        snprintf(path, sizeof path, RECIPES "%s", entry->d_name);
        check(path);
        count++;
    }
    closedir(folder);
    cr_assert(count >= 15);
}

static void check_file_spans(const char *path) {
    struct reading reading = reading_of_file(path);
    check_spans(&reading);
    reading_done(&reading);
}

Test(tree, every_node_lies_inside_its_parent) {
    each_golden_tree(check_file_spans);
}

/* The same text, read at once by the careful pass. */
static void check_careful(const char *path) {
    struct reading reading = reading_of_file(path);
    struct diagnostics *diagnostics = diagnostics_new();
    struct parse parse = { .arena = reading.arena, .names = reading.names, .diagnostics = diagnostics };
    struct text text = source_set_get(reading.sources, reading.source)->content;
    parse.bytes = text.bytes;
    struct lexer *lexer = memory_allocate(sizeof *lexer);
    lexer_init(lexer, &parse, text);
    recovery_read(&parse, lexer);
    cr_expect_eq(diagnostics_size(diagnostics), diagnostics_size(reading.diagnostics), "%s", path);
    cr_expect_eq(lexer->comments.count, reading.tree->comment_count);
    struct node file = *reading.tree->file;
    file.list = parse.items.first;
    struct tree careful = { .file = &file };
    struct buffer one = { 0 }, other = { 0 };
    tree_dump(reading.tree, reading.sources, &one);
    tree_dump(&careful, reading.sources, &other);
    cr_expect(text_equal(buffer_text(&one), buffer_text(&other)), "%s", path);
    buffer_done(&one);
    buffer_done(&other);
    lexer_done(lexer);
    memory_release(lexer);
    diagnostics_free(diagnostics);
    reading_done(&reading);
}

Test(tree, both_passes_give_the_same_tree) {
    each_golden_tree(check_careful);
}

static void expect_text(const struct reading *reading, struct span span, const char *text) {
    struct text found = span_text(reading->sources, span);
    cr_expect(text_is(found, text), "`%.*s` is not `%s`", TEXT_ARGS(found), text);
}

Test(tree, spans_are_whole_constructs) {
    struct reading reading =
        reading_of(TEXT("run {\n  let total = (a + b) * f(c, d: 1)  # end\n  phase p { wait 5s }\n}\n"));
    const struct node *run = reading.tree->file->list, *let = run->a->list, *product = let->b;
    expect_text(&reading, run->span, "run {\n  let total = (a + b) * f(c, d: 1)  # end\n  phase p { wait 5s }\n}");
    expect_text(&reading, let->span, "let total = (a + b) * f(c, d: 1)");
    expect_text(&reading, let->name_span, "total");
    expect_text(&reading, product->span, "(a + b) * f(c, d: 1)");
    expect_text(&reading, product->a->span, "(a + b)");
    expect_text(&reading, product->b->span, "f(c, d: 1)");
    expect_text(&reading, product->b->list->next->span, "d: 1");
    expect_text(&reading, product->b->list->next->name_span, "d");
    expect_text(&reading, let->next->span, "phase p { wait 5s }");
    expect_text(&reading, let->next->b->span, "{ wait 5s }");
    reading_done(&reading);
}

Test(tree, spans_of_claims_and_texts) {
    struct reading reading = reading_of(
        TEXT("assert \"title\" rule R1, R2\n  because \"x\":\n  always during p within 5s: \"a ${b} c\" == d\n"));
    const struct node *claim = reading.tree->file->list, *always = claim->list, *equal = always->a->a;
    expect_text(&reading, claim->a->span, "\"title\"");
    expect_text(&reading, claim->b->span, "rule R1, R2\n  because \"x\"");
    expect_text(&reading, always->span, "always during p within 5s: \"a ${b} c\" == d");
    expect_text(&reading, always->list->span, "during p");
    expect_text(&reading, always->list->next->span, "within 5s");
    expect_text(&reading, always->a->span, "\"a ${b} c\" == d");
    expect_text(&reading, equal->a->span, "\"a ${b} c\"");
    expect_text(&reading, equal->a->list->span, "a ");
    expect_text(&reading, equal->a->list->next->span, "b");
    reading_done(&reading);
}

Test(tree, comments_are_kept) {
    struct reading reading =
        reading_of(TEXT("## doc\nlet a = 1 # behind\n  # alone\r\n### rule\nlet b = f( # inside\n  2) ## doc"));
    static const struct {
        const char *text;
        bool is_doc, alone;
    } wanted[] = { { "## doc", true, true },    { "# behind", false, false }, { "# alone", false, true },
                   { "### rule", false, true }, { "# inside", false, false }, { "## doc", true, false } };
    cr_assert_eq(reading.tree->comment_count, 6);
    for (size_t i = 0; i < 6; i++) {
        struct comment comment = reading.tree->comments[i];
        expect_text(&reading, comment.span, wanted[i].text);
        cr_expect_eq(comment.is_doc, wanted[i].is_doc, "%zu", i);
        cr_expect_eq(comment.alone, wanted[i].alone, "%zu", i);
    }
    reading_done(&reading);
}

static struct reading repeated(const char *before, const char *part, size_t count, const char *after) {
    struct buffer text = { 0 };
    buffer_append_string(&text, before);
    for (size_t i = 0; i < count; i++) buffer_append_string(&text, part);
    buffer_append_string(&text, after);
    return reading_of_buffer(&text);
}

static void expect_too_deep(const char *before, const char *part, size_t count, const char *after) {
    int64_t start = clock_monotonic();
    struct reading reading = repeated(before, part, count, after);
    cr_expect(reading.tree->nested_too_deeply, "%s", part);
    cr_expect_eq(diagnostics_size(reading.diagnostics), 1, "%s", part);
    cr_expect_eq(diagnostics_at(reading.diagnostics, 0)->code, DIAG_E103, "%s", part);
    cr_expect(reading.tree->file->height <= TREE_HEIGHT_LIMIT + 1);
    /* A tenth of a second without sanitizers. */
    cr_expect(clock_monotonic() - start < 2 * SECOND, "%s", part);
    reading_done(&reading);
}

Test(tree, depth_is_bounded, .timeout = 60) {
    expect_too_deep("let a = ", "(", 1000000, "");
    expect_too_deep("let a = ", "[", 1000, "");
    expect_too_deep("let a = ", "{a:", 100000, "");
    expect_too_deep("run { ", "if a { ", 100000, "");
    expect_too_deep("let a = ", "\"${", 100000, "");
    expect_too_deep("let a = 1", " + 1", 100000, "");
    expect_too_deep("let a = b", ".c", 100000, "");
    expect_too_deep("let a = b", "()", 100000, "");
    expect_too_deep("let a = ", "- ", 100000, "1");
    expect_too_deep("let a = ", "not ", 100000, "b");
    expect_too_deep("let a = b", " ?\? b", 100000, "");
    expect_too_deep("let a = ", "if b then c else ", 100000, "d");
    expect_too_deep("assert \"x\": ", "always: ", 100000, "a");
    expect_too_deep("fn f() -> int", " ?", 100000, " = 1");
    expect_too_deep("let a = b", " where c", 100000, "");
    expect_too_deep("run { if a { }", " else if b { }", 100000, "}");
}

Test(tree, length_is_not_depth) {
    struct reading reading = repeated("run {\n", "wait 5s\n", 20000, "}");
    cr_expect_eq(diagnostics_size(reading.diagnostics), 0);
    cr_expect_eq(node_chain_length(reading.tree->file->list->a->list), 20000);
    cr_expect_eq(reading.tree->file->height, 5);
    reading_done(&reading);
    reading = repeated("let a = [", "1, ", 20000, "]");
    cr_expect_eq(node_chain_length(reading_value(&reading)->list), 20000);
    reading_done(&reading);
}

Test(tree, messages_are_bounded) {
    struct reading reading = repeated("run {\n", "wait 5 5\n", 5000, "}");
    cr_expect_eq(diagnostics_size(reading.diagnostics), 1000);
    reading_done(&reading);
}

Test(tree, every_cut_of_a_recipe_is_read) {
    struct reading whole = reading_of_file(RECIPES "statements.aot");
    struct text text = source_set_get(whole.sources, whole.source)->content;
    for (size_t length = 0; length < text.length; length += 7) {
        struct reading reading = reading_of(text_slice(text, 0, length));
        check_spans(&reading);
        cr_expect(diagnostics_size(reading.diagnostics) <= 2, "%zu", length);
        reading_done(&reading);
    }
    diagnostics_free(whole.diagnostics);
    name_table_free(whole.names);
    arena_free(whole.arena);
    source_set_free(whole.sources);
}
