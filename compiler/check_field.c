/* What stands behind a dot: members of imports, native properties, fields of records, json and loads, instants of phases;
 * lifted over series, projected over lists. */
#include "compiler/check.h"

/* ---- saying that there is none ---- */

static void suggest_members(struct checker *checker, const struct type *type, struct suggestion *suggestion) {
    for (uint32_t i = 0; (type->kind == TYPE_RECORD || type->is_load) && i < type->count; i++)
        suggestion_offer(suggestion, type->fields[i].name);
    if (type->name.length) signature_suggest(checker->natives, type->name, suggestion);
    if (type->is_load && type->element->name.length)
        signature_suggest(checker->natives, type->element->name, suggestion);
    static const char *const known[] = { "start", "end", "bin", "tag", "image", "at" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool fits = i < 2 ? type->kind == TYPE_INTERVAL : i < 5 ? type->kind == TYPE_VERSION : type_is_series(type);
        if (fits) suggestion_offer(suggestion, text_of(known[i]));
    }
}

static const struct type *no_member(struct checker *checker, struct node *node, const struct type *type) {
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E204, node->name_span, "`%s` has no field `%.*s`",
                           type_text(checker, type), TEXT_ARGS(node->name->text));
    if (type->kind == TYPE_OPTIONAL) {
        diagnostic_help(diagnostic, "it may be none: give a value with `??` first");
    } else if (checker->suggestions++ < SUGGESTION_LIMIT) {
        struct suggestion suggestion = suggestion_for(node->name->text);
        suggest_members(checker, type, &suggestion);
        if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    }
    return simple(checker, TYPE_POISON);
}

/* ---- native properties ---- */

struct call *native_property(struct checker *checker, struct node *node, struct node *receiver, uint32_t row,
                             bool lifted) {
    const struct signature *signature = signature_of(checker->natives, row);
    struct call *call = ARENA_NEW(checker->arena, struct call);
    call->kind = CALL_NATIVE;
    call->native = row;
    call->count = signature->count;
    call->arguments = ARENA_ARRAY(checker->arena, struct node *, signature->count);
    call->arguments[0] = receiver;
    call->defaults = signature->defaults;
    call->lifted = lifted;
    node->resolved = call;
    enum effect effect = (enum effect)(signature_row(checker->natives, row)->flags & NATIVE_EFFECT_MASK);
    if (node->effect < effect) node->effect = (uint8_t)effect;
    note_effect(checker, effect);
    return call;
}

static const struct type *property(struct checker *checker, struct node *node, struct node *receiver, uint32_t row,
                                   bool lifted) {
    const struct native_row *native = signature_row(checker->natives, row);
    if (!(native->flags & NATIVE_PROPERTY)) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E211, node->name_span, "`%.*s` is a function, not a value",
                               TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic, "call it: `%s(%s)`", source_text(checker, node),
                        signature_of(checker->natives, row)->count > 1 ? "…" : "");
        return simple(checker, TYPE_POISON);
    }
    if (lifted && (native->flags & NATIVE_EFFECT_MASK) != NATIVE_CONST) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E311, node->name_span,
                                                           "`%.*s` looks at the world and cannot be asked of what is "
                                                           "recorded",
                                                           TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic, "take it into the value of the load or watch");
        return simple(checker, TYPE_POISON);
    }
    native_property(checker, node, receiver, row, lifted);
    return signature_of(checker->natives, row)->result;
}

/* ---- plain values ---- */

static const struct type *instant_of(struct checker *checker, struct node *node, const struct type *type) {
    if (!text_is(node->name->text, "start") && !text_is(node->name->text, "end")) return no_member(checker, node, type);
    const struct symbol *symbol = node->a && node->a->kind == NODE_NAME ? node->a->resolved : NULL;
    if (symbol && symbol->kind == SYMBOL_PHASE) node->resolved = node->a->resolved;
    return simple(checker, TYPE_INSTANT);
}

static const struct type *plain_member(struct checker *checker, struct node *node, struct node *receiver,
                                       const struct type *type) {
    struct text name = node->name->text;
    if (type->kind == TYPE_JSON || type_is_unknown(type)) return type;
    if (type->kind == TYPE_MAP) return type->element;
    if (type->kind == TYPE_INTERVAL) return instant_of(checker, node, type);
    if (type->kind == TYPE_RECORD) {
        const struct type_field *field = type_find_field(type, name);
        if (field) return field->type;
    }
    if (type->kind == TYPE_VERSION && (text_is(name, "bin") || text_is(name, "tag") || text_is(name, "image")))
        return simple(checker, TYPE_STRING);
    uint32_t row = signature_find_member(checker->natives, type->name, name);
    return row == NO_ROW ? no_member(checker, node, type) : property(checker, node, receiver, row, false);
}

/* ---- elements of series ---- */

static const struct type *time_member(struct checker *checker, struct text name, const struct type *series) {
    const struct type_field *own = series->is_load ? type_find_field(series, name) : NULL;
    if (own) return own->type;
    bool known = text_is(name, "at") || text_is(name, "start") || text_is(name, "end");
    return known ? simple(checker, TYPE_INSTANT) : NULL;
}

/* `.f` of the elements: the element's own fields and properties first, then the times that every element has. */
static const struct type *series_member(struct checker *checker, struct node *node, struct node *receiver,
                                        const struct type *series) {
    const struct type *element = series->element, *type = NULL;
    struct text name = node->name->text;
    const struct type_field *field = element->kind == TYPE_RECORD ? type_find_field(element, name) : NULL;
    uint32_t row = field ? NO_ROW : signature_find_member(checker->natives, element->name, name);
    if (field)
        type = field->type;
    else if (row != NO_ROW)
        type = property(checker, node, receiver, row, true);
    else
        type = time_member(checker, name, series);
    if (!type && (element->kind == TYPE_JSON || element->kind == TYPE_MAP || element->kind == TYPE_VERSION ||
                  type_is_unknown(element)))
        type = plain_member(checker, node, receiver, element);
    if (!type && element->kind == TYPE_LIST && element->element->kind == TYPE_RECORD) {
        field = type_find_field(element->element, name);
        if (field) type = type_of(checker->types, TYPE_LIST, field->type);
    }
    if (!type) return no_member(checker, node, series);
    if (type_is_series(type)) {
        diagnostics_report(checker->diagnostics, DIAG_E311, node->name_span,
                           "`%.*s` is itself a `%s`: series do not nest", TEXT_ARGS(name), type_text(checker, type));
        return simple(checker, TYPE_POISON);
    }
    return type->kind == TYPE_POISON ? type : type_of(checker->types, series->kind, type);
}

/* `xs.f` is a list of each element's `f`. */
static const struct type *list_member(struct checker *checker, struct node *node, const struct type *list) {
    const struct type *element = list->element;
    if (element->kind == TYPE_JSON || type_is_unknown(element)) return list;
    if (element->kind == TYPE_MAP) return type_of(checker->types, TYPE_LIST, element->element);
    const struct type_field *field = element->kind == TYPE_RECORD ? type_find_field(element, node->name->text) : NULL;
    if (field && !type_is_series(field->type)) return type_of(checker->types, TYPE_LIST, field->type);
    if (signature_find_member(checker->natives, element->name, node->name->text) == NO_ROW) {
        const struct type *result = no_member(checker, node, element->kind == TYPE_RECORD ? element : list);
        return result;
    }
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E204, node->name_span,
                                                       "`.%.*s` of a list takes fields, and this is computed for each",
                                                       TEXT_ARGS(node->name->text));
    diagnostic_help(diagnostic, "write `[x.%.*s for x in %s]`", TEXT_ARGS(node->name->text),
                    source_text(checker, node->a));
    return simple(checker, TYPE_POISON);
}

/* ---- imports, env ---- */

static const struct type *import_member(struct checker *checker, struct node *node, const struct symbol *import) {
    if (!import->module) return simple(checker, TYPE_POISON); /* it could not be read: reported at its `use` */
    struct symbol *symbol = module_find(import->module, node->name);
    if (!symbol || symbol->kind == SYMBOL_IMPORT) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E204, node->name_span, "`%.*s` declares no `%.*s`",
                               TEXT_ARGS(import->module->path), TEXT_ARGS(node->name->text));
        struct suggestion suggestion = suggestion_for(node->name->text);
        for (uint32_t i = 0; i < import->module->symbol_count; i++)
            suggestion_offer(&suggestion, import->module->symbols[i]->name->text);
        if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
        return simple(checker, TYPE_POISON);
    }
    node->resolved = symbol;
    const struct binding binding = { .symbol = symbol, .depth = 1 };
    use_symbol(checker, node, &binding);
    if (symbol->kind == SYMBOL_FUNCTION || (symbol->kind == SYMBOL_SERVICE && symbol->is_template)) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, DIAG_E211, node->name_span, "`%.*s` is %s, not a value",
            TEXT_ARGS(symbol->name->text), symbol->kind == SYMBOL_FUNCTION ? "a function" : "a service template");
        diagnostic_help(diagnostic, "call it: `%s(…)`", source_text(checker, node));
        return simple(checker, TYPE_POISON);
    }
    node->effect = (uint8_t)symbol->effect;
    return symbol->type;
}

static struct node *text_node(struct checker *checker, const struct node *at, struct text content) {
    struct node *text = ARENA_NEW(checker->arena, struct node), *part = ARENA_NEW(checker->arena, struct node);
    *part = (struct node){ .kind = NODE_TEXT, .height = 1, .span = at->span, .type = simple(checker, TYPE_STRING) };
    part->string = content;
    *text = (struct node){ .kind = NODE_STRING, .height = 2, .span = at->span, .list = part, .type = part->type };
    return text;
}

/* `env.NAME` in a default: a call of the native `env`, read as the input's type. The node becomes `env.NAME as T?`. */
static const struct type *environment_member(struct checker *checker, struct node *node) {
    if (!checker->context.in_default) return check_environment(checker, node);
    uint32_t row = signature_find(checker->natives, node->a->name);
    if (row == NO_ROW) return no_member(checker, node, simple(checker, TYPE_MODULE));
    checker->context.has_env = true;
    node->a->type = simple(checker, TYPE_MODULE);
    struct call *call = native_property(checker, node, text_node(checker, node, node->name->text), row, false);
    const struct type *string = signature_of(checker->natives, row)->result;
    const struct type *wanted =
        checker->context.input_type ? checker->context.input_type : simple(checker, TYPE_STRING);
    wanted = type_of(checker->types, TYPE_OPTIONAL, wanted);
    if (wanted == string) return string;
    struct node *field = ARENA_NEW(checker->arena, struct node), *type = ARENA_NEW(checker->arena, struct node);
    *field = *node;
    field->next = NULL;
    field->type = string;
    field->resolved = call;
    *type = (struct node){ .kind = NODE_TYPE_OPTIONAL, .height = 1, .span = node->span, .type = wanted };
    node->kind = NODE_AS;
    node->a = field;
    node->b = type;
    node->resolved = NULL;
    return wanted;
}

const struct type *check_field(struct checker *checker, struct node *node) {
    struct node *of = node->a;
    if (of && of->kind == NODE_NAME && !scope_find(&checker->scopes, of->name)) {
        if (text_is(of->name->text, "env")) return environment_member(checker, node);
        uint32_t row = signature_find_member(checker->natives, of->name->text, node->name->text);
        if (row != NO_ROW && signature_is_module(checker->natives, of->name->text)) {
            of->type = simple(checker, TYPE_MODULE);
            return property(checker, node, NULL, row, false);
        }
    }
    const struct type *type = check_expression(checker, of, NULL);
    raise_effect(node, of);
    if (!of || type->kind == TYPE_POISON) return simple(checker, TYPE_POISON);
    if (type->kind == TYPE_MODULE) return import_member(checker, node, of->resolved);
    if (type_is_series(type)) return series_member(checker, node, of, type);
    if (type->kind == TYPE_LIST) return list_member(checker, node, type);
    if (type->kind == TYPE_WINDOW || type->kind == TYPE_NOTHING) {
        check_plain(checker, of, "what stands before a dot");
        return simple(checker, TYPE_POISON);
    }
    return plain_member(checker, node, of, type);
}

const struct type *check_element_field(struct checker *checker, struct node *node) {
    const struct type *series = checker->context.element_type;
    if (!series) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, DIAG_E212, node->span,
            "`.%.*s` is a field of an element, and no elements are at hand", TEXT_ARGS(node->name->text));
        diagnostic_help(diagnostic,
                        "it stands behind `where` and in conditions like `ratio(orders, .ok)`; elsewhere say of what");
        return poison(checker, node);
    }
    if (series->kind == TYPE_POISON) return series;
    node->effect = EFFECT_RECORDED;
    return series_member(checker, node, checker->context.element_base, series);
}
