/* One walk over the file that was asked for: every node is shown to the groups, and every name that is read is remembered for those that
 * look at the whole. */
#include "compiler/lint/lint.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- allowances ---- */

static uint32_t line_of(const struct linter *linter, uint32_t offset) {
    return source_place(source_set_get(linter->checked->sources, linter->file->span.source), offset).line;
}

static struct text next_word(struct text *rest) {
    struct text text = text_trim(*rest);
    size_t length = 0;
    while (length < text.length && text.bytes[length] != ' ' && text.bytes[length] != '\t') length++;
    *rest = text_trim(text_slice(text, length, SIZE_MAX));
    return text_slice(text, 0, length);
}

static struct text text_behind(struct text text, uint32_t start) {
    return text_slice(text, start, SIZE_MAX);
}

enum { LINES_AHEAD = 20 };

/* Alone on its line it speaks of the next line with code, when that is near. */
static uint32_t line_meant(const struct linter *linter, const struct comment *comment) {
    uint32_t line = line_of(linter, comment->span.start);
    if (!comment->alone) return line;
    struct text text = source_set_get(linter->checked->sources, linter->file->span.source)->content;
    uint32_t at = comment->span.start + comment->span.length;
    for (int ahead = 0; ahead < LINES_AHEAD && at < text.length; ahead++) {
        struct text rest = text_behind(text, at);
        const char *newline = memchr(rest.bytes, '\n', rest.length);
        if (!newline) break;
        at += (uint32_t)(newline - rest.bytes) + 1;
        line++;
        struct text next = text_behind(text, at);
        while (next.length && (*next.bytes == ' ' || *next.bytes == '\t')) next = text_slice(next, 1, SIZE_MAX);
        if (next.length && *next.bytes != '#' && *next.bytes != '\n' && *next.bytes != '\r') break;
    }
    return line;
}

static void read_allowance(struct linter *linter, const struct comment *comment) {
    struct text rest = span_text(linter->checked->sources, comment->span);
    while (rest.length && *rest.bytes == '#') rest = text_slice(rest, 1, SIZE_MAX);
    if (!text_equal(next_word(&rest), TEXT("aot:")) || !text_equal(next_word(&rest), TEXT("allow"))) return;
    struct text word = next_word(&rest);
    enum diagnostic_code code = diagnostic_find(word);
    struct diagnostics *diagnostics = linter->checked->diagnostics;
    if (code == DIAG_COUNT || diagnostic_info(code)->severity == SEVERITY_ERROR) {
        struct diagnostic *report = diagnostics_report(diagnostics, DIAG_W491, comment->span,
                                                       code == DIAG_COUNT ? "there is no finding `%.*s` to allow"
                                                                          : "`%.*s` is an error, which nothing allows",
                                                       TEXT_ARGS(word));
        diagnostic_help(report, "a warning is allowed by its code: `# aot: allow W404 the reason`");
    } else if (!rest.length) {
        struct diagnostic *report = diagnostics_report(diagnostics, DIAG_W491, comment->span,
                                                       "this allows %.*s and does not say why", TEXT_ARGS(word));
        diagnostic_help(report, "write the reason behind the code; without one it has no effect");
    } else {
        VECTOR_PUSH(&linter->allowances,
                    (struct lint_allowance){ comment->span, line_meant(linter, comment), code, false });
    }
}

static void report_unused_allowances(struct linter *linter) {
    for (size_t i = 0; i < linter->allowances.count; i++) {
        const struct lint_allowance *allowance = &linter->allowances.items[i];
        if (allowance->is_used) continue;
        struct diagnostic *report = diagnostics_report(linter->checked->diagnostics, DIAG_W491, allowance->span,
                                                       "nothing here has to be allowed: %s is not found on line %u",
                                                       diagnostic_info(allowance->code)->code, allowance->line);
        diagnostic_help(report, "take the comment away");
    }
}

/* ---- saying ---- */

enum { MOST_REPORTS = 1000 };

static bool is_allowed(struct linter *linter, enum diagnostic_code code, struct span span) {
    if (!linter->allowances.count || diagnostic_info(code)->severity == SEVERITY_ERROR) return false;
    uint32_t line = line_of(linter, span.start);
    size_t low = 0, high = linter->allowances.count; /* in order of their lines */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (linter->allowances.items[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < linter->allowances.count && linter->allowances.items[low].line == line; low++) {
        struct lint_allowance *allowance = &linter->allowances.items[low];
        if (allowance->code == code) return allowance->is_used = true;
    }
    return false;
}

static struct text formatted(struct buffer *out, const char *format, va_list arguments) {
    buffer_vprintf(out, format, arguments);
    return buffer_text(out);
}

struct diagnostic *lint_report(struct linter *linter, enum diagnostic_code code, struct span span, const char *format,
                               ...) {
    if (linter->report_count == MOST_REPORTS || is_allowed(linter, code, span)) return NULL;
    linter->report_count++;
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    struct text text = formatted(&message, format, arguments);
    va_end(arguments);
    struct diagnostic *report = diagnostics_report(linter->checked->diagnostics, code, span, "%.*s", TEXT_ARGS(text));
    buffer_done(&message);
    return report;
}

void lint_note(struct diagnostic *diagnostic, struct span span, const char *format, ...) {
    if (!diagnostic) return;
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    struct text text = formatted(&message, format, arguments);
    va_end(arguments);
    diagnostic_note(diagnostic, span, "%.*s", TEXT_ARGS(text));
    buffer_done(&message);
}

void lint_help(struct diagnostic *diagnostic, const char *format, ...) {
    if (!diagnostic) return;
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    struct text text = formatted(&message, format, arguments);
    va_end(arguments);
    diagnostic_help(diagnostic, "%.*s", TEXT_ARGS(text));
    buffer_done(&message);
}

/* ---- the walk ---- */

static const struct node *parent_at(const struct linter *linter, size_t above) {
    return above < linter->parents.count ? linter->parents.items[linter->parents.count - 1 - above] : NULL;
}

static bool is_selection(const struct node *node) {
    return node->kind == NODE_WHERE || node->kind == NODE_DURING || node->kind == NODE_OVER ||
           node->kind == NODE_FROM || node->kind == NODE_BEFORE;
}

static void remember_use(struct linter *linter, const struct node *node, const struct symbol *symbol) {
    struct lint_use use = { .symbol = symbol, .node = node, .place = linter->place };
    const struct node *inner = node;
    for (size_t above = 0;; above++) {
        const struct node *outer = parent_at(linter, above);
        if (!outer) break;
        if (is_selection(outer) && outer->a == inner) {
            if (outer->kind == NODE_WHERE) use.where = outer->b;
            if (outer->kind == NODE_DURING) use.interval = outer->b;
        } else {
            if (outer->kind == NODE_FIELD && outer->a == inner) use.field = outer;
            if (outer->kind == NODE_ARGUMENT) use.call = parent_at(linter, above + 1);
            use.is_handed_on = outer->kind == NODE_LET || outer->kind == NODE_COMPREHENSION ||
                               outer->kind == NODE_CLAIM_FOR || outer->kind == NODE_FOR ||
                               outer->kind == NODE_LIST_OF || outer->kind == NODE_RECORD_FIELD ||
                               outer->kind == NODE_RETURN;
            break;
        }
        inner = outer;
    }
    use.in_call = linter->call_depth > 0;
    VECTOR_PUSH(&linter->uses, use);
}

static void remember(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_NAME: {
        const struct symbol *symbol = node->resolved;
        if (symbol) remember_use(linter, node, symbol);
        break;
    }
    case NODE_LOAD_RATE:
    case NODE_LOAD_WORKERS:
        VECTOR_PUSH(&linter->loads, node);
        VECTOR_PUSH(&linter->locals, node);
        break;
    case NODE_PHASE:
        if (!linter->place.phase)
            VECTOR_PUSH(&linter->phases, node); /* what is looked at of one inside is seen by the one around */
        VECTOR_PUSH(&linter->locals, node);
        break;
    case NODE_ASSERT:
    case NODE_ASSUME: VECTOR_PUSH(&linter->claims, node); break;
    case NODE_LET:
        if (!linter->parents.count) break; /* of the file */
        VECTOR_PUSH(&linter->locals, node);
        break;
    case NODE_WATCH:
    case NODE_FOR:
    case NODE_PARALLEL_FOR:
    case NODE_COMPREHENSION:
    case NODE_CLAIM_FOR: VECTOR_PUSH(&linter->locals, node); break;
    default: break;
    }
}

static void show(struct linter *linter, const struct node *node) {
    remember(linter, node);
    lint_conditions(linter, node);
    lint_steps(linter, node);
    lint_programs(linter, node);
    lint_repetitions(linter, node);
    lint_values(linter, node);
    lint_time(linter, node);
    lint_matrix(linter, node);
}

static bool is_formula(const struct node *node) {
    return node->kind >= NODE_PLAIN && node->kind <= NODE_UNTIL;
}

/* False: what is inside stands in the same place as the node. */
static bool enter(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_SETUP:
    case NODE_RUN:
    case NODE_TEARDOWN:
    case NODE_ASSERT:
    case NODE_ASSUME:
    case NODE_FUNCTION:
    case NODE_SERVICE: linter->place.section = node; return true;
    case NODE_PHASE: linter->place.phase = node; return true;
    case NODE_LOAD_RATE:
    case NODE_LOAD_WORKERS: linter->place.load = node; return true;
    case NODE_IF:
    case NODE_CLAIM_IF: linter->place.in_branch = true; return true;
    default:
        if (!is_formula(node) || (node->kind == NODE_PLAIN && linter->place.formula)) return false;
        linter->place.formula = node;
        return true;
    }
}

/* Literals of which no lint says anything: a good part of all nodes. */
static bool is_plain_leaf(const struct node *node) {
    return node->height == 1 && node->kind != NODE_NAME && node->kind != NODE_SIZE && node->kind != NODE_BANDWIDTH;
}

static void walk(struct linter *linter, const struct node *node) {
    if (is_plain_leaf(node)) return;
    show(linter, node);
    if (node->height == 1) return;
    struct lint_place outer = linter->place;
    bool is_other_place = enter(linter, node);
    linter->call_depth += node->kind == NODE_CALL;
    VECTOR_PUSH(&linter->parents, node);
    const struct node *const slots[] = { node->a, node->b, node->c };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i]) walk(linter, slots[i]);
    for (const struct node *child = node->list; child; child = child->next) walk(linter, child);
    linter->parents.count--;
    linter->call_depth -= node->kind == NODE_CALL;
    if (is_other_place) linter->place = outer;
}

static void look_at_axes(struct linter *linter, const struct node *matrix) {
    linter->has_matrix = true;
    for (const struct node *axis = matrix->list; axis; axis = axis->next) {
        const struct symbol *symbol = axis->kind == NODE_AXIS ? axis->resolved : NULL;
        linter->has_free_version |= symbol && !symbol->is_used && symbol->type && symbol->type->kind == TYPE_VERSION;
    }
}

void lint(struct checked *checked) {
    struct linter linter = { .checked = checked, .module = checked->modules[checked->module_count - 1] };
    const struct tree *tree = linter.module->tree;
    linter.file = tree->file;
    for (size_t i = 0; i < tree->comment_count; i++) read_allowance(&linter, &tree->comments[i]);
    for (const struct node *item = tree->file->list; item; item = item->next)
        if (item->kind == NODE_MATRIX) look_at_axes(&linter, item);
    for (const struct node *item = tree->file->list; item; item = item->next) walk(&linter, item);
    lint_timeline(&linter);
    lint_recipe(&linter);
    lint_evidence(&linter);
    lint_names(&linter);
    report_unused_allowances(&linter);
    VECTOR_DONE(&linter.uses);
    VECTOR_DONE(&linter.sorted);
    VECTOR_DONE(&linter.loads);
    VECTOR_DONE(&linter.phases);
    VECTOR_DONE(&linter.locals);
    VECTOR_DONE(&linter.claims);
    VECTOR_DONE(&linter.statuses);
    VECTOR_DONE(&linter.allowances);
    VECTOR_DONE(&linter.parents);
}
