/* Functions and service templates: parameters and results first, bodies when they are first called or at the end. A body
 * sees the module and its parameters, nothing of the place that calls it. */
#include "compiler/check.h"

enum { PARAMETER_MAXIMUM = 60, DEPTH_MAXIMUM = 4000 };

/* ---- starting a body of its own ---- */

struct body {
    struct context outer; /* what was being checked */
    uint32_t floor;       /* its sight */
};

static void body_begin(struct checker *checker, struct body *body, struct symbol *symbol) {
    body->outer = checker->context;
    body->floor = checker->scopes.floor;
    checker->scopes.floor = scope_depth(&checker->scopes) + 1;
    checker->context = (struct context){ .outer = &body->outer, .function = symbol };
    scope_open(&checker->scopes);
}

static void body_end(struct checker *checker, struct body *body) {
    scope_close(&checker->scopes, true);
    checker->scopes.floor = body->floor;
    checker->context = body->outer;
}

/* ---- parameters ---- */

static void check_parameter(struct checker *checker, struct node *node, struct parameter *parameter) {
    parameter->name = node->name;
    parameter->span = node->name_span;
    parameter->type = check_type(checker, node->a);
    if (!node->b) return;
    check_wanted(checker, node->b, parameter->type, "the default of a parameter");
    check_plain(checker, node->b, "the default of a parameter");
    parameter->default_value = node->b;
}

static void check_parameters(struct checker *checker, struct signature *signature, struct node *list) {
    uint32_t limit = list ? (uint32_t)node_chain_length(list->list) : 0;
    signature->parameters = ARENA_ARRAY(checker->arena, struct parameter, limit);
    signature->defaults = ARENA_ARRAY(checker->arena, struct node *, limit);
    for (struct node *node = list ? list->list : NULL; node; node = node->next) {
        if (node->kind != NODE_PARAMETER) continue;
        if (signature->count == PARAMETER_MAXIMUM) {
            diagnostics_report(checker->diagnostics, DIAG_E208, node->span, "more than %d parameters",
                               PARAMETER_MAXIMUM);
            return;
        }
        struct parameter *parameter = &signature->parameters[signature->count];
        check_parameter(checker, node, parameter);
        signature->defaults[signature->count++] = parameter->default_value;
    }
}

/* Defaults are computed where the call stands, so they see the module alone, not the other parameters. */
void check_signature(struct checker *checker, struct symbol *symbol) {
    struct node *node = symbol->declaration;
    struct signature *signature = ARENA_NEW(checker->arena, struct signature);
    symbol->signature = signature; /* first, so that a default that calls this function finds it */
    symbol->progress = PROGRESS_OPEN;
    struct body body;
    body_begin(checker, &body, symbol);
    check_parameters(checker, signature, node->a);
    if (node->kind == NODE_FUNCTION && node->b) signature->result = check_type(checker, node->b);
    enum reach reach = checker->context.reach;
    uint32_t depth = checker->context.call_depth;
    body_end(checker, &body);
    symbol->progress = PROGRESS_NEW;
    symbol->reach = (uint8_t)reach;
    symbol->call_depth = (uint16_t)depth;
    if (node->kind == NODE_SERVICE) {
        const struct type *service = signature_type(checker->natives, TEXT("service"));
        symbol->type = signature->result = service ? service : simple(checker, TYPE_POISON);
        symbol->effect = EFFECT_ACTION;
    }
}

static void bind_parameters(struct checker *checker, struct symbol *symbol) {
    struct node *list = symbol->declaration->a;
    uint32_t at = 0;
    for (struct node *node = list ? list->list : NULL; node && at < symbol->signature->count; node = node->next)
        if (node->kind == NODE_PARAMETER)
            declare(checker, SYMBOL_PARAMETER, node, symbol->signature->parameters[at++].type);
}

/* ---- bodies ---- */

/* Whether the end of the block cannot be reached. */
static bool always_returns(const struct node *block) {
    for (const struct node *node = block ? block->list : NULL; node; node = node->next) {
        if (node->kind == NODE_RETURN) return true;
        if (node->kind == NODE_IF && node->c && always_returns(node->b) && always_returns(node->c)) return true;
        bool transparent = node->kind == NODE_AT || node->kind == NODE_AFTER;
        if (transparent && always_returns(node->b)) return true;
    }
    return false;
}

static void check_block_body(struct checker *checker, struct symbol *symbol, const struct type *wanted) {
    struct node *block = symbol->declaration->c;
    check_block(checker, block);
    const struct type *given = checker->context.result;
    bool returns = always_returns(block);
    bool needs = wanted ? wanted->kind != TYPE_NOTHING && wanted->kind != TYPE_OPTIONAL : given != NULL;
    if (needs && !returns) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, DIAG_E320, symbol->span,
            "`%.*s` gives %s%s%s, but its end is reached without `return`", TEXT_ARGS(symbol->name->text),
            wanted ? "`" : "a value", wanted ? type_text(checker, wanted) : "", wanted ? "`" : "");
        diagnostic_help(diagnostic, "every way through the function ends with `return …`");
    }
    symbol->type = wanted ? wanted : given ? given : simple(checker, TYPE_NOTHING);
}

static void check_expression_body(struct checker *checker, struct symbol *symbol, const struct type *wanted) {
    struct node *value = symbol->declaration->c;
    const struct type *type = wanted ? check_wanted(checker, value, wanted, "the result of the function")
                                     : check_expression(checker, value, NULL);
    symbol->type = wanted ? wanted : type;
    bool gives_nothing = type->kind == TYPE_NOTHING && value && value->kind == NODE_CALL;
    if (!gives_nothing && !check_plain(checker, value, "the result of a function"))
        symbol->type = simple(checker, TYPE_POISON);
    if (wanted) symbol->type = wanted;
}

/* Bodies within bodies follow the calls of the text; their depth is bounded so that the stack is. */
static bool descend(struct checker *checker, struct symbol *symbol) {
    if (checker->depth + symbol->declaration->height <= DEPTH_MAXIMUM) {
        checker->depth += symbol->declaration->height;
        return true;
    }
    diagnostics_report(checker->diagnostics, DIAG_E490, symbol->span,
                       "functions call each other too deeply to be followed");
    symbol->type = simple(checker, TYPE_POISON);
    symbol->progress = PROGRESS_DONE;
    return false;
}

static void body_result(struct checker *checker, struct symbol *symbol) {
    if (symbol->effect < checker->context.effect) symbol->effect = checker->context.effect;
    if (symbol->reach < checker->context.reach) symbol->reach = (uint8_t)checker->context.reach;
    if (symbol->call_depth < checker->context.call_depth) symbol->call_depth = (uint16_t)checker->context.call_depth;
}

void check_function(struct checker *checker, struct symbol *symbol) {
    if (symbol->progress != PROGRESS_NEW) return;
    if (!symbol->signature) check_signature(checker, symbol);
    if (!descend(checker, symbol)) return;
    symbol->progress = PROGRESS_OPEN;
    symbol->type = symbol->signature->result; /* for a call of itself; NULL when it is not known yet */
    struct body body;
    body_begin(checker, &body, symbol);
    bind_parameters(checker, symbol);
    const struct type *wanted = symbol->signature->result;
    checker->context.wanted_result = wanted;
    struct node *content = symbol->declaration->c;
    if (content && content->kind == NODE_BLOCK)
        check_block_body(checker, symbol, wanted);
    else
        check_expression_body(checker, symbol, wanted);
    body_result(checker, symbol);
    body_end(checker, &body);
    checker->depth -= symbol->declaration->height;
    symbol->signature->result = symbol->type;
    symbol->progress = PROGRESS_DONE;
}

/* ---- services ---- */

enum field_rule { FIELD_ONCE, FIELD_AGAIN };
struct field_row {
    const char *name;
    const char *type;     /* as in a signature */
    const char *other;    /* what may stand there instead; NULL: nothing */
    enum field_rule rule; /* AGAIN: asked again and again, so it may not act */
};
static const struct field_row field_rows[] = {
    { "image", "string?", NULL, FIELD_ONCE },
    { "compose", "path?", NULL, FIELD_ONCE },
    { "command", "[string]?", "shell?", FIELD_ONCE },
    { "env", "{string: any}", NULL, FIELD_ONCE },
    { "replicas", "int", NULL, FIELD_ONCE },
    { "port", "int?", NULL, FIELD_ONCE },
    { "seed", "path?", NULL, FIELD_ONCE },
    { "version", "string?", NULL, FIELD_AGAIN },
    { "url", "url?", NULL, FIELD_ONCE },
};
enum { FIELD_ROWS = sizeof field_rows / sizeof field_rows[0] };

static const struct type *row_type(struct checker *checker, const char *text) {
    struct signature_parser parser = { .arena = checker->arena,
                                       .names = checker->out->names,
                                       .types = checker->types,
                                       .text = arena_printf(checker->arena, "-> %s", text) };
    return signature_parse(&parser)->result;
}

static void check_service_field(struct checker *checker, struct node *node) {
    struct suggestion suggestion = suggestion_for(node->name->text);
    for (size_t i = 0; i < FIELD_ROWS; i++) {
        const struct field_row *row = &field_rows[i];
        if (!text_is(node->name->text, row->name)) {
            suggestion_offer(&suggestion, text_of(row->name));
            continue;
        }
        const struct type *wanted = row_type(checker, row->type);
        check_expression(checker, node->a, wanted);
        if (!node->a || (row->other && check_fits(checker, node->a, row_type(checker, row->other)))) return;
        if (check_plain(checker, node->a, "the field of a service") && !check_fits(checker, node->a, wanted))
            report_misfit(checker, node->a, wanted, "the field `%s` of a service", row->name);
        if (row->rule == FIELD_AGAIN) check_repeatable(checker, node->a, "the version of a service");
        return;
    }
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E216, node->name_span,
                                                       "a service has no field `%.*s`", TEXT_ARGS(node->name->text));
    if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    else
        diagnostic_help(diagnostic, "they are image, compose, command, env, replicas, port, seed, version, url, ready");
    check_expression(checker, node->a, NULL);
}

static void check_ready(struct checker *checker, struct node *node) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `ready`");
    check_repeatable(checker, node->a, "`ready`");
    bool has_within = false;
    for (struct node *clause = node->list; clause; clause = clause->next) {
        has_within |= clause->kind == NODE_CLAUSE_WITHIN;
        bool fits = clause->kind == NODE_CLAUSE_WITHIN || clause->kind == NODE_CLAUSE_EVERY;
        if (fits && !clause->b) continue;
        diagnostics_report(checker->diagnostics, DIAG_E314, clause->span, "`ready` takes `within` and `every` only");
    }
    check_clauses(checker, node->list, "ready");
    if (has_within) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E420, node->span, "this may wait for ever: `within` is missing");
    diagnostic_help(diagnostic, "say how long: `ready within 30s: …`");
}

static void bind_self(struct checker *checker, struct node *service) {
    const struct type_field fields[] = {
        { TEXT("address"), simple(checker, TYPE_STRING) },
        { TEXT("url"), simple(checker, TYPE_URL) },
        { TEXT("port"), simple(checker, TYPE_INT) },
        { TEXT("index"), simple(checker, TYPE_INT) },
    };
    struct node *declaration = ARENA_NEW(checker->arena, struct node);
    *declaration = (struct node){ .kind = NODE_SERVICE, .height = 1, .span = service->name_span };
    declaration->name = name_intern(checker->out->names, TEXT("self"));
    declaration->name_span = service->name_span;
    scope_bind(&checker->scopes, new_symbol(checker, SYMBOL_SELF, declaration, type_record(checker->types, fields, 4)));
}

void check_service(struct checker *checker, struct symbol *symbol) {
    if (symbol->progress != PROGRESS_NEW) return;
    if (symbol->is_template && !symbol->signature) check_signature(checker, symbol);
    if (!descend(checker, symbol)) return;
    symbol->progress = PROGRESS_OPEN;
    const struct type *service = signature_type(checker->natives, TEXT("service"));
    symbol->type = service ? service : simple(checker, TYPE_POISON);
    struct body body;
    body_begin(checker, &body, symbol);
    if (symbol->is_template) bind_parameters(checker, symbol);
    bind_self(checker, symbol->declaration);
    check_distinct(checker, symbol->declaration->list, "field");
    bool has_ready = false;
    for (struct node *field = symbol->declaration->list; field; field = field->next) {
        if (field->kind == NODE_SERVICE_FIELD) check_service_field(checker, field);
        if (field->kind != NODE_READY) continue;
        if (has_ready)
            diagnostics_report(checker->diagnostics, DIAG_E215, field->span, "the field `ready` is given twice");
        has_ready = true;
        check_ready(checker, field);
    }
    body_result(checker, symbol);
    body_end(checker, &body);
    checker->depth -= symbol->declaration->height;
    symbol->effect = symbol->is_template ? EFFECT_ACTION : EFFECT_CONST;
    symbol->progress = PROGRESS_DONE;
}
