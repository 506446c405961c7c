/* The pass: transactions, the locks that they hold, and how a finding is noted. What a statement does is told by
 * lint_statement.c and lint_alter.c. */
#include "stdlib/sql/lint.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ERROR = SQL_ERROR, WARNING = SQL_WARNING };
static const struct sql_rule rows[] = {
#define RULE(id, slug, level, lock, blocks, work, message, advice, fact, rewrite) \
    { slug, (enum sql_level)(level), lock, blocks, work, message, advice, fact, rewrite },
#include "stdlib/sql/lint_rules.def"
#undef RULE
};

const struct sql_rule *lint_rule_row(size_t rule) {
    return &rows[rule];
}

/* ---- findings ---- */
static size_t place_of(const struct lint *lint) {
    if (lint->place.location > 0) return (size_t)lint->place.location;
    return lint->statement ? (size_t)(lint->statement->text.bytes - lint->script->content.bytes) : 0;
}

/* `-- aot: allow RULE reason`, of this rule. Without a reason it is none. */
static bool allows(struct text line, const char *slug) {
    static const char head[] = "-- aot: allow ";
    if (!text_starts(line, text_of(head))) return false;
    struct text rest = text_slice(line, sizeof head - 1, line.length);
    size_t length = strlen(slug);
    return text_starts(rest, text_of(slug)) && rest.length > length && rest.bytes[length] == ' ' &&
           text_trim(text_slice(rest, length, rest.length)).length > 0;
}

/* In one of the comments that stand right above the statement, each on a line of its own. */
static bool is_allowed(const struct lint *lint, enum lint_rule rule) {
    if (!lint->statement || rule == LINT_CANNOT_JUDGE) return false;
    struct text content = buffer_text(&lint->script->content);
    size_t end = (size_t)(lint->statement->text.bytes - content.bytes);
    while (end > 0 && content.bytes[end - 1] != '\n') end--;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && content.bytes[start - 1] != '\n') start--;
        struct text line = text_trim(text_slice(content, start, end - start));
        if (!text_starts(line, TEXT("--"))) return false;
        if (allows(line, rows[rule].slug)) return true;
        end = start;
    }
    return false;
}

static void note(struct lint *lint, enum lint_rule rule, bool doubtful) {
    if ((rows[rule].level == SQL_WARNING || doubtful) && !lint->wants_warnings) return;
    if (is_allowed(lint, rule)) {
        lint->quick = LINT_COUNT; /* who allows the work allows its lock */
        return;
    }
    const struct script_statement *statement = lint->statement;
    struct lint_finding finding = { .rule = rule,
                                    .line = statement ? statement->line : lint->script->error_line,
                                    .statement = statement ? statement->text : TEXT_NONE,
                                    .place = statement ? place_of(lint) : lint->script->error_place,
                                    .doubtful = doubtful };
    if (lint_holds_earlier(lint)) finding.held_since = lint->held_line;
    const PgQuery__RangeVar *range = lint->place.range;
    bool of_before = rule == LINT_STATEMENT_WHILE_LOCKED || rule == LINT_WORK_WHILE_LOCKED;
    if (range && range->relname && !of_before) finding.table = memory_copy(range->relname, strlen(range->relname));
    if (lint->wants_rewrites && statement) finding.rewrite = lint_rewrite(lint, rule);
    VECTOR_PUSH(&lint->findings, finding);
}

void lint_report(struct lint *lint, enum lint_rule rule) {
    note(lint, rule, false);
}

void lint_report_once(struct lint *lint, enum lint_rule rule) {
    if (!lint->said[rule]) note(lint, rule, false);
    lint->said[rule] = true;
}

void lint_doubt(struct lint *lint, enum lint_rule rule) {
    if (!lint->facts->known) note(lint, rule, true);
}

void lint_clear(struct lint *lint) {
    for (size_t i = 0; i < lint->findings.count; i++) {
        memory_release(lint->findings.items[i].table);
        memory_release(lint->findings.items[i].rewrite);
    }
    lint->findings.count = 0;
}

void lint_done(struct lint *lint) {
    lint_clear(lint);
    VECTOR_DONE(&lint->findings);
}

/* ---- locks ---- */
bool lint_is_populated(struct lint *lint, const PgQuery__RangeVar *range) {
    const struct fact_table *table = range ? facts_table(lint->facts, range) : NULL;
    return table && table->populated;
}

bool lint_holds(const struct lint *lint, const struct fact_table *table) {
    return table->locked_in == lint->transaction;
}

bool lint_holds_earlier(const struct lint *lint) {
    return lint->in_transaction && lint->held_number && lint->held_number < lint->number;
}

void lint_lock(struct lint *lint, struct fact_table *table, enum lint_rule quick) {
    if (!table || !table->populated) return;
    if (lint_holds_earlier(lint) && !lint_holds(lint, table)) lint_report(lint, LINT_LOCK_WHILE_LOCKED);
    table->locked_in = lint->transaction;
    if (!lint->held_number) {
        lint->held_number = lint->number;
        lint->held_line = lint->statement->line;
    }
    lint->quick = quick;
}

/* ---- transactions ---- */
static void next_transaction(struct lint *lint, bool in_transaction) {
    lint->transaction++;
    lint->held_number = 0;
    lint->in_transaction = in_transaction;
    lint->patient = lint->patient_before = lint->patient_after;
}

static void read_transaction(struct lint *lint, const PgQuery__TransactionStmt *word) {
    const PgQuery__TransactionStmtKind kind = word->kind;
    bool begins = kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN ||
                  kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START;
    bool undoes = kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK ||
                  kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO;
    bool ends = kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK ||
                kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT ||
                kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE;
    if (undoes) facts_rollback(lint->facts, lint->transaction);
    if (kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK) lint->patient_after = lint->patient_before;
    if (begins && !lint->in_transaction) next_transaction(lint, true);
    if (ends) next_transaction(lint, word->chain || lint->runner == SQL_SIMPLE);
}

/* ---- lock_timeout ---- */
static bool is_zero(const PgQuery__Node *node) {
    if (node->node_case != PG_QUERY__NODE__NODE_A_CONST) return false;
    const PgQuery__AConst *constant = node->a_const;
    if (constant->val_case == PG_QUERY__A__CONST__VAL_IVAL) return constant->ival->ival == 0;
    const char *text = constant->val_case == PG_QUERY__A__CONST__VAL_SVAL   ? constant->sval->sval
                       : constant->val_case == PG_QUERY__A__CONST__VAL_FVAL ? constant->fval->fval
                                                                            : "1";
    return strtod(text, NULL) == 0;
}

static bool is_true(const PgQuery__Node *node) {
    return node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
           node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL && node->a_const->boolval->boolval;
}

/* SET LOCAL lasts as long as its transaction, and is nothing without one. */
static void set_patience(struct lint *lint, bool patient, bool is_local) {
    if (is_local && !lint->in_transaction) return;
    lint->patient = patient;
    if (!is_local) lint->patient_after = patient;
}

/* 0 waits for ever; what the default is nobody knows here. */
static void read_patience(struct lint *lint, const PgQuery__Node *node) {
    bool discards = node->node_case == PG_QUERY__NODE__NODE_DISCARD_STMT &&
                    node->discard_stmt->target == PG_QUERY__DISCARD_MODE__DISCARD_ALL;
    if (discards) lint->patient = lint->patient_after = false;
    const PgQuery__FuncCall *call = script_sets_lock_timeout(node);
    if (call) set_patience(lint, !is_zero(call->args[1]), is_true(call->args[2]));
    if (node->node_case != PG_QUERY__NODE__NODE_VARIABLE_SET_STMT) return;
    const PgQuery__VariableSetStmt *set = node->variable_set_stmt;
    bool all = set->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
    if (!all && strcasecmp(set->name, "lock_timeout") != 0) return;
    bool patient =
        set->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE && set->n_args == 1 && !is_zero(set->args[0]);
    set_patience(lint, patient, set->is_local);
}

/* ---- the pass ---- */
static void read_statement(struct lint *lint) {
    const PgQuery__Node *node = lint->statement->node;
    size_t before = lint->findings.count;
    lint->number++;
    lint->place = (struct lint_place){ 0 };
    lint->quick = LINT_COUNT;
    read_patience(lint, node);
    if (lint->statement->concurrent && lint->in_transaction) lint_report(lint, LINT_IN_TRANSACTION);
    if (node->node_case == PG_QUERY__NODE__NODE_TRANSACTION_STMT) {
        read_transaction(lint, node->transaction_stmt);
    } else {
        lint_statement(lint);
    }
    if (lint->quick != LINT_COUNT && !lint->patient && lint->findings.count == before)
        lint_report_once(lint, lint->quick);
    if (!lint->in_transaction) next_transaction(lint, false); /* what it locked is free again */
}

void lint_begin(struct lint *lint, struct facts *facts, enum sql_runner runner) {
    *lint =
        (struct lint){ .facts = facts, .runner = runner, .in_transaction = runner != SQL_AUTOCOMMIT, .transaction = 1 };
}

void lint_script(struct lint *lint, const struct script *script) {
    lint->script = script;
    lint->statement = NULL;
    lint->place = (struct lint_place){ 0 };
    if (script->error) {
        lint_report(lint, LINT_CANNOT_JUDGE);
        return;
    }
    for (size_t i = 0; i < script->statements.count; i++) {
        lint->statement = &script->statements.items[i];
        read_statement(lint);
    }
}

void lint_run(struct lint *lint, const struct script *script, struct facts *facts, enum sql_runner runner) {
    if (runner == SQL_SIMPLE && script->statements.count == 1) runner = SQL_AUTOCOMMIT; /* no transaction block */
    lint_begin(lint, facts, runner);
    lint_script(lint, script);
}
