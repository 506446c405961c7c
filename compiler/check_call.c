/* Calls: what is called, with which of its signatures, and what that gives. Functions and templates are checked when they
 * are first called, so a call knows result and effect, and recursion shows as a function that is still open. */
#include "compiler/check_bind.h"

#include <string.h>

/* What is called. */
struct callee {
    const char *name;      /* as messages say it */
    uint32_t row;          /* the first row of a native, or NO_ROW */
    struct symbol *symbol; /* a function or template */
    struct node *receiver; /* of a method */
};

/* ---- arguments ---- */

static void gather(struct checker *checker, struct node *node, const struct callee *callee, struct given *given) {
    uint32_t limit = (uint32_t)node_chain_length(node->list) + 1;
    given->count = 0;
    given->has_receiver = callee->receiver != NULL;
    given->is_disordered = false;
    given->arguments = limit <= FEW_ARGUMENTS ? given->few : ARENA_ARRAY(checker->arena, struct argument, limit);
    if (callee->receiver)
        given->arguments[given->count++] =
            (struct argument){ .value = callee->receiver, .span = callee->receiver->span };
    bool named = false;
    for (struct node *item = node->list; item; item = item->next) {
        if (item->kind != NODE_ARGUMENT) continue;
        if (named && !item->name) {
            diagnostics_report(checker->diagnostics, DIAG_E210, item->span,
                               "arguments by place stand before those by name");
            given->is_disordered = true;
        }
        named |= item->name != NULL;
        given->arguments[given->count++] = (struct argument){ item->name, item->a, item->span, item->name_span };
    }
}

static void match_begin(struct checker *checker, struct match *match, const struct given *given) {
    match->row = NO_ROW;
    match->misfit = MISFIT_NONE;
    match->parameter_of =
        given->count <= FEW_ARGUMENTS ? match->few : ARENA_ARRAY(checker->arena, uint32_t, given->count);
}

/* What the parameter wants is known before the argument is checked only when there is one signature. */
static const struct type *expected_of(const struct signature *signature, const struct given *given, uint32_t argument) {
    uint32_t at = signature ? bind_parameter(signature, given, argument) : NO_ROW;
    return at == NO_ROW || signature->parameters[at].type->has_variable ? NULL : signature->parameters[at].type;
}

static bool is_each(struct checker *checker, uint32_t row, const struct given *given, uint32_t argument) {
    for (; row != NO_ROW; row = signature_next(checker->natives, row)) {
        const struct signature *signature = signature_of(checker->natives, row);
        uint32_t at = bind_parameter(signature, given, argument);
        if (at != NO_ROW && signature->parameters[at].type->kind == TYPE_EACH) return true;
    }
    return false;
}

/* `.ok` in `ratio(orders over 10s, .ok)`: the elements are those of the stream below the window. */
static void check_each_argument(struct checker *checker, struct node *value, struct node *base) {
    struct context *context = &checker->context;
    struct node *outer_base = context->element_base;
    const struct type *outer_type = context->element_type, *type = base ? base->type : simple(checker, TYPE_POISON);
    if (base && type->kind == TYPE_WINDOW) {
        const struct type *below = base->kind == NODE_OVER && base->a ? base->a->type : NULL;
        type = below && type_is_series(below) ? below : type_of(checker->types, TYPE_STREAM, type->element);
    }
    if (!type_is_series(type)) type = simple(checker, TYPE_POISON);
    context->element_base = base;
    context->element_type = type;
    check_expression(checker, value, NULL);
    context->element_base = outer_base;
    context->element_type = outer_type;
}

static void check_arguments(struct checker *checker, struct node *node, const struct given *given, uint32_t row,
                            const struct signature *only) {
    for (uint32_t i = given->has_receiver; i < given->count; i++) {
        struct node *value = given->arguments[i].value;
        if (i > 0 && row != NO_ROW && is_each(checker, row, given, i))
            check_each_argument(checker, value, given->arguments[0].value);
        else
            check_expression(checker, value, expected_of(only, given, i));
        raise_effect(node, value);
    }
}

/* ---- what was understood ---- */

/* A variadic parameter's arguments become one list. */
static void collect(struct checker *checker, struct call *call, const struct given *given, const struct match *match,
                    struct span span) {
    uint32_t last = call->count - 1;
    struct node *list = ARENA_NEW(checker->arena, struct node), **end = &list->list;
    *list = (struct node){ .kind = NODE_LIST_OF, .height = 1, .span = span };
    const struct type *pattern = match->signature->parameters[last].type;
    list->type = type_of(checker->types, TYPE_LIST, type_substitute(checker->types, pattern, &match->bindings));
    for (uint32_t i = 0; i < given->count; i++) {
        if (match->parameter_of[i] != last || !given->arguments[i].value) continue;
        *end = given->arguments[i].value;
        end = &(*end)->next;
        raise_effect(list, given->arguments[i].value);
    }
    call->arguments[last] = list;
}

static struct call *understood(struct checker *checker, struct node *node, const struct given *given,
                               const struct match *match) {
    struct call *call = ARENA_NEW(checker->arena, struct call);
    call->count = match->signature->count;
    call->arguments = ARENA_ARRAY(checker->arena, struct node *, call->count);
    call->defaults = match->signature->defaults;
    call->native = match->row;
    call->lifted = match->lifted;
    for (uint32_t i = 0; i < given->count; i++) {
        const struct parameter *parameter = &match->signature->parameters[match->parameter_of[i]];
        struct node *value = given->arguments[i].value;
        call->arguments[match->parameter_of[i]] = value;
        bool is_series = value && (type_is_series(value->type) || value->type->kind == TYPE_WINDOW);
        if (value && !is_series)
            check_fits(checker, value, type_substitute(checker->types, parameter->type, &match->bindings));
    }
    if (call->count && match->signature->parameters[call->count - 1].is_variadic)
        collect(checker, call, given, match, node->span);
    node->resolved = call;
    return call;
}

/* ---- natives ---- */

/* E482: text that leaves the process in the clear. */
static void check_sinks(struct checker *checker, const struct call *call, const char *name) {
    if (!checker->has_secrets) return;
    const struct signature *signature = signature_of(checker->natives, call->native);
    bool writes = strcmp(name, "note") == 0 || strcmp(name, "temp_file") == 0;
    for (uint32_t i = 0; i < call->count; i++) {
        struct node *value = call->arguments[i];
        bool leaks = writes || (signature->parameters[i].type->kind == TYPE_URL && value && value->kind == NODE_STRING);
        struct node *secret = leaks ? secret_source(checker, value) : NULL;
        if (!secret) continue;
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E482, secret->span,
                                                           "a secret flows into %s of `%s`, where it can be read",
                                                           writes ? "the text" : "the URL", name);
        diagnostic_help(diagnostic, "send it as a header, a password or a request's body");
    }
}

static const struct type *result_of(struct checker *checker, const struct match *match, const struct call *call) {
    const struct type *result = type_substitute(checker->types, match->signature->result, &match->bindings);
    if (!match->lifted) return result;
    return type_of(checker->types, call->arguments[0]->type->kind, result);
}

static bool can_lift(const struct native_row *row) {
    return (row->flags & NATIVE_EFFECT_MASK) == NATIVE_CONST && !(row->flags & NATIVE_SERIES);
}

static const struct type *call_native(struct checker *checker, struct node *node, const struct callee *callee) {
    struct given given;
    gather(checker, node, callee, &given);
    bool single = signature_next(checker->natives, callee->row) == NO_ROW;
    check_arguments(checker, node, &given, callee->row, single ? signature_of(checker->natives, callee->row) : NULL);
    struct match tries[2], *best_try = &tries[0], *next_try = &tries[1];
    match_begin(checker, best_try, &given);
    match_begin(checker, next_try, &given);
    for (uint32_t row = callee->row; row != NO_ROW; row = signature_next(checker->natives, row)) {
        next_try->row = row;
        next_try->signature = signature_of(checker->natives, row);
        bind_match(checker, &given, can_lift(signature_row(checker->natives, row)), next_try);
        if (best_try->row != NO_ROW && !bind_is_better(next_try, best_try)) continue;
        struct match *spare = best_try;
        best_try = next_try;
        next_try = spare;
    }
    const struct match *best = best_try;
    if (given.is_disordered || best->misfit != MISFIT_NONE) {
        if (!given.is_disordered) bind_report(checker, node, &given, best, callee->name);
        /* What it gives is known all the same: the rest of the text may have findings of its own. */
        bool known = (single || best->misfit == MISFIT_TYPE) && !best->signature->result->has_variable;
        return known && !best->lifted ? best->signature->result : simple(checker, TYPE_POISON);
    }
    struct call *call = understood(checker, node, &given, best);
    call->kind = CALL_NATIVE;
    enum effect effect = (enum effect)(signature_row(checker->natives, best->row)->flags & NATIVE_EFFECT_MASK);
    if (node->effect < effect) node->effect = (uint8_t)effect;
    note_effect(checker, effect);
    check_sinks(checker, call, callee->name);
    return result_of(checker, best, call);
}

/* ---- functions and templates ---- */

static void report_recursion(struct checker *checker, struct node *node, const struct symbol *symbol) {
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E490, node->span,
                                                       "`%.*s` calls itself", TEXT_ARGS(symbol->name->text));
    for (const struct context *context = &checker->context; context; context = context->outer) {
        if (!context->function) continue;
        diagnostic_note(diagnostic, context->function->span, "%s `%.*s`",
                        context->function == symbol ? "this is" : "by way of",
                        TEXT_ARGS(context->function->name->text));
        if (context->function == symbol) break;
    }
    diagnostic_help(diagnostic, "a run has to end: go through a list with `for` or `[… for x in xs]`");
}

/* False when nothing can be said of what it gives. */
static bool complete(struct checker *checker, struct node *node, struct symbol *symbol) {
    if (symbol->progress == PROGRESS_OPEN) {
        report_recursion(checker, node, symbol);
        return false;
    }
    if (symbol->progress == PROGRESS_NEW) {
        if (symbol->kind == SYMBOL_FUNCTION)
            check_function(checker, symbol);
        else
            check_service(checker, symbol);
    }
    note_effect(checker, symbol->effect);
    note_reach(checker, (enum reach)symbol->reach, node->span);
    uint32_t depth = symbol->call_depth + 1u;
    if (depth > checker->context.call_depth) checker->context.call_depth = depth;
    if (depth != CALL_DEPTH_LIMIT) return true;
    diagnostics_report(checker->diagnostics, DIAG_E490, node->span, "functions call each other more than %d deep",
                       CALL_DEPTH_LIMIT);
    return true;
}

static const struct type *call_declared(struct checker *checker, struct node *node, const struct callee *callee) {
    struct symbol *symbol = callee->symbol;
    if (!symbol->signature) check_signature(checker, symbol);
    struct given given;
    gather(checker, node, callee, &given);
    check_arguments(checker, node, &given, NO_ROW, symbol->signature);
    bool known = complete(checker, node, symbol);
    struct match match;
    match_begin(checker, &match, &given);
    match.signature = symbol->signature;
    bind_match(checker, &given, false, &match);
    if (given.is_disordered || match.misfit != MISFIT_NONE) {
        if (!given.is_disordered) bind_report(checker, node, &given, &match, callee->name);
        return symbol->type ? symbol->type : simple(checker, TYPE_POISON);
    }
    struct call *call = understood(checker, node, &given, &match);
    call->kind = symbol->kind == SYMBOL_FUNCTION ? CALL_FUNCTION : CALL_SERVICE;
    call->function = symbol;
    enum effect effect = symbol->kind == SYMBOL_SERVICE ? EFFECT_ACTION : symbol->effect;
    if (node->effect < effect) node->effect = (uint8_t)effect;
    note_effect(checker, effect);
    return known && symbol->type ? symbol->type : simple(checker, TYPE_POISON);
}

/* ---- what is called ---- */

static bool is_callable(const struct symbol *symbol) {
    return symbol->kind == SYMBOL_FUNCTION || (symbol->kind == SYMBOL_SERVICE && symbol->is_template);
}

static bool not_callable(struct checker *checker, struct node *node, const struct symbol *symbol) {
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E211, node->span,
                                                       "`%s` is not a function", source_text(checker, node));
    if (symbol) diagnostic_note(diagnostic, symbol->span, "declared here");
    return false;
}

/* A plain name: what is declared goes before what is built in, unless it cannot be called: `count` may be an input and
 * still count. */
static bool name_callee(struct checker *checker, struct node *node, struct callee *callee) {
    const struct binding *binding = scope_find(&checker->scopes, node->name);
    callee->name = node->name->text.bytes;
    node->type = simple(checker, TYPE_NOTHING);
    if (binding && is_callable(binding->symbol)) {
        node->resolved = callee->symbol = binding->symbol;
        binding->symbol->is_used = true;
        return true;
    }
    callee->row = signature_find(checker->natives, node->name);
    if (callee->row != NO_ROW && text_is(node->name->text, "env")) {
        check_environment(checker, node);
        return false;
    }
    if (callee->row != NO_ROW) return true;
    if (binding) return not_callable(checker, node, binding->symbol);
    report_unknown_name(checker, node, "function");
    return false;
}

static bool import_callee(struct checker *checker, struct node *node, const struct symbol *import,
                          struct callee *callee) {
    if (!import->module) return false;
    struct symbol *symbol = module_find(import->module, node->name);
    if (!symbol || !is_callable(symbol)) {
        const struct type *type = check_expression(checker, node, NULL); /* says so when there is none */
        return type->kind == TYPE_POISON ? false : not_callable(checker, node, symbol);
    }
    node->resolved = callee->symbol = symbol;
    node->type = simple(checker, TYPE_NOTHING);
    symbol->is_used = true;
    return true;
}

/* `http.get`: no variable hides the module, and the row is no method. */
static bool module_callee(struct checker *checker, struct node *node, struct callee *callee) {
    struct node *of = node->a;
    if (of->kind != NODE_NAME || scope_find(&checker->scopes, of->name)) return false;
    uint32_t row = signature_find_member(checker->natives, of->name->text, node->name->text);
    if (row == NO_ROW) return false;
    const struct signature *signature = signature_of(checker->natives, row);
    if (signature->count && text_is(signature->parameters[0].name->text, "self")) return false;
    callee->row = row;
    callee->name = signature_row(checker->natives, row)->name;
    of->type = simple(checker, TYPE_MODULE);
    node->type = simple(checker, TYPE_NOTHING);
    return true;
}

static bool report_parentheses(struct checker *checker, struct node *node) {
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E211, node->name_span,
                           "`%.*s` is a value and takes no parentheses", TEXT_ARGS(node->name->text));
    diagnostic_help(diagnostic, "write `%s`", source_text(checker, node));
    return false;
}

static bool report_no_method(struct checker *checker, struct node *node, const struct type *type) {
    const struct type *element = type_is_series(type) ? type->element : type;
    if (element->kind == TYPE_RECORD && type_find_field(element, node->name->text))
        return report_parentheses(checker, node);
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E204, node->name_span, "`%s` has no function `%.*s`",
                           type_text(checker, type), TEXT_ARGS(node->name->text));
    if (type->kind == TYPE_OPTIONAL) {
        diagnostic_help(diagnostic, "it may be none: give a value with `??` first");
        return false;
    }
    struct suggestion suggestion = suggestion_for(node->name->text);
    if (type->name.length) signature_suggest(checker->natives, type->name, &suggestion);
    uint32_t plain = signature_find(checker->natives, node->name);
    if (plain != NO_ROW)
        diagnostic_help(diagnostic, "write `%.*s(%s)`", TEXT_ARGS(node->name->text), source_text(checker, node->a));
    else if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    return false;
}

static bool method_callee(struct checker *checker, struct node *node, struct callee *callee) {
    const struct type *type = node->a->type, *element = type_is_series(type) ? type->element : type;
    uint32_t row = type->is_load ? signature_find_member(checker->natives, TEXT("load"), node->name->text) : NO_ROW;
    if (row == NO_ROW) row = signature_find_member(checker->natives, element->name, node->name->text);
    if (row == NO_ROW) return report_no_method(checker, node, type);
    if (signature_row(checker->natives, row)->flags & NATIVE_PROPERTY) return report_parentheses(checker, node);
    callee->row = row;
    callee->name = signature_row(checker->natives, row)->name;
    callee->receiver = node->a;
    node->type = simple(checker, TYPE_NOTHING);
    return true;
}

static bool report_no_module_function(struct checker *checker, struct node *node) {
    struct text module = node->a->name->text;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E204, node->name_span, "`%.*s` has no function `%.*s`",
                           TEXT_ARGS(module), TEXT_ARGS(node->name->text));
    struct suggestion suggestion = suggestion_for(node->name->text);
    signature_suggest(checker->natives, module, &suggestion);
    if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    return false;
}

static bool field_callee(struct checker *checker, struct node *node, struct callee *callee) {
    callee->name = node->name->text.bytes;
    if (!node->a) return false;
    if (module_callee(checker, node, callee)) return true;
    bool is_module = node->a->kind == NODE_NAME && !scope_find(&checker->scopes, node->a->name) &&
                     signature_is_module(checker->natives, node->a->name->text) && !text_is(node->a->name->text, "env");
    if (is_module) return report_no_module_function(checker, node);
    const struct type *type = check_expression(checker, node->a, NULL);
    if (type->kind == TYPE_POISON) return false;
    if (type->kind == TYPE_MODULE) return import_callee(checker, node, node->a->resolved, callee);
    return method_callee(checker, node, callee);
}

static bool find_callee(struct checker *checker, struct node *node, struct callee *callee) {
    if (!node) return false;
    if (node->kind == NODE_NAME) return name_callee(checker, node, callee);
    if (node->kind == NODE_FIELD) return field_callee(checker, node, callee);
    const struct type *type = check_expression(checker, node, NULL);
    return type->kind == TYPE_POISON ? false : not_callable(checker, node, NULL);
}

const struct type *check_call(struct checker *checker, struct node *node) {
    struct callee callee = { .row = NO_ROW };
    bool found = find_callee(checker, node->a, &callee);
    if (!found) { /* the arguments may have findings of their own */
        const struct type *outer = checker->context.element_type;
        if (node->a && !node->a->type) poison(checker, node->a);
        checker->context.element_type = simple(checker, TYPE_POISON);
        for (struct node *item = node->list; item; item = item->next)
            if (item->a) check_expression(checker, item->a, NULL);
        checker->context.element_type = outer;
        return simple(checker, TYPE_POISON);
    }
    raise_effect(node, callee.receiver);
    return callee.symbol ? call_declared(checker, node, &callee) : call_native(checker, node, &callee);
}
