/* Names: what is declared, what a name stands for, which type a type's name means, and what to say of a name that nothing
 * declares. Binding and looking up is the scope's work. */
#include "compiler/check.h"
#include "grammar/unit.h"

#include <string.h>

struct symbol *new_symbol(struct checker *checker, enum symbol_kind kind, struct node *declaration,
                          const struct type *type) {
    struct symbol *symbol = ARENA_NEW(checker->arena, struct symbol);
    symbol->kind = kind;
    symbol->name = declaration->name;
    symbol->span = declaration->name_span;
    symbol->declaration = declaration;
    symbol->type = type;
    symbol->module = checker->module;
    symbol->section = checker->context.section;
    symbol->progress = PROGRESS_DONE;
    declaration->resolved = symbol;
    return symbol;
}

/* A soft word reads as a keyword in most places: `load.stop()` on a variable called `load` would surprise. Parameters are
 * free, for they are there to be argument names. */
static void check_word(struct checker *checker, enum symbol_kind kind, struct node *declaration) {
    struct text text = declaration->name->text;
    if (kind == SYMBOL_PARAMETER || keywords_find(&checker->keywords, text.bytes, text.length) == TOK_ID) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E202, declaration->name_span,
                           "`%.*s` is a word of the language and cannot be a name here", TEXT_ARGS(text));
    diagnostic_help(diagnostic, "take another word, `%.*s_` or a longer one", TEXT_ARGS(text));
}

struct symbol *declare(struct checker *checker, enum symbol_kind kind, struct node *declaration,
                       const struct type *type) {
    struct symbol *symbol = new_symbol(checker, kind, declaration, type);
    check_word(checker, kind, declaration);
    const struct binding *taken = scope_find_here(&checker->scopes, symbol->name);
    if (taken) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E201, symbol->span,
                                                           "`%.*s` is declared twice", TEXT_ARGS(symbol->name->text));
        diagnostic_note(diagnostic, taken->symbol->span, "first declared here");
        if (kind == SYMBOL_LET) diagnostic_help(diagnostic, "a name never changes its value; take another name");
    }
    scope_bind(&checker->scopes, symbol);
    return symbol;
}

static void suggest_names(struct checker *checker, struct suggestion *suggestion) {
    for (size_t i = 0; i < checker->scopes.bindings.count; i++) {
        const struct binding *binding = &checker->scopes.bindings.items[i];
        if (binding->depth <= 1 || binding->depth >= checker->scopes.floor)
            suggestion_offer(suggestion, binding->symbol->name->text);
    }
    signature_suggest(checker->natives, TEXT_NONE, suggestion);
}

static const char *scope_name(const struct symbol *symbol) {
    switch ((int)symbol->kind) {
    case SYMBOL_VARIABLE: return "the loop";
    case SYMBOL_PARAMETER: return "the function";
    default: return "the block";
    }
}

void report_unknown_name(struct checker *checker, struct node *node, const char *what) {
    const struct name *name = node->name;
    const struct symbol *closed = scope_closed(&checker->scopes, name);
    const struct binding *hidden = scope_find_hidden(&checker->scopes, name);
    bool is_self = text_is(name->text, "self");
    if (closed && !hidden && !is_self && closed->module == checker->module) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E447, node->span,
                               "`%.*s` exists only inside %s that binds it", TEXT_ARGS(name->text), scope_name(closed));
        diagnostic_note(diagnostic, closed->span, "bound here; it ends with its `}`");
        diagnostic_help(diagnostic, "bind it outside: `let %.*s = if … then … else …`", TEXT_ARGS(name->text));
        return;
    }
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E200, node->span, "unknown %s `%.*s`",
                                                       what, TEXT_ARGS(name->text));
    if (hidden && checker->context.function) {
        diagnostic_note(diagnostic, hidden->symbol->span, "this one belongs to the place that calls the function");
        diagnostic_help(diagnostic, "hand it over as a parameter");
    } else if (is_self) {
        diagnostic_help(diagnostic, "`self` is the replica that a service's fields describe; it exists only there");
    } else if (unit_is_known(name->text)) {
        const char *unit = unit_nearest(name->text);
        bool is_time = unit_nanoseconds(text_of(unit)) > 0;
        diagnostic_help(diagnostic, "a unit stands directly behind its number: `5%s`%s%s%s", unit,
                        is_time ? ", and in a rate `50/" : "", is_time ? unit : "", is_time ? "`" : "");
    } else if (checker->suggestions++ < SUGGESTION_LIMIT) {
        struct suggestion suggestion = suggestion_for(name->text);
        struct buffer percentiles = { 0 };
        signature_percentiles(checker->natives, name->text, &percentiles);
        suggest_names(checker, &suggestion);
        if (percentiles.length)
            diagnostic_help(diagnostic, "percentiles are %s", percentiles.bytes);
        else if (suggestion.best.length)
            diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
        buffer_done(&percentiles);
    }
}

/* ---- reading a name ---- */

static enum reach reach_of(const struct symbol *symbol) {
    if (!symbol->is_global) return REACH_NOTHING;
    if (symbol->kind == SYMBOL_INPUT || symbol->kind == SYMBOL_SECRET) return REACH_INPUT;
    if (symbol->kind == SYMBOL_AXIS) return REACH_AXIS;
    return symbol->section ? REACH_RUN : REACH_WORLD;
}

static void check_capture(struct checker *checker, struct node *node, const struct binding *binding) {
    const struct type *type = binding->symbol->type;
    if (!checker->context.load_depth || binding->depth >= checker->context.load_depth || type->kind != TYPE_HANDLE)
        return;
    if (!text_is(type->name, "fault") && !text_is(type->name, "process") && !text_is(type->name, "sandbox")) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E324, node->span, "a `load` cannot take the %.*s `%.*s` with it",
                           TEXT_ARGS(type->name), TEXT_ARGS(node->name->text));
    diagnostic_note(diagnostic, binding->symbol->span, "it belongs to the run, and a load works beside the run");
    diagnostic_help(diagnostic, "take what the load needs from it into a `let` before: an address, a text, a number");
}

void use_symbol(struct checker *checker, struct node *node, const struct binding *binding) {
    struct symbol *symbol = binding->symbol;
    symbol->is_used = true;
    note_reach(checker, reach_of(symbol), node->span);
    check_capture(checker, node, binding);
}

static const struct type *not_yet(struct checker *checker, struct node *node, const struct symbol *symbol) {
    struct diagnostic *diagnostic;
    if (checker->context.is_early && symbol->kind != SYMBOL_INPUT && symbol->kind != SYMBOL_SECRET &&
        symbol->progress == PROGRESS_NEW)
        return poison(checker, node);
    if (symbol->progress == PROGRESS_OPEN) {
        diagnostic = diagnostics_report(checker->diagnostics, DIAG_E203, node->span, "`%.*s` is used in its own value",
                                        TEXT_ARGS(node->name->text));
    } else {
        diagnostic = diagnostics_report(checker->diagnostics, DIAG_E203, node->span, "`%.*s` is used before it is made",
                                        TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic, "what stands at the top level is made in the order of the file: move it up");
    }
    diagnostic_note(diagnostic, symbol->span, "made here");
    return poison(checker, node);
}

static const struct type *not_a_value(struct checker *checker, struct node *node, const char *what) {
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E211, node->span,
                                                       "`%.*s` is %s, not a value", TEXT_ARGS(node->name->text), what);
    diagnostic_help(diagnostic, "call it: `%.*s(…)`", TEXT_ARGS(node->name->text));
    return poison(checker, node);
}

const struct type *check_name(struct checker *checker, struct node *node) {
    const struct binding *binding = scope_find(&checker->scopes, node->name);
    if (!binding) {
        if (text_is(node->name->text, "env")) return check_environment(checker, node);
        if (signature_find(checker->natives, node->name) != NO_ROW) return not_a_value(checker, node, "a function");
        report_unknown_name(checker, node, "name");
        return poison(checker, node);
    }
    struct symbol *symbol = binding->symbol;
    node->resolved = symbol;
    use_symbol(checker, node, binding);
    if (symbol->kind == SYMBOL_FUNCTION) return not_a_value(checker, node, "a function");
    if (symbol->kind == SYMBOL_SERVICE && symbol->is_template) return not_a_value(checker, node, "a service template");
    if (symbol->progress != PROGRESS_DONE) return not_yet(checker, node, symbol);
    node->effect = (uint8_t)symbol->effect;
    return symbol->type;
}

/* ---- types ---- */

static const struct type *find_type(struct checker *checker, const struct name *name) {
    if (name->index >= checker->type_name_capacity) {
        uint32_t capacity = checker->type_name_capacity ? checker->type_name_capacity : 256;
        while (capacity <= name->index) capacity *= 2;
        checker->type_names = memory_resize(checker->type_names, capacity * sizeof(struct type *));
        for (uint32_t i = checker->type_name_capacity; i < capacity; i++) checker->type_names[i] = NULL;
        checker->type_name_capacity = capacity;
    }
    const struct type **known = &checker->type_names[name->index];
    if (!*known) *known = signature_basic_type(checker->types, name->text);
    if (!*known) *known = signature_type(checker->natives, name->text);
    return *known;
}

static const struct type *check_type_name(struct checker *checker, struct node *node) {
    const struct type *type = find_type(checker, node->name);
    bool hidden = type && (type->kind == TYPE_ANY || type->kind == TYPE_NOTHING);
    if (type && !hidden) return type;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E205, node->span,
                                                       "unknown type `%.*s`", TEXT_ARGS(node->name->text));
    struct suggestion suggestion = suggestion_for(node->name->text);
    signature_suggest_type(checker->natives, &suggestion);
    if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    return simple(checker, TYPE_POISON);
}

static void make_room(struct checker *checker, uint32_t index) {
    if (index < checker->marked_capacity) return;
    uint32_t capacity = checker->marked_capacity ? checker->marked_capacity : 256;
    while (capacity <= index) capacity *= 2;
    checker->marked = memory_resize(checker->marked, capacity * sizeof *checker->marked);
    memset(checker->marked + checker->marked_capacity, 0,
           (capacity - checker->marked_capacity) * sizeof *checker->marked);
    checker->marked_capacity = capacity;
}

void check_distinct(struct checker *checker, struct node *first, const char *what) {
    uint32_t round = ++checker->mark_round;
    for (struct node *node = first; node; node = node->next) {
        if (!node->name) continue;
        make_room(checker, node->name->index);
        if (checker->marked[node->name->index] == round)
            diagnostics_report(checker->diagnostics, DIAG_E215, node->name_span, "the %s `%.*s` is given twice", what,
                               TEXT_ARGS(node->name->text));
        checker->marked[node->name->index] = round;
    }
}

static const struct type *check_type_record(struct checker *checker, struct node *node) {
    uint32_t count = 0, limit = (uint32_t)node_chain_length(node->list);
    struct type_field *fields = ARENA_ARRAY(checker->arena, struct type_field, limit);
    check_distinct(checker, node->list, "field");
    for (struct node *field = node->list; field; field = field->next)
        if (field->kind == NODE_TYPE_FIELD)
            fields[count++] = (struct type_field){ field->name->text, check_type(checker, field->a) };
    return type_record(checker->types, fields, count);
}

const struct type *check_type(struct checker *checker, struct node *node) {
    const struct type *type = simple(checker, TYPE_POISON);
    if (!node) return type;
    if (node->kind == NODE_TYPE_NAME) type = check_type_name(checker, node);
    if (node->kind == NODE_TYPE_LIST) type = type_of(checker->types, TYPE_LIST, check_type(checker, node->a));
    if (node->kind == NODE_TYPE_MAP) type = type_of(checker->types, TYPE_MAP, check_type(checker, node->a));
    if (node->kind == NODE_TYPE_OPTIONAL) type = type_of(checker->types, TYPE_OPTIONAL, check_type(checker, node->a));
    if (node->kind == NODE_TYPE_RECORD) type = check_type_record(checker, node);
    return node->type = type;
}
