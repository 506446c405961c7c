/* db.query, execute, count, ping, transaction and the properties: one question each, on a connection of the pool.
 * What the server answers, errors included, is a value. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/address.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/sql_value.h"
#include <string.h>

/* What the answer becomes. */
enum wanted { WANTED_ROWS, WANTED_EFFECT, WANTED_TOTAL, WANTED_NUMBER, WANTED_SIGN_OF_LIFE };

struct asking {
    struct database *database; /* of whom */
    struct ticket ticket;      /* who waits */
    struct question *question; /* on its way */
    enum wanted wanted;        /* and how he wants it */
    char *subject;             /* of an effect: the statement; else NULL */
    int64_t began;             /* of an effect */
};

static void dispose(struct asking *asking) {
    memory_release(asking->subject);
    memory_release(asking);
}

static void cancel(void *state) {
    struct asking *asking = state;
    question_drop(asking->question);
    dispose(asking);
}

/* The same record as long as the count is the same: ten thousand transactions of a load are then one value. */
static struct value total(struct database *database, const struct reply *reply) {
    struct value rows = sql_value_rows(run_heap(database->run), reply, SQL_COUNT);
    if (value_equal(rows, database->last_count)) {
        value_release(rows);
        return value_retain(database->last_count);
    }
    value_release(database->last_count);
    database->last_count = value_retain(rows);
    return rows;
}

static struct value number(struct heap *heap, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    if (reply->lost) return value_error(heap, "%s", reply->lost);
    if (error) return value_error(heap, "%s", PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
    return sql_value_column(heap, reply->results[0], 0, 0);
}

static struct value make_answer(struct asking *asking, const struct reply *reply) {
    struct heap *heap = run_heap(asking->database->run);
    switch (asking->wanted) {
    case WANTED_ROWS:
    case WANTED_EFFECT: return sql_value_rows(heap, reply, SQL_ROWS);
    case WANTED_TOTAL: return total(asking->database, reply);
    case WANTED_NUMBER: return number(heap, reply);
    case WANTED_SIGN_OF_LIFE: return value_boolean(!reply->lost && !reply_error(reply));
    }
    return value_none();
}

static void note_effect(struct asking *asking, const struct reply *reply) {
    struct run *run = asking->database->run;
    PGresult *error = reply_error(reply);
    const char *outcome = reply->lost ? reply->lost : error ? PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY) : "ok";
    run_effect(run, "db.execute", text_of(asking->subject), asking->began, run_now(run), text_of(outcome));
}

static void answered(void *data, const struct reply *reply) {
    struct asking *asking = data;
    struct run *run = asking->database->run;
    struct ticket ticket = asking->ticket;
    struct value answer = make_answer(asking, reply);
    if (asking->wanted == WANTED_EFFECT) note_effect(asking, reply);
    dispose(asking);
    native_wake(run, ticket, answer);
}

/* Takes the statements over. */
static enum native_outcome ask(struct native_call *call, enum wanted wanted, struct statement *statements, size_t count,
                               int64_t timeout) {
    struct database *database = database_of(argument(call, 0));
    struct asking *asking = memory_allocate(sizeof *asking);
    *asking = (struct asking){ .database = database, .wanted = wanted, .began = run_now(call->run) };
    if (wanted == WANTED_EFFECT) {
        struct buffer subject = { 0 };
        script_clip(text_of(statements[0].text), &subject);
        asking->subject = buffer_take(&subject);
    }
    enum native_outcome outcome = native_wait_borrowed(call, "PostgreSQL's answer", cancel, asking);
    asking->ticket = native_ticket(call);
    asking->question =
        question_state(database->work, statements, count, false, database_deadline(call, timeout), answered, asking);
    return outcome;
}

/* NULL, with the failure in the call, when the handle is over or a statement cannot be made. */
static struct statement *make_statements(struct native_call *call, const struct value *items, size_t count) {
    struct statement *statements = memory_allocate((count + 1) * sizeof *statements);
    struct buffer error = { 0 };
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) ok = sql_value_statement(call->run, items[i], &statements[i], &error);
    if (!ok) {
        statements_free(statements, count);
        statements = NULL;
        native_fail(call, "%s", error.bytes);
    }
    buffer_done(&error);
    return statements;
}

static bool is_open(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (database && database->work && !database->stopping) return true;
    native_fail(call, "this database was stopped");
    return false;
}

static enum native_outcome ask_one(struct native_call *call, enum wanted wanted) {
    struct value sql = argument(call, 1);
    if (!is_open(call)) return NATIVE_FAIL;
    struct statement *statements = make_statements(call, &sql, 1);
    return statements ? ask(call, wanted, statements, 1, argument_integer(call, 2)) : NATIVE_FAIL;
}

native_function db_query, db_execute, db_transaction, db_count, db_ping, db_url, db_waits;

enum native_outcome db_query(struct native_call *call) {
    return ask_one(call, WANTED_ROWS);
}

enum native_outcome db_execute(struct native_call *call) {
    return ask_one(call, WANTED_EFFECT);
}

enum native_outcome db_transaction(struct native_call *call) {
    struct value list = argument(call, 1);
    size_t count = value_count(list);
    if (!is_open(call)) return NATIVE_FAIL;
    struct value *items = memory_allocate((count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) items[i] = value_at(list, i);
    struct statement *statements = make_statements(call, items, count);
    memory_release(items);
    /* Between two sync points all is one transaction, and an error undoes all of it. */
    return statements ? ask(call, WANTED_TOTAL, statements, count, argument_integer(call, 2)) : NATIVE_FAIL;
}

static struct statement *plain_statement(const char *text) {
    struct statement *statements = memory_allocate(sizeof *statements);
    statements->text = memory_copy(text, strlen(text));
    return statements;
}

/* "schema.table" as two quoted names; a name that is quoted already stays as it is. */
static void append_table(struct buffer *out, struct text name) {
    if (name.length && memchr(name.bytes, '"', name.length)) {
        buffer_append(out, name);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < name.length; i++) {
        if (name.bytes[i] == '.') {
            buffer_append_string(out, "\".\"");
        } else {
            buffer_append_byte(out, name.bytes[i]);
        }
    }
    buffer_append_byte(out, '"');
}

enum native_outcome db_count(struct native_call *call) {
    if (!is_open(call)) return NATIVE_FAIL;
    struct text name = argument_text(call, 1);
    if (name.length && memchr(name.bytes, 0, name.length)) return native_fail(call, "a table's name has no zero byte");
    struct buffer text = { 0 };
    buffer_append_string(&text, "SELECT count(*) FROM ");
    append_table(&text, name);
    struct statement *statements = plain_statement(text.bytes);
    buffer_done(&text);
    return ask(call, WANTED_NUMBER, statements, 1, 30 * SECOND);
}

enum native_outcome db_ping(struct native_call *call) {
    if (!is_open(call)) return NATIVE_FAIL;
    return ask(call, WANTED_SIGN_OF_LIFE, plain_statement("SELECT 1"), 1, 2 * SECOND);
}

enum native_outcome db_url(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    return native_done(call, value_string(run_heap(call->run), database->url ? database->url : ""));
}

struct text db_address_url(struct value handle) {
    const struct database *database = database_of(handle);
    return text_of(database ? database->url : NULL);
}

enum native_outcome db_waits(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    return native_done(call, value_retain(database->all_waits));
}
