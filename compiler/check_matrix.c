/* The matrix: axes, exclusions, inclusions, cover. All of it is known before the world is made, so it reads inputs only. */
#include "compiler/check.h"

#include "base/clock.h"

#include <time.h>

/* What an entry may read: nothing beyond `most`, and nothing of the world. */
static bool check_early(struct checker *checker, struct node *node, enum reach most, const char *what) {
    if (checker->context.reach > most)
        diagnostics_report(checker->diagnostics, DIAG_E329, checker->context.reach_span,
                           "cells are chosen before anything runs: %s reads %s", what,
                           most == REACH_AXIS ? "axes and inputs" : "inputs");
    else if (node->effect > EFFECT_RECORDED || checker->context.effect > EFFECT_RECORDED)
        diagnostics_report(checker->diagnostics, DIAG_E329, node->span,
                           "cells are chosen before anything runs: %s does not look at the world", what);
    else
        return true;
    return false;
}

static void check_axis(struct checker *checker, struct node *node) {
    struct symbol *symbol = node->resolved;
    symbol->progress = PROGRESS_OPEN;
    const struct type *type = check_expression(checker, node->a, NULL);
    symbol->progress = PROGRESS_DONE;
    if (!node->a || !check_early(checker, node->a, REACH_INPUT, "an axis") || type->kind == TYPE_POISON) return;
    if (type->kind != TYPE_LIST) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E504, node->a->span, "an axis runs through a list, not `%s`",
                               type_text(checker, type));
        if (type->is_data)
            diagnostic_help(diagnostic, "a list stands in brackets: `[%s]`", source_text(checker, node->a));
        return;
    }
    if (node->a->kind == NODE_LIST_OF && !node->a->list) {
        diagnostics_report(checker->diagnostics, DIAG_E504, node->a->span, "an axis without values leaves no cell");
        return;
    }
    if (!type->element->is_data) {
        diagnostics_report(checker->diagnostics, DIAG_E504, node->a->span,
                           "the values of an axis are text, numbers and the like, not `%s`",
                           type_text(checker, type->element));
        return;
    }
    symbol->type = type->element;
}

/* ---- exclude ---- */

static bool read_digits(struct text text, size_t at, size_t count, int *value) {
    *value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        *value = *value * 10 + (text.bytes[i] - '0');
    }
    return true;
}

static bool read_date(struct text text, int *year, int *month, int *day) {
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool shaped = text.length == 10 && text.bytes[4] == '-' && text.bytes[7] == '-' && read_digits(text, 0, 4, year) &&
                  read_digits(text, 5, 2, month) && read_digits(text, 8, 2, day);
    if (!shaped || *month < 1 || *month > 12 || *day < 1) return false;
    bool leap = *month == 2 && *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
    return *day <= lengths[*month - 1] + leap;
}

static void check_until(struct checker *checker, struct node *node) {
    struct text text;
    int year = 0, month = 0, day = 0;
    if (!literal_text(node, &text) || !read_date(text, &year, &month, &day)) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E502, node->span, "`until` takes a date: year, month, day");
        diagnostic_help(diagnostic, "write it like \"2027-06-30\"");
        return;
    }
    time_t now = (time_t)(clock_wall() / SECOND);
    struct tm today;
    if (!gmtime_r(&now, &today)) return;
    int date = (year * 100 + month) * 100 + day;
    if (date >= ((today.tm_year + 1900) * 100 + today.tm_mon + 1) * 100 + today.tm_mday) return;
    struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E503, node->span,
                                                       "this exception ended on %.*s", TEXT_ARGS(text));
    diagnostic_help(diagnostic, "take the `exclude` out, or agree on a new date");
}

static void check_exclude(struct checker *checker, struct node *node) {
    check_expression(checker, node->a, NULL);
    check_condition(checker, node->a, "the condition of `exclude`");
    if (node->a) check_early(checker, node->a, REACH_AXIS, "`exclude`");
    if (node->c) check_until(checker, node->c);
}

/* ---- include ---- */

static struct node *find_axis(struct node *matrix, const struct name *name) {
    for (struct node *axis = matrix->list; axis; axis = axis->next)
        if (axis->kind == NODE_AXIS && axis->name == name) return axis;
    return NULL;
}

static void check_cell_value(struct checker *checker, struct node *matrix, struct node *field) {
    struct node *axis = find_axis(matrix, field->name);
    if (!axis) {
        struct diagnostic *diagnostic = diagnostics_report(checker->diagnostics, DIAG_E501, field->name_span,
                                                           "there is no axis `%.*s`", TEXT_ARGS(field->name->text));
        struct suggestion suggestion = suggestion_for(field->name->text);
        for (axis = matrix->list; axis; axis = axis->next)
            if (axis->kind == NODE_AXIS) suggestion_offer(&suggestion, axis->name->text);
        if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
        return;
    }
    const struct symbol *symbol = axis->resolved;
    if (field->a && symbol && !check_fits(checker, field->a, symbol->type))
        report_misfit(checker, field->a, symbol->type, "the axis `%.*s`", TEXT_ARGS(axis->name->text));
}

static void check_include(struct checker *checker, struct node *matrix, struct node *node) {
    struct node *record = node->a;
    if (!record || record->kind != NODE_RECORD) return;
    check_expression(checker, record, NULL);
    check_early(checker, record, REACH_INPUT, "`include`");
    for (struct node *field = record->list; field; field = field->next)
        if (field->kind == NODE_RECORD_FIELD) check_cell_value(checker, matrix, field);
    for (struct node *axis = matrix->list; axis; axis = axis->next) {
        if (axis->kind != NODE_AXIS) continue;
        struct node *field = record->list;
        while (field && field->name != axis->name) field = field->next;
        if (field) continue;
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E501, record->span, "the cell lacks the axis `%.*s`",
                               TEXT_ARGS(axis->name->text));
        diagnostic_note(diagnostic, axis->name_span, "declared here");
        diagnostic_help(diagnostic, "an included cell is a new one and names a value for every axis");
    }
}

/* ---- cover ---- */

static void check_cover(struct checker *checker, struct node *node) {
    if (!text_is(node->name->text, "all") && !text_is(node->name->text, "pairwise")) {
        struct diagnostic *diagnostic =
            diagnostics_report(checker->diagnostics, DIAG_E505, node->name_span,
                               "`cover` is `all` or `pairwise`, not `%.*s`", TEXT_ARGS(node->name->text));
        struct suggestion suggestion = suggestion_for(node->name->text);
        suggestion_offer(&suggestion, TEXT("all"));
        suggestion_offer(&suggestion, TEXT("pairwise"));
        if (suggestion.best.length) diagnostic_help(diagnostic, "did you mean `%.*s`?", TEXT_ARGS(suggestion.best));
    }
    if (!node->a) return;
    const struct type *type = check_expression(checker, node->a, NULL);
    if (type->kind == TYPE_POISON) return;
    if (node->a->kind != NODE_INTEGER && node->a->kind != NODE_RATIO)
        diagnostics_report(checker->diagnostics, DIAG_E505, node->a->span,
                           "`min` is a number of cells or a share of them, written as a literal: `12` or `80%%`");
}

void check_matrix(struct checker *checker, struct node *matrix) {
    struct context outer = checker->context;
    struct node *cover = NULL;
    for (struct node *entry = matrix->list; entry; entry = entry->next) {
        checker->context = (struct context){ .outer = &outer, .is_early = true };
        if (entry->kind == NODE_AXIS) check_axis(checker, entry);
    }
    for (struct node *entry = matrix->list; entry; entry = entry->next) {
        checker->context = (struct context){ .outer = &outer, .is_early = true };
        if (entry->kind == NODE_EXCLUDE) check_exclude(checker, entry);
        if (entry->kind == NODE_INCLUDE) check_include(checker, matrix, entry);
        if (entry->kind != NODE_COVER) continue;
        if (cover) {
            struct diagnostic *diagnostic =
                diagnostics_report(checker->diagnostics, DIAG_E505, entry->span, "`cover` is given twice");
            diagnostic_note(diagnostic, cover->span, "first here");
        }
        cover = entry;
        check_cover(checker, entry);
    }
    checker->context = outer;
}
