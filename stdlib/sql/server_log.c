/* One connection, one question every 20 ms: the log's next bytes, which file is the present one, and what time it is by the log's
 * clock. A rotated file is read to its end before the next one is begun. */
#include "stdlib/sql/server_log.h"
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/quote.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const int64_t look_every = 20 * MILLISECOND;
static const int64_t patience = 5 * SECOND;
enum { AT_ONCE = 1 << 18 };

struct server_log {
    struct run *run;            /* whose loop */
    struct log *log;            /* cuts the lines, tells them */
    struct db_session *session; /* its own */
    struct loop_timer *timer;   /* the next look */
    char *path;                 /* of the file being read; NULL before the first answer */
    int64_t offset;             /* how far it was read */
    void (*broken)(void *data); /* of the end of evidence */
    void *data;                 /* his */
};

static void look(void *data);

static void end(struct server_log *server_log) {
    db_session_close(server_log->session);
    server_log->session = NULL;
    server_log->broken(server_log->data);
}

static void begin_file(struct server_log *server_log, const char *path, int64_t offset) {
    memory_release(server_log->path);
    server_log->path = memory_copy(path, strlen(path));
    server_log->offset = offset;
}

/* "\x61…": bytea as text. */
static void decode(const char *hex, struct buffer *out) {
    static const char digits[] = "0123456789abcdef";
    for (hex += strncmp(hex, "\\x", 2) == 0 ? 2 : 0; hex[0] && hex[1]; hex += 2) {
        const char *high = strchr(digits, hex[0]), *low = strchr(digits, hex[1]);
        if (high && low) buffer_append_byte(out, (char)((high - digits) << 4 | (low - digits)));
    }
}

static void take(struct server_log *server_log, const PGresult *result) {
    const char *present = PQgetvalue(result, 0, 0);
    int64_t log_now = strtoll(PQgetvalue(result, 0, 1), NULL, 10) * MICROSECOND;
    struct buffer bytes = { 0 };
    decode(PQgetvalue(result, 0, 2), &bytes);
    server_log->offset += (int64_t)bytes.length;
    bool at_end = bytes.length == 0, rotated = strcmp(present, server_log->path) != 0;
    if (at_end && rotated && *present) begin_file(server_log, present, 0);
    int64_t wait = bytes.length == AT_ONCE ? 0 : look_every;
    struct loop *loop = run_loop(server_log->run);
    server_log->timer = loop_timer_start(loop, loop_now(loop) + wait, look, server_log);
    log_feed(server_log->log, buffer_text(&bytes), log_now);
    buffer_done(&bytes);
}

static void answered(void *data, const struct reply *reply) {
    struct server_log *server_log = data;
    if (reply->lost || reply_error(reply))
        end(server_log);
    else
        take(server_log, reply->results[0]);
}

static void found(void *data, const struct reply *reply) {
    struct server_log *server_log = data;
    const PGresult *last = reply->count ? reply->results[reply->count - 1] : NULL;
    if (reply->lost || reply_error(reply) || PQntuples(last) == 0 || PQgetisnull(last, 0, 0)) {
        end(server_log);
        return;
    }
    begin_file(server_log, PQgetvalue(last, 0, 0), strtoll(PQgetvalue(last, 0, 1), NULL, 10));
    look(server_log);
}

static void ask(struct server_log *server_log, const char *text, db_session_done *done) {
    int64_t deadline = loop_now(run_loop(server_log->run)) + patience;
    db_session_query(server_log->session, text, deadline, done, server_log);
}

static void look(void *data) {
    struct server_log *server_log = data;
    server_log->timer = NULL;
    struct buffer text = { 0 };
    buffer_append_string(
        &text, "SELECT pg_catalog.pg_current_logfile('jsonlog'), (extract(epoch FROM pg_catalog.clock_timestamp() AT "
               "TIME ZONE pg_catalog.current_setting('log_timezone')) * 1000000)::bigint, "
               "pg_catalog.pg_read_binary_file(");
    sql_append_literal(&text, server_log->path);
    buffer_printf(&text, ", %" PRId64 ", %d, true)", server_log->offset, AT_ONCE);
    ask(server_log, text.bytes, answered);
    buffer_done(&text);
}

static void opened(void *data, const char *error) {
    struct server_log *server_log = data;
    if (error)
        end(server_log);
    else
        ask(server_log,
            "SET bytea_output = 'hex'; SELECT f, (pg_catalog.pg_stat_file(f)).size FROM "
            "pg_catalog.pg_current_logfile('jsonlog') f",
            found);
}

struct server_log *server_log_follow(struct run *run, const struct db_address *address,
                                     void (*line)(void *data, const struct log_line *line), void (*broken)(void *data),
                                     void *data) {
    struct server_log *server_log = memory_allocate(sizeof *server_log);
    *server_log = (struct server_log){ .run = run, .broken = broken, .data = data };
    server_log->log = log_of_feed(run, line, data);
    int64_t deadline = loop_now(run_loop(run)) + patience;
    server_log->session = db_session_open(run, address, deadline, opened, server_log);
    return server_log;
}

void server_log_free(struct server_log *server_log) {
    if (!server_log) return;
    if (server_log->timer) loop_timer_stop(server_log->timer);
    db_session_close(server_log->session);
    log_free(server_log->log);
    memory_release(server_log->path);
    memory_release(server_log);
}
