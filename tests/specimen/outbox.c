/* One table, one lock. Synced items stay, so that their state can be asked. */
#include "outbox.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3 *database;

static const char schema[] = "PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS outbox"
                             " (number integer PRIMARY KEY, id text UNIQUE NOT NULL, title text NOT NULL,"
                             " pending integer NOT NULL DEFAULT 1)";

bool outbox_open(const char *path) {
    if (sqlite3_open(path ? path : ":memory:", &database) == SQLITE_OK &&
        sqlite3_exec(database, schema, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    fprintf(stderr, "notes: cannot open the outbox %s: %s\n", path ? path : "in memory", sqlite3_errmsg(database));
    outbox_close();
    return false;
}

void outbox_name(char id[33]) {
    unsigned char bytes[16] = { 0 };
    (void)!getrandom(bytes, sizeof bytes, 0);
    for (int i = 0; i < 16; i++) snprintf(id + (size_t)i * 2, 3, "%02x", bytes[i]);
}

/* Runs a statement with up to two texts; true if it changed a row. */
static bool change(const char *sql, const char *first, const char *second) {
    sqlite3_stmt *statement = NULL;
    pthread_mutex_lock(&lock);
    bool done = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK;
    if (done) {
        sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
        if (second) sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
        done = sqlite3_step(statement) == SQLITE_DONE;
    }
    if (!done) printf("outbox: %s\n", sqlite3_errmsg(database));
    done = done && sqlite3_changes(database) > 0;
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&lock);
    return done;
}

bool outbox_add(const char *title, struct outbox_item *item) {
    *item = (struct outbox_item){ .is_pending = true };
    outbox_name(item->id);
    snprintf(item->title, sizeof item->title, "%s", title);
    return change("INSERT INTO outbox (id, title) VALUES (?1, ?2)", item->id, item->title);
}

static bool find(const char *sql, const char *title, int skip, struct outbox_item *item) {
    sqlite3_stmt *query = NULL;
    pthread_mutex_lock(&lock);
    bool found = sqlite3_prepare_v2(database, sql, -1, &query, NULL) == SQLITE_OK;
    if (found) {
        if (title)
            sqlite3_bind_text(query, 1, title, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int(query, 1, skip);
        found = sqlite3_step(query) == SQLITE_ROW;
    }
    if (found) {
        snprintf(item->id, sizeof item->id, "%s", (const char *)sqlite3_column_text(query, 0));
        snprintf(item->title, sizeof item->title, "%s", (const char *)sqlite3_column_text(query, 1));
        item->is_pending = sqlite3_column_int(query, 2) != 0;
    }
    sqlite3_finalize(query);
    pthread_mutex_unlock(&lock);
    return found;
}

bool outbox_find(const char *title, struct outbox_item *item) {
    return find("SELECT id, title, pending FROM outbox WHERE title = ?1 ORDER BY number DESC LIMIT 1", title, 0, item);
}

bool outbox_next(int skip, struct outbox_item *item) {
    return find("SELECT id, title, pending FROM outbox WHERE pending ORDER BY number LIMIT 1 OFFSET ?1", NULL, skip,
                item);
}

int outbox_count(void) {
    sqlite3_stmt *query = NULL;
    int count = -1;
    pthread_mutex_lock(&lock);
    if (sqlite3_prepare_v2(database, "SELECT count(*) FROM outbox WHERE pending", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        count = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    pthread_mutex_unlock(&lock);
    return count;
}

void outbox_synced(const char *id) {
    change("UPDATE outbox SET pending = 0 WHERE id = ?1", id, NULL);
}

void outbox_drop(const char *id) {
    change("DELETE FROM outbox WHERE id = ?1", id, NULL);
}

void outbox_close(void) {
    sqlite3_close(database);
    database = NULL;
}
