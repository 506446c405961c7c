/* postgres(url: …): a server that runs already. Its name is looked up, it is asked what it is and whether the database may be broken,
 * a copy is made, the detector is chosen and tested. One step after the other, each told by the loop; the handle exists from the
 * beginning, so that the run drops whatever there is by then. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/dns/resolver.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/existing.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENT_URL, ARGUMENT_COPY, ARGUMENT_WAITS_OVER };
enum { OLDEST_VERSION = 150000 };
static const int64_t reach_maximum = 15 * SECOND; /* until it has answered */
static const int64_t copy_maximum = 30 * MINUTE;  /* a staging clone may be large */

struct reaching {
    struct database *database;   /* what is being reached */
    struct ticket ticket;        /* who waits for it */
    struct value handle;         /* the db, given to him */
    bool copies;                 /* the work is done on a copy */
    bool named;                  /* --allow-target names the database */
    struct resolver *resolver;   /* of the host's name */
    struct db_session *session;  /* for what it is */
    struct copying *copying;     /* the copy */
    struct detecting *detecting; /* the self-test */
    int64_t began;               /* for the record */
    int64_t deadline;            /* of the present step */
    int64_t last;                /* of all */
};

/* ---- the end ---- */
void reaching_stop(struct database *database) {
    struct reaching *reaching = database->reaching;
    if (!reaching) return;
    if (reaching->resolver) resolver_forget(reaching->resolver);
    db_session_close(reaching->session);
    copy_give_up(reaching->copying);
    detects_give_up(reaching->detecting);
    database->reaching = NULL;
    memory_release(reaching);
}

static void fail(struct reaching *reaching, const char *reason, const char *detail) {
    struct database *database = reaching->database;
    struct run *run = database->run;
    struct ticket ticket = reaching->ticket;
    struct value handle = reaching->handle;
    struct buffer message = { 0 };
    buffer_printf(&message, "postgres: %s%s", reason, detail);
    reaching_stop(database);
    native_wake_failed(run, ticket, "%s", message.bytes);
    value_release(handle);
    buffer_done(&message);
}

static void cancel(void *state) {
    struct reaching *reaching = state;
    struct value handle = reaching->handle;
    reaching_stop(reaching->database);
    value_release(handle);
}

static void succeed(struct reaching *reaching) {
    struct database *database = reaching->database;
    struct run *run = database->run;
    struct ticket ticket = reaching->ticket;
    struct value handle = reaching->handle;
    struct buffer outcome = { 0 };
    database_class.describe(database, &outcome);
    buffer_printf(&outcome, ", database %s%s", database->subject, reaching->copies ? ", a copy" : "");
    run_effect(run, "postgres", text_of(database->existing->target), reaching->began, run_now(run),
               buffer_text(&outcome));
    buffer_done(&outcome);
    reaching_stop(database);
    native_wake(run, ticket, handle);
}

/* ---- the detector ---- */
/* One that does not see what it should proves nothing by its silence. */
static void tested(void *data, bool works) {
    struct reaching *reaching = data;
    struct database *database = reaching->database;
    struct run *run = database->run;
    reaching->detecting = NULL;
    struct buffer outcome = { 0 };
    database_describe_detector(database, &outcome);
    if (works) {
        buffer_append_string(&outcome, "; self-test passed");
    } else {
        buffer_append_string(&outcome, "; self-test failed: lock waits cannot be judged");
        waits_finish(database->waits, run_now(run));
    }
    run_effect(run, "db.detector", text_of(database->name), run_now(run), run_now(run), buffer_text(&outcome));
    buffer_done(&outcome);
    succeed(reaching);
}

static void begin_work(struct reaching *reaching) {
    struct database *database = reaching->database;
    struct existing *existing = database->existing;
    struct db_address work = existing_address(existing, database->subject, "aot");
    struct db_address admin = existing_address(existing, existing_side(existing), existing->admin);
    if (!database->admin) database->admin = pool_new(database->run, &admin);
    database->work = pool_new(database->run, &work);
    database->url = existing_url(existing, database->subject);
    database_observe(database);
    int64_t limit = database->limit;
    if (limit < 10 * MILLISECOND) limit = 10 * MILLISECOND;
    if (limit > SECOND) limit = SECOND;
    reaching->detecting = detects_start(database, limit, reaching->last, tested, reaching);
}

/* ---- the copy ---- */
static void copied(void *data, const char *error) {
    struct reaching *reaching = data;
    reaching->copying = NULL;
    if (error) {
        struct buffer reason = { 0 };
        buffer_printf(&reason, "no copy of %s could be made (%s). `copy: false` works on the database itself",
                      reaching->database->existing->target, error);
        fail(reaching, reason.bytes, "");
        buffer_done(&reason);
    } else {
        begin_work(reaching);
    }
}

static void choose_database(struct reaching *reaching) {
    struct database *database = reaching->database;
    struct existing *existing = database->existing;
    char name[60];
    db_session_close(reaching->session);
    reaching->session = NULL;
    snprintf(name, sizeof name, "aot_%s_work", existing->id);
    const char *subject = reaching->copies ? name : existing->database;
    database->source = memory_copy(existing->database, strlen(existing->database));
    database->subject = memory_copy(subject, strlen(subject));
    if (!reaching->copies) {
        begin_work(reaching);
        return;
    }
    struct db_address admin = existing_address(existing, existing_side(existing), existing->admin);
    database->admin = pool_new(database->run, &admin);
    reaching->copying = copy_make(database, database->subject, reaching->last, copied, reaching);
}

/* ---- what it is ---- */
enum { FACT_STANDBY, FACT_MARK, FACT_SUPERUSER, FACT_MAY_SET, FACT_ENGLISH, FACT_LOGS, FACT_TIMEOUT, FACT_MAY_READ };
static const char facts_query_text[] =
    "SELECT pg_catalog.pg_is_in_recovery(), coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), ''), "
    "r.rolsuper, "
    "pg_catalog.has_parameter_privilege('deadlock_timeout', 'SET') AND "
    "pg_catalog.has_parameter_privilege('log_lock_waits', 'SET') "
    "AND pg_catalog.has_parameter_privilege('lc_messages', 'SET'), "
    "pg_catalog.current_setting('lc_messages') ~ '^(C|POSIX|en)', pg_catalog.current_setting('log_lock_waits') = 'on', "
    "(SELECT setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'), "
    "r.rolsuper OR (pg_catalog.has_function_privilege('pg_catalog.pg_current_logfile(text)', 'EXECUTE') AND "
    "pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text)', 'EXECUTE') AND "
    "pg_catalog.has_function_privilege('pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE') AND "
    "pg_catalog.pg_has_role('pg_read_server_files', 'USAGE')) "
    "FROM pg_catalog.pg_database d, pg_catalog.pg_roles r WHERE d.datname = pg_catalog.current_database() AND "
    "r.rolname = current_user";

static bool is_true(const PGresult *result, int column) {
    return *PQgetvalue(result, 0, column) == 't';
}

static bool may_break(struct reaching *reaching, const char *comment) {
    const struct existing *existing = reaching->database->existing;
    if (text_starts(text_of(comment), TEXT(SCRATCH_MARK)) || reaching->named) return true;
    struct buffer reason = { 0 };
    buffer_printf(
        &reason,
        "%s is not marked as scratch, and what is done to it here may break it. If it may be broken, mark it: "
        "COMMENT ON DATABASE \"%s\" IS '" SCRATCH_MARK "'; or allow this run to by --allow-target %s",
        existing->target, existing->database, existing->target);
    fail(reaching, reason.bytes, "");
    buffer_done(&reason);
    return false;
}

static void log_known(void *data, const struct reply *reply) {
    struct reaching *reaching = data;
    bool good = !reply->lost && !reply_error(reply);
    reaching->database->existing->log_is_readable = good && !PQgetisnull(reply->results[0], 0, 0);
    choose_database(reaching);
}

static void facts_known(void *data, const struct reply *reply) {
    struct reaching *reaching = data;
    struct existing *existing = reaching->database->existing;
    PGresult *error = reply_error(reply);
    if (reply->lost || error || PQntuples(reply->results[0]) != 1) {
        fail(reaching, "the server did not say what it is: ",
             reply->lost ? reply->lost
             : error     ? PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY)
                         : "no such role");
        return;
    }
    const PGresult *facts = reply->results[0];
    if (is_true(facts, FACT_STANDBY)) {
        fail(reaching, existing->target, " is a standby: nothing can be changed there");
        return;
    }
    int64_t timeout = strtoll(PQgetvalue(facts, 0, FACT_TIMEOUT), NULL, 10) * MILLISECOND;
    existing->superuser = is_true(facts, FACT_SUPERUSER);
    existing->may_set = is_true(facts, FACT_MAY_SET);
    existing->logs_waits =
        is_true(facts, FACT_ENGLISH) && is_true(facts, FACT_LOGS) && timeout == reaching->database->limit;
    if (!may_break(reaching, PQgetvalue(facts, 0, FACT_MARK))) return;
    if (is_true(facts, FACT_MAY_READ))
        db_session_query(reaching->session, "SELECT pg_catalog.pg_current_logfile('jsonlog')", reaching->deadline,
                         log_known, reaching);
    else
        choose_database(reaching);
}

static void version_known(void *data, const struct reply *reply) {
    struct reaching *reaching = data;
    struct existing *existing = reaching->database->existing;
    PGresult *error = reply_error(reply);
    if (reply->lost || error) {
        fail(reaching, "the server did not say what it is: ",
             reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
        return;
    }
    const char *version = PQgetvalue(reply->results[0], 0, 1);
    existing->version = memory_copy(version, strcspn(version, " "));
    if (strtol(PQgetvalue(reply->results[0], 0, 0), NULL, 10) < OLDEST_VERSION)
        fail(reaching, "PostgreSQL 15 or later is needed; the server is ", version);
    else
        db_session_query(reaching->session, facts_query_text, reaching->deadline, facts_known, reaching);
}

/* ---- the connection ---- */
static const char *hint_of(const char *error) {
    if (strstr(error, "unrecognized configuration parameter")) return " (PostgreSQL 15 or later is needed)";
    if (strstr(error, "startup parameter")) return " (a pooler? the URL should be the server's own)";
    return "";
}

static void opened(void *data, const char *error) {
    struct reaching *reaching = data;
    if (!error) {
        db_session_query(
            reaching->session,
            "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('server_version')",
            reaching->deadline, version_known, reaching);
        return;
    }
    struct buffer reason = { 0 };
    buffer_printf(&reason, "%s cannot be reached: %s%s", reaching->database->existing->target, error, hint_of(error));
    fail(reaching, reason.bytes, "");
    buffer_done(&reason);
}

static void connect_to(struct reaching *reaching, const char *address) {
    struct existing *existing = reaching->database->existing;
    existing_set_address(existing, address);
    struct db_address database = existing_address(existing, existing->database, "aot");
    reaching->session = db_session_open(reaching->database->run, &database, reaching->deadline, opened, reaching);
}

/* The best address: "192.0.2.1" of "192.0.2.1,[2001:db8::1]". */
static void resolved(void *data, const struct resolver_answer *answer) {
    struct reaching *reaching = data;
    reaching->resolver = NULL;
    if (answer->problem) {
        struct buffer reason = { 0 };
        buffer_printf(&reason, "%s cannot be reached: %s: %s", reaching->database->existing->target,
                      reaching->database->existing->host, answer->problem);
        fail(reaching, reason.bytes, "");
        buffer_done(&reason);
        return;
    }
    char address[64];
    const char *first = answer->addresses + (*answer->addresses == '[');
    snprintf(address, sizeof address, "%.*s", (int)strcspn(first, "],"), first);
    connect_to(reaching, address);
}

/* ---- the call ---- */
native_function postgres_at;
enum native_outcome postgres_at(struct native_call *call) {
    if (argument_is_none(call, ARGUMENT_URL))
        return native_fail(call, "postgres: `url` is none; without it there is a scratch cluster");
    struct buffer problem = { 0 };
    struct existing *existing = existing_new(call->run, argument_text(call, ARGUMENT_URL), &problem);
    bool may = existing && native_may_reach(call, "SQL that changes something", text_of(existing->target), &problem);
    if (!may) {
        enum native_outcome outcome = native_fail(call, "postgres: %s", problem.bytes);
        existing_free(existing);
        buffer_done(&problem);
        return outcome;
    }
    struct database *database = memory_allocate(sizeof *database);
    struct reaching *reaching = memory_allocate(sizeof *reaching);
    database->run = call->run;
    database->existing = existing;
    database->limit = argument_integer(call, ARGUMENT_WAITS_OVER);
    database->reaching = reaching;
    struct value handle = handle_new(call->run, &database_class, database);
    database->name = memory_copy(handle_name(handle), strlen(handle_name(handle)));
    *reaching = (struct reaching){ .database = database,
                                   .handle = handle,
                                   .copies = argument_boolean(call, ARGUMENT_COPY),
                                   .named = run_target_is_named(call->run, text_of(existing->target)),
                                   .began = run_now(call->run),
                                   .deadline = database_deadline(call, reach_maximum),
                                   .last = database_deadline(call, copy_maximum) };
    enum native_outcome outcome = native_wait(call, "the server to answer", cancel, reaching);
    reaching->ticket = native_ticket(call);
    if (existing_is_named(existing)) {
        int64_t patience = reaching->deadline - loop_now(run_loop(call->run));
        reaching->resolver =
            resolver_ask(run_loop(call->run), NULL, existing->host, patience > 0 ? patience : 0, resolved, reaching);
    } else {
        connect_to(reaching, NULL);
    }
    return outcome;
}
