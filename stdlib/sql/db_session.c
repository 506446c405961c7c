/* libpq driven by the loop. A session owns its connection, its results until they are told, and one timer: the
 * deadline.
 * It must never call what waits (PQexec, PQgetResult while busy), and never touch itself after a callback. */
#include "stdlib/sql/db_session.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/vector.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum session_stage { SESSION_OPENING, SESSION_IDLE, SESSION_BUSY, SESSION_LOST };

enum { PLANS_MAXIMUM = 64 };

/* A statement that the server knows by the name aN, N being its place. */
struct plan {
    char *text; /* owned */
    bool known; /* it was sent, and the server has not refused it */
};

struct db_session {
    struct run *run;                                 /* whose loop it lives on */
    PGconn *connection;                              /* libpq's */
    int descriptor;                                  /* our duplicate of its socket: libpq closes its own as it likes */
    int socket;                                      /* the number of libpq's, to see a change while connecting */
    struct loop_watch *watch;                        /* of the duplicate */
    int events;                                      /* what is watched */
    struct loop_timer *timer;                        /* the deadline, or now when a failure is to be told */
    int64_t asked_at;                                /* when the present thing was asked */
    enum session_stage stage;                        /* where it stands */
    bool pipelined;                                  /* the present thing is in pipeline mode */
    bool prepares;                                   /* see db_session_prepare */
    struct VECTOR(struct plan) plans;                /* by name */
    struct VECTOR(size_t) preparing;                 /* of each result to come: 1 + its plan, or 0: an answer */
    size_t received;                                 /* results of those */
    unsigned generation;                             /* of names: how often plans were forgotten */
    size_t syncs;                                    /* how many sync points are still to come */
    struct VECTOR(PGresult *) results;               /* so far */
    struct text rows;                                /* of COPY, still to be sent */
    bool copying;                                    /* the server waits for rows */
    char *lost;                                      /* why there will be no answer */
    db_session_opened *opened;                       /* while opening */
    db_session_done *done;                           /* while busy */
    void *data;                                      /* of either */
    void (*notice)(void *data, const char *message); /* or NULL */
    void *notice_data;                               /* its */
};

static void forget_plans(struct db_session *session) {
    for (size_t i = 0; i < session->plans.count; i++) memory_release(session->plans.items[i].text);
    VECTOR_DONE(&session->plans);
    session->generation++;
}

static void ready(void *data, int events);
static void expired(void *data);

/* ---- the loop's side ---- */
static void watch_for(struct db_session *session, int events) {
    if (session->watch && session->events != events) loop_watch_change(session->watch, events);
    session->events = events;
}

static void unwatch(struct db_session *session) {
    if (session->watch) loop_watch_stop(session->watch);
    session->watch = NULL;
    if (session->descriptor >= 0) close(session->descriptor);
    session->descriptor = -1;
}

static bool rewatch(struct db_session *session, int events) {
    unwatch(session);
    session->socket = PQsocket(session->connection);
    session->descriptor = session->socket >= 0 ? dup(session->socket) : -1;
    if (session->descriptor < 0) return false;
    session->events = events;
    session->watch = loop_watch_start(run_loop(session->run), session->descriptor, events, ready, session);
    return true;
}

static void disarm(struct db_session *session) {
    if (session->timer) loop_timer_stop(session->timer);
    session->timer = NULL;
}

static void arm(struct db_session *session, int64_t at) {
    disarm(session);
    if (at == INT64_MAX) return;
    session->timer = loop_timer_start(run_loop(session->run), at, expired, session);
}

/* ---- the end of what was asked ---- */
static void set_lost(struct db_session *session, const char *reason) {
    if (session->lost) return;
    size_t length = strcspn(reason, "\n");
    session->lost = memory_copy(reason, length);
}

static void tell_opened(struct db_session *session) {
    db_session_opened *opened = session->opened;
    char *lost = session->lost ? memory_copy(session->lost, strlen(session->lost)) : NULL;
    session->opened = NULL;
    disarm(session);
    session->stage = lost ? SESSION_LOST : SESSION_IDLE;
    if (lost) unwatch(session);
    opened(session->data, lost);
    memory_release(lost);
}

static void tell_done(struct db_session *session) {
    db_session_done *done = session->done;
    struct VECTOR(PGresult *) results = { session->results.items, session->results.count, session->results.capacity };
    char *lost = session->lost ? memory_copy(session->lost, strlen(session->lost)) : NULL;
    memset(&session->results, 0, sizeof session->results);
    session->done = NULL;
    session->copying = false;
    disarm(session);
    session->stage = lost ? SESSION_LOST : SESSION_IDLE;
    if (lost) unwatch(session);
    done(session->data, &(struct reply){ results.items, results.count, lost });
    for (size_t i = 0; i < results.count; i++) PQclear(results.items[i]);
    VECTOR_DONE(&results);
    memory_release(lost);
}

static void tell(struct db_session *session) {
    if (session->opened) {
        tell_opened(session);
    } else if (session->done) {
        tell_done(session);
    }
}

/* A failure found while being asked is told from the loop, like everything. */
static void fail_soon(struct db_session *session, const char *reason) {
    set_lost(session, reason);
    arm(session, loop_now(run_loop(session->run)));
}

static void expired(void *data) {
    struct db_session *session = data;
    session->timer = NULL;
    if (!session->lost) {
        struct buffer reason = { 0 };
        buffer_append_string(&reason, "no answer within ");
        duration_print(&reason, loop_now(run_loop(session->run)) - session->asked_at);
        set_lost(session, reason.bytes);
        buffer_done(&reason);
    }
    tell(session);
}

/* ---- opening ---- */
static void poll_connection(struct db_session *session) {
    PostgresPollingStatusType status = PQconnectPoll(session->connection);
    if (status == PGRES_POLLING_OK) {
        PQsetnonblocking(session->connection, 1);
        if (!rewatch(session, LOOP_READABLE)) set_lost(session, "too many open files");
        tell(session);
    } else if (status == PGRES_POLLING_FAILED) {
        set_lost(session, PQerrorMessage(session->connection));
        tell(session);
    } else {
        int events = status == PGRES_POLLING_READING ? LOOP_READABLE : LOOP_WRITABLE;
        if (rewatch(session, events)) return;
        set_lost(session, "too many open files");
        tell(session);
    }
}

static void receive_notice(void *data, const PGresult *result) {
    struct db_session *session = data;
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (session->notice && message) session->notice(session->notice_data, message);
}

/* The first `dbname` is read as a connection string, what stands behind it goes before what that says. */
static PGconn *begin_given_connection(const struct db_address *address, const char *options) {
    const char *const names[] = { "dbname",          "dbname",     "application_name", "options",
                                  "client_encoding", "gssencmode", "connect_timeout",  NULL };
    const char *const values[] = {
        address->base, address->database, address->application, options, "UTF8", "disable", "0", NULL
    };
    return PQconnectStartParams(names, values, 1);
}

static PGconn *begin_connection(const struct db_address *address) {
    char port[16];
    snprintf(port, sizeof port, "%d", address->port);
    struct buffer options = { 0 };
    buffer_printf(&options, "-c client_connection_check_interval=500 %s", address->options ? address->options : "");
    if (address->base) {
        PGconn *given = begin_given_connection(address, options.bytes);
        buffer_done(&options);
        return given;
    }
    /* Every setting that the environment could bend is given. */
    const char *const names[] = {
        "host",    "port",       "dbname",          "user",    "application_name", "options", "client_encoding",
        "sslmode", "gssencmode", "connect_timeout", "service", "passfile",         NULL
    };
    const char *const values[] = { address->host,
                                   port,
                                   address->database,
                                   address->user,
                                   address->application,
                                   options.bytes,
                                   "UTF8",
                                   "disable",
                                   "disable",
                                   "0",
                                   NULL,
                                   "/nonexistent",
                                   NULL };
    PGconn *connection = PQconnectStartParams(names, values, 0);
    buffer_done(&options);
    return connection;
}

struct db_session *db_session_open(struct run *run, const struct db_address *address, int64_t deadline,
                                   db_session_opened *opened, void *data) {
    struct db_session *session = memory_allocate(sizeof *session);
    *session = (struct db_session){
        .run = run, .descriptor = -1, .socket = -1, .stage = SESSION_OPENING, .opened = opened, .data = data
    };
    session->asked_at = loop_now(run_loop(run));
    session->connection = begin_connection(address);
    if (!session->connection || PQstatus(session->connection) == CONNECTION_BAD) {
        fail_soon(session, session->connection ? PQerrorMessage(session->connection) : "out of memory");
        return session;
    }
    PQsetNoticeReceiver(session->connection, receive_notice, session);
    arm(session, deadline);
    if (!rewatch(session, LOOP_WRITABLE)) fail_soon(session, "too many open files");
    return session;
}

void db_session_close(struct db_session *session) {
    if (!session) return;
    disarm(session);
    unwatch(session);
    if (session->connection) PQfinish(session->connection);
    for (size_t i = 0; i < session->results.count; i++) PQclear(session->results.items[i]);
    VECTOR_DONE(&session->results);
    forget_plans(session);
    VECTOR_DONE(&session->preparing);
    memory_release(session->lost);
    memory_release(session);
}

/* ---- sending ---- */
static void flush(struct db_session *session) {
    int left = PQflush(session->connection);
    if (left < 0) set_lost(session, PQerrorMessage(session->connection));
    watch_for(session, left > 0 || session->copying ? LOOP_READABLE | LOOP_WRITABLE : LOOP_READABLE);
}

static void send_rows(struct db_session *session) {
    enum { PIECE = 65536 };
    while (session->copying && !session->lost) {
        if (session->rows.length == 0) {
            int ended = PQputCopyEnd(session->connection, NULL);
            if (ended < 0) set_lost(session, PQerrorMessage(session->connection));
            if (ended != 0) session->copying = false;
            break;
        }
        size_t length = session->rows.length < PIECE ? session->rows.length : PIECE;
        int taken = PQputCopyData(session->connection, session->rows.bytes, (int)length);
        if (taken < 0) set_lost(session, PQerrorMessage(session->connection));
        if (taken <= 0) break;
        session->rows = text_slice(session->rows, length, session->rows.length);
        if (PQflush(session->connection) != 0) break;
    }
    flush(session);
}

/* ---- receiving ---- */
static void keep(struct db_session *session, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) {
        session->copying = !session->lost;
        PQclear(result);
        send_rows(session);
        return;
    }
    VECTOR_PUSH(&session->results, result);
}

/* True when all that was asked has been answered. */
static bool collect_simple(struct db_session *session) {
    while (!session->lost && !PQisBusy(session->connection)) {
        PGresult *result = PQgetResult(session->connection);
        if (!result) return true;
        ExecStatusType status = PQresultStatus(result);
        keep(session, result);
        if (status == PGRES_COPY_IN) return false; /* PQgetResult would give it again */
        if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
            set_lost(session, "COPY … TO stdout cannot be read here");
    }
    return session->lost != NULL;
}

/* That a statement was prepared is nobody's answer; that it could not be is. */
static void keep_answer(struct db_session *session, PGresult *result) {
    size_t index = session->received++;
    size_t plan = index < session->preparing.count ? session->preparing.items[index] : 0;
    bool prepared = PQresultStatus(result) == PGRES_COMMAND_OK,
         aborted = PQresultStatus(result) == PGRES_PIPELINE_ABORTED;
    if (plan && !prepared) session->plans.items[plan - 1].known = false;
    if (plan && (prepared || aborted)) /* when aborted, the statement's own result says the same */
        PQclear(result);
    else
        VECTOR_PUSH(&session->results, result);
}

static bool collect_pipeline(struct db_session *session) {
    while (!session->lost && session->syncs > 0 && !PQisBusy(session->connection)) {
        PGresult *result = PQgetResult(session->connection);
        if (!result) {
            if (PQstatus(session->connection) == CONNECTION_BAD) return true;
            continue;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_PIPELINE_SYNC) {
            keep_answer(session, result);
            continue;
        }
        PQclear(result);
        session->syncs--;
    }
    return session->lost != NULL || session->syncs == 0;
}

static void receive(struct db_session *session) {
    if (!PQconsumeInput(session->connection)) set_lost(session, PQerrorMessage(session->connection));
    bool complete = session->done && (session->pipelined ? collect_pipeline(session) : collect_simple(session));
    if (PQstatus(session->connection) == CONNECTION_BAD) {
        set_lost(session, PQerrorMessage(session->connection));
        complete = true;
    }
    if (session->done) {
        if (complete) tell_done(session);
    } else if (session->lost) {
        session->stage = SESSION_LOST; /* between two questions: the next one is told */
        unwatch(session);
    }
}

static void ready(void *data, int events) {
    struct db_session *session = data;
    if (session->stage == SESSION_OPENING) {
        poll_connection(session);
        return;
    }
    if (events & LOOP_WRITABLE) {
        if (session->copying) {
            send_rows(session);
        } else {
            flush(session);
        }
    }
    if ((events & LOOP_READABLE) || session->lost) receive(session);
}

/* ---- asking ---- */
static bool begin(struct db_session *session, int64_t deadline, db_session_done *done, void *data) {
    session->done = done;
    session->data = data;
    session->asked_at = loop_now(run_loop(session->run));
    if (session->stage != SESSION_IDLE) {
        fail_soon(session, session->lost ? session->lost : "the connection is not open");
        return false;
    }
    session->stage = SESSION_BUSY;
    arm(session, deadline);
    return true;
}

static void sent(struct db_session *session, bool ok) {
    if (ok) flush(session);
    if (ok && !session->lost) return;
    const char *reason = PQerrorMessage(session->connection);
    fail_soon(session, *reason ? reason : "the connection is in no state to be asked");
}

void db_session_query(struct db_session *session, const char *text, int64_t deadline, db_session_done *done,
                      void *data) {
    db_session_copy(session, text, TEXT_NONE, deadline, done, data);
}

void db_session_copy(struct db_session *session, const char *text, struct text rows, int64_t deadline,
                     db_session_done *done, void *data) {
    if (!begin(session, deadline, done, data)) return;
    session->rows = rows;
    bool left = PQpipelineStatus(session->connection) == PQ_PIPELINE_OFF || PQexitPipelineMode(session->connection);
    session->pipelined = false;
    sent(session, left && PQsendQuery(session->connection, text));
}

/* ---- plans ---- */
void db_session_prepare(struct db_session *session) {
    session->prepares = true;
}

bool db_session_forgets(struct db_session *session, const struct reply *reply) {
    PGresult *error = session->prepares && !reply->lost ? reply_error(reply) : NULL;
    const char *state = error ? PQresultErrorField(error, PG_DIAG_SQLSTATE) : NULL;
    const char *words = error ? PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool stale = state && (strcmp(state, "26000") == 0 ||
                           (strcmp(state, "0A000") == 0 && words && strstr(words, "cached plan")));
    if (stale) forget_plans(session);
    return stale;
}

/* 1 + the place of its plan, which may be new; 0: it is not to have one. */
static size_t plan_of(struct db_session *session, const char *text) {
    for (size_t i = 0; i < session->plans.count; i++) {
        if (strcmp(session->plans.items[i].text, text) == 0) return i + 1;
    }
    if (!session->prepares || session->plans.count == PLANS_MAXIMUM) return 0;
    VECTOR_PUSH(&session->plans, (struct plan){ memory_copy(text, strlen(text)), false });
    return session->plans.count;
}

static bool send_statement(struct db_session *session, const struct statement *statement) {
    PGconn *connection = session->connection;
    const char *const *parameters = (const char *const *)statement->parameters;
    size_t plan = plan_of(session, statement->text);
    if (!plan) {
        VECTOR_PUSH(&session->preparing, 0);
        return PQsendQueryParams(connection, statement->text, statement->parameter_count, NULL, parameters, NULL, NULL,
                                 0);
    }
    char name[40];
    snprintf(name, sizeof name, "a%u_%zu", session->generation, plan);
    if (!session->plans.items[plan - 1].known) {
        VECTOR_PUSH(&session->preparing, plan);
        session->plans.items[plan - 1].known = true;
        if (!PQsendPrepare(connection, name, statement->text, 0, NULL)) return false;
    }
    VECTOR_PUSH(&session->preparing, 0);
    return PQsendQueryPrepared(connection, name, statement->parameter_count, parameters, NULL, NULL, 0);
}

void db_session_statements(struct db_session *session, const struct statement *statements, size_t count, bool apart,
                           int64_t deadline, db_session_done *done, void *data) {
    if (!begin(session, deadline, done, data)) return;
    PGconn *connection = session->connection;
    bool ok = PQpipelineStatus(connection) != PQ_PIPELINE_OFF || PQenterPipelineMode(connection);
    session->pipelined = true;
    session->syncs = apart && count > 0 ? count : 1;
    session->preparing.count = session->received = 0;
    for (size_t i = 0; ok && i < count; i++) {
        ok = send_statement(session, &statements[i]);
        if (ok && (apart || i + 1 == count)) ok = PQpipelineSync(connection);
    }
    if (ok && count == 0) ok = PQpipelineSync(connection);
    sent(session, ok);
}

/* ---- looking ---- */
bool db_session_usable(const struct db_session *session) {
    return session->stage == SESSION_IDLE && PQtransactionStatus(session->connection) == PQTRANS_IDLE;
}

PGTransactionStatusType db_session_transaction(const struct db_session *session) {
    return session->connection ? PQtransactionStatus(session->connection) : PQTRANS_UNKNOWN;
}

int db_session_process(const struct db_session *session) {
    return session->connection ? PQbackendPID(session->connection) : 0;
}

void db_session_on_notice(struct db_session *session, void (*notice)(void *data, const char *message), void *data) {
    session->notice = notice;
    session->notice_data = data;
}

PGresult *reply_error(const struct reply *reply) {
    for (size_t i = 0; i < reply->count; i++) {
        ExecStatusType status = PQresultStatus(reply->results[i]);
        if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) return reply->results[i];
    }
    return NULL;
}
