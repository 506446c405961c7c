/* db.replica(): a server of its own that begins as a copy of another one and follows it by streaming replication. It has come about
 * when the other one says that it streams. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"

#include <stdio.h>
#include <string.h>

enum { ARGUMENT_SELF, ARGUMENT_THROUGH, ARGUMENT_TIMEOUT };

struct replicating {
    struct database *database;  /* what is being made */
    struct database *origin;    /* what it follows */
    struct value origin_handle; /* its; owned */
    struct ticket ticket;
    struct value handle;       /* the new db's, given to who waits */
    bool wanted;               /* he still waits */
    char *through;             /* host:port by which it follows; owned; NULL: by the socket */
    struct question *question; /* to the origin */
    int64_t began, deadline;
};

static void end(struct replicating *replicating) {
    struct value origin = replicating->origin_handle;
    question_drop(replicating->question);
    replicating->database->replicating = NULL;
    memory_release(replicating->through);
    memory_release(replicating);
    value_release(origin);
}

void replicating_stop(struct database *database) {
    if (!database->replicating) return;
    database->replicating->wanted = false;
    end(database->replicating);
}

static void fail(struct replicating *replicating, const char *reason) {
    struct run *run = replicating->database->run;
    struct ticket ticket = replicating->ticket;
    struct value handle = replicating->handle;
    bool wanted = replicating->wanted;
    struct buffer message = { 0 };
    buffer_printf(&message, "db.replica: %s", reason);
    replicating->wanted = false;
    end(replicating);
    if (wanted) native_wake_failed(run, ticket, "%s", message.bytes);
    if (wanted) value_release(handle);
    buffer_done(&message);
}

/* False, and over, when the answer is no good. */
static bool answer_is_good(struct replicating *replicating, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    replicating->question = NULL;
    if (!reply->lost && !error) return true;
    fail(replicating, reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
    return false;
}

static void ask(struct replicating *replicating, const char *text, db_session_done *answered) {
    replicating->question =
        question_ask(replicating->origin->admin, text, replicating->deadline, answered, replicating);
}

/* ---- the last steps ---- */
static void streams(void *data, const struct reply *reply) {
    struct replicating *replicating = data;
    if (!answer_is_good(replicating, reply)) return;
    struct database *database = replicating->database;
    struct run *run = database->run;
    struct ticket ticket = replicating->ticket;
    struct value handle = replicating->handle;
    struct buffer outcome = { 0 };
    database_class.describe(database, &outcome);
    run_effect(run, "postgres", TEXT("replica"), replicating->began, run_now(run), buffer_text(&outcome));
    buffer_done(&outcome);
    end(replicating);
    native_wake(run, ticket, handle);
}

/* How the origin knows it: "aot_db_2". */
static void follower_name(const struct database *database, struct buffer *out) {
    buffer_append_string(out, "aot_");
    for (const char *at = database->name; *at; at++) buffer_append_byte(out, *at == '#' ? '_' : *at);
}

static void await_stream(struct replicating *replicating) {
    struct buffer text = { 0 };
    int64_t left = (replicating->deadline - loop_now(run_loop(replicating->database->run))) / (5 * MILLISECOND);
    buffer_printf(&text,
                  "DO $$BEGIN FOR i IN 1..%lld LOOP PERFORM pg_stat_clear_snapshot(); "
                  "IF EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming' AND application_name = '",
                  (long long)(left > 1 ? left : 1));
    follower_name(replicating->database, &text);
    buffer_append_string(&text, "') THEN RETURN; END IF; PERFORM pg_sleep(0.005); END LOOP; "
                                "RAISE 'the replica does not stream from it'; END$$");
    ask(replicating, text.bytes, streams);
    buffer_done(&text);
}

static void cluster_started(void *data, const char *error) {
    struct database *database = data;
    struct replicating *replicating = database->replicating;
    if (!replicating || !replicating->wanted) return;
    if (error) {
        fail(replicating, error);
        return;
    }
    database->source = memory_copy(PRISTINE_DATABASE, strlen(PRISTINE_DATABASE));
    database->subject = memory_copy(WORK_DATABASE, strlen(WORK_DATABASE));
    struct db_address work = cluster_address(database->cluster, WORK_DATABASE, "aot");
    struct db_address admin = cluster_address(database->cluster, "postgres", "aot admin");
    database->work = pool_new(database->run, &work);
    database->admin = pool_new(database->run, &admin);
    database_observe(database);
    memcpy(database->password, replicating->origin->password, sizeof database->password);
    database_place(database);
    await_stream(replicating);
}

static void cluster_died(void *data, const char *last_words) {
    struct database *database = data;
    if (database->waits) waits_finish(database->waits, run_now(database->run));
    run_effect(database->run, "postgres died", text_of(database->name), run_now(database->run), run_now(database->run),
               text_of(last_words));
    if (database->replicating && database->replicating->wanted) fail(database->replicating, last_words);
}

/* ---- the first steps ---- */
static void append_origin(const struct replicating *replicating, struct buffer *out) {
    const struct database *origin = replicating->origin;
    if (replicating->through) {
        const char *colon = strrchr(replicating->through, ':');
        buffer_printf(out, "host=%.*s port=%s", (int)(colon - replicating->through), replicating->through, colon + 1);
    } else {
        buffer_printf(out, "host=%s port=%d", cluster_folder(origin->cluster), cluster_port(origin->cluster));
    }
    buffer_printf(out, " user=aot password=%s application_name=", origin->password);
    follower_name(replicating->database, out);
}

/* What it has of the origin's own settings comes with the copy; these are its own. */
static void begin_cluster(struct replicating *replicating) {
    struct database *database = replicating->database;
    struct buffer origin = { 0 }, error = { 0 };
    append_origin(replicating, &origin);
    struct text settings[] = { TEXT("wal_level"),
                               TEXT("replica"),
                               TEXT("max_wal_senders"),
                               TEXT("8"),
                               TEXT("hot_standby"),
                               TEXT("on"),
                               TEXT("wal_receiver_status_interval"),
                               TEXT("1s"),
                               TEXT("wal_retrieve_retry_interval"),
                               TEXT("200ms"),
                               TEXT("primary_conninfo"),
                               buffer_text(&origin) };
    struct cluster_request request = { .waits_over = database->limit,
                                       .settings = settings,
                                       .setting_count = sizeof settings / sizeof settings[0] / 2,
                                       .deadline = replicating->deadline,
                                       .origin = replicating->origin->cluster };
    database->cluster = cluster_start(database->run, &request, cluster_started, cluster_died, database, &error);
    buffer_done(&origin);
    if (!database->cluster) fail(replicating, error.bytes);
    buffer_done(&error);
}

static void origin_known(void *data, const struct reply *reply) {
    struct replicating *replicating = data;
    if (answer_is_good(replicating, reply)) begin_cluster(replicating);
}

static void cancel(void *state) {
    struct replicating *replicating = state;
    struct value handle = replicating->handle;
    replicating->wanted = false;
    end(replicating);
    value_release(handle);
}

/* ---- the native ---- */
static bool reads_through(struct text through, struct buffer *problem) {
    size_t colon = SIZE_MAX;
    for (size_t i = 0; i < through.length; i++)
        if (through.bytes[i] == ':') colon = i;
    bool good = colon != SIZE_MAX && colon > 0 && colon + 1 < through.length;
    for (size_t i = 0; good && i < through.length; i++) {
        char byte = through.bytes[i];
        bool digit = byte >= '0' && byte <= '9';
        good = i == colon || digit || (i < colon && byte == '.');
    }
    if (!good)
        buffer_printf(problem, "through: \"%.*s\" is no address such as \"127.0.0.1:5433\": a proxy's `address`",
                      TEXT_ARGS(through));
    return good;
}

static bool may_be_followed(struct native_call *call, struct database *origin, struct buffer *problem) {
    if (!origin || !origin->cluster || !origin->admin)
        buffer_append_string(problem, "only a scratch server that the run has started can be followed");
    else if (cluster_process(origin->cluster) <= 0)
        buffer_append_string(problem, "its server does not run any more");
    else if (argument_integer(call, ARGUMENT_TIMEOUT) <= 0)
        buffer_append_string(problem, "the timeout must be above 0s");
    else if (!argument_is_none(call, ARGUMENT_THROUGH))
        reads_through(argument_text(call, ARGUMENT_THROUGH), problem);
    return !problem->length;
}

/* The server itself says what it lacks, before anything is copied. */
static const char asks_origin[] =
    "DO $$BEGIN IF current_setting('wal_level') = 'minimal' OR current_setting('max_wal_senders')::int < 2 THEN "
    "RAISE 'this server writes too little for a replica: postgres(settings: { \"wal_level\": \"replica\", "
    "\"max_wal_senders\": \"8\" })'; END IF; END$$";

native_function db_replica;
enum native_outcome db_replica(struct native_call *call) {
    struct database *origin = database_of(argument(call, ARGUMENT_SELF));
    struct buffer problem = { 0 };
    if (!may_be_followed(call, origin, &problem)) {
        native_fail(call, "db.replica: %s", problem.bytes);
        buffer_done(&problem);
        return NATIVE_FAIL;
    }
    struct database *database = memory_allocate(sizeof *database);
    struct replicating *replicating = memory_allocate(sizeof *replicating);
    struct text through = argument_text(call, ARGUMENT_THROUGH);
    database->run = call->run;
    database->limit = origin->limit;
    database->replicating = replicating;
    struct value handle = handle_new(call->run, &database_class, database);
    database->name = memory_copy(handle_name(handle), strlen(handle_name(handle)));
    *replicating =
        (struct replicating){ .database = database,
                              .origin = origin,
                              .origin_handle = value_retain(argument(call, ARGUMENT_SELF)),
                              .handle = handle,
                              .wanted = true,
                              .through = through.length ? memory_copy(through.bytes, through.length) : NULL,
                              .began = run_now(call->run),
                              .deadline = database_deadline(call, argument_integer(call, ARGUMENT_TIMEOUT)) };
    enum native_outcome outcome = native_wait(call, "a replica to stream", cancel, replicating);
    replicating->ticket = native_ticket(call);
    ask(replicating, asks_origin, origin_known);
    return outcome;
}
