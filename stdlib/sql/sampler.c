/* One connection, one question every 10 ms: who waits since when, and for whom. A question is a transaction of its own in another
 * database, so that no CREATE INDEX CONCURRENTLY waits for the sampler. */
#include "stdlib/sql/sampler.h"
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/quote.h"
#include <stdlib.h>
#include <string.h>

const int64_t sampler_interval = 10 * MILLISECOND;
static const int64_t patience = 5 * SECOND;

struct sampler {
    struct run *run;                  /* whose loop and clock */
    struct waits *waits;              /* told of each sample */
    struct sampler_listener listener; /* and who else */
    struct buffer question;           /* what is asked */
    struct db_session *session;       /* its own */
    struct loop_timer *timer;         /* the next sample */
    int64_t limit;                    /* ns */
    int64_t sent;                     /* when the present question was, on the loop's clock */
    unsigned asked;                   /* how many were */
    int64_t last_server;              /* the last sample's moment, us of the server's clock; 0: none yet */
    int64_t last_run;                 /* the same on the run's */
};

/* A row for each session that waits, or one that says only when it was. waitstart is unset for a moment after the wait's begin. */
static void write_question(struct sampler *sampler, const char *database) {
    struct buffer *out = &sampler->question;
    buffer_append_string(
        out,
        "SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint, w.* FROM (VALUES (1)) one "
        "LEFT JOIN LATERAL ("
        "SELECT l.pid, coalesce(a.leader_pid, l.pid), (extract(epoch FROM l.waitstart) * 1000000)::bigint, "
        "pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(l.pid), ' '), a.application_name, l.relation, a.query "
        "FROM pg_catalog.pg_locks l, LATERAL pg_catalog.pg_stat_get_activity(l.pid) a WHERE NOT l.granted AND "
        "l.waitstart IS NOT NULL "
        "AND a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = ");
    sql_append_literal(out, database);
    buffer_append_string(out, ")) w ON true");
}

static void stop_timer(struct sampler *sampler) {
    if (sampler->timer) loop_timer_stop(sampler->timer);
    sampler->timer = NULL;
}

static void end(struct sampler *sampler) {
    stop_timer(sampler);
    db_session_close(sampler->session);
    sampler->session = NULL;
    sampler->listener.broken(sampler->listener.data);
}

/* ---- a sample ---- */
static void read_blockers(struct seen_wait *seen, const char *list) {
    for (char *rest; *list; list = rest) {
        long process = strtol(list, &rest, 10);
        if (rest == list) break;
        if (process > 0 && seen->blocker_count < SEEN_BLOCKERS) seen->blockers[seen->blocker_count++] = (int)process;
    }
}

static void tell(struct sampler *sampler, const PGresult *result) {
    int rows = PQntuples(result);
    struct wait_sample sample = { .run_now = run_now(sampler->run),
                                  .server_now = strtoll(PQgetvalue(result, 0, 0), NULL, 10),
                                  .limit = sampler->limit,
                                  .heap = run_heap(sampler->run),
                                  .seen = memory_allocate((size_t)rows * sizeof *sample.seen) };
    for (int row = 0; row < rows; row++) {
        if (PQgetisnull(result, row, 1)) continue;
        struct seen_wait *seen = &sample.seen[sample.count++];
        seen->reporter = (int)strtol(PQgetvalue(result, row, 1), NULL, 10);
        seen->process = (int)strtol(PQgetvalue(result, row, 2), NULL, 10);
        seen->began = strtoll(PQgetvalue(result, row, 3), NULL, 10);
        read_blockers(seen, PQgetvalue(result, row, 4));
        seen->relation = (unsigned)strtoul(PQgetvalue(result, row, 6), NULL, 10);
        seen->query = PQgetvalue(result, row, 7);
        seen->self_test = strcmp(PQgetvalue(result, row, 5), SELF_TEST_APPLICATION) == 0;
    }
    waits_sampled(sampler->waits, &sample);
    memory_release(sample.seen);
    int64_t gap = (sample.server_now - sampler->last_server) * MICROSECOND;
    if (sampler->last_server && (gap >= sampler->limit || gap < 0))
        sampler->listener.blind(sampler->listener.data, sampler->last_run, sample.run_now);
    sampler->last_server = sample.server_now;
    sampler->last_run = sample.run_now;
    sampler->listener.looked(sampler->listener.data, sampler->asked);
}

static void look(void *data);

static void answered(void *data, const struct reply *reply) {
    struct sampler *sampler = data;
    if (reply->lost || reply_error(reply) || PQntuples(reply->results[0]) == 0) {
        end(sampler);
        return;
    }
    int64_t next = sampler->sent + sampler_interval;
    sampler->timer = loop_timer_start(run_loop(sampler->run), next, look, sampler);
    tell(sampler, reply->results[0]);
}

static void look(void *data) {
    struct sampler *sampler = data;
    sampler->timer = NULL;
    sampler->sent = loop_now(run_loop(sampler->run));
    sampler->asked++;
    db_session_query(sampler->session, sampler->question.bytes, sampler->sent + patience, answered, sampler);
}

static void opened(void *data, const char *error) {
    struct sampler *sampler = data;
    if (error)
        end(sampler);
    else
        look(sampler);
}

/* ---- its life ---- */
struct sampler *sampler_start(struct run *run, const struct sampler_request *request,
                              const struct sampler_listener *listener) {
    struct sampler *sampler = memory_allocate(sizeof *sampler);
    *sampler = (struct sampler){ .run = run, .waits = request->waits, .listener = *listener, .limit = request->limit };
    write_question(sampler, request->database);
    int64_t deadline = loop_now(run_loop(run)) + patience;
    sampler->session = db_session_open(run, request->address, deadline, opened, sampler);
    return sampler;
}

unsigned sampler_asked(const struct sampler *sampler) {
    return sampler->asked;
}

void sampler_free(struct sampler *sampler) {
    if (!sampler) return;
    stop_timer(sampler);
    db_session_close(sampler->session);
    buffer_done(&sampler->question);
    memory_release(sampler);
}
