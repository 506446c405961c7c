/* Expressions: one function for each kind of node that is no operator, call, field or text. Each gives its type and
 * leaves type and effect on the node. */
#include "compiler/check.h"

#include "base/vector.h"

#include <sys/stat.h>

static const struct type *check_path(struct checker *checker, struct node *node) {
    struct stat status;
    if (checker->context.in_default || checker->options->from_record) return simple(checker, TYPE_PATH);
    struct text path = module_path(checker->arena, checker->module->path, node->string);
    if (stat(path.bytes, &status) != 0) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E476, node->span,
                                                           "there is no file `%.*s`", TEXT_ARGS(node->string));
        diagnostic_help(diagnostic, "a path is relative to the file that it stands in; this one is `%.*s` from here",
                        TEXT_ARGS(path));
    }
    return simple(checker, TYPE_PATH);
}

/* Elements of a list, branches of an `if`: one type that holds both, or a report. */
static const struct type *join_or_report(struct checker *checker, const struct type *so_far, struct node *node,
                                         struct node *first, const char *what) {
    const struct type *joined = type_join(checker->types, so_far, node->type);
    if (joined) return joined;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E303, node->span, "%s are of one type: this is `%s`, not `%s`",
                           what, type_text(checker, node->type), type_text(checker, so_far));
    diagnostic_note(diagnostic, first->span, "this is `%s`", type_text(checker, so_far));
    return simple(checker, TYPE_POISON);
}

static bool wants_anything(const struct type *expected) {
    return expected && (expected->kind == TYPE_ANY || expected->kind == TYPE_JSON);
}

static const struct type *element_expected(const struct type *expected) {
    if (!expected) return NULL;
    if (wants_anything(expected)) return expected;
    expected = type_present(expected);
    return expected->kind == TYPE_LIST && !expected->has_variable ? expected->element : NULL;
}

static const struct type *check_list(struct checker *checker, struct node *node, const struct type *expected) {
    const struct type *element = simple(checker, TYPE_ANY), *wanted = element_expected(expected);
    struct node *first = node->list;
    for (struct node *item = node->list; item; item = item->next) {
        const struct type *type = check_expression(checker, item, wanted);
        raise_effect(node, item);
        if (!check_plain(checker, item, "an element of a list")) type = element = simple(checker, TYPE_POISON);
        bool mixed = wants_anything(expected) && type->is_data && !type_join(checker->types, element, type);
        if (mixed)
            element = simple(checker, TYPE_JSON);
        else if (type->kind != TYPE_POISON && element->kind != TYPE_POISON)
            element = join_or_report(checker, element, item, first, "the elements of a list");
        else
            element = simple(checker, TYPE_POISON);
    }
    if (!first && wanted && !wants_anything(wanted)) element = wanted;
    return type_of(checker->types, TYPE_LIST, element);
}

/* Whether a mixed list's first element decides is the list's matter; a record's fields stand each for itself. */
static const struct type *field_expected(const struct type *expected, struct text name) {
    if (!expected) return NULL;
    if (wants_anything(expected)) return expected;
    expected = type_present(expected);
    if (expected->has_variable) return NULL;
    if (expected->kind == TYPE_MAP) return expected->element;
    if (expected->kind != TYPE_RECORD) return NULL;
    const struct type_field *field = type_find_field(expected, name);
    return field ? field->type : NULL;
}

static const struct type *check_record(struct checker *checker, struct node *node, const struct type *expected) {
    uint32_t count = 0, limit = (uint32_t)node_chain_length(node->list);
    struct type_field *fields = ARENA_ARRAY(checker->arena, struct type_field, limit);
    check_distinct(checker, node->list, "field");
    for (struct node *field = node->list; field; field = field->next) {
        if (field->kind != NODE_RECORD_FIELD) continue;
        const struct type *type = check_expression(checker, field->a, field_expected(expected, field->name->text));
        if (!check_plain(checker, field->a, "a field of a record")) type = simple(checker, TYPE_POISON);
        raise_effect(node, field->a);
        fields[count++] = (struct type_field){ field->name->text, type };
    }
    const struct type *wanted = expected ? type_present(expected) : NULL;
    if (!count && wanted && wanted->kind == TYPE_MAP && !wanted->has_variable) return wanted;
    return type_record(checker->types, fields, count);
}

static const struct type *check_conditional(struct checker *checker, struct node *node, const struct type *expected) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `if`");
    const struct type *then = check_expression(checker, node->b, expected);
    const struct type *otherwise = check_expression(checker, node->c, expected);
    raise_effect(node, node->a);
    raise_effect(node, node->b);
    raise_effect(node, node->c);
    if (then->kind == TYPE_POISON || otherwise->kind == TYPE_POISON) return simple(checker, TYPE_POISON);
    return join_or_report(checker, then, node->c, node->b, "both sides of an `if`");
}

/* ---- as ---- */

static bool is_readable_from_text(const struct type *to) {
    switch ((int)to->kind) {
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_QUANTITY:
    case TYPE_RATIO:
    case TYPE_VERSION:
    case TYPE_STRING:
    case TYPE_URL:
    case TYPE_PATH:
    case TYPE_LABEL:
    case TYPE_JSON: return true;
    default: return false;
    }
}

static bool converts(const struct type *from, const struct type *to) {
    if (from->kind == TYPE_POISON || to->kind == TYPE_POISON) return true;
    from = type_present(from);
    to = type_present(to);
    if (from->kind == TYPE_JSON || from->kind == TYPE_ANY) return to->is_data && to->kind != TYPE_INSTANT;
    if (type_is_text(from) || from->kind == TYPE_BYTES || from->kind == TYPE_LABEL) return is_readable_from_text(to);
    if (type_is_number(from) && type_is_number(to)) return true;
    return type_fit(from, to) >= 0;
}

static const struct type *check_as(struct checker *checker, struct node *node) {
    const struct type *from = check_expression(checker, node->a, NULL), *to = check_type(checker, node->b);
    raise_effect(node, node->a);
    if (!check_plain(checker, node->a, "what `as` reads")) return simple(checker, TYPE_POISON);
    if (!converts(from, to)) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E309, node->span, "`%s` does not convert to `%s`",
                               type_text(checker, from), type_text(checker, to));
        diagnostic_help(diagnostic, "`as` reads json and text as a type, and turns `int` into `number` and back");
    }
    return to;
}

/* ---- [i], [*], loops that make a list ---- */

static const struct type *index_type(struct checker *checker, struct node *node, const struct type *of) {
    const struct type *wanted = simple(checker, of->kind == TYPE_MAP ? TYPE_STRING : TYPE_INT), *gives = of->element;
    if (of->kind == TYPE_POISON) return of;
    if (of->kind == TYPE_JSON) {
        const struct type *index = node->b->type;
        if (type_is_unknown(index) || index->kind == TYPE_JSON || index->kind == TYPE_INT || type_is_text(index))
            return of;
        report_misfit(checker, node->b, simple(checker, TYPE_INT), "an index into json (a whole number or a text)");
        return of;
    }
    if (of->kind == TYPE_LIST || of->kind == TYPE_MAP) {
        if (!check_fits(checker, node->b, wanted))
            report_misfit(checker, node->b, wanted, of->kind == TYPE_MAP ? "a key" : "an index");
        return gives;
    }
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E301, node->span, "`[…]` takes a list, a map or json, not `%s`",
                           type_text(checker, of));
    if (of->kind == TYPE_OPTIONAL) diagnostic_help(diagnostic, "it may be none: give a value with `??` first");
    return simple(checker, TYPE_POISON);
}

static const struct type *check_index(struct checker *checker, struct node *node) {
    const struct type *of = check_expression(checker, node->a, NULL);
    check_expression(checker, node->b, NULL);
    raise_effect(node, node->a);
    raise_effect(node, node->b);
    if (!check_plain(checker, node->b, "an index")) return simple(checker, TYPE_POISON);
    if (!type_is_series(of)) return index_type(checker, node, of);
    return type_of(checker->types, of->kind, index_type(checker, node, of->element));
}

static const struct type *check_each(struct checker *checker, struct node *node) {
    const struct type *of = check_expression(checker, node->a, NULL);
    raise_effect(node, node->a);
    if (of->kind == TYPE_LIST || of->kind == TYPE_JSON || of->kind == TYPE_POISON) return of;
    diagnostics_report(checker->diagnostics, DIAG_E301, node->span, "`[*]` takes a list or json, not `%s`",
                       type_text(checker, of));
    return simple(checker, TYPE_POISON);
}

const struct type *iterated(struct checker *checker, const struct type *type) {
    if (type_is_unknown(type) || type->kind == TYPE_JSON) return type;
    if (type->kind == TYPE_LIST) return type->element;
    return type->kind == TYPE_MAP ? simple(checker, TYPE_STRING) : NULL;
}

const struct type *check_comprehension(struct checker *checker, struct node *node, const struct type *expected) {
    const struct type *source = check_expression(checker, node->b, NULL);
    const struct type *each = type_is_series(source) ? source->element : iterated(checker, source);
    bool in_claims = checker->context.section &&
                     (checker->context.section->kind == NODE_ASSERT || checker->context.section->kind == NODE_ASSUME);
    if (type_is_series(source) && !in_claims) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E321, node->b->span,
                               "a list is made from a `%s` only in `assert` and `assume`", type_text(checker, source));
        diagnostic_help(diagnostic, "while the run goes on, it is not complete");
    } else if (!each) {
        diagnostics_report(checker->diagnostics, DIAG_E321, node->b->span, "`for` runs through a list, not `%s`",
                           type_text(checker, source));
    }
    scope_open(&checker->scopes);
    declare(checker, SYMBOL_VARIABLE, node, each ? each : simple(checker, TYPE_POISON));
    if (node->c) {
        check_expression(checker, node->c, NULL);
        check_condition(checker, node->c, "the condition of a list");
    }
    const struct type *element = check_expression(checker, node->a, element_expected(expected));
    if (!check_plain(checker, node->a, "an element of a list")) element = simple(checker, TYPE_POISON);
    scope_close(&checker->scopes, true);
    raise_effect(node, node->a);
    raise_effect(node, node->b);
    raise_effect(node, node->c);
    return type_of(checker->types, TYPE_LIST, element);
}

/* `env.NAME` alone: only the default of an input or secret may read it; its field is check_field's. */
const struct type *check_environment(struct checker *checker, struct node *node) {
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E480, node->span,
                           checker->context.in_default ? "`env` needs the name of a variable: `env.NAME`"
                                                       : "`env` is read only in the default of an `input` or `secret`");
    diagnostic_help(diagnostic,
                    "`input name: string = env.NAME ?? \"default\"` makes it a setting that everybody can list");
    return poison(checker, node);
}

static const struct type *check_retry(struct checker *checker, struct node *node, const struct type *expected) {
    check_wanted(checker, node->a, simple(checker, TYPE_INT), "the count of `retry`");
    if (node->b) check_duration(checker, node->b, "`every`");
    const struct type *type = check_expression(checker, node->c, expected);
    raise_effect(node, node->c);
    return check_plain(checker, node->c, "`retry`") ? type : simple(checker, TYPE_POISON);
}

static const struct type *dispatch(struct checker *checker, struct node *node, const struct type *expected) {
    switch (node->kind) {
    case NODE_NAME: return check_name(checker, node);
    case NODE_LABEL: return simple(checker, TYPE_LABEL);
    case NODE_VERSION: return simple(checker, TYPE_VERSION);
    case NODE_INTEGER: return simple(checker, TYPE_INT);
    case NODE_NUMBER: return simple(checker, TYPE_QUANTITY);
    case NODE_DURATION: return type_quantity(checker->types, 1, 0);
    case NODE_SIZE: return type_quantity(checker->types, 0, 1);
    case NODE_RATE: return type_quantity(checker->types, -1, 0);
    case NODE_BANDWIDTH: return type_quantity(checker->types, -1, 1);
    case NODE_RATIO: return simple(checker, TYPE_RATIO);
    case NODE_PATH: return check_path(checker, node);
    case NODE_TRUE:
    case NODE_FALSE: return simple(checker, TYPE_BOOL);
    case NODE_NONE: return simple(checker, TYPE_NOTHING);
    case NODE_STRING: return check_text(checker, node);
    case NODE_LIST_OF: return check_list(checker, node, expected);
    case NODE_RECORD: return check_record(checker, node, expected);
    case NODE_CONDITIONAL: return check_conditional(checker, node, expected);
    case NODE_AS: return check_as(checker, node);
    case NODE_FIELD: return check_field(checker, node);
    case NODE_ELEMENT_FIELD: return check_element_field(checker, node);
    case NODE_INDEX: return check_index(checker, node);
    case NODE_EACH: return check_each(checker, node);
    case NODE_CALL: return check_call(checker, node);
    case NODE_COMPREHENSION: return check_comprehension(checker, node, expected);
    case NODE_BINARY: return check_binary(checker, node, expected);
    case NODE_UNARY: return check_unary(checker, node);
    case NODE_RETRY: return check_retry(checker, node, expected);
    case NODE_WHERE:
    case NODE_DURING:
    case NODE_OVER:
    case NODE_FROM:
    case NODE_BEFORE: return check_selection(checker, node);
    default: return simple(checker, TYPE_POISON); /* ERROR: reported by the parser */
    }
}

const struct type *check_expression(struct checker *checker, struct node *node, const struct type *expected) {
    if (!node) return simple(checker, TYPE_POISON);
    node->effect = EFFECT_CONST;
    const struct type *type = dispatch(checker, node, expected);
    node->type = type;
    if ((type_is_series(type) || type->kind == TYPE_WINDOW) && node->effect < EFFECT_RECORDED)
        node->effect = EFFECT_RECORDED;
    return type;
}
