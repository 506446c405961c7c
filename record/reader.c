/* Reading a record: one opened from a file, or one that is still being written (then what was added so far is written first).
 * A row that makes no sense stops the reading with a reason; texts are borrowed from SQLite during each call. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/chunk.h"
#include "record/file.h"
#include "record/record.h"
#include "record/schema.h"
#include "record/state.h"

#include <sqlite3.h>
#include <string.h>

static const int64_t flush_limit = 5 * SECOND, check_limit = 5 * SECOND;

static char *copy_string(const char *string) {
    return memory_copy(string, strlen(string));
}

static void fail(struct record *record, const char *why) {
    if (!record->reading_error) record->reading_error = copy_string(why);
}

const char *record_reading_error(const struct record *record) {
    return record->reading_error;
}

/* ---- opening ---- */

static sqlite3 *connect(const char *path, int access, char **error) {
    sqlite3 *database = NULL;
    int result = sqlite3_open_v2(path, &database, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    /* The file may come from anywhere: nothing in its schema is run. */
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_busy_timeout(database, 2000);
    if (result == SQLITE_OK) result = sqlite3_exec(database, "SELECT count(*) FROM meta", NULL, NULL, NULL);
    if (result == SQLITE_OK) return database;
    *error = copy_string(sqlite3_errmsg(database));
    sqlite3_close(database);
    return NULL;
}

static sqlite3 *connect_to_file(const char *path, char **error) {
    /* What a killed run left in its write-ahead log can only be taken over with the right to write. */
    if (!file_has_log(path)) return connect(path, SQLITE_OPEN_READONLY, error);
    sqlite3 *database = connect(path, SQLITE_OPEN_READWRITE, error);
    if (database) return database;
    memory_release(*error);
    *error = NULL;
    return connect(path, SQLITE_OPEN_READONLY, error);
}

static int is_late(void *deadline) {
    return clock_monotonic() >= *(int64_t *)deadline;
}

static int note_finding(void *finding, int count, char **columns, char **names) {
    (void)names;
    char **found = finding;
    if (count > 0 && columns[0] && strcmp(columns[0], "ok") != 0 && !*found) *found = copy_string(columns[0]);
    return 0;
}

/* What is damaged in its middle would else be judged as far as it goes, as if that were all. A file so large that looking
 * through it takes over five seconds is taken as it is. Owned; NULL if nothing was found. */
static char *find_damage(sqlite3 *database) {
    char *found = NULL;
    int64_t deadline = clock_monotonic() + check_limit;
    sqlite3_progress_handler(database, 10000, is_late, &deadline);
    int result = sqlite3_exec(database, "PRAGMA quick_check(1)", note_finding, &found, NULL);
    sqlite3_progress_handler(database, 0, NULL, NULL);
    if (result == SQLITE_OK || result == SQLITE_INTERRUPT || found) return found;
    return copy_string(sqlite3_errmsg(database));
}

struct record *record_open(const char *path, char **error) {
    if (!file_is_record(path, error)) return NULL;
    char *why = NULL;
    sqlite3 *database = connect_to_file(path, &why);
    if (database && !why) why = find_damage(database);
    if (why) {
        sqlite3_close(database);
        struct buffer text = { 0 };
        buffer_printf(&text, "is damaged: %s", why);
        memory_release(why);
        *error = buffer_take(&text);
        return NULL;
    }
    struct record *record = memory_allocate(sizeof *record);
    record->path = copy_string(path);
    record->reading = database;
    return record;
}

bool record_flush(struct record *record, int64_t limit) {
    return !record->queue || queue_flush(record->queue, limit);
}

/* The connection to read from; everything added before is in the file then. */
static sqlite3 *reading(struct record *record) {
    if (record->reading_error) return NULL; /* once is enough: who reads on would wait again */
    if (!record_flush(record, flush_limit)) {
        fail(record, "the disk did not take what was recorded within 5 s");
        return NULL;
    }
    if (record->reading) return record->reading;
    char *why = NULL;
    record->reading = connect(record->path, SQLITE_OPEN_READONLY, &why);
    if (!record->reading) fail(record, why ? why : "cannot be opened");
    memory_release(why);
    return record->reading;
}

/* ---- queries ---- */

static sqlite3_stmt *begin(struct record *record, const char *sql) {
    sqlite3 *database = reading(record);
    sqlite3_stmt *statement = NULL;
    if (database && sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(record, sqlite3_errmsg(database));
    return statement;
}

static bool next(struct record *record, sqlite3_stmt *statement) {
    if (!statement) return false;
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) fail(record, sqlite3_errmsg(record->reading));
    return result == SQLITE_ROW;
}

/* False if anything could not be read, now or before. */
static bool finish(struct record *record, sqlite3_stmt *statement) {
    sqlite3_finalize(statement);
    return record->reading_error == NULL;
}

static struct text text_column(sqlite3_stmt *statement, int column) {
    const char *bytes = (const char *)sqlite3_column_text(statement, column);
    return (struct text){ bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column) };
}

static struct text blob_column(sqlite3_stmt *statement, int column) {
    const char *bytes = sqlite3_column_blob(statement, column);
    return (struct text){ bytes, (size_t)sqlite3_column_bytes(statement, column) };
}

static int64_t number_column(sqlite3_stmt *statement, int column) {
    return sqlite3_column_int64(statement, column);
}

static bool flag_column(sqlite3_stmt *statement, int column) {
    return sqlite3_column_int64(statement, column) != 0;
}

/* ---- rows ---- */

bool record_read_meta(struct record *record, const char *key, struct buffer *value) {
    sqlite3_stmt *query = begin(record, "SELECT value FROM meta WHERE key = ?1");
    if (query) sqlite3_bind_text(query, 1, key, -1, SQLITE_STATIC);
    bool found = next(record, query);
    if (found) buffer_append(value, text_column(query, 0));
    return finish(record, query) && found;
}

struct text record_meta_text(struct record *record, const char *key, struct arena *arena) {
    struct buffer value = { 0 };
    record_read_meta(record, key, &value);
    struct text text = arena_copy(arena, buffer_text(&value));
    buffer_done(&value);
    return text;
}

bool record_is_complete(struct record *record) {
    struct buffer value = { 0 };
    bool complete = record_read_meta(record, META_COMPLETE, &value) && text_is(buffer_text(&value), "true");
    buffer_done(&value);
    return complete;
}

/* Effects are left out: one may be noted ahead of its end. */
bool record_last_time(struct record *record, int64_t *time) {
    sqlite3_stmt *query =
        begin(record, "SELECT max(at) FROM (SELECT max(last_end) AS at FROM chunk UNION ALL SELECT max(end) FROM phase"
                      " UNION ALL SELECT max(at) FROM mark UNION ALL SELECT max(at) FROM binding"
                      " UNION ALL SELECT max(at) FROM note UNION ALL SELECT max(at + length) FROM stall)");
    bool found = next(record, query) && sqlite3_column_type(query, 0) == SQLITE_INTEGER;
    if (found) *time = number_column(query, 0);
    return finish(record, query) && found;
}

bool record_read_outcome(struct record *record, struct buffer *outcome, struct buffer *message) {
    if (!record_read_meta(record, META_OUTCOME, outcome)) return false;
    record_read_meta(record, META_OUTCOME_MESSAGE, message);
    return true;
}

bool record_each_meta(struct record *record, bool (*each)(void *data, struct text key, struct text value), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT key, value FROM meta ORDER BY key");
    while (next(record, query) && each(data, text_column(query, 0), text_column(query, 1))) {
    }
    return finish(record, query);
}

bool record_each_source(struct record *record,
                        bool (*each)(void *data, struct text path, struct text content, struct text role), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT path, content, role FROM source ORDER BY rowid");
    while (next(record, query) && each(data, text_column(query, 0), text_column(query, 1), text_column(query, 2))) {
    }
    return finish(record, query);
}

bool record_each_binding(struct record *record,
                         bool (*each)(void *data, struct text name, int64_t at, struct text value_json), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT name, at, value FROM binding ORDER BY id");
    while (next(record, query) && each(data, text_column(query, 0), number_column(query, 1), text_column(query, 2))) {
    }
    return finish(record, query);
}

bool record_each_phase(struct record *record,
                       bool (*each)(void *data, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                                    struct text outer),
                       void *data) {
    sqlite3_stmt *query = begin(record, "SELECT name, start, end, reached, cut, outer FROM phase ORDER BY rowid");
    while (next(record, query) && each(data, text_column(query, 0), number_column(query, 1), number_column(query, 2),
                                       flag_column(query, 3), flag_column(query, 4), text_column(query, 5))) {
    }
    return finish(record, query);
}

bool record_each_mark(struct record *record, bool (*each)(void *data, struct text name, int64_t at), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT name, at FROM mark ORDER BY id");
    while (next(record, query) && each(data, text_column(query, 0), number_column(query, 1))) {
    }
    return finish(record, query);
}

bool record_each_stream(struct record *record, bool (*each)(void *data, const struct stream_row *stream), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT id, name, kind, observer, sampler, starved, every, alive_from,"
                                        " coalesce(alive_to, 9223372036854775807), rate FROM stream ORDER BY id");
    while (next(record, query)) {
        struct stream_row row = { .id = (uint32_t)number_column(query, 0),
                                  .name = text_column(query, 1),
                                  .kind = text_column(query, 2),
                                  .observer = flag_column(query, 3),
                                  .sampler = flag_column(query, 4),
                                  .starved = flag_column(query, 5),
                                  .every = number_column(query, 6),
                                  .alive_from = number_column(query, 7),
                                  .alive_to = number_column(query, 8),
                                  .rate = sqlite3_column_double(query, 9) };
        if (!each(data, &row)) break;
    }
    return finish(record, query);
}

bool record_each_sample(struct record *record, uint32_t stream,
                        bool (*each)(void *data, int64_t start, int64_t end, int64_t intended, struct text value_json),
                        void *data) {
    sqlite3_stmt *query = begin(record, "SELECT count, has_intended, ends, lives, delays, dictionary, picks"
                                        " FROM chunk WHERE stream = ?1 ORDER BY number");
    if (query) sqlite3_bind_int64(query, 1, stream);
    enum chunk_reading result = CHUNK_READ;
    while (result == CHUNK_READ && next(record, query)) {
        struct chunk_columns columns = { .count = (uint32_t)number_column(query, 0),
                                         .has_intended = flag_column(query, 1),
                                         .ends = blob_column(query, 2),
                                         .lives = blob_column(query, 3),
                                         .delays = blob_column(query, 4),
                                         .dictionary = text_column(query, 5),
                                         .picks = blob_column(query, 6) };
        result = chunk_each(&columns, each, data);
    }
    if (result == CHUNK_CORRUPT) fail(record, "samples of a stream are damaged");
    return finish(record, query);
}

static bool each_effect(struct record *record, sqlite3_stmt *query,
                        bool (*each)(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                                     struct text outcome),
                        void *data) {
    while (next(record, query) && each(data, text_column(query, 0), text_column(query, 1), number_column(query, 2),
                                       number_column(query, 3), text_column(query, 4))) {
    }
    return finish(record, query);
}

bool record_each_effect(struct record *record,
                        bool (*each)(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                                     struct text outcome),
                        void *data) {
    sqlite3_stmt *query = begin(record, "SELECT kind, subject, start, end, outcome FROM effect ORDER BY id");
    return each_effect(record, query, each, data);
}

bool record_each_effect_between(struct record *record, int64_t from, int64_t to,
                                bool (*each)(void *data, struct text kind, struct text subject, int64_t start,
                                             int64_t end, struct text outcome),
                                void *data) {
    sqlite3_stmt *query = begin(record, "SELECT kind, subject, start, end, outcome FROM effect"
                                        " WHERE end >= ?1 AND start <= ?2 ORDER BY start, id");
    if (query) {
        sqlite3_bind_int64(query, 1, from);
        sqlite3_bind_int64(query, 2, to);
    }
    return each_effect(record, query, each, data);
}

bool record_each_effect_of(struct record *record, const char *kind,
                           bool (*each)(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                                        struct text outcome),
                           void *data) {
    sqlite3_stmt *query =
        begin(record, "SELECT kind, subject, start, end, outcome FROM effect WHERE kind = ?1 ORDER BY id");
    if (query) sqlite3_bind_text(query, 1, kind, -1, SQLITE_STATIC);
    return each_effect(record, query, each, data);
}

bool record_each_stall(struct record *record, bool (*each)(void *data, int64_t at, int64_t length), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT at, length FROM stall ORDER BY rowid");
    while (next(record, query) && each(data, number_column(query, 0), number_column(query, 1))) {
    }
    return finish(record, query);
}

bool record_each_note(struct record *record, bool (*each)(void *data, int64_t at, struct text text), void *data) {
    sqlite3_stmt *query = begin(record, "SELECT at, text FROM note ORDER BY id");
    while (next(record, query) && each(data, number_column(query, 0), text_column(query, 1))) {
    }
    return finish(record, query);
}

bool record_each_claim(struct record *record,
                       bool (*each)(void *data, struct text assertion, struct text claim, uint32_t occurrence,
                                    struct text values_json),
                       void *data) {
    sqlite3_stmt *query = begin(record, "SELECT assertion, claim, occurrence, operands FROM claim ORDER BY id");
    while (next(record, query) && each(data, text_column(query, 0), text_column(query, 1),
                                       (uint32_t)number_column(query, 2), text_column(query, 3))) {
    }
    return finish(record, query);
}

bool record_each_verdict(struct record *record, bool (*each)(void *data, const struct verdict_row *verdict),
                         void *data) {
    sqlite3_stmt *query =
        begin(record, "SELECT assertion, rules, claim, occurrence, is_assume, outcome, reason, explanation,"
                      " evidence, file, line, column FROM verdict ORDER BY id");
    while (next(record, query)) {
        struct verdict_row row = { .assertion = text_column(query, 0),
                                   .rules = text_column(query, 1),
                                   .claim = text_column(query, 2),
                                   .occurrence = (uint32_t)number_column(query, 3),
                                   .is_assume = flag_column(query, 4),
                                   .outcome = text_column(query, 5),
                                   .reason = text_column(query, 6),
                                   .explanation = text_column(query, 7),
                                   .evidence = text_column(query, 8),
                                   .file = text_column(query, 9),
                                   .line = (uint32_t)number_column(query, 10),
                                   .column = (uint32_t)number_column(query, 11) };
        if (!each(data, &row)) break;
    }
    return finish(record, query);
}
