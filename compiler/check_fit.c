/* Whether a checked expression may stand where a type is wanted, and how that is said when it may not: units, percent,
 * versions, json, none and SQL have each their own code and advice. Literals are looked into. */
#include "compiler/check.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- literals against what is wanted ---- */

static void check_word_of(struct checker *checker, struct node *node, const struct type *words) {
    struct text text;
    if (!literal_text(node, &text)) return;
    struct suggestion suggestion = suggestion_for(text);
    for (uint32_t i = 0; i < words->count; i++) {
        if (text_equal(text, words->words[i])) return;
        suggestion_offer(&suggestion, words->words[i]);
    }
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, DIAG_E306, node->span,
                           "\"%.*s\" is none of the words that may stand here", TEXT_ARGS(text));
    diagnostic_note(diagnostic, SPAN_NONE, "they are %s", type_text(checker, words));
    if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean \"%.*s\"?", TEXT_ARGS(suggestion.best));
}

static void check_record_literal(struct checker *checker, struct node *node, const struct type *record) {
    for (struct node *field = node->list; field; field = field->next) {
        if (field->kind != NODE_RECORD_FIELD) continue;
        const struct type_field *wanted = type_find_field(record, field->name->text);
        if (wanted) {
            if (field->a) check_fits(checker, field->a, wanted->type);
            continue;
        }
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E204, field->name_span, "`%s` has no field `%.*s`",
                               type_text(checker, record), TEXT_ARGS(field->name->text));
        struct suggestion suggestion = suggestion_for(field->name->text);
        for (uint32_t i = 0; i < record->count; i++) suggestion_offer(&suggestion, record->fields[i].name);
        if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    }
}

/* What the types allow, but this very text or record does not. */
static void look_into(struct checker *checker, struct node *node, const struct type *to) {
    to = type_present(to);
    if (node->kind == NODE_STRING && to->kind == TYPE_WORDS) check_word_of(checker, node, to);
    if (node->kind == NODE_STRING && to->kind == TYPE_URL) check_url(checker, node);
    if (node->kind == NODE_RECORD && to->kind == TYPE_RECORD) check_record_literal(checker, node, to);
    if (node->kind == NODE_RECORD && to->kind == TYPE_MAP)
        for (struct node *field = node->list; field; field = field->next)
            if (field->a) look_into(checker, field->a, to->element);
    if (node->kind == NODE_LIST_OF && to->kind == TYPE_LIST)
        for (struct node *item = node->list; item; item = item->next) look_into(checker, item, to->element);
    if (node->kind == NODE_CONDITIONAL) {
        if (node->b) look_into(checker, node->b, to);
        if (node->c) look_into(checker, node->c, to);
    }
    if (node->kind == NODE_LIST_OF && !node->list && to->kind == TYPE_LIST) node->type = to;
    if (node->kind == NODE_RECORD && !node->list && to->kind == TYPE_MAP) node->type = to;
}

bool check_fits(struct checker *checker, struct node *node, const struct type *to) {
    if (!node || node->type->kind == TYPE_POISON || to->kind == TYPE_POISON) return true;
    if (type_fit(node->type, to) < 0) return false;
    look_into(checker, node, to);
    return true;
}

/* ---- saying it ---- */

/* Inside a list or record that is written down, the part that is wrong; NULL when it is the whole. */
static struct node *wrong_part(struct node *node, const struct type *to, const struct type **wanted) {
    to = type_present(to);
    bool is_list = node->kind == NODE_LIST_OF && to->kind == TYPE_LIST;
    bool is_record = node->kind == NODE_RECORD && (to->kind == TYPE_MAP || to->kind == TYPE_RECORD);
    if (!is_list && !is_record) return NULL;
    for (struct node *part = node->list; part; part = part->next) {
        struct node *value = is_list ? part : part->a;
        const struct type_field *field = to->kind == TYPE_RECORD ? type_find_field(to, part->name->text) : NULL;
        *wanted = to->kind == TYPE_RECORD ? (field ? field->type : NULL) : to->element;
        if (value && value->type && *wanted && type_fit(value->type, *wanted) < 0) return value;
    }
    return NULL;
}

/* A unit that would make sense behind the number: 300 is milliseconds, 5 is seconds. */
static const char *likely_unit(const struct node *node, const struct type *to) {
    if (type_is_quantity(to, 1, 0)) return node->kind == NODE_INTEGER && node->integer >= 100 ? "ms" : "s";
    if (type_is_quantity(to, 0, 1)) return "MiB";
    if (type_is_quantity(to, -1, 0)) return "/s";
    if (type_is_quantity(to, -1, 1)) return "MiB/s";
    return to->kind == TYPE_RATIO ? "%" : "";
}

static void help_unit(struct checker *checker, struct diagnostic *diagnostic, struct node *node,
                      const struct type *to) {
    const char *unit = likely_unit(node, to);
    if (!*unit) return;
    if (to->kind == TYPE_RATIO && node->kind == NODE_NUMBER && node->number <= 1)
        diagnostic_help(diagnostic, "write `%g%%`?", node->number * 100);
    else if (node->kind == NODE_INTEGER || node->kind == NODE_NUMBER)
        diagnostic_help(diagnostic, "write `%s%s`?", source_text(checker, node), unit);
    else
        diagnostic_help(diagnostic, "multiply by a unit: `%s * 1%s`", source_text(checker, node), unit);
}

static bool takes_series(const struct type *type) {
    return type_is_series(type) || type->kind == TYPE_SERIES || type->kind == TYPE_WINDOW || type->kind == TYPE_EACH;
}

static enum diagnostic_code code_of(const struct node *node, const struct type *to) {
    const struct type *from = node->type, *wanted = type_present(to);
    bool numeric = wanted->kind == TYPE_QUANTITY || wanted->kind == TYPE_INT;
    if (from->kind == TYPE_OPTIONAL && type_fit(from->element, wanted) >= 0) return DIAG_E304;
    if (from->kind == TYPE_NOTHING) return DIAG_E304;
    if (from->kind == TYPE_JSON) return DIAG_E305;
    if (wanted->kind == TYPE_SQL && type_is_text(from)) return DIAG_E474;
    if (wanted->kind == TYPE_RATIO && type_is_number(from)) return DIAG_E462;
    if (from->kind == TYPE_RATIO && type_is_number(wanted)) return DIAG_E462;
    if (numeric && (from->kind == TYPE_QUANTITY || from->kind == TYPE_INT)) return DIAG_E460;
    bool versions =
        (wanted->kind == TYPE_VERSION && type_is_text(from)) || (from->kind == TYPE_VERSION && type_is_text(wanted));
    if (versions) return DIAG_E465;
    if (wanted->kind == TYPE_INSTANT && from->kind == TYPE_INTERVAL) return DIAG_E431;
    if (takes_series(wanted)) return DIAG_E300;
    return type_is_series(from) || from->kind == TYPE_WINDOW ? DIAG_E311 : DIAG_E300;
}

static void help_misfit(struct checker *checker, struct diagnostic *diagnostic, struct node *node,
                        const struct type *to) {
    const char *text = source_text(checker, node);
    const struct type *wanted = type_present(to), *from = node->type;
    switch ((int)diagnostic->code) {
    case DIAG_E304: diagnostic_help(diagnostic, "it may be none: say what then with `%s ?? …`", text); return;
    case DIAG_E305:
        diagnostic_help(diagnostic, "say what the json is: `%s as %s`", text, type_text(checker, to));
        return;
    case DIAG_E474: diagnostic_help(diagnostic, "write sql\"…\": values in `${}` are then sent as parameters"); return;
    case DIAG_E460:
    case DIAG_E462:
        if (type_is_number(from)) help_unit(checker, diagnostic, node, wanted);
        return;
    case DIAG_E465:
        if (wanted->kind == TYPE_VERSION) diagnostic_help(diagnostic, "versions are written bare: `N-1`, `v1.4.2`");
        if (from->kind == TYPE_VERSION) diagnostic_help(diagnostic, "as text it is `\"${%s}\"`", text);
        return;
    case DIAG_E431: diagnostic_help(diagnostic, "a phase has two: `%s.start` or `%s.end`?", text, text); return;
    case DIAG_E311:
        if (type_is_series(from))
            diagnostic_help(diagnostic, "one value of it: `last(%s)`, `max(…)`, `count(…)`", text);
        return;
    default: break;
    }
    if (takes_series(wanted) && type_is_series(from) && from->element->kind == TYPE_RECORD && wanted->kind != TYPE_EACH)
        diagnostic_help(diagnostic, "of which field? `%s.latency`", text);
    if (wanted->kind == TYPE_STRING && from->is_data) diagnostic_help(diagnostic, "as text it is `\"${%s}\"`", text);
    if (wanted->kind == TYPE_REGEX && type_is_text(from)) diagnostic_help(diagnostic, "write re'…'");
    if (wanted->kind == TYPE_SHELL && type_is_text(from)) diagnostic_help(diagnostic, "write sh\"…\"");
    if (type_present(wanted)->kind == TYPE_COMMAND)
        diagnostic_help(diagnostic, "a command is a list of words, `[\"kill\", \"-9\", pid]`, or sh\"…\"");
    if (wanted->kind == TYPE_LIST && type_is_text(from))
        diagnostic_help(diagnostic, "a list stands in brackets: `[%s]`", text);
}

static bool starts_with_vowel(const char *text) {
    return *text && (*text == 'a' || *text == 'e' || *text == 'i' || *text == 'o' || *text == 'u');
}

void report_misfit(struct checker *checker, struct node *node, const struct type *to, const char *format, ...) {
    char place[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    const struct type *inner = NULL;
    struct node *part = wrong_part(node, to, &inner);
    if (part) {
        struct text field = TEXT_NONE;
        for (struct node *item = node->list; item && node->kind == NODE_RECORD; item = item->next)
            if (item->a == part) field = item->name->text;
        if (field.length)
            report_misfit(checker, part, inner, "the field `%.*s` of %.180s", TEXT_ARGS(field), place);
        else
            report_misfit(checker, part, inner, "an element of %.200s", place);
        return;
    }
    const char *wanted = type_text(checker, to);
    bool bare = type_is_number(node->type) && !type_is_number(type_present(to));
    enum diagnostic_code code = code_of(node, to);
    struct diagnostic *diagnostic;
    if ((code == DIAG_E460 || code == DIAG_E462) && bare)
        diagnostic =
            diagnostics_report(checker->diagnostics, code, node->span, "`%s` is a bare number, and %s takes %s %s",
                               source_text(checker, node), place, starts_with_vowel(wanted) ? "an" : "a", wanted);
    else
        diagnostic = diagnostics_report(checker->diagnostics, code, node->span, "%s takes `%s`, and this is `%s`",
                                        place, wanted, type_text(checker, node->type));
    help_misfit(checker, diagnostic, node, to);
}

const struct type *check_wanted(struct checker *checker, struct node *node, const struct type *to, const char *what) {
    const struct type *type = check_expression(checker, node, to);
    if (node && !check_fits(checker, node, to)) report_misfit(checker, node, to, "%s", what);
    return type;
}

bool check_plain(struct checker *checker, struct node *node, const char *what) {
    if (!node) return false;
    const struct type *type = node->type;
    if (type_is_series(type)) {
        struct diagnostic *diagnostic = diagnostics_report(
            checker->diagnostics, DIAG_E311, node->span,
            "%s is one value, and this is a `%s`: many, each with its time", what, type_text(checker, type));
        diagnostic_help(diagnostic, "one value of it: `last(%s)`, `max(…)`, `count(…)`", source_text(checker, node));
        return false;
    }
    if (type->kind == TYPE_WINDOW) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E313, node->span,
                                                           "a window (`over`) is only for aggregates to take");
        diagnostic_help(diagnostic, "`p99(%s)`, `count(…)`, `ratio(…, .ok)`", source_text(checker, node));
        return false;
    }
    if (type->kind == TYPE_NOTHING && node->kind == NODE_CALL) {
        diagnostics_report(checker->diagnostics, DIAG_E307, node->span, "this gives nothing, and %s is a value", what);
        return false;
    }
    if (type->kind == TYPE_MODULE) {
        diagnostics_report(checker->diagnostics, DIAG_E211, node->span, "`%s` is a library, not a value",
                           source_text(checker, node));
        return false;
    }
    return type->kind != TYPE_POISON;
}

void check_condition(struct checker *checker, struct node *node, const char *what) {
    if (!node) return;
    const struct type *type = node->type;
    if (type->kind == TYPE_BOOL || type->kind == TYPE_JSON || type_is_unknown(type)) return;
    if (!check_plain(checker, node, what)) return;
    struct diagnostic *diagnostic =
        diagnostics_report(checker->diagnostics, type->kind == TYPE_OPTIONAL ? DIAG_E304 : DIAG_E302, node->span,
                           "%s is true or false, and this is `%s`", what, type_text(checker, type));
    if (type->kind == TYPE_OPTIONAL)
        diagnostic_help(diagnostic, "compare it: `%s == …`, or say what none means with `??`",
                        source_text(checker, node));
    else if (type->kind == TYPE_RECORD && type_find_field(type, TEXT("ok")))
        diagnostic_help(diagnostic, "did you mean `%s.ok`?", source_text(checker, node));
}

void check_duration(struct checker *checker, struct node *node, const char *what) {
    check_wanted(checker, node, type_quantity(checker->types, 1, 0), what);
}

void check_instant(struct checker *checker, struct node *node, const char *what) {
    check_wanted(checker, node, simple(checker, TYPE_INSTANT), what);
}

/* A phase, a task, the life of a fault or of a process. */
void check_interval(struct checker *checker, struct node *node) {
    const struct type *type = check_expression(checker, node, NULL);
    if (type->kind == TYPE_INTERVAL || type->kind == TYPE_POISON) return;
    bool lives = type->kind == TYPE_HANDLE && (text_is(type->name, "fault") || text_is(type->name, "process"));
    if (lives) return;
    struct diagnostic *diagnostic = diagnostics_report(
        checker->diagnostics, DIAG_E319, node->span, "`during` takes a phase, task, fault or process, and this is `%s`",
        type_text(checker, type));
    if (type->kind == TYPE_INSTANT)
        diagnostic_help(diagnostic, "an instant has no length: `from %s`", source_text(checker, node));
    if (type_is_quantity(type, 1, 0))
        diagnostic_help(diagnostic, "a bound is `within %s` or `for %s`", source_text(checker, node),
                        source_text(checker, node));
}
