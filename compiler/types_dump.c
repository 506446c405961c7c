/* Every typed expression of a file with its type and effect, in the order of the text, for `aot dump types`. */
#include "compiler/compile.h"
#include "compiler/symbol.h"

enum { TEXT_SHOWN = 48 };

struct dump {
    struct source_set *sources; /* for texts and places */
    struct buffer *out;         /* takes the lines */
};

static void print_text(const struct dump *dump, struct span span) {
    struct text text = span_text(dump->sources, span);
    size_t columns = 0;
    for (size_t i = 0; i < text.length && text.bytes[i] != '\n' && columns < TEXT_SHOWN; i++, columns++)
        buffer_append_byte(dump->out, text.bytes[i]);
    if (columns < text.length) buffer_append_string(dump->out, "…");
}

static void print_line(const struct dump *dump, const struct node *node) {
    static const char *const effects[] = { "const", "recorded", "probe", "action" };
    struct place place = source_place(source_set_get(dump->sources, node->span.source), node->span.start);
    buffer_printf(dump->out, "%u:%u  ", place.line, place.column);
    print_text(dump, node->span);
    buffer_append_string(dump->out, "  ");
    type_print(node->type, dump->out);
    buffer_printf(dump->out, "  %s\n", effects[node->effect]);
}

static bool is_shown(const struct node *node) {
    if (!node->type || node->type->kind == TYPE_MODULE) return false;
    return node->kind >= NODE_WHERE && node->kind != NODE_TEXT && node->kind != NODE_ARGUMENT &&
           node->kind != NODE_RECORD_FIELD;
}

static void walk(const struct dump *dump, const struct node *node) {
    for (; node; node = node->next) {
        bool is_callee_only = node->kind == NODE_CALL && node->a && node->a->kind == NODE_NAME;
        if (is_shown(node)) print_line(dump, node);
        if (node->kind == NODE_CALL && node->a && !is_callee_only)
            walk(dump, node->a->a);
        else if (node->a && !is_callee_only)
            walk(dump, node->a);
        walk(dump, node->b);
        walk(dump, node->c);
        walk(dump, node->list);
    }
}

void types_dump(struct source_set *sources, uint32_t source, const struct compile_options *options,
                struct diagnostics *diagnostics, struct buffer *out) {
    struct arena *arena = arena_new();
    struct name_table *names = name_table_new();
    struct checked *checked = check_with(arena, names, sources, source, options, diagnostics);
    struct dump dump = { .sources = sources, .out = out };
    walk(&dump, checked->modules[checked->module_count - 1]->tree->file);
    name_table_free(names);
    arena_free(arena);
}
