/* The checker's entry: reads all files, then names and types one after the other, libraries first. Leaves types, effects,
 * symbols and calls on the trees (compiler/symbol.h); reports, and never stops at the first finding. */
#include "compiler/check.h"

#include <string.h>

const struct type *simple(struct checker *checker, enum type_kind kind) {
    return type_simple(checker->types, kind);
}

const struct type *poison(struct checker *checker, struct node *node) {
    return node->type = type_simple(checker->types, TYPE_POISON);
}

const char *type_text(struct checker *checker, const struct type *type) {
    struct buffer out = { 0 };
    type_print(type, &out);
    const char *text = arena_copy(checker->arena, buffer_text(&out)).bytes;
    buffer_done(&out);
    return text;
}

const char *source_text(struct checker *checker, const struct node *node) {
    enum { SHOWN = 40 };
    struct text text = span_text(checker->out->sources, node->span);
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '\n' || i == SHOWN) return "…";
    return arena_copy(checker->arena, text).bytes;
}

void note_effect(struct checker *checker, enum effect effect) {
    if (checker->context.effect < effect) checker->context.effect = effect;
}

void note_reach(struct checker *checker, enum reach reach, struct span span) {
    if (checker->context.reach >= reach) return;
    checker->context.reach = reach;
    checker->context.reach_span = span;
}

/* A tree with holes lacks names: what is said about the rest would be guesses. */
static bool has_syntax_errors(const struct diagnostics *diagnostics, size_t from) {
    for (size_t i = from; i < diagnostics_size(diagnostics); i++)
        if (diagnostic_info(diagnostics_at(diagnostics, i)->code)->code[1] == '1') return true;
    return false;
}

static void release(struct checker *checker) {
    scopes_done(&checker->scopes);
    VECTOR_DONE(&checker->items);
    memory_release(checker->type_names);
    memory_release(checker->marked);
}

struct checked *check_with(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                           const struct compile_options *options, struct diagnostics *diagnostics) {
    struct checked *checked = ARENA_NEW(arena, struct checked);
    *checked = (struct checked){
        .arena = arena, .sources = sources, .names = names, .diagnostics = diagnostics, .natives = options->natives
    };
    size_t before = diagnostics_size(diagnostics);
    module_read_all(checked, source);
    if (has_syntax_errors(diagnostics, before)) return checked;
    struct checker checker = {
        .out = checked, .arena = arena, .diagnostics = diagnostics, .options = options, .types = type_table_new(arena)
    };
    checker.natives = signature_table_new(arena, names, checker.types, options->natives);
    keywords_init(&checker.keywords);
    for (uint32_t i = 0; i < checked->module_count; i++) check_module(&checker, checked->modules[i]);
    release(&checker);
    return checked;
}

struct checked *check(struct arena *arena, struct name_table *names, struct source_set *sources, uint32_t source,
                      const struct native_catalogue *natives, struct diagnostics *diagnostics) {
    struct compile_options options = { .natives = natives, .check_only = true };
    return check_with(arena, names, sources, source, &options, diagnostics);
}
