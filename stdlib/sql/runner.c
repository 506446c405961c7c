/* Runs a migration's file the way production does: mode, lock_timeout, retries. Owns one connection, and a timer
 * while it pauses.
 * lock_timeout is never set for CONCURRENTLY: that waits for others by design and blocks nobody meanwhile. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/migration.h"
#include <inttypes.h>
#include <string.h>

static const int64_t first_pause = 200 * MILLISECOND;
static const int64_t longest_pause = 3 * SECOND;
enum { UNKNOWN_TIMEOUT = -2, NO_TIMEOUT = -1 };

struct runner {
    struct runner_request request; /* what to do */
    struct db_session *session;    /* the migration's own connection */
    struct loop_timer *pause;      /* between two attempts */
    size_t next;                   /* the statement to run */
    size_t opened_at;              /* the statement that opened the present transaction */
    bool begun;                    /* MODE_TRANSACTION: BEGIN was sent */
    bool file_has_patience;        /* the file set lock_timeout itself */
    int64_t timeout_set;           /* what lock_timeout is now, ns; or one of the two above */
    int64_t retried;               /* so far */
    int64_t completed;             /* statements */
    void (*begins)(void *data, int process);
    void (*sends)(void *data, size_t statement, size_t opened_at);
    void (*done)(void *data, const struct runner_result *result);
    void *data; /* theirs */
};

static void go_on(struct runner *runner);

enum migration_mode migration_mode(struct text word) {
    if (text_is(word, "transaction")) return MODE_TRANSACTION;
    return text_is(word, "simple") ? MODE_SIMPLE : MODE_AUTOCOMMIT;
}

const char *migration_mode_word(enum migration_mode mode) {
    static const char *const words[] = { "autocommit", "transaction", "simple" };
    return words[mode];
}

/* ---- the end ---- */
static void finish(struct runner *runner, char *error, const char *state) {
    struct runner_result result = { NULL, state ? memory_copy(state, strlen(state)) : NULL, runner->retried + 1,
                                    runner->completed };
    result.error = error;
    db_session_close(runner->session);
    runner->session = NULL;
    void (*done)(void *, const struct runner_result *) = runner->done;
    done(runner->data, &result);
    memory_release(result.error);
    memory_release(result.state);
}

static void fail(struct runner *runner, const char *reason, const char *state) {
    struct buffer error = { 0 };
    const struct script *script = runner->request.script;
    if (!state && loop_now(run_loop(runner->request.database->run)) >= runner->request.deadline)
        reason = "it did not end in its time";
    if (runner->request.mode != MODE_SIMPLE && runner->next < script->statements.count) {
        buffer_printf(&error, "line %d: ", script->statements.items[runner->next].line);
    }
    buffer_append_string(&error, reason);
    if (runner->retried) buffer_printf(&error, " (after %" PRId64 " retries)", runner->retried);
    finish(runner, buffer_take(&error), state);
}

/* ---- lock timeouts ---- */
static bool may_retry(const struct runner *runner, const char *state) {
    if (!state || strcmp(state, "55P03") != 0 || runner->file_has_patience) return false;
    if (runner->retried >= runner->request.retries) return false;
    if (runner->request.mode != MODE_SIMPLE) return true;
    /* What a COMMIT inside the text has done must not be done again. */
    for (size_t i = 0; i < runner->request.script->statements.count; i++) {
        if (runner->request.script->statements.items[i].transaction_word) return false;
    }
    return true;
}

static void pause_over(void *data) {
    struct runner *runner = data;
    runner->pause = NULL;
    go_on(runner);
}

/* 200 ms at first, half as long again each time, so that ten retries outlast a reader of a dozen seconds. */
static void pause_before_retry(struct runner *runner) {
    struct run *run = runner->request.database->run;
    int64_t length = first_pause;
    for (int64_t i = 0; i < runner->retried && length < longest_pause; i++) length += length / 2;
    if (length > longest_pause) length = longest_pause;
    int64_t spread = length / 5;
    length += (int64_t)(run_random(run) % (uint64_t)(2 * spread)) - spread;
    runner->retried++;
    runner->pause = loop_timer_start(run_loop(run), loop_now(run_loop(run)) + length, pause_over, runner);
}

static void rolled_back(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (reply->lost) {
        fail(runner, reply->lost, NULL);
        return;
    }
    runner->next = runner->opened_at;
    runner->completed = (int64_t)runner->opened_at;
    runner->begun = false;
    runner->timeout_set = UNKNOWN_TIMEOUT;
    pause_before_retry(runner);
}

static void retry(struct runner *runner) {
    if (db_session_transaction(runner->session) == PQTRANS_INERROR) {
        db_session_query(runner->session, "ROLLBACK", runner->request.deadline, rolled_back, runner);
    } else {
        pause_before_retry(runner);
    }
}

/* ---- statements ---- */
/* False, and over or retried, when it was an error. */
static bool went_well(struct runner *runner, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    const char *state = error ? PQresultErrorField(error, PG_DIAG_SQLSTATE) : NULL;
    if (error && state) {
        if (may_retry(runner, state)) {
            retry(runner);
        } else {
            fail(runner, PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY), state);
        }
        return false;
    }
    if (!reply->lost) return true;
    fail(runner, reply->lost, NULL);
    return false;
}

static void statement_done(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (!went_well(runner, reply)) return;
    if (runner->request.script->statements.items[runner->next].sets_lock_timeout) runner->file_has_patience = true;
    runner->next++;
    runner->completed++;
    if (db_session_transaction(runner->session) == PQTRANS_IDLE) {
        runner->opened_at = runner->next;
        runner->begun = false;
    }
    go_on(runner);
}

static void whole_done(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (!went_well(runner, reply)) return;
    runner->completed = (int64_t)runner->request.script->statements.count;
    finish(runner, NULL, NULL);
}

static void timeout_done(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (went_well(runner, reply)) go_on(runner);
}

static void begin_done(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (!went_well(runner, reply)) return;
    runner->begun = true;
    runner->opened_at = runner->next;
    go_on(runner);
}

static void commit_done(void *data, const struct reply *reply) {
    struct runner *runner = data;
    if (went_well(runner, reply)) finish(runner, NULL, NULL);
}

static void send(struct runner *runner, struct text text, db_session_done *done) {
    struct buffer copy = { 0 };
    buffer_append(&copy, text);
    db_session_query(runner->session, copy.bytes ? copy.bytes : "", runner->request.deadline, done, runner);
    buffer_done(&copy);
}

/* True when lock_timeout is as the next statement needs it; else it is being set. */
static bool patience_is_set(struct runner *runner, bool concurrent) {
    int64_t wanted = concurrent ? 0 : runner->request.lock_timeout;
    if (runner->request.lock_timeout < 0 || runner->file_has_patience || wanted == runner->timeout_set) return true;
    int64_t milliseconds = (wanted + MILLISECOND - 1) / MILLISECOND;
    struct buffer text = { 0 };
    buffer_printf(&text, "SET lock_timeout = %" PRId64, milliseconds);
    runner->timeout_set = wanted;
    send(runner, buffer_text(&text), timeout_done);
    buffer_done(&text);
    return false;
}

static void end_of_file(struct runner *runner) {
    bool open = db_session_transaction(runner->session) != PQTRANS_IDLE;
    if (open && runner->request.mode == MODE_TRANSACTION) {
        send(runner, TEXT("COMMIT"), commit_done);
    } else if (open) {
        fail(runner, "the file ends inside a transaction: it lacks its COMMIT", NULL);
    } else {
        finish(runner, NULL, NULL);
    }
}

/* The next thing to send, from wherever we are. */
static void go_on(struct runner *runner) {
    const struct script *script = runner->request.script;
    if (runner->request.mode == MODE_SIMPLE) {
        if (!patience_is_set(runner, false)) return;
        if (runner->sends && script->statements.count) runner->sends(runner->data, script->statements.count - 1, 0);
        send(runner, buffer_text(&script->content), whole_done);
        return;
    }
    if (runner->next == script->statements.count) {
        end_of_file(runner);
        return;
    }
    const struct script_statement *statement = &script->statements.items[runner->next];
    bool idle = db_session_transaction(runner->session) == PQTRANS_IDLE;
    if (runner->request.mode == MODE_TRANSACTION && idle && !runner->begun && runner->next == 0) {
        send(runner, TEXT("BEGIN"), begin_done);
    } else if (patience_is_set(runner, statement->concurrent)) {
        if (runner->sends) runner->sends(runner->data, runner->next, runner->opened_at);
        send(runner, statement->text, statement_done);
    }
}

static void opened(void *data, const char *error) {
    struct runner *runner = data;
    if (error) {
        fail(runner, error, NULL);
        return;
    }
    runner->begins(runner->data, db_session_process(runner->session));
    go_on(runner);
}

struct runner *runner_start(const struct runner_request *request, void (*begins)(void *data, int process),
                            void (*sends)(void *data, size_t statement, size_t opened_at),
                            void (*done)(void *data, const struct runner_result *result), void *data) {
    struct runner *runner = memory_allocate(sizeof *runner);
    struct database *database = request->database;
    *runner = (struct runner){
        .request = *request, .begins = begins, .sends = sends, .done = done, .data = data, .timeout_set = NO_TIMEOUT
    };
    struct db_address address = database_address(database, database->subject, "aot migration");
    runner->session = db_session_open(database->run, &address, request->deadline, opened, runner);
    return runner;
}

void runner_free(struct runner *runner) {
    if (!runner) return;
    if (runner->pause) loop_timer_stop(runner->pause);
    db_session_close(runner->session);
    memory_release(runner);
}
