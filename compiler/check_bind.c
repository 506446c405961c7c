/* Meets a call's arguments with a signature: by place, by name, with defaults, variables and lifting. Says nothing until
 * asked, so that overloads can be tried one after the other. */
#include "compiler/check_bind.h"

static bool is_self(const struct parameter *parameter) {
    return text_is(parameter->name->text, "self");
}

uint32_t bind_parameter(const struct signature *signature, const struct given *given, uint32_t argument) {
    const struct argument *wanted = &given->arguments[argument];
    if (!wanted->name) {
        if (argument < signature->count) return argument;
        bool more = signature->count && signature->parameters[signature->count - 1].is_variadic;
        return more ? signature->count - 1 : NO_ROW;
    }
    for (uint32_t i = 0; i < signature->count; i++)
        if (signature->parameters[i].name == wanted->name && !is_self(&signature->parameters[i])) return i;
    return NO_ROW;
}

static void fail(struct match *match, enum misfit misfit, uint32_t argument, uint32_t parameter) {
    match->misfit = misfit;
    match->argument = argument;
    match->parameter = parameter;
}

static bool place_all(const struct given *given, struct match *match) {
    uint64_t taken = 0;
    for (uint32_t i = 0; i < given->count; i++) {
        uint32_t at = bind_parameter(match->signature, given, i);
        if (at == NO_ROW) {
            fail(match, given->arguments[i].name ? MISFIT_UNKNOWN : MISFIT_TOO_MANY, i, 0);
            return false;
        }
        match->parameter_of[i] = at;
        bool repeated = at < 64 && (taken & UINT64_C(1) << at) && !match->signature->parameters[at].is_variadic;
        if (repeated) {
            fail(match, MISFIT_TWICE, i, at);
            return false;
        }
        if (at < 64) taken |= UINT64_C(1) << at;
    }
    for (uint32_t i = 0; i < match->signature->count && i < 64; i++) {
        const struct parameter *parameter = &match->signature->parameters[i];
        if (parameter->default_value || parameter->is_variadic || (taken & UINT64_C(1) << i)) continue;
        fail(match, MISFIT_MISSING, 0, i);
        return false;
    }
    return true;
}

static bool takes_series(const struct type *pattern) {
    return type_is_series(pattern) || pattern->kind == TYPE_SERIES || pattern->kind == TYPE_WINDOW ||
           pattern->kind == TYPE_EACH;
}

void bind_match(struct checker *checker, const struct given *given, bool can_lift, struct match *match) {
    match->misfit = MISFIT_NONE;
    match->bindings = (struct type_bindings){ 0 };
    match->cost = 0;
    match->lifted = false;
    if (!place_all(given, match)) return;
    for (uint32_t i = 0; i < given->count; i++) {
        const struct node *value = given->arguments[i].value;
        const struct parameter *parameter = &match->signature->parameters[match->parameter_of[i]];
        if (!value || value->type->kind == TYPE_POISON) continue;
        const struct type *type = value->type;
        if (type_is_series(type) && !takes_series(parameter->type) && can_lift) {
            if (match->parameter_of[i] != 0) {
                fail(match, MISFIT_LIFT, i, match->parameter_of[i]);
                return;
            }
            match->lifted = true;
            type = type->element;
        }
        int cost = type_match(checker->types, type, parameter->type, &match->bindings);
        if (cost == TYPE_MISFIT) {
            fail(match, MISFIT_TYPE, i, match->parameter_of[i]);
            return;
        }
        match->cost += cost;
    }
}

bool bind_is_better(const struct match *a, const struct match *b) {
    bool a_fits = a->misfit == MISFIT_NONE, b_fits = b->misfit == MISFIT_NONE;
    if (a_fits != b_fits) return a_fits;
    if (a_fits) return a->cost < b->cost;
    return a->misfit != b->misfit ? a->misfit > b->misfit : a->argument > b->argument;
}

/* ---- saying where it broke ---- */

static void note_declared(struct diagnostic *diagnostic, const struct match *match, uint32_t parameter) {
    if (match->row != NO_ROW || parameter >= match->signature->count) return;
    diagnostic_note(diagnostic, match->signature->parameters[parameter].span, "declared here");
}

/* The names of what a native takes: `url, headers, timeout`. */
static void note_form(struct diagnostic *diagnostic, const struct match *match, const char *name) {
    if (match->row == NO_ROW) return;
    struct buffer form = { 0 };
    for (uint32_t i = 0; i < match->signature->count; i++) {
        if (is_self(&match->signature->parameters[i])) continue;
        buffer_append_string(&form, form.length ? ", " : "");
        buffer_append(&form, match->signature->parameters[i].name->text);
    }
    if (form.length)
        diagnostic_note(diagnostic, SPAN_NONE, "it takes %.*s", TEXT_ARGS(buffer_text(&form)));
    else
        diagnostic_note(diagnostic, SPAN_NONE, "`%s` takes nothing", name);
    buffer_done(&form);
}

static void report_unknown(struct checker *checker, const struct argument *argument, const struct match *match,
                           const char *name) {
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E206, argument->name_span, "`%s` has no argument `%.*s`", name,
                           TEXT_ARGS(argument->name->text));
    struct suggestion suggestion = suggestion_for(argument->name->text);
    for (uint32_t i = 0; i < match->signature->count; i++)
        if (!is_self(&match->signature->parameters[i]))
            suggestion_offer(&suggestion, match->signature->parameters[i].name->text);
    if (suggestion.best.length)
        diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    else
        note_form(diagnostic, match, name);
}

static void report_count(struct checker *checker, struct node *call, const struct given *given,
                         const struct match *match, const char *name) {
    struct diagnostic *diagnostic;
    const struct parameter *parameter = &match->signature->parameters[match->parameter];
    if (match->misfit == MISFIT_TOO_MANY) {
        uint32_t hidden = given->has_receiver, most = match->signature->count - hidden;
        diagnostic = diagnostics_report(checker->diagnostics, DIAG_E208, given->arguments[match->argument].span,
                                        "`%s` takes %u argument%s at most", name, most, most == 1 ? "" : "s");
    } else if (match->misfit == MISFIT_TWICE) {
        diagnostic = diagnostics_report(checker->diagnostics, DIAG_E209, given->arguments[match->argument].span,
                                        "`%.*s` is given twice", TEXT_ARGS(parameter->name->text));
    } else {
        diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E207, call->span, "`%s` lacks the argument `%.*s: %s`", name,
                               TEXT_ARGS(parameter->name->text), type_text(checker, parameter->type));
        note_declared(diagnostic, match, match->parameter);
    }
    note_form(diagnostic, match, name);
}

void bind_report(struct checker *checker, struct node *call, const struct given *given, const struct match *match,
                 const char *name) {
    if (given->count == 0) { /* then something is missing, and no argument is at fault */
        report_count(checker, call, given, match, name);
        return;
    }
    const struct argument *argument = &given->arguments[match->argument];
    if (match->misfit == MISFIT_UNKNOWN) {
        report_unknown(checker, argument, match, name);
    } else if (match->misfit == MISFIT_LIFT) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E311, argument->value->span,
                               "`%s` goes over the elements of its first argument only", name);
        diagnostic_help(diagnostic, "one value of it: `last(%s)`, `max(…)`", source_text(checker, argument->value));
    } else if (match->misfit == MISFIT_TYPE) {
        const struct parameter *parameter = &match->signature->parameters[match->parameter];
        const struct type *wanted = type_substitute(checker->types, parameter->type, &match->bindings);
        if (parameter->type->has_variable && parameter->type->kind != TYPE_VARIABLE) wanted = parameter->type;
        if (is_self(parameter))
            report_misfit(checker, argument->value, wanted, "`%s`", name);
        else
            report_misfit(checker, argument->value, wanted, "the argument `%.*s` of `%s`",
                          TEXT_ARGS(parameter->name->text), name);
    } else {
        report_count(checker, call, given, match, name);
    }
}
