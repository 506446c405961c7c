/* The matrix, as far as its axes are written out: values without a cell, exceptions that except nothing, one version for all cells. */
#include "compiler/lint/lint.h"

enum { MOST_AXES = 16, MOST_CELLS = 4096, MOST_LOOKS = 2000000 };

struct axis_values {
    const struct node *node;
    const struct node *value; /* of the cell at hand */
    size_t count;
};
struct cells {
    const struct node *node;
    struct axis_values axes[MOST_AXES];
    size_t count, cells;
};
enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

static bool is_plain_literal(const struct node *node) {
    struct text text;
    return (node->kind >= NODE_VERSION && node->kind <= NODE_FALSE) || lint_text(node, &text);
}

/* False: the cells are not known from the text. */
static bool read_axes(struct cells *matrix, const struct node *node) {
    *matrix = (struct cells){ .node = node, .cells = 1 };
    for (const struct node *axis = node->list; axis; axis = axis->next) {
        if (axis->kind != NODE_AXIS) continue;
        if (matrix->count == MOST_AXES || axis->a->kind != NODE_LIST_OF) return false;
        struct axis_values *slot = &matrix->axes[matrix->count++];
        *slot = (struct axis_values){ .node = axis, .value = axis->a->list };
        for (const struct node *value = axis->a->list; value; value = value->next, slot->count++)
            if (!is_plain_literal(value)) return false;
        if (!slot->count || matrix->cells > MOST_CELLS / slot->count) return false;
        matrix->cells *= slot->count;
    }
    return matrix->count > 0;
}

/* False behind the last cell. */
static bool next_cell(struct cells *matrix) {
    for (size_t i = matrix->count; i-- > 0;) {
        struct axis_values *axis = &matrix->axes[i];
        axis->value = axis->value->next;
        if (axis->value) return true;
        axis->value = axis->node->a->list;
    }
    return false;
}

static const struct node *value_of(const struct cells *matrix, const struct node *node) {
    const struct symbol *symbol = lint_symbol(node);
    for (size_t i = 0; symbol && i < matrix->count; i++)
        if (matrix->axes[i].node == symbol->declaration) return matrix->axes[i].value;
    return is_plain_literal(node) ? node : NULL;
}

static enum truth is_equal(const struct node *a, const struct node *b) {
    if (!a || !b || (a->kind != b->kind)) return IS_UNKNOWN; /* 1 == 1.0 */
    if (lint_same(a, b)) return IS_TRUE;
    bool is_tag = a->kind == NODE_VERSION && (a->string.bytes[0] == 'v') != (b->string.bytes[0] == 'v');
    return is_tag ? IS_UNKNOWN : IS_FALSE; /* N-1 may be v1.4 */
}

static enum truth opposite(enum truth truth) {
    return truth == IS_UNKNOWN ? truth : truth == IS_TRUE ? IS_FALSE : IS_TRUE;
}

static enum truth holds(const struct cells *matrix, const struct node *node) {
    if (node->kind == NODE_UNARY && node->operator== OPERATOR_NOT) return opposite(holds(matrix, node->a));
    if (node->kind != NODE_BINARY) return IS_UNKNOWN;
    enum truth left, right;
    switch (node->operator) {
    case OPERATOR_AND:
    case OPERATOR_OR:
        left = holds(matrix, node->a);
        right = holds(matrix, node->b);
        if (left == (node->operator== OPERATOR_AND ? IS_FALSE : IS_TRUE) || right == left) return left;
        if (right == (node->operator== OPERATOR_AND ? IS_FALSE : IS_TRUE)) return right;
        return left == IS_UNKNOWN || right == IS_UNKNOWN ? IS_UNKNOWN
               : node->operator== OPERATOR_AND           ? IS_TRUE
                                                         : IS_FALSE;
    case OPERATOR_EQUAL: return is_equal(value_of(matrix, node->a), value_of(matrix, node->b));
    case OPERATOR_NOT_EQUAL: return opposite(is_equal(value_of(matrix, node->a), value_of(matrix, node->b)));
    case OPERATOR_IN:
        if (node->b->kind != NODE_LIST_OF) return IS_UNKNOWN;
        left = IS_FALSE;
        for (const struct node *element = node->b->list; element && left != IS_TRUE; element = element->next) {
            right = is_equal(value_of(matrix, node->a), value_of(matrix, element));
            if (right != IS_FALSE) left = right;
        }
        return left;
    default: return IS_UNKNOWN;
    }
}

/* ---- exceptions ---- */

static void check_exception(struct linter *linter, struct cells *matrix, const struct node *exclude) {
    do
        if (holds(matrix, exclude->a) != IS_FALSE) return;
    while (next_cell(matrix));
    struct diagnostic *report = lint_report(linter, DIAG_W486, exclude->a->span,
                                            "no cell is like this: the exception is about something that is not there");
    lint_help(report, "take it out, or correct it");
}

static bool is_excluded(const struct cells *matrix) {
    for (const struct node *entry = matrix->node->list; entry; entry = entry->next)
        if (entry->kind == NODE_EXCLUDE && holds(matrix, entry->a) != IS_FALSE) return true;
    return false;
}

static bool is_cell(const struct cells *matrix, const struct node *record) {
    for (const struct node *field = record->list; field; field = field->next) {
        const struct node *value = NULL;
        for (size_t i = 0; i < matrix->count; i++)
            if (matrix->axes[i].node->name == field->name) value = matrix->axes[i].value;
        if (is_equal(value, field->a) != IS_TRUE) return false;
    }
    return true;
}

static void check_addition(struct linter *linter, struct cells *matrix, const struct node *include) {
    bool is_there = false;
    do is_there |= !is_excluded(matrix) && is_cell(matrix, include->a);
    while (next_cell(matrix));
    if (!is_there) return;
    struct diagnostic *report = lint_report(linter, DIAG_W486, include->a->span, "this cell is in the matrix already");
    lint_help(report, "take it out");
}

/* ---- values without a cell ---- */

/* An exception with a date is an agreement, and ends by itself. */
static bool is_surely_excluded(const struct cells *matrix) {
    for (const struct node *entry = matrix->node->list; entry; entry = entry->next)
        if (entry->kind == NODE_EXCLUDE && !entry->c && holds(matrix, entry->a) == IS_TRUE) return true;
    return false;
}

static bool is_included(const struct cells *matrix, const struct node *axis, const struct node *value) {
    for (const struct node *entry = matrix->node->list; entry; entry = entry->next)
        for (const struct node *field = entry->kind == NODE_INCLUDE ? entry->a->list : NULL; field; field = field->next)
            if (field->name == axis->name && is_equal(field->a, value) != IS_FALSE) return true;
    return false;
}

static void check_value(struct linter *linter, struct cells *matrix, const struct axis_values *axis,
                        const struct node *value) {
    bool has_cell = false;
    do has_cell |= axis->value == value && !is_surely_excluded(matrix);
    while (next_cell(matrix));
    if (has_cell || is_included(matrix, axis->node, value)) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_E485, value->span, "no cell is left with this value: every one of them is excluded");
    for (const struct node *entry = matrix->node->list; entry; entry = entry->next)
        if (entry->kind == NODE_EXCLUDE) lint_note(report, entry->a->span, "an exception");
    lint_help(report, "take the value out of the axis, or leave it a cell");
}

/* Nodes of an entry, as many as `most`. */
static size_t size_of(const struct node *node, size_t most) {
    size_t size = 1;
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i] && size < most) size += size_of(slots[i], most - size);
    for (const struct node *child = node->list; child && size < most; child = child->next)
        size += size_of(child, most - size);
    return size;
}

static void check_matrix(struct linter *linter, const struct node *node) {
    struct cells matrix;
    size_t entries = 0, values = 0;
    for (const struct node *entry = node->list; entry; entry = entry->next) entries += size_of(entry, MOST_LOOKS);
    if (!read_axes(&matrix, node)) return;
    for (size_t i = 0; i < matrix.count; i++) values += matrix.axes[i].count;
    if (entries * (entries + values) > MOST_LOOKS / matrix.cells) return; /* made to be slow */
    bool has_exceptions = false;
    for (const struct node *entry = node->list; entry; entry = entry->next) {
        has_exceptions |= entry->kind == NODE_EXCLUDE;
        if (entry->kind == NODE_EXCLUDE) check_exception(linter, &matrix, entry);
        read_axes(&matrix, node); /* from the first cell again */
        if (entry->kind == NODE_INCLUDE) check_addition(linter, &matrix, entry);
        read_axes(&matrix, node);
    }
    for (size_t i = 0; i < matrix.count && has_exceptions; i++)
        for (const struct node *value = matrix.axes[i].node->a->list; value; value = value->next)
            check_value(linter, &matrix, &matrix.axes[i], value);
}

/* ---- one version for all ---- */

/* "shop/api:1.4": a name, a colon, a number with a dot. */
static bool is_image(struct text text) {
    size_t colon = text_find(text, TEXT(":"));
    if (colon == SIZE_MAX || colon == 0 || text_find(text, TEXT(" ")) != SIZE_MAX ||
        text_find(text, TEXT("//")) != SIZE_MAX)
        return false;
    bool has_letter = false, has_dot = false;
    for (size_t i = 0; i < colon; i++) has_letter |= (text.bytes[i] >= 'a' && text.bytes[i] <= 'z');
    size_t at = colon + 1;
    if (at < text.length && text.bytes[at] == 'v') at++;
    if (at == text.length || text.bytes[at] < '0' || text.bytes[at] > '9') return false;
    for (; at < text.length; at++) {
        has_dot |= text.bytes[at] == '.';
        if (text.bytes[at] != '.' && (text.bytes[at] < '0' || text.bytes[at] > '9')) return false;
    }
    return has_letter && has_dot;
}

static void check_text(struct linter *linter, const struct node *node) {
    struct text text;
    if (!linter->has_free_version || !lint_text(node, &text) || !is_image(text)) return;
    struct diagnostic *report = lint_report(linter, DIAG_W487, node->span,
                                            "this is one version, in every cell: the matrix varies nothing here");
    lint_help(report, "take it from the axis: `app.image`, `\"shop/api:${app}\"`");
}

void lint_matrix(struct linter *linter, const struct node *node) {
    if (node->kind == NODE_MATRIX) check_matrix(linter, node);
    if (node->kind == NODE_STRING) check_text(linter, node);
}
