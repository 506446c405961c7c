/* Identity under repetition: keys that change with each attempt, keys that do not, side effects that are repeated. */
#include "compiler/lint/lint.h"

static bool is_change(struct linter *linter, const struct node *node) {
    return lint_calls(linter, node, "http.post") || lint_calls(linter, node, "http.put") ||
           lint_calls(linter, node, "http.patch") || lint_calls(linter, node, "http.delete");
}

static bool is_key(struct text name) {
    return text_is(name, "Idempotency-Key") || text_is(name, "idempotency-key") || text_is(name, "id") ||
           text_is(name, "key") || text_ends(name, TEXT("_id")) || text_ends(name, TEXT("_key"));
}

static bool is_idempotency_header(const struct node *field) {
    return text_is(field->name->text, "Idempotency-Key") || text_is(field->name->text, "idempotency-key");
}

/* A field that is called a key or an id and gets a new one. */
static bool is_new_key(struct linter *linter, const struct node *node) {
    return node->kind == NODE_RECORD_FIELD && is_key(node->name->text) && lint_find(linter, node->a, lint_is_uuid);
}

/* A key in the headers or in the body, or anything that is not written out here. */
static bool has_key(const struct node *call) {
    if (lint_argument(call, "body") || lint_argument(call, "file")) return true;
    const struct node *const records[] = { lint_argument(call, "headers"), lint_argument(call, "json"),
                                           lint_argument(call, "form") };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (!records[i]) continue;
        if (records[i]->kind != NODE_RECORD) return true;
        for (const struct node *field = records[i]->list; field; field = field->next)
            if (is_key(field->name->text)) return true;
    }
    return false;
}

/* One key for all attempts, by which the service knows a repetition, whatever else is new in them. */
static bool has_steady_header(struct linter *linter, const struct node *call) {
    const struct node *headers = lint_argument(call, "headers");
    if (!headers || headers->kind != NODE_RECORD) return false;
    for (const struct node *field = headers->list; field; field = field->next)
        if (is_idempotency_header(field) && !lint_find(linter, field->a, lint_is_uuid)) return true;
    return false;
}

static void check_retry(struct linter *linter, const struct node *node) {
    const struct node *call = lint_find(linter, node->c, is_change);
    if (!call || has_steady_header(linter, call)) return;
    const struct node *field = NULL;
    for (const struct node *argument = call->list; argument && !field; argument = argument->next)
        field = lint_find(linter, argument, is_new_key);
    if (field) {
        struct diagnostic *report =
            lint_report(linter, DIAG_E451, lint_find(linter, field->a, lint_is_uuid)->span,
                        "each attempt gets a key of its own: what was done twice is there twice");
        lint_note(report, node->span, "the attempts");
        lint_help(report, "make the key once: `let key = uuid()` before it");
    } else if (lint_calls(linter, call, "http.post") && !has_key(call)) {
        struct diagnostic *report =
            lint_report(linter, DIAG_W454, call->span, "an attempt that was answered too late is done again");
        lint_note(report, node->span, "the attempts");
        lint_help(report, "send one key with all of them: `headers: { \"Idempotency-Key\": key }`");
    }
}

/* A key that was made outside is the same for every request of the load. */
/* Reading the same thing again is what a load of reads does. */
static bool is_read(const struct linter *linter) {
    for (size_t i = linter->parents.count; i-- > 0;) {
        const struct node *outer = linter->parents.items[i];
        if (outer->kind == NODE_CALL)
            return lint_calls(linter, outer, "http.get") || lint_calls(linter, outer, "http.head");
    }
    return false;
}

static void check_load_key(struct linter *linter, const struct node *node) {
    const struct symbol *symbol = lint_symbol(node);
    if (!linter->place.load || !symbol || symbol->kind != SYMBOL_LET || !lint_is_uuid(linter, symbol->declaration->b))
        return;
    uint32_t start = linter->place.load->span.start;
    if ((symbol->span.start >= start && symbol->span.start < lint_end(linter->place.load)) || is_read(linter)) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W453, node->span,
                    "every request of the load sends this one key: all but the first are repetitions");
    lint_note(report, symbol->span, "made once, here");
    lint_help(report, "make it in the body of the load: `uuid()`");
}

/* `http.post(u).json.id`: whoever answered, its body is believed. */
static void check_unseen_status(struct linter *linter, const struct node *node) {
    bool is_body = node->kind == NODE_FIELD && (text_is(node->name->text, "json") || text_is(node->name->text, "text"));
    if (!is_body || !is_change(linter, node->a)) return;
    struct diagnostic *report = lint_report(
        linter, DIAG_W448, node->span, "the body is used whatever the status was: it may be that of an error page");
    lint_help(report, "bind the answer, `expect created.ok`, and take the body then");
}

void lint_repetitions(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_RETRY: check_retry(linter, node); break;
    case NODE_NAME: check_load_key(linter, node); break;
    case NODE_FIELD: check_unseen_status(linter, node); break;
    default: break;
    }
}
