/* One database, one lock. */
#include "items.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3 *database;
static char address[300];

bool items_open(const char *database_url, const char *self) {
    bool file = database_url && strncmp(database_url, "sqlite:", 7) == 0;
    snprintf(address, sizeof address, "http://%s", self);
    if (sqlite3_open(file ? database_url + 7 : ":memory:", &database) == SQLITE_OK &&
        sqlite3_exec(database,
                     "PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS items (id text PRIMARY KEY, title text "
                     "NOT NULL)",
                     NULL, NULL, NULL) == SQLITE_OK)
        return true;
    fprintf(stderr, "notes: cannot open the items: %s\n", sqlite3_errmsg(database));
    items_close();
    return false;
}

static enum items_result put(const char *id, const char *title) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, "INSERT OR IGNORE INTO items (id, title) VALUES (?1, ?2)", -1, &statement, NULL) !=
        SQLITE_OK)
        return ITEMS_FAILED;
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, title, -1, SQLITE_STATIC);
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    bool added = sqlite3_changes(database) > 0;
    sqlite3_finalize(statement);
    return !done ? ITEMS_FAILED : added ? ITEMS_NEW : ITEMS_KNOWN;
}

enum items_result items_put(const char *id, const char *title) {
    pthread_mutex_lock(&lock);
    enum items_result result = database ? put(id, title) : ITEMS_FAILED;
    if (result == ITEMS_FAILED) printf("items: %s\n", database ? sqlite3_errmsg(database) : "not open");
    pthread_mutex_unlock(&lock);
    return result;
}

static void print_one(struct text *text, sqlite3_stmt *query) {
    text_add(text, "{\"id\":", 6);
    text_quote(text, (const char *)sqlite3_column_text(query, 0));
    text_add(text, ",\"title\":", 9);
    text_quote(text, (const char *)sqlite3_column_text(query, 1));
    text_add(text, "}", 1);
}

bool items_print(struct text *text) {
    sqlite3_stmt *query = NULL;
    int step = SQLITE_ERROR;
    pthread_mutex_lock(&lock);
    text_add(text, "{\"self\":", 8);
    text_quote(text, address);
    text_add(text, ",\"items\":[", 10);
    if (database &&
        sqlite3_prepare_v2(database, "SELECT id, title FROM items ORDER BY rowid", -1, &query, NULL) == SQLITE_OK)
        for (int count = 0; (step = sqlite3_step(query)) == SQLITE_ROW; count++) {
            if (count) text_add(text, ",", 1);
            print_one(text, query);
        }
    text_add(text, "]}", 2);
    sqlite3_finalize(query);
    pthread_mutex_unlock(&lock);
    return step == SQLITE_DONE;
}

void items_close(void) {
    sqlite3_close(database);
    database = NULL;
}
