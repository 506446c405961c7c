/* Closes the gap in `N - 1`, lays the text out, and reads it again: a formatter that changes what a recipe says is worse than none. */
#include "grammar/format.h"

#include "base/memory.h"
#include "grammar/format_lines.h"

#include <string.h>

struct reading {
    struct arena *arena;
    struct name_table *names;
    struct diagnostics *diagnostics;
    struct tree *tree;
};

static struct reading reading_of(struct source_set *sources, uint32_t source) {
    struct reading reading = { arena_new(), name_table_new(), diagnostics_new(), NULL };
    reading.tree = tree_parse(reading.arena, reading.names, sources, source, reading.diagnostics);
    return reading;
}

static void reading_done(struct reading *reading) {
    diagnostics_free(reading->diagnostics);
    name_table_free(reading->names);
    arena_free(reading->arena);
}

/* `N - 1` with a whole number means `N-1` and is written so. Marks the blanks of one: 1 in `drop`. */
static void mark_gaps(const struct node *node, struct text text, uint8_t *drop) {
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i]) mark_gaps(slots[i], text, drop);
    for (const struct node *child = node->list; child; child = child->next) mark_gaps(child, text, drop);
    if (node->kind != NODE_BINARY || node->operator!= OPERATOR_SUBTRACT) return;
    const struct node *left = node->a, *right = node->b;
    if (!left || !right) return;
    if (left->kind != NODE_VERSION || right->kind != NODE_INTEGER ||
        ((left->flags | right->flags) & NODE_PARENTHESISED))
        return;
    if (!text_is(left->string, "N") || memchr(text.bytes + right->span.start, '_', right->span.length)) return;
    uint32_t end = right->span.start, start = left->span.start + left->span.length;
    for (uint32_t i = start; i < end; i++)
        if (!strchr(" \t\r\n-", text.bytes[i])) return; /* a comment stands between */
    for (uint32_t i = start; i < end; i++) drop[i] = text.bytes[i] != '-';
}

static void close_gaps(const struct tree *tree, struct text text, struct buffer *out) {
    uint8_t *drop = memory_allocate(text.length + 1);
    mark_gaps(tree->file, text, drop);
    for (size_t i = 0; i < text.length; i++)
        if (!drop[i]) buffer_append_byte(out, text.bytes[i]);
    memory_release(drop);
}

/* All but the places. The tree's height is bounded, so this may recurse. */
static bool is_same_node(const struct node *a, const struct node *b) {
    if (!a || !b) return a == b;
    bool same = a->kind == b->kind && a->operator== b->operator&& a->tag == b->tag && a->flags == b->flags &&
                                      node_same_value(a, b);
    if (!same || !a->name != !b->name || (a->name && !text_equal(a->name->text, b->name->text))) return false;
    if (!is_same_node(a->a, b->a) || !is_same_node(a->b, b->b) || !is_same_node(a->c, b->c)) return false;
    const struct node *left = a->list, *right = b->list;
    for (; left && right; left = left->next, right = right->next)
        if (!is_same_node(left, right)) return false;
    return left == right;
}

static bool is_same(const struct reading *one, const struct reading *other) {
    return diagnostics_size(other->diagnostics) == 0 && one->tree->comment_count == other->tree->comment_count &&
           is_same_node(one->tree->file, other->tree->file);
}

static void lay_out(const struct tree *tree, struct text text, struct buffer *out) {
    struct pieces pieces = { 0 };
    struct format_lines lines = { 0 };
    uint8_t *marks = format_marks(tree, text);
    pieces_read(&pieces, text);
    format_lines_make(&lines, &pieces, marks, text);
    format_lines_print(&lines, out);
    format_lines_done(&lines);
    pieces_done(&pieces);
    memory_release(marks);
}

static bool format_tight(struct source_set *sources, uint32_t source, struct buffer *out) {
    struct reading before = reading_of(sources, source);
    bool is_readable = diagnostics_size(before.diagnostics) == 0;
    if (is_readable) {
        lay_out(before.tree, source_set_get(sources, source)->content, out);
        uint32_t result = source_set_add(sources, source_set_get(sources, source)->path, buffer_text(out));
        struct reading after = reading_of(sources, result);
        is_readable = is_same(&before, &after);
        reading_done(&after);
    }
    reading_done(&before);
    return is_readable;
}

enum format_outcome format_source(struct source_set *sources, uint32_t source, struct diagnostics *diagnostics,
                                  struct buffer *out) {
    struct arena *arena = arena_new();
    struct name_table *names = name_table_new();
    size_t findings = diagnostics_size(diagnostics);
    const struct tree *tree = tree_parse(arena, names, sources, source, diagnostics);
    enum format_outcome outcome = diagnostics_size(diagnostics) == findings ? FORMAT_DONE : FORMAT_UNREADABLE;
    if (outcome == FORMAT_DONE) {
        struct buffer tight = { 0 }, formatted = { 0 };
        close_gaps(tree, source_set_get(sources, source)->content, &tight);
        uint32_t closed = source_set_add(sources, source_set_get(sources, source)->path, buffer_text(&tight));
        if (!format_tight(sources, closed, &formatted)) outcome = FORMAT_BROKEN;
        if (outcome == FORMAT_DONE) buffer_append(out, buffer_text(&formatted));
        buffer_done(&tight);
        buffer_done(&formatted);
    }
    name_table_free(names);
    arena_free(arena);
    return outcome;
}
