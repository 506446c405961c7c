/* db.apply: what is half-built before, the migration as production runs it, who waited because of it, what is
 * half-built after.
 * The change's `blocked` stream was alive before and stays so until the end of the run: late waits belong to it, too.
 * */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/blame.h"
#include "stdlib/sql/migration.h"
#include <string.h>

enum { ARGUMENT_SELF, ARGUMENT_FILE, ARGUMENT_MODE, ARGUMENT_LOCK_TIMEOUT, ARGUMENT_RETRIES, ARGUMENT_TIMEOUT };
static const int64_t catch_up_maximum = 2 * SECOND;
static const int64_t question_maximum = 30 * SECOND;
static const int64_t look_every = 20 * MILLISECOND;

struct applying {
    struct database *database;     /* to whom */
    struct ticket ticket;          /* who waits */
    struct runner_request request; /* how */
    char *path;                    /* of the file */
    struct script_wish *wish;      /* for the file */
    struct question *question;     /* for what is half-built */
    struct runner *runner;         /* at work */
    struct marker *marker;         /* the log is being read up to the end */
    struct loop_timer *timer;      /* the next look whether the last waits are over */
    int64_t settle_until;          /* the bound of that */
    size_t number;                 /* of the migration in waits */
    bool begun;                    /* it has that number */
    struct blame blame;            /* which statement made others wait */
    struct value blocked;          /* the change's stream */
    struct value before;           /* list of texts: half-built before */
    struct value leftovers;        /* and since */
    char *error, *state;           /* of the file, or of the server */
    int64_t attempts, statements;  /* as runner_result */
    int64_t began;                 /* for the record */
};

static void dispose(struct applying *applying) {
    database_script_drop(applying->wish);
    question_drop(applying->question);
    runner_free(applying->runner);
    if (applying->marker) marker_drop(applying->marker);
    if (applying->timer) loop_timer_stop(applying->timer);
    if (applying->begun && applying->database->waits)
        waits_migration_listen(applying->database->waits, applying->number, NULL, NULL);
    blame_done(&applying->blame);
    value_release(applying->blocked);
    value_release(applying->before);
    value_release(applying->leftovers);
    memory_release(applying->error);
    memory_release(applying->state);
    memory_release(applying->path);
    memory_release(applying);
}

static void cancel(void *state) {
    struct applying *applying = state;
    if (applying->begun)
        waits_migration_end(applying->database->waits, run_now(applying->database->run), applying->number);
    dispose(applying);
}

/* ---- the result ---- */
static struct value text_or_none(struct heap *heap, const char *text) {
    return text ? value_string(heap, text) : value_none();
}

static struct value make_change(struct applying *applying) {
    struct heap *heap = run_heap(applying->database->run);
    struct value error = text_or_none(heap, applying->error), state = text_or_none(heap, applying->state);
    struct value mode = value_string(heap, migration_mode_word(applying->request.mode));
    struct value change = value_record(heap);
    change = value_record_with(change, TEXT("ok"), value_boolean(!applying->error));
    change = value_record_with(change, TEXT("error"), error);
    change = value_record_with(change, TEXT("sqlstate"), state);
    change = value_record_with(change, TEXT("blocked"), applying->blocked);
    change = value_record_with(change, TEXT("leftovers"), applying->leftovers);
    change = value_record_with(change, TEXT("attempts"), value_integer(applying->attempts));
    change = value_record_with(change, TEXT("statements"), value_integer(applying->statements));
    change = value_record_with(change, TEXT("mode"), mode);
    value_release(error);
    value_release(state);
    value_release(mode);
    return change;
}

static void conclude(struct applying *applying) {
    struct run *run = applying->database->run;
    struct ticket ticket = applying->ticket;
    struct value change = make_change(applying);
    run_effect(run, "db.apply", text_of(applying->path), applying->began, run_now(run),
               text_of(applying->error ? applying->error : "ok"));
    dispose(applying);
    native_wake(run, ticket, change);
}

static void set_error(struct applying *applying, const char *error, const char *state) {
    if (applying->error) return;
    applying->error = memory_copy(error, strlen(error));
    applying->state = state ? memory_copy(state, strlen(state)) : NULL;
}

/* ---- what is half-built ---- */
/* A partitioned table's index is invalid until its last partition has one, and blocks nobody: it does not count. */
static const char half_built[] =
    "SELECT format('invalid index %I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i "
    "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready) "
    "UNION ALL SELECT format('unvalidated constraint %I on %s', k.conname, "
    "CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text ELSE k.contypid::regtype::text END) "
    "FROM pg_catalog.pg_constraint k WHERE NOT k.convalidated ORDER BY 1";

/* A list of texts, or none and the applying's error. */
static struct value read_list(struct applying *applying, const struct reply *reply) {
    struct heap *heap = run_heap(applying->database->run);
    PGresult *error = reply_error(reply);
    struct value list = value_list(heap, NULL, 0);
    if (reply->lost || error) {
        set_error(applying, reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY), NULL);
        return list;
    }
    for (int row = 0; row < PQntuples(reply->results[0]); row++) {
        struct value item = value_string(heap, PQgetvalue(reply->results[0], row, 0));
        list = value_list_append(list, item);
        value_release(item);
    }
    return list;
}

static bool list_has(struct value list, struct value item) {
    for (size_t i = 0; i < value_count(list); i++) {
        if (value_equal(value_at(list, i), item)) return true;
    }
    return false;
}

static void blame(struct applying *applying, const PGresult *names) {
    blame_tell(&applying->blame, applying->database->run, applying->path, applying->request.script, names);
    conclude(applying);
}

static void names_known(void *data, const struct reply *reply) {
    struct applying *applying = data;
    bool good = !reply->lost && !reply_error(reply);
    applying->question = NULL;
    blame(applying, good ? reply->results[0] : NULL);
}

static void after_known(void *data, const struct reply *reply) {
    struct applying *applying = data;
    applying->question = NULL;
    struct value after = read_list(applying, reply);
    for (size_t i = 0; i < value_count(after); i++) {
        struct value item = value_at(after, i);
        if (!list_has(applying->before, item)) applying->leftovers = value_list_append(applying->leftovers, item);
    }
    value_release(after);
    char *question = blame_question(&applying->blame);
    if (question) {
        int64_t deadline = loop_now(run_loop(applying->database->run)) + question_maximum;
        applying->question = question_ask(applying->database->work, question, deadline, names_known, applying);
    } else {
        blame(applying, NULL);
    }
    memory_release(question);
}

static void ask_half_built(struct applying *applying, db_session_done *answered) {
    int64_t deadline = loop_now(run_loop(applying->database->run)) + question_maximum;
    applying->question = question_ask(applying->database->work, half_built, deadline, answered, applying);
}

/* ---- afterwards: the log ---- */
static void look(void *data) {
    struct applying *applying = data;
    struct loop *loop = run_loop(applying->database->run);
    applying->timer = NULL;
    log_read_now(applying->database->log);
    if (waits_migration_settled(applying->database->waits, applying->number) ||
        loop_now(loop) > applying->settle_until) {
        ask_half_built(applying, after_known);
    } else {
        applying->timer = loop_timer_start(loop, loop_now(loop) + look_every, look, applying);
    }
}

static void caught_up(void *data, bool seen) {
    struct applying *applying = data;
    (void)seen; /* the stream stays open: what comes later still counts */
    applying->marker = NULL;
    look(applying);
}

static void ran(void *data, const struct runner_result *result) {
    struct applying *applying = data;
    int64_t now = loop_now(run_loop(applying->database->run));
    if (result->error) set_error(applying, result->error, result->state);
    applying->attempts = result->attempts;
    applying->statements = result->statements;
    if (applying->begun)
        waits_migration_end(applying->database->waits, run_now(applying->database->run), applying->number);
    if (!applying->begun || !applying->database->work) {
        conclude(applying);
        return;
    }
    applying->settle_until = now + catch_up_maximum;
    applying->marker = marker_set(applying->database, now + catch_up_maximum, caught_up, applying);
}

/* ---- before ---- */
static void told(void *data, const struct told_wait *wait) {
    struct applying *applying = data;
    blame_wait(&applying->blame, wait);
}

static void begins(void *data, int process) {
    struct applying *applying = data;
    applying->number =
        waits_migration_begin(applying->database->waits, run_now(applying->database->run), process, applying->blocked);
    applying->begun = true;
    waits_migration_listen(applying->database->waits, applying->number, told, applying);
}

static void sends(void *data, size_t statement, size_t opened_at) {
    struct applying *applying = data;
    blame_step(&applying->blame, statement, opened_at, run_now(applying->database->run));
}

static void before_known(void *data, const struct reply *reply) {
    struct applying *applying = data;
    applying->question = NULL;
    value_release(applying->before);
    applying->before = read_list(applying, reply);
    if (applying->error) {
        conclude(applying);
    } else {
        applying->runner = runner_start(&applying->request, begins, sends, ran, applying);
    }
}

static void found(void *data, struct known_script *known) {
    struct applying *applying = data;
    applying->wish = NULL;
    applying->request.script = known->script;
    if (known->script->error) {
        set_error(applying, known->script->error, NULL);
        conclude(applying);
    } else {
        ask_half_built(applying, before_known);
    }
}

static void read_request(struct native_call *call, struct database *database, struct runner_request *request) {
    request->database = database;
    request->mode = migration_mode(argument_text(call, ARGUMENT_MODE));
    request->lock_timeout =
        argument_is_none(call, ARGUMENT_LOCK_TIMEOUT) ? -1 : argument_integer(call, ARGUMENT_LOCK_TIMEOUT);
    request->retries = argument_integer(call, ARGUMENT_RETRIES);
    request->deadline = native_deadline(call);
    if (argument_is_none(call, ARGUMENT_TIMEOUT)) return;
    request->deadline = database_deadline(call, argument_integer(call, ARGUMENT_TIMEOUT));
}

native_function db_apply;
enum native_outcome db_apply(struct native_call *call) {
    struct database *database = database_of(argument(call, ARGUMENT_SELF));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    struct applying *applying = memory_allocate(sizeof *applying);
    struct text path = argument_text(call, ARGUMENT_FILE);
    *applying = (struct applying){ .database = database,
                                   .path = memory_copy(path.bytes, path.length),
                                   .began = run_now(call->run) };
    applying->blocked = value_retain(database->next_blocked);
    applying->before = value_list(run_heap(call->run), NULL, 0);
    applying->leftovers = value_list(run_heap(call->run), NULL, 0);
    read_request(call, database, &applying->request);
    database_next_blocked(database);
    enum native_outcome outcome = native_wait(call, "the migration to be applied", cancel, applying);
    applying->ticket = native_ticket(call);
    struct script_wish *wish = database_script(database, path, found, applying);
    if (wish) applying->wish = wish;
    return outcome;
}
