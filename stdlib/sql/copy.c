/* Copies of the database as it was restored, or as it is on a server given by its URL: CREATE DATABASE … TEMPLATE. That needs a
 * template that nobody is connected to; on somebody else's server aot's own connections are closed for it, and others are told of. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/existing.h"
#include "stdlib/sql/quote.h"
#include <string.h>

struct copying {
    struct database *database; /* whose */
    char *name;                /* of the copy */
    int64_t deadline;          /* of all */
    struct question *question; /* to the server */
    void (*made)(void *data, const char *error);
    void *data; /* his */
};

void copy_give_up(struct copying *copying) {
    if (!copying) return;
    question_drop(copying->question);
    memory_release(copying->name);
    memory_release(copying);
}

static void finish(struct copying *copying, const char *error) {
    void (*made)(void *, const char *) = copying->made;
    void *data = copying->data;
    copy_give_up(copying);
    made(data, error);
}

static void ask(struct copying *copying, const char *text, db_session_done *answered) {
    copying->question = question_ask(copying->database->admin, text, copying->deadline, answered, copying);
}

static const char *hint_of(const char *state) {
    if (!state) return "";
    if (strcmp(state, "55006") == 0) return ". A copy needs a database that nobody is connected to: stop what uses it";
    if (strcmp(state, "42501") == 0)
        return ". A copy needs a role that owns the database and has CREATEDB (ALTER ROLE … CREATEDB), or a superuser";
    return "";
}

/* False, and over, when the server did not do it. */
static bool is_good(struct copying *copying, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    copying->question = NULL;
    if (!reply->lost && !error) return true;
    struct buffer words = { 0 };
    if (reply->lost) {
        buffer_append_string(&words, reply->lost);
    } else {
        const char *detail = PQresultErrorField(error, PG_DIAG_MESSAGE_DETAIL);
        buffer_append_string(&words, PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
        if (detail) buffer_printf(&words, ": %.*s", (int)strcspn(detail, "."), detail);
        buffer_append_string(&words, hint_of(PQresultErrorField(error, PG_DIAG_SQLSTATE)));
    }
    finish(copying, words.bytes);
    buffer_done(&words);
    return false;
}

static void prepared(void *data, const struct reply *reply) {
    struct copying *copying = data;
    if (is_good(copying, reply)) finish(copying, NULL);
}

/* Whoever finds it later knows what it is. Its lock waits are logged where the role may say so. */
static void created(void *data, const struct reply *reply) {
    struct copying *copying = data;
    struct existing *existing = copying->database->existing;
    /* Without an answer it may still be made: whoever drops it ends that first. */
    if (existing && !reply->lost && reply_error(reply)) existing_forget(existing, copying->name);
    if (!is_good(copying, reply)) return;
    if (!existing) {
        finish(copying, NULL);
        return;
    }
    struct buffer text = { 0 };
    buffer_printf(&text, "COMMENT ON DATABASE %s IS '" SCRATCH_MARK ", a copy that aot made'", copying->name);
    if (existing->may_set)
        buffer_printf(&text,
                      "; ALTER DATABASE %s SET log_lock_waits = on; ALTER DATABASE %s SET lc_messages = 'C'; "
                      "ALTER DATABASE %s SET deadlock_timeout = '%lldms'",
                      copying->name, copying->name, copying->name,
                      (long long)((copying->database->limit + MILLISECOND - 1) / MILLISECOND));
    ask(copying, text.bytes, prepared);
    buffer_done(&text);
}

static void create(struct copying *copying) {
    struct existing *existing = copying->database->existing;
    struct buffer text = { 0 };
    if (existing && !existing_will_copy(existing, copying->name, &text)) {
        finish(copying, text.bytes);
        buffer_done(&text);
        return;
    }
    buffer_printf(&text, "CREATE DATABASE %s TEMPLATE ", copying->name);
    sql_append_name(&text, copying->database->source);
    buffer_append_string(&text, " STRATEGY file_copy");
    ask(copying, text.bytes, created);
    buffer_done(&text);
}

static void alone(void *data, const struct reply *reply) {
    struct copying *copying = data;
    if (is_good(copying, reply)) create(copying);
}

/* A session that was closed takes a moment to go. The server itself would wait for all of five seconds. */
static void wait_for_others(struct copying *copying) {
    struct buffer text = { 0 };
    buffer_append_string(
        &text, "DO $aot$DECLARE others bigint; BEGIN FOR i IN 1..100 LOOP PERFORM pg_catalog.pg_stat_clear_snapshot(); "
               "SELECT pg_catalog.count(*) INTO others FROM pg_catalog.pg_stat_activity WHERE datname = ");
    sql_append_literal(&text, copying->database->source);
    buffer_append_string(
        &text,
        "; IF others = 0 THEN RETURN; END IF; PERFORM pg_catalog.pg_sleep(0.01); END LOOP; "
        "RAISE object_in_use USING MESSAGE = 'it is being accessed by ' || others || ' other session(s)'; END$aot$");
    ask(copying, text.bytes, alone);
    buffer_done(&text);
}

struct copying *copy_make(struct database *database, const char *name, int64_t deadline,
                          void (*made)(void *data, const char *error), void *data) {
    struct copying *copying = memory_allocate(sizeof *copying);
    *copying = (struct copying){
        .database = database, .name = memory_copy(name, strlen(name)), .deadline = deadline, .made = made, .data = data
    };
    if (database->existing) {
        if (database->work) pool_rest(database->work);
        wait_for_others(copying);
    } else {
        create(copying);
    }
    return copying;
}
