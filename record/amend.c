/* What is said of a run afterwards by another process, because its own was killed: into the record that it left. The record
 * stays incomplete. */
#include "base/memory.h"
#include "record/file.h"
#include "record/record.h"

#include <sqlite3.h>
#include <string.h>

static bool write_fact(sqlite3_stmt *statement, const struct record_fact *fact) {
    sqlite3_bind_text(statement, 1, fact->key, -1, SQLITE_STATIC);
    sqlite3_bind_text64(statement, 2, fact->value.bytes ? fact->value.bytes : "", fact->value.length, SQLITE_STATIC,
                        SQLITE_UTF8);
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return done;
}

bool record_amend(const char *path, const struct record_fact *facts, size_t count, char **error) {
    if (!file_is_record(path, error)) return false;
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    sqlite3_busy_timeout(database, 2000);
    good = good && sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", -1, &statement, NULL) ==
                       SQLITE_OK;
    for (size_t i = 0; i < count && good; i++) good = write_fact(statement, &facts[i]);
    sqlite3_finalize(statement);
    if (good) sqlite3_exec(database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL); /* one file, if nobody reads */
    if (!good) *error = memory_copy(sqlite3_errmsg(database), strlen(sqlite3_errmsg(database)));
    sqlite3_close(database);
    return good;
}
