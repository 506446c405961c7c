/* postgres(…): a cluster, a pristine database restored from the dump, and its copy to work on. One step after the
 * other, each told by the loop.
 * The handle exists from the beginning, so that the run stops and removes whatever there is by then. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/restore.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { ARGUMENT_RESTORE, ARGUMENT_SEED, ARGUMENT_WAITS_OVER, ARGUMENT_SETTINGS };
static const int64_t start_maximum = 5 * MINUTE;

struct starting {
    struct database *database;  /* what is being made */
    struct ticket ticket;       /* who waits for it */
    struct value handle;        /* the db, given to him */
    bool wanted;                /* he still waits */
    char *dumps[2];             /* restore, then seed; NULL: none */
    size_t restored;            /* how many of them are done */
    struct restore *restore;    /* at work */
    struct db_session *session; /* for VACUUM */
    struct question *question;  /* to the server */
    int64_t began;              /* for the record */
    int64_t deadline;           /* of all */
};

static void restore_next(struct starting *starting);

static void end(struct starting *starting) {
    struct database *database = starting->database;
    database->starting = NULL;
    for (size_t i = 0; i < 2; i++) memory_release(starting->dumps[i]);
    memory_release(starting);
}

/* Everything but the work thread's part is stopped at once. */
static bool halt(struct starting *starting) {
    question_drop(starting->question);
    starting->question = NULL;
    db_session_close(starting->session);
    starting->session = NULL;
    if (!restore_free(starting->restore)) return false;
    starting->restore = NULL;
    return true;
}

bool starting_stop(struct database *database) {
    struct starting *starting = database->starting;
    if (!starting) return true;
    starting->wanted = false;
    if (!halt(starting)) return false;
    end(starting);
    return true;
}

static void fail(struct starting *starting, const char *reason) {
    struct run *run = starting->database->run;
    struct ticket ticket = starting->ticket;
    struct value handle = starting->handle;
    bool wanted = starting->wanted;
    struct buffer message = { 0 };
    buffer_append_string(&message, reason);
    starting->wanted = false;
    if (halt(starting)) end(starting);
    if (wanted) native_wake_failed(run, ticket, "%s", message.bytes);
    if (wanted) value_release(handle);
    buffer_done(&message);
}

/* False, and over, when the answer is no good. */
static bool answer_is_good(struct starting *starting, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    starting->question = NULL;
    if (!reply->lost && !error) return true;
    fail(starting, reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
    return false;
}

static void ask(struct starting *starting, const char *text, db_session_done *answered) {
    starting->question = question_ask(starting->database->admin, text, starting->deadline, answered, starting);
}

/* Connections to the server where it is now. */
static void make_pools(struct database *database) {
    struct db_address work = cluster_address(database->cluster, WORK_DATABASE, "aot");
    struct db_address admin = cluster_address(database->cluster, "postgres", "aot admin");
    database->work = pool_new(database->run, &work);
    database->admin = pool_new(database->run, &admin);
    database_place(database);
}

/* ---- the last steps ---- */
static void succeed(struct starting *starting) {
    struct database *database = starting->database;
    struct run *run = database->run;
    struct ticket ticket = starting->ticket;
    struct value handle = starting->handle;
    struct buffer outcome = { 0 };
    database_class.describe(database, &outcome);
    if (cluster_is_restored(database->cluster)) buffer_append_string(&outcome, ", restored before");
    const char *what = starting->dumps[0] ? starting->dumps[0] : starting->dumps[1];
    run_effect(run, "postgres", text_of(what ? what : "empty"), starting->began, run_now(run), buffer_text(&outcome));
    buffer_done(&outcome);
    end(starting);
    native_wake(run, ticket, handle);
}

static void work_made(void *data, const struct reply *reply) {
    struct starting *starting = data;
    if (answer_is_good(starting, reply)) succeed(starting);
}

static void pristine_left(void *data, const struct reply *reply) {
    struct starting *starting = data;
    if (answer_is_good(starting, reply)) {
        ask(starting, "CREATE DATABASE " WORK_DATABASE " TEMPLATE " PRISTINE_DATABASE " STRATEGY file_copy", work_made);
    }
}

/* A copy needs a template that nobody is connected to, and a session that was closed takes a moment to go. */
static void make_work(struct starting *starting) {
    ask(starting,
        "DO $$BEGIN FOR i IN 1..500 LOOP PERFORM pg_stat_clear_snapshot(); "
        "EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '" PRISTINE_DATABASE "'); "
        "PERFORM pg_sleep(0.002); END LOOP; END$$",
        pristine_left);
}

/* The server is up again, as it was. */
static void kept(void *data, const char *error) {
    struct database *database = data;
    struct starting *starting = database->starting;
    if (!starting || !starting->wanted) return;
    if (error) {
        fail(starting, error);
        return;
    }
    make_pools(database);
    make_work(starting);
}

static void vacuumed(void *data, const struct reply *reply) {
    struct starting *starting = data;
    if (!answer_is_good(starting, reply)) return;
    db_session_close(starting->session);
    starting->session = NULL;
    struct database *database = starting->database;
    if (starting->dumps[1] || !cluster_may_keep(database->cluster)) {
        make_work(starting);
        return;
    }
    pool_free(database->work);
    pool_free(database->admin);
    database->work = database->admin = NULL;
    cluster_keep(database->cluster, kept);
}

static void vacuum_open(void *data, const char *error) {
    struct starting *starting = data;
    if (error) {
        fail(starting, error);
    } else {
        db_session_query(starting->session, "VACUUM ANALYZE", starting->deadline, vacuumed, starting);
    }
}

/* ---- the dumps ---- */
static void restored(void *data, const char *error) {
    struct starting *starting = data;
    if (error) {
        fail(starting, error);
        return;
    }
    restore_free(starting->restore);
    starting->restore = NULL;
    starting->restored++;
    restore_next(starting);
}

static void restore_next(struct starting *starting) {
    struct database *database = starting->database;
    while (starting->restored < 2 && !starting->dumps[starting->restored]) starting->restored++;
    if (starting->restored < 2) {
        starting->restore = restore_start(database->run, database->cluster, PRISTINE_DATABASE,
                                          starting->dumps[starting->restored], starting->deadline, restored, starting);
    } else if (starting->dumps[0] || starting->dumps[1]) {
        struct db_address address = cluster_address(database->cluster, PRISTINE_DATABASE, "aot");
        starting->session = db_session_open(database->run, &address, starting->deadline, vacuum_open, starting);
    } else {
        make_work(starting);
    }
}

static void pristine_made(void *data, const struct reply *reply) {
    struct starting *starting = data;
    if (answer_is_good(starting, reply)) restore_next(starting);
}

static void password_set(void *data, const struct reply *reply) {
    struct starting *starting = data;
    if (!answer_is_good(starting, reply)) return;
    if (cluster_is_restored(starting->database->cluster))
        make_work(starting);
    else
        ask(starting, "CREATE DATABASE " PRISTINE_DATABASE " STRATEGY file_copy", pristine_made);
}

/* ---- the first steps ---- */
static void make_password(struct database *database) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(database->password + 2 * i, 3, "%02x", bytes[i]);
}

static void cluster_started(void *data, const char *error) {
    struct database *database = data;
    struct starting *starting = database->starting;
    if (!starting || !starting->wanted) return;
    if (error) {
        fail(starting, error);
        return;
    }
    database->source = memory_copy(PRISTINE_DATABASE, strlen(PRISTINE_DATABASE));
    database->subject = memory_copy(WORK_DATABASE, strlen(WORK_DATABASE));
    make_password(database);
    make_pools(database);
    database_observe(database);
    char text[100];
    snprintf(text, sizeof text, "ALTER ROLE aot PASSWORD '%s'", database->password);
    ask(starting, text, password_set);
}

static void cluster_died(void *data, const char *last_words) {
    struct database *database = data;
    if (database->waits)
        waits_finish(database->waits, run_now(database->run)); /* a dead server's silence is no evidence */
    run_effect(database->run, "postgres died", text_of(database->name), run_now(database->run), run_now(database->run),
               text_of(last_words));
    if (database->starting && database->starting->wanted) fail(database->starting, last_words);
}

static bool begin_cluster(struct native_call *call, struct database *database, struct buffer *error) {
    struct value settings = argument(call, ARGUMENT_SETTINGS);
    size_t count = value_count(settings);
    struct text *pairs = memory_allocate((2 * count + 1) * sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = value_key_at(settings, i);
        pairs[2 * i + 1] = value_text_of(value_at(settings, i));
    }
    struct cluster_request request = { database->limit, pairs, count, database->starting->deadline, NULL, NULL };
    /* With a seed there is more in it than the dump. */
    if (!database->starting->dumps[1]) request.dump = database->starting->dumps[0];
    database->cluster = cluster_start(call->run, &request, cluster_started, cluster_died, database, error);
    memory_release(pairs);
    return database->cluster != NULL;
}

/* The fiber is gone: the handle's own end stops the rest. */
static void cancel(void *state) {
    struct starting *starting = state;
    struct value handle = starting->handle;
    starting->wanted = false;
    if (halt(starting)) end(starting);
    value_release(handle);
}

static char *dump_path(const struct native_call *call, size_t index) {
    struct text path = argument_text(call, index);
    return argument_is_none(call, index) ? NULL : memory_copy(path.bytes, path.length);
}

native_function postgres;
enum native_outcome postgres(struct native_call *call) {
    struct database *database = memory_allocate(sizeof *database);
    struct starting *starting = memory_allocate(sizeof *starting);
    database->run = call->run;
    database->limit = argument_integer(call, ARGUMENT_WAITS_OVER);
    database->starting = starting;
    struct value handle = handle_new(call->run, &database_class, database);
    database->name = memory_copy(handle_name(handle), strlen(handle_name(handle)));
    *starting = (struct starting){ .database = database,
                                   .handle = handle,
                                   .wanted = true,
                                   .began = run_now(call->run),
                                   .deadline = database_deadline(call, start_maximum),
                                   .dumps = { dump_path(call, ARGUMENT_RESTORE), dump_path(call, ARGUMENT_SEED) } };
    struct buffer error = { 0 };
    if (!begin_cluster(call, database, &error)) {
        end(starting);
        value_release(handle);
        enum native_outcome outcome = native_fail(call, "%s", error.bytes);
        buffer_done(&error);
        return outcome;
    }
    enum native_outcome outcome = native_wait(call, "PostgreSQL to start", cancel, starting);
    starting->ticket = native_ticket(call);
    return outcome;
}
