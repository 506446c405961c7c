/* Notes in PostgreSQL, in the tables of recipes.d/fixtures/notes.sql. A connection that broke is made anew at the next call.
 * The fully static program is built without it (NOTES_STATIC). */
#include "store.h"

#ifdef NOTES_STATIC

static bool refuse(const char *url, struct text *problem) {
    (void)url;
    text_print(problem, "this program is the static one: it has its own store only");
    return false;
}

static void nothing(void) {
}

const struct store_backend store_postgres = { .open = refuse, .close = nothing };

#else

#include "release.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static PGconn *connection;
static char *address; /* owned */

static enum store_result failed(PGresult *result, struct text *problem) {
    const char *said =
        result && *PQresultErrorMessage(result) ? PQresultErrorMessage(result) : PQerrorMessage(connection);
    text_print(problem, "postgres: %.*s", (int)strcspn(said, "\n"), said);
    PQclear(result);
    return STORE_FAILED;
}

static bool reconnect(void) {
    PQfinish(connection);
    const char *const names[] = { "dbname", "connect_timeout", "fallback_application_name", "options", NULL };
    const char *const values[] = { address, "5", release_this()->tag, "-c statement_timeout=10s", NULL };
    connection = PQconnectdbParams(names, values, 1);
    return PQstatus(connection) == CONNECTION_OK;
}

/* Sends a statement; over a broken connection a second time if `again`, for what may be repeated. The caller clears the result. */
static PGresult *ask(const char *sql, int count, const char *const *values, bool again) {
    if (PQstatus(connection) != CONNECTION_OK && !reconnect()) return NULL;
    PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
    if (!again || PQstatus(connection) == CONNECTION_OK || !reconnect()) return result;
    PQclear(result);
    return PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
}

static bool open_url(const char *url, struct text *problem) {
    address = strdup(url);
    if (!address || !reconnect()) {
        failed(NULL, problem);
        return false;
    }
    PGresult *result = ask("SELECT to_regclass('notes') IS NULL", 0, NULL, true);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && *PQgetvalue(result, 0, 0) == 't') {
        PQclear(result); /* replicas may start together: the tables of whoever was first are as good */
        PQclear(
            ask("CREATE TABLE notes (id integer PRIMARY KEY, title varchar(80) NOT NULL, body text NOT NULL, kind text,"
                " author integer, views integer NOT NULL DEFAULT 0, created_at timestamptz NOT NULL)",
                0, NULL, true));
        result = ask("SELECT 1 FROM notes LIMIT 1", 0, NULL, true);
    }
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!good)
        failed(result, problem);
    else
        PQclear(result);
    return good;
}

static enum store_result find(long id, const char *part, struct notes *notes, struct text *problem) {
    char wanted[24], most[24];
    snprintf(wanted, sizeof wanted, "%ld", id);
    snprintf(most, sizeof most, "%d", STORE_LIST_MOST);
    const char *values[] = { wanted, id ? most : part, most };
    const char *sql = id ? "SELECT id, title, body, kind, coalesce(author, 0), views FROM notes WHERE id = $1::integer "
                           "LIMIT $2::integer"
                         : "SELECT id, title, body, kind, coalesce(author, 0), views FROM notes WHERE $1::integer = 0"
                           " AND ($2::text IS NULL OR strpos(title, $2) > 0) ORDER BY id DESC LIMIT $3::integer";
    PGresult *result = ask(sql, id ? 2 : 3, values, true);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) return failed(result, problem);
    for (int i = 0; i < PQntuples(result); i++)
        notes_add(notes, strtol(PQgetvalue(result, i, 0), NULL, 10), PQgetvalue(result, i, 1), PQgetvalue(result, i, 2),
                  PQgetisnull(result, i, 3) ? NULL : PQgetvalue(result, i, 3),
                  strtol(PQgetvalue(result, i, 4), NULL, 10), strtol(PQgetvalue(result, i, 5), NULL, 10));
    PQclear(result);
    return STORE_OK;
}

static enum store_result done(PGresult *result, struct text *problem) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK) return failed(result, problem);
    bool touched = strcmp(PQcmdTuples(result), "0") != 0;
    PQclear(result);
    return touched ? STORE_OK : STORE_ABSENT;
}

/* The table has no sequence: the next id is counted; should another replica take it meanwhile, once more. */
static enum store_result create(struct note *note, struct text *problem) {
    char author[24];
    snprintf(author, sizeof author, "%ld", note->author);
    const char *values[] = { note->title, note->body ? note->body : "", note->kind ? note->kind : "text", author };
    for (int attempt = 0;; attempt++) {
        PGresult *result =
            ask("INSERT INTO notes (id, title, body, kind, author, created_at)"
                " SELECT coalesce(max(id), 0) + 1, $1, $2, $3, nullif($4::integer, 0), now() FROM notes RETURNING id",
                4, values, false);
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            note->id = strtol(PQgetvalue(result, 0, 0), NULL, 10);
            PQclear(result);
            return STORE_OK;
        }
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (attempt == 10 || !state || strcmp(state, "23505") != 0) return failed(result, problem);
        PQclear(result);
    }
}

static enum store_result update(const struct note *note, struct text *problem) {
    char id[24], author[24];
    snprintf(id, sizeof id, "%ld", note->id);
    snprintf(author, sizeof author, "%ld", note->author);
    const char *values[] = { note->title, note->body, note->kind, author, id };
    return done(
        ask("UPDATE notes SET title = $1, body = $2, kind = $3, author = nullif($4::integer, 0) WHERE id = $5::integer",
            5, values, true),
        problem);
}

static enum store_result delete_note(long id, struct text *problem) {
    char wanted[24];
    snprintf(wanted, sizeof wanted, "%ld", id);
    const char *values[] = { wanted };
    return done(ask("DELETE FROM notes WHERE id = $1::integer", 1, values, false), problem);
}

static void close_connection(void) {
    PQfinish(connection);
    connection = NULL;
    free(address);
    address = NULL;
}

const struct store_backend store_postgres = { open_url, find, create, update, delete_note, close_connection };

#endif
