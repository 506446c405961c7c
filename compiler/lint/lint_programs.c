/* Processes, shell texts and services: orphans, exit codes that nobody reads, what a builtin does better. */
#include "compiler/lint/lint.h"

#include <string.h>

/* The literal parts of a text, `${}` left out. */
static bool any_part(const struct node *string, bool (*is)(struct text part, bool is_last)) {
    for (const struct node *part = string->list; part; part = part->next)
        if (part->kind == NODE_TEXT && is(part->string, !part->next)) return true;
    return false;
}

static bool ends_in_background(struct text part, bool is_last) {
    struct text text = text_trim(part);
    return is_last && text_ends(text, TEXT("&")) && !text_ends(text, TEXT("&&")) && !text_ends(text, TEXT("\\&"));
}

/* The words that begin a command of a shell text. */
static struct text command_word(struct text *rest) {
    struct text text = text_trim(*rest);
    size_t length = 0;
    while (length < text.length && !strchr(" \t\n|;&", text.bytes[length])) length++;
    *rest = text_slice(text, length, SIZE_MAX);
    return text_slice(text, 0, length);
}

static const char *builtin_for(struct text word) {
    static const struct {
        const char *program, *builtin;
    } table[] = { { "curl", "`http.get` and its like" },
                  { "wget", "`http.get`" },
                  { "sleep", "`wait 5s`" },
                  { "jq", "`.json`, or `json.parse`" },
                  { "psql", "`postgres(…)` and `db.query`" },
                  { "nc", "`wait until … within …`" },
                  { "uuidgen", "`uuid()`" },
                  { "kill", "`service.kill()`, or a fault" } };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (text_is(word, table[i].program)) return table[i].builtin;
    return NULL;
}

static void check_commands(struct linter *linter, const struct node *node) {
    for (const struct node *part = node->list; part; part = part->next) {
        if (part->kind != NODE_TEXT) continue;
        struct text rest = part->string;
        bool at_begin = part == node->list;
        while (rest.length) {
            struct text word = command_word(&rest);
            const char *builtin = at_begin ? builtin_for(word) : NULL;
            if (builtin) {
                struct diagnostic *report =
                    lint_report(linter, DIAG_W475, node->span,
                                "`%.*s` in a shell: no timeout, and nothing of it is recorded", TEXT_ARGS(word));
                lint_help(report, "use %s", builtin);
                return;
            }
            size_t at = 0;
            while (at < rest.length && !strchr("|;&\n", rest.bytes[at])) at++;
            at_begin = at < rest.length;
            while (at < rest.length && strchr("|;&\n", rest.bytes[at])) at++;
            rest = text_slice(rest, at, SIZE_MAX);
        }
    }
}

/* What a fault leaves running is part of it, and ends with it. */
static bool is_of_fault(const struct linter *linter) {
    size_t count = linter->parents.count;
    return count >= 2 && linter->parents.items[count - 1]->kind == NODE_ARGUMENT &&
           lint_calls(linter, linter->parents.items[count - 2], "fault");
}

static void check_shell(struct linter *linter, const struct node *node) {
    if (!is_of_fault(linter) && any_part(node, ends_in_background)) {
        struct diagnostic *report = lint_report(
            linter, DIAG_E470, node->span,
            "what this leaves in the background belongs to nobody: it is not stopped, and its end is not seen");
        lint_help(report,
                  "take the `&` away: `start(sh\"…\")` runs beside the recipe, a `service` is waited for and stopped");
    }
    check_commands(linter, node);
}

static bool is_process_call(struct linter *linter, const struct node *node) {
    return lint_calls(linter, node, "process");
}

static void check_unread_step(struct linter *linter, const struct node *block) {
    for (const struct node *step = block->list; step; step = step->next) {
        if (!is_process_call(linter, step)) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_W471, step->span, "nobody reads how this ends: a crash looks like success");
        lint_help(report, "bind it and look: `let p = process(…)`, then `expect p.code == 0`");
    }
}

static bool has_field(const struct node *service, const char *name) {
    for (const struct node *field = service->list; field; field = field->next)
        if (field->kind == NODE_SERVICE_FIELD && text_is(field->name->text, name)) return true;
    return false;
}

static void check_service(struct linter *linter, const struct node *node) {
    for (const struct node *field = node->list; field; field = field->next)
        if (field->kind == NODE_READY) return;
    if (has_field(node, "compose") || has_field(node, "url")) return; /* health checks say it; it runs already */
    struct diagnostic *report = lint_report(linter, DIAG_W472, node->name_span,
                                            "nothing says when this is ready: the first requests race its start");
    lint_help(report, "write `ready within 30s every 100ms: http.get(\"${self.url}/healthz\").ok`");
}

static void check_text(struct linter *linter, const struct node *node) {
    if (node->tag == TAG_SH) check_shell(linter, node);
    struct text text;
    if (!lint_text(node, &text) || !text_starts(text, TEXT("/tmp/")) || !linter->has_matrix) return;
    struct diagnostic *report =
        lint_report(linter, DIAG_W473, node->span, "cells run in parallel, and all of them use this one path");
    lint_help(report, "take a file of the cell's own: `temp_file(\"name\", content)`");
}

/* aot stops and undoes by itself, and would see a death that nobody asked for. */
static void check_teardown(struct linter *linter, const struct node *node) {
    bool is_stop = lint_calls(linter, node, "service.stop") || lint_calls(linter, node, "service.kill");
    if (!is_stop || !linter->place.section || linter->place.section->kind != NODE_TEARDOWN) return;
    struct diagnostic *report = lint_report(linter, DIAG_W477, node->span,
                                            "aot stops what it started: this does it twice, and hides what leaks");
    lint_help(report, "take it away");
}

void lint_programs(struct linter *linter, const struct node *node) {
    switch ((int)node->kind) {
    case NODE_STRING: check_text(linter, node); break;
    case NODE_BLOCK: check_unread_step(linter, node); break;
    case NODE_SERVICE: check_service(linter, node); break;
    case NODE_CALL: check_teardown(linter, node); break;
    default: break;
    }
}
