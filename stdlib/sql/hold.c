/* db.hold: somebody else's long transaction, reading the migration's tables. The migration must wait for it, and
 * whoever comes
 * then must wait for the migration: the lock queue that is never seen on an idle database. It ends by itself, or with
 * the run. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"

static const int64_t lock_maximum = 30 * SECOND;

struct hold {
    struct database *database;  /* of whom */
    struct ticket ticket;       /* who waits until the locks are held */
    struct tables_wish *tables; /* being looked up */
    struct db_session *session; /* its own connection */
    struct buffer text;         /* BEGIN and the reads */
    int64_t length;             /* how long to hold, ns */
    int64_t deadline;           /* until the locks are held */
    int64_t began;              /* for the record */
};

void hold_free(struct hold *hold) {
    struct database *database = hold->database;
    for (size_t i = 0; i < database->holds.count; i++) {
        if (database->holds.items[i] != hold) continue;
        database->holds.items[i] = database->holds.items[--database->holds.count];
        break;
    }
    tables_drop(hold->tables);
    db_session_close(hold->session);
    buffer_done(&hold->text);
    memory_release(hold);
}

static void fail(struct hold *hold, const char *reason) {
    struct run *run = hold->database->run;
    struct ticket ticket = hold->ticket;
    struct buffer message = { 0 };
    buffer_append_string(&message, reason);
    hold_free(hold);
    native_wake_failed(run, ticket, "the long reader could not take its locks: %s", message.bytes);
    buffer_done(&message);
}

static void over(void *data, const struct reply *reply) {
    (void)reply; /* whether it slept to the end does not matter any more */
    hold_free(data);
}

static void held(void *data, const struct reply *reply) {
    struct hold *hold = data;
    struct run *run = hold->database->run;
    PGresult *error = reply_error(reply);
    if (reply->lost || error) {
        fail(hold, reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
        return;
    }
    struct ticket ticket = hold->ticket;
    int64_t now = loop_now(run_loop(run));
    run_effect(run, "db.hold", buffer_text(&hold->text), hold->began, run_now(run) + hold->length, TEXT("held"));
    buffer_clear(&hold->text);
    buffer_printf(&hold->text, "SELECT pg_catalog.pg_sleep(%.6f); COMMIT", (double)hold->length / (double)SECOND);
    db_session_query(hold->session, hold->text.bytes, now + hold->length + 10 * SECOND, over, hold);
    native_wake(run, ticket, value_none());
}

static void opened(void *data, const char *error) {
    struct hold *hold = data;
    if (error) {
        fail(hold, error);
    } else {
        db_session_query(hold->session, hold->text.bytes, hold->deadline, held, hold);
    }
}

static void found(void *data, struct known_script *known, const char *error) {
    struct hold *hold = data;
    struct database *database = hold->database;
    hold->tables = NULL;
    if (known->script->error) { /* the lint and the change say so; there is nothing to read */
        struct run *run = database->run;
        struct ticket ticket = hold->ticket;
        hold_free(hold);
        native_wake(run, ticket, value_none());
        return;
    }
    if (error) {
        fail(hold, error);
        return;
    }
    buffer_append_string(&hold->text, "BEGIN");
    for (size_t i = 0; i < known->tables.count; i++) {
        buffer_printf(&hold->text, "; SELECT 1 FROM %s LIMIT 1", known->tables.items[i].name);
    }
    struct db_address address = database_address(database, database->subject, "aot long reader");
    hold->session = db_session_open(database->run, &address, hold->deadline, opened, hold);
}

static void cancel(void *state) {
    hold_free(state);
}

native_function db_hold;
enum native_outcome db_hold(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    struct hold *hold = memory_allocate(sizeof *hold);
    *hold = (struct hold){ .database = database,
                           .length = argument_integer(call, 2),
                           .began = run_now(call->run),
                           .deadline = database_deadline(call, lock_maximum) };
    VECTOR_PUSH(&database->holds, hold);
    enum native_outcome outcome = native_wait(call, "the long reader's locks", cancel, hold);
    hold->ticket = native_ticket(call);
    struct tables_wish *tables = tables_find(database, argument_text(call, 1), hold->deadline, found, hold);
    if (tables) hold->tables = tables;
    return outcome;
}
