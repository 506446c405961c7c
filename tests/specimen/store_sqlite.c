/* Notes in SQLite: the store when no PostgreSQL is given. */
#include "store.h"

#include <sqlite3.h>

static sqlite3 *database;

static const char schema[] =
    "PRAGMA busy_timeout = 5000;"
    "CREATE TABLE IF NOT EXISTS notes (id integer PRIMARY KEY, title text NOT NULL, body text NOT NULL, kind text,"
    " author integer, views integer NOT NULL DEFAULT 0, created_at text NOT NULL)";

static enum store_result failed(struct text *problem) {
    text_print(problem, "sqlite: %s", sqlite3_errmsg(database));
    return STORE_FAILED;
}

static bool open_file(const char *path, struct text *problem) {
    if (sqlite3_open(path, &database) == SQLITE_OK && sqlite3_exec(database, schema, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    failed(problem);
    return false;
}

static enum store_result find(long id, const char *part, struct notes *notes, struct text *problem) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(database,
                           "SELECT id, title, body, kind, author, views FROM notes WHERE (?1 = 0 OR id = ?1) AND (?2 "
                           "IS NULL OR instr(title, ?2))"
                           " ORDER BY id DESC LIMIT ?3",
                           -1, &query, NULL) != SQLITE_OK)
        return failed(problem);
    sqlite3_bind_int64(query, 1, id);
    if (part) sqlite3_bind_text(query, 2, part, -1, SQLITE_STATIC);
    sqlite3_bind_int(query, 3, STORE_LIST_MOST);
    int step;
    while ((step = sqlite3_step(query)) == SQLITE_ROW)
        notes_add(notes, (long)sqlite3_column_int64(query, 0), (const char *)sqlite3_column_text(query, 1),
                  (const char *)sqlite3_column_text(query, 2), (const char *)sqlite3_column_text(query, 3),
                  (long)sqlite3_column_int64(query, 4), (long)sqlite3_column_int64(query, 5));
    enum store_result result = step == SQLITE_DONE ? STORE_OK : failed(problem);
    sqlite3_finalize(query);
    return result;
}

/* Runs a statement whose parameters are title, body, kind, author, id: those it has. */
static enum store_result change(const char *sql, const struct note *note, struct text *problem) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) return failed(problem);
    if (note->title) {
        sqlite3_bind_text(statement, 1, note->title, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, note->body ? note->body : "", -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, note->kind ? note->kind : "text", -1, SQLITE_STATIC);
        if (note->author) sqlite3_bind_int64(statement, 4, note->author);
    }
    sqlite3_bind_int64(statement, 5, note->id);
    enum store_result result = sqlite3_step(statement) != SQLITE_DONE ? failed(problem)
                               : sqlite3_changes(database)            ? STORE_OK
                                                                      : STORE_ABSENT;
    sqlite3_finalize(statement);
    return result;
}

static enum store_result create(struct note *note, struct text *problem) {
    enum store_result result = change(
        "INSERT INTO notes (title, body, kind, author, created_at) SELECT ?1, ?2, ?3, ?4, datetime('now') WHERE ?5 = 0",
        note, problem);
    if (result == STORE_OK) note->id = (long)sqlite3_last_insert_rowid(database);
    return result;
}

static enum store_result update(const struct note *note, struct text *problem) {
    return change("UPDATE notes SET title = ?1, body = ?2, kind = ?3, author = ?4 WHERE id = ?5", note, problem);
}

static enum store_result delete_note(long id, struct text *problem) {
    return change("DELETE FROM notes WHERE id = ?5", &(struct note){ .id = id }, problem);
}

static void close_file(void) {
    sqlite3_close(database);
    database = NULL;
}

const struct store_backend store_sqlite = { open_file, find, create, update, delete_note, close_file };
