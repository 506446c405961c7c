/* aot docs: reference text derived from the tables: natives, opcodes, diagnostics. the files of docs/ are made with it and held against it. */
#include "base/diagnostic.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "bytecode/op.h"
#include "cli/command.h"
#include "stdlib/catalogue.h"

#include <stdio.h>
#include <string.h>

static const struct option options_table[] = {
    { "check", 0, NULL, "say which of docs/builtins.md, opcodes.md and diagnostics.md are stale; status 1 if one is" },
    { "help", 'h', NULL, "this text" },
    { NULL, 0, NULL, NULL },
};

static const char *effect_words(uint32_t flags) {
    static const char *const words[] = { "", "recorded", "probe", "action" };
    return words[flags & NATIVE_EFFECT_MASK];
}

/* The word before the dot; "" for a plain function. */
static struct text module_of(const char *name) {
    const char *dot = strchr(name, '.');
    return (struct text){ name, dot ? (size_t)(dot - name) : 0 };
}

static bool is_method(const struct native_row *row) {
    return strncmp(row->signature, "self: ", 6) == 0;
}

static void print_row(const struct native_row *row, struct buffer *out) {
    const char *signature = row->signature;
    buffer_printf(out, "- `%s", is_method(row) ? strchr(row->name, '.') : row->name);
    if (row->flags & NATIVE_PROPERTY) {
        buffer_printf(out, " %s`", strstr(signature, "->"));
    } else {
        if (is_method(row))
            signature =
                signature[strcspn(signature, ",-")] == ',' ? strchr(signature, ',') + 2 : strstr(signature, "->");
        const char *arrow = strstr(signature, "->");
        struct text parameters = text_trim((struct text){ signature, (size_t)(arrow - signature) });
        buffer_printf(out, "(%.*s) %s`", TEXT_ARGS(parameters), arrow);
    }
    const char *effect = effect_words(row->flags);
    if (*effect) buffer_printf(out, " (%s)", effect);
    buffer_printf(out, "  \n  %s%s\n", row->documentation,
                  row->flags & NATIVE_NOT_BUILT ? " *Declared, not built yet.*" : "");
}

/* The rows that fit `wanted`: a module, a type, or "" for plain functions. */
static void print_rows(struct text wanted, struct buffer *out) {
    const struct native_catalogue *all = catalogue();
    for (size_t i = 0; i < all->row_count; i++)
        if (text_equal(module_of(all->rows[i].name), wanted)) print_row(&all->rows[i], out);
}

static bool is_type(struct text name) {
    const struct native_catalogue *all = catalogue();
    for (size_t i = 0; i < all->type_count; i++)
        if (text_is(name, all->types[i].name)) return true;
    return false;
}

static void print_type(const struct native_type_row *type, struct buffer *out) {
    buffer_printf(out, "\n### %s\n\n%s\n\n", type->name, type->documentation);
    if (type->fields) buffer_printf(out, "Fields: `%s`\n\n", type->fields);
    print_rows(text_of(type->name), out);
}

static void builtins(struct buffer *out) {
    const struct native_catalogue *all = catalogue();
    buffer_append_string(out,
                         "# Builtins\n\nMade by `aot docs builtins` from the tables under `stdlib/`; do not edit.\n\n"
                         "The word in parentheses is the effect: a *probe* may be repeated, an *action* may not, "
                         "*recorded* reads what was recorded;\n"
                         "without a word the answer depends on the arguments alone.\n\n## Functions\n\n");
    print_rows(TEXT_NONE, out);
    for (size_t i = 0; i < all->row_count; i++) {
        struct text module = module_of(all->rows[i].name);
        bool first = module.length && !is_type(module);
        for (size_t k = 0; first && k < i; k++) first = !text_equal(module_of(all->rows[k].name), module);
        if (!first) continue;
        buffer_printf(out, "\n## %.*s\n\n", TEXT_ARGS(module));
        print_rows(module, out);
    }
    buffer_append_string(out, "\n## Types\n");
    for (size_t i = 0; i < all->type_count; i++) print_type(&all->types[i], out);
}

static void diagnostics(struct buffer *out) {
    buffer_append_string(out, "# Diagnostics\n\nMade by `aot docs diagnostics` from `base/diags.def`; do not edit. "
                              "`aot explain CODE` shows one.\n");
    for (unsigned code = 0; code < DIAG_COUNT; code++) {
        const struct diagnostic_info *info = diagnostic_info((enum diagnostic_code)code);
        buffer_printf(out, "\n## %s %s\n\n%s: %s\n\n%s\n", info->code, info->slug,
                      info->severity == SEVERITY_ERROR ? "Error" : "Warning", info->title, info->explanation);
    }
}

/* One native or type by its name. */
static bool one(const char *name, struct buffer *out) {
    const struct native_catalogue *all = catalogue();
    for (size_t i = 0; i < all->type_count; i++)
        if (strcmp(all->types[i].name, name) == 0) print_type(&all->types[i], out);
    for (size_t i = 0; i < all->row_count; i++)
        if (strcmp(all->rows[i].name, name) == 0) print_row(&all->rows[i], out);
    if (!out->length) print_rows(text_of(name), out);
    return out->length > 0;
}

static int unknown(const char *name) {
    struct suggestion suggestion = suggestion_for(text_of(name));
    for (size_t i = 0; i < catalogue()->row_count; i++)
        suggestion_offer(&suggestion, text_of(catalogue()->rows[i].name));
    fprintf(stderr, "aot: nothing is called %s", name);
    if (suggestion.best.length) fprintf(stderr, "; did you mean %.*s?", TEXT_ARGS(suggestion.best));
    fputs("\n     aot docs builtins | opcodes | diagnostics | NAME\n", stderr);
    return EXIT_STATUS_USAGE;
}

static const struct {
    const char *topic;
    void (*print)(struct buffer *out);
} pages[] = { { "builtins", builtins }, { "opcodes", opcodes_print }, { "diagnostics", diagnostics } };

static bool is_fresh(size_t page) {
    struct buffer path = { 0 }, made = { 0 };
    buffer_printf(&path, "docs/%s.md", pages[page].topic);
    pages[page].print(&made);
    struct source_set *sources = source_set_new();
    char *error = NULL;
    int64_t stored = source_set_read(sources, path.bytes, &error);
    bool fresh = stored >= 0 && text_equal(source_set_get(sources, (uint32_t)stored)->content, buffer_text(&made));
    if (!fresh) fprintf(stderr, "%s is stale: aot docs %s >%s\n", path.bytes, pages[page].topic, path.bytes);
    memory_release(error);
    source_set_free(sources);
    buffer_done(&path);
    buffer_done(&made);
    return fresh;
}

static int check_pages(void) {
    bool fresh = true;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) fresh &= is_fresh(i);
    return fresh ? EXIT_STATUS_PASS : EXIT_STATUS_FAIL;
}

static int docs(const struct options *options) {
    if (option_given(options, "check")) return check_pages();
    const char *topic = options->operands.count == 1 ? options->operands.items[0] : "";
    struct buffer out = { 0 };
    int status = EXIT_STATUS_PASS;
    bool is_page = false;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(topic, pages[i].topic) != 0) continue;
        pages[i].print(&out);
        is_page = true;
    }
    if (!is_page && (!*topic || !one(topic, &out))) status = unknown(topic);
    if (out.length) fwrite(out.bytes, 1, out.length, stdout);
    buffer_done(&out);
    return status;
}

const struct command command_docs = { "docs",
                                      "builtins|opcodes|diagnostics|NAME",
                                      "reference text: all builtins, or one: aot docs http.get",
                                      options_table,
                                      docs,
                                      NULL };
