/* db.lint: the file, the catalogue's facts about its tables, the findings as values. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/lint.h"
#include "stdlib/sql/migration.h"
#include <string.h>

static const int64_t lint_maximum = 30 * SECOND;

struct linting {
    struct database *database;   /* of whose catalogue */
    struct ticket ticket;        /* who waits */
    struct script_wish *wish;    /* for the file */
    const struct script *script; /* what it is */
    struct question *question;   /* to the catalogue */
    int64_t deadline;            /* of all */
    enum sql_runner runner;      /* as the runner would have it */
};

static void cancel(void *state) {
    struct linting *linting = state;
    database_script_drop(linting->wish);
    question_drop(linting->question);
    memory_release(linting);
}

static struct value with_text(struct heap *heap, struct value record, const char *key, struct text text) {
    struct value item = value_text(heap, text);
    record = value_record_with(record, text_of(key), item);
    value_release(item);
    return record;
}

static struct value finding_record(struct heap *heap, const struct script *script, const struct lint_finding *finding) {
    const struct sql_rule *row = lint_rule_row(finding->rule);
    struct buffer clipped = { 0 };
    script_clip(finding->statement, &clipped);
    struct value record = with_text(heap, value_record(heap), "rule", text_of(row->slug));
    record = value_record_with(record, TEXT("line"), value_integer(finding->line));
    record = with_text(heap, record, "statement", script->error ? text_of(script->error) : buffer_text(&clipped));
    record = with_text(heap, record, "lock", text_of(row->lock));
    record = with_text(heap, record, "work", text_of(row->work));
    record = with_text(heap, record, "message", text_of(row->message));
    record = with_text(heap, record, "advice", text_of(row->advice));
    record = with_text(heap, record, "rewrite", text_of(finding->rewrite));
    buffer_done(&clipped);
    return record;
}

static void finish(struct linting *linting, struct facts *facts) {
    struct run *run = linting->database->run;
    struct heap *heap = run_heap(run);
    struct ticket ticket = linting->ticket;
    struct value findings = value_list(heap, NULL, 0);
    struct lint lint;
    lint_begin(&lint, facts, linting->runner);
    lint.wants_rewrites = true;
    lint_script(&lint, linting->script);
    for (size_t i = 0; i < lint.findings.count; i++) {
        struct value record = finding_record(heap, linting->script, &lint.findings.items[i]);
        findings = value_list_append(findings, record);
        value_release(record);
    }
    lint_done(&lint);
    memory_release(linting);
    native_wake(run, ticket, findings);
}

static void facts_known(void *data, const struct reply *reply) {
    struct linting *linting = data;
    PGresult *error = reply_error(reply);
    linting->question = NULL;
    if (reply->lost || error || reply->count != FACTS_ANSWERS) {
        struct run *run = linting->database->run;
        struct ticket ticket = linting->ticket;
        memory_release(linting);
        const char *reason = error ? PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY) : reply->lost;
        native_wake_failed(run, ticket, "db.lint could not read the catalogue: %s",
                           reason ? reason : "an unexpected answer");
        return;
    }
    struct facts facts = { 0 };
    facts_read(&facts, reply);
    finish(linting, &facts);
    facts_done(&facts);
}

static void found(void *data, struct known_script *known) {
    struct linting *linting = data;
    linting->wish = NULL;
    linting->script = known->script;
    if (known->script->error) {
        struct facts nothing = { 0 };
        finish(linting, &nothing);
        facts_done(&nothing);
        return;
    }
    char *text = facts_query(known->script);
    linting->question = question_ask(linting->database->work, text, linting->deadline, facts_known, linting);
    memory_release(text);
}

static enum sql_runner runner_of(enum migration_mode mode) {
    static const enum sql_runner runners[] = {
        [MODE_AUTOCOMMIT] = SQL_AUTOCOMMIT, [MODE_TRANSACTION] = SQL_TRANSACTION, [MODE_SIMPLE] = SQL_SIMPLE
    };
    return runners[mode];
}

native_function db_lint;
enum native_outcome db_lint(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    struct linting *linting = memory_allocate(sizeof *linting);
    *linting = (struct linting){ .database = database,
                                 .deadline = database_deadline(call, lint_maximum),
                                 .runner = runner_of(migration_mode(argument_text(call, 2))) };
    enum native_outcome outcome = native_wait(call, "the migration's lint", cancel, linting);
    linting->ticket = native_ticket(call);
    struct script_wish *wish = database_script(database, argument_text(call, 1), found, linting);
    if (wish) linting->wish = wish;
    return outcome;
}
