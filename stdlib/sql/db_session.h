/* One connection to a server, without ever blocking: opened, asked one thing at a time, closed.
 * Each callback is called from the loop, never from inside the call that asked, and may close the session. */
#ifndef AOT_STDLIB_SQL_DB_SESSION_H
#define AOT_STDLIB_SQL_DB_SESSION_H
#include "vm/native_call.h"
#include <libpq-fe.h>

/* Where and as whom; texts are borrowed during db_session_open. */
struct db_address {
    const char *host;        /* a socket's folder, or an address in digits: nothing is looked up */
    int port;                /* of TCP, and part of the socket's name */
    const char *database;    /* to connect to */
    const char *user;        /* and as whom */
    const char *base;        /* of a server given by its URL: a connection string, which says host, port, user, password
                                and TLS instead of the fields above; else NULL */
    const char *application; /* application_name: how the log and pg_stat_activity call this session */
    const char *options;     /* "-c name=value …" or NULL */
};

/* What came back. Borrowed during the callback. */
struct reply {
    PGresult *const *results; /* in order; those before an error are there, too */
    size_t count;             /* how many */
    const char *lost; /* no answer: the connection broke or time ran out; the session is useless then. Else NULL */
};
/* The first result that is an error, or NULL. */
PGresult *reply_error(const struct reply *reply);

/* A statement with parameters $1 … as text. */
struct statement {
    char *text;          /* SQL, one statement */
    char **parameters;   /* a NULL one is SQL's NULL */
    int parameter_count; /* how many */
};

struct db_session;
typedef void db_session_opened(void *data, const char *error); /* error NULL: it is open */
typedef void db_session_done(void *data, const struct reply *reply);

struct db_session *db_session_open(struct run *run, const struct db_address *address, int64_t deadline,
                                   db_session_opened *opened, void *data);
/* Ends it at once; no callback comes any more. The server ends what it is doing for it within half a second. NULL is
 * allowed. */
void db_session_close(struct db_session *session);
/* From now on a statement is prepared when it is first asked (a load asks the same again and again), as drivers do. */
void db_session_prepare(struct db_session *session);
/* True when an answer failed only because a prepared plan does not fit its table any more: it may be asked again. The plans are
 * forgotten then. */
bool db_session_forgets(struct db_session *session, const struct reply *reply);
bool db_session_usable(const struct db_session *session); /* open, idle, in no transaction */
PGTransactionStatusType db_session_transaction(const struct db_session *session);
int db_session_process(const struct db_session *session); /* the server's process */

/* Simple protocol: any number of statements in one text. */
void db_session_query(struct db_session *session, const char *text, int64_t deadline, db_session_done *done,
                      void *data);
/* Simple protocol, for a COPY … FROM stdin with its data (borrowed until done). */
void db_session_copy(struct db_session *session, const char *text, struct text rows, int64_t deadline,
                     db_session_done *done, void *data);
/* Extended protocol, all in one go. `apart`: each statement is a transaction of its own, else all are one unless they
 * say otherwise. */
void db_session_statements(struct db_session *session, const struct statement *statements, size_t count, bool apart,
                           int64_t deadline, db_session_done *done, void *data);
/* Told of every notice, with the message as the server wrote it. */
void db_session_on_notice(struct db_session *session, void (*notice)(void *data, const char *message), void *data);
#endif
