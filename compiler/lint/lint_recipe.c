/* The recipe as a whole: rules without an assertion, assertions without a rule, titles that cannot be told apart. */
#include "compiler/lint/lint.h"

#include <stdlib.h>
#include <string.h>

static const struct node *rule_of(const struct node *claim) {
    for (const struct node *option = claim->b ? claim->b->list : NULL; option; option = option->next)
        if (option->kind == NODE_OPTION_RULE) return option;
    return NULL;
}

/* Labels by the index of their names. */
enum { IN_HEAD = 1, CARRIED = 2 };

static void mark(const struct node *labels, uint8_t *marks, uint8_t with) {
    for (const struct node *label = labels ? labels->list : NULL; label; label = label->next)
        marks[label->name->index] |= with;
}

static void check_carried(struct linter *linter, const struct node *rules, const uint8_t *marks) {
    for (const struct node *label = rules->list; label; label = label->next) {
        if (marks[label->name->index] & CARRIED) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_E408, label->span, "no assertion carries `%.*s`: it is green by omission",
                        TEXT_ARGS(label->name->text));
        lint_help(report, "write `assert \"…\" rule %.*s: …`, or take it out of the list",
                  TEXT_ARGS(label->name->text));
    }
}

static void check_claim(struct linter *linter, const struct node *claim, const struct node *rules,
                        const uint8_t *marks) {
    const struct node *rule = rule_of(claim);
    struct text title = TEXT_NONE;
    if (lint_text(claim->a, &title) && text_trim(title).length == 0)
        lint_help(lint_report(linter, DIAG_W410, claim->a->span,
                              "a claim without a title cannot be told from another in a report"),
                  "say what it claims, in a sentence");
    if (!rules || claim->kind != NODE_ASSERT) return;
    if (!rule) {
        struct diagnostic *report =
            lint_report(linter, DIAG_W409, claim->a->span, "this assertion carries no rule, and the recipe lists some");
        lint_note(report, rules->span, "the rules");
        lint_help(report, "write which one behind the title: `rule %.*s`", TEXT_ARGS(rules->list->name->text));
    }
    for (const struct node *label = rule ? rule->list : NULL; label; label = label->next) {
        if (marks[label->name->index] & IN_HEAD) continue;
        struct diagnostic *report =
            lint_report(linter, DIAG_W409, label->span, "`%.*s` is not among the rules of this recipe",
                        TEXT_ARGS(label->name->text));
        lint_note(report, rules->span, "the rules");
        lint_help(report, "add it there, or correct it here");
    }
}

static int by_title(const void *left, const void *right) {
    const struct node *a = *(const struct node *const *)left, *b = *(const struct node *const *)right;
    int order = text_compare(a->a->list->string, b->a->list->string);
    return order ? order : a->span.start < b->span.start ? -1 : 1;
}

static void check_titles(struct linter *linter) {
    size_t count = linter->claims.count;
    if (count < 2) return;
    const struct node **claims = memory_allocate(count * sizeof(struct node *));
    memcpy(claims, linter->claims.items, count * sizeof(struct node *));
    qsort(claims, count, sizeof(struct node *), by_title);
    for (size_t i = 1; i < count; i++) {
        struct text title = claims[i]->a->list->string;
        if (!title.length || !text_equal(title, claims[i - 1]->a->list->string)) continue;
        struct diagnostic *report = lint_report(linter, DIAG_W410, claims[i]->a->span,
                                                "two claims have this title: a report cannot tell them apart");
        lint_note(report, claims[i - 1]->a->span, "the other one");
        lint_help(report, "say what is different about them");
    }
    memory_release(claims);
}

void lint_recipe(struct linter *linter) {
    const struct node *recipe = lint_item(linter, NODE_RECIPE), *rules = lint_item(linter, NODE_RULES);
    if (!recipe) return;
    bool has_assertion = lint_item(linter, NODE_ASSERT) != NULL;
    if (!has_assertion) {
        struct diagnostic *report = lint_report(linter, DIAG_E408, recipe->name_span,
                                                "a recipe without an assertion proves nothing, and is green");
        lint_help(report, "write what has to hold: `assert \"…\": …`");
    }
    uint8_t *marks = memory_allocate(name_table_count(linter->checked->names) + 1);
    mark(rules, marks, IN_HEAD);
    for (size_t i = 0; i < linter->claims.count; i++)
        if (linter->claims.items[i]->kind == NODE_ASSERT) mark(rule_of(linter->claims.items[i]), marks, CARRIED);
    if (rules && has_assertion) check_carried(linter, rules, marks);
    for (size_t i = 0; i < linter->claims.count; i++) check_claim(linter, linter->claims.items[i], rules, marks);
    memory_release(marks);
    check_titles(linter);
}
