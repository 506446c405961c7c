/* Turns entries into rows. One prepared statement a kind of entry; samples are gathered in chunks, and a chunk that is still
 * open is written again with each batch, so that a crash loses no more than the last batch. */
#include "record/writer.h"

#include "record/chunk.h"
#include "record/schema.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* The statement of each kind: texts are ?1 to ?8, numbers ?11 to ?15, the real ?20. NULL: not one row an entry. */
static const struct {
    const char *sql;
    uint8_t numbers; /* how many it takes */
    bool real;       /* takes ?20 */
} statements[ENTRY_KIND_COUNT] = {
    [ENTRY_META] = { "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", 0, false },
    [ENTRY_SOURCE] = { "INSERT INTO source (path, content, role) VALUES (?1, ?2, ?3)", 0, false },
    [ENTRY_BINDING] = { "INSERT INTO binding (name, value, at) VALUES (?1, ?2, ?11)", 1, false },
    [ENTRY_PHASE] = { "INSERT OR REPLACE INTO phase (name, outer, start, end, reached, cut) VALUES (?1, ?2, ?11, ?12, "
                      "?13, ?14)",
                      4, false },
    [ENTRY_MARK] = { "INSERT INTO mark (name, at) VALUES (?1, ?11)", 1, false },
    [ENTRY_STREAM] = { "INSERT INTO stream (name, kind, id, observer, sampler, every, alive_from, rate)"
                       " VALUES (?1, ?2, ?11, ?12, ?13, ?14, ?15, ?20)",
                       5, true },
    [ENTRY_STREAM_END] = { "UPDATE stream SET alive_to = ?12, starved = ?13 WHERE id = ?11", 3, false },
    [ENTRY_EFFECT] = { "INSERT INTO effect (kind, subject, outcome, start, end) VALUES (?1, ?2, ?3, ?11, ?12)", 2,
                       false },
    [ENTRY_STALL] = { "INSERT INTO stall VALUES (?11, ?12)", 2, false },
    [ENTRY_NOTE] = { "INSERT INTO note (text, at) VALUES (?1, ?11)", 1, false },
    [ENTRY_CLAIM] = { "INSERT INTO claim (assertion, claim, operands, occurrence) VALUES (?1, ?2, ?3, ?11)", 1, false },
    [ENTRY_VERDICT] = { "INSERT INTO verdict (assertion, rules, claim, outcome, reason, explanation, evidence, file,"
                        " occurrence, is_assume, line, column) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?11, ?12, ?13, "
                        "?14)",
                        4, false },
};
static const char chunk_sql[] = "INSERT OR REPLACE INTO chunk (stream, number, count, first_start, first_end, last_end,"
                                " has_intended, ends, lives, delays, picks, dictionary)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

struct open_chunk {
    struct chunk chunk; /* samples of one stream that are not in a closed chunk */
    struct buffer last; /* the last value of the chunk before, while this one is empty */
    uint32_t number;    /* of the chunk in its stream, from 0 */
    bool dirty;         /* has samples that the database has not */
};

struct writer {
    sqlite3 *database;                        /* owned */
    sqlite3_stmt *prepared[ENTRY_KIND_COUNT]; /* by kind; NULL where there is none */
    sqlite3_stmt *store_chunk;                /* chunk_sql */
    struct VECTOR(struct open_chunk) streams; /* by id - 1 */
    struct buffer picks;                      /* a finished column on its way out */
    char *error;                              /* the first failure; owned */
};

static void fail(struct writer *writer) {
    if (writer->error) return;
    struct buffer text = { 0 };
    int code = sqlite3_extended_errcode(writer->database);
    buffer_append_string(&text, sqlite3_errmsg(writer->database));
    if (code == SQLITE_IOERR_WRITE)
        buffer_append_string(&text, ": a write failed (a limit on file sizes, or the disk itself)");
    else if ((code & 0xff) == SQLITE_IOERR)
        buffer_printf(&text, " (SQLite's code %d)", code);
    writer->error = buffer_take(&text);
}

static bool execute(struct writer *writer, const char *sql) {
    if (sqlite3_exec(writer->database, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    fail(writer);
    return false;
}

static bool prepare(struct writer *writer, const char *sql, sqlite3_stmt **statement) {
    if (sqlite3_prepare_v3(writer->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
        return true;
    fail(writer);
    return false;
}

static bool step(struct writer *writer, sqlite3_stmt *statement) {
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    if (!done) fail(writer);
    sqlite3_reset(statement);
    return done;
}

static void bind_text(sqlite3_stmt *statement, int index, struct text text) {
    sqlite3_bind_text64(statement, index, text.bytes ? text.bytes : "", text.length, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_blob(sqlite3_stmt *statement, int index, const struct buffer *buffer) {
    sqlite3_bind_blob64(statement, index, buffer->bytes ? buffer->bytes : "", buffer->length, SQLITE_STATIC);
}

static bool insert(struct writer *writer, const struct entry *entry) {
    sqlite3_stmt *statement = writer->prepared[entry->kind];
    for (uint32_t i = 0; i < entry->text_count; i++) bind_text(statement, (int)i + 1, entry->texts[i]);
    for (int i = 0; i < statements[entry->kind].numbers; i++) sqlite3_bind_int64(statement, 11 + i, entry->numbers[i]);
    if (statements[entry->kind].real) sqlite3_bind_double(statement, 20, entry->real);
    return step(writer, statement);
}

/* ---- samples ---- */

static bool store(struct writer *writer, uint32_t stream, struct open_chunk *open) {
    const struct chunk *chunk = &open->chunk;
    buffer_clear(&writer->picks);
    chunk_picks(chunk, &writer->picks);
    sqlite3_stmt *statement = writer->store_chunk;
    const int64_t numbers[] = { stream,           open->number,    chunk->count,       chunk->first_start,
                                chunk->first_end, chunk->last_end, chunk->has_intended };
    for (int i = 0; i < 7; i++) sqlite3_bind_int64(statement, i + 1, numbers[i]);
    bind_blob(statement, 8, &chunk->ends);
    bind_blob(statement, 9, &chunk->lives);
    bind_blob(statement, 10, &chunk->delays);
    bind_blob(statement, 11, &writer->picks);
    bind_text(statement, 12, buffer_text(&chunk->dictionary));
    open->dirty = false;
    return step(writer, statement);
}

static bool close_chunk(struct writer *writer, uint32_t stream, struct open_chunk *open) {
    if (!store(writer, stream, open)) return false;
    buffer_clear(&open->last);
    buffer_append(&open->last, chunk_last_value(&open->chunk));
    chunk_clear(&open->chunk);
    open->number++;
    return true;
}

static bool add_sample(struct writer *writer, const struct entry *entry) {
    uint32_t stream = (uint32_t)entry->numbers[0];
    while (writer->streams.count < stream) VECTOR_PUSH(&writer->streams, (struct open_chunk){ .number = 0 });
    struct open_chunk *open = &writer->streams.items[stream - 1];
    int64_t start = entry->numbers[1], end = entry->numbers[2], intended = entry->numbers[3];
    if (chunk_is_full(&open->chunk, intended != CHUNK_NOT_INTENDED) && !close_chunk(writer, stream, open)) return false;
    open->dirty = true;
    if (entry->kind == ENTRY_SAMPLE)
        chunk_add(&open->chunk, start, end, intended, entry->texts[0]);
    else if (open->chunk.count)
        chunk_add_again(&open->chunk, start, end, intended);
    else
        chunk_add(&open->chunk, start, end, intended, buffer_text(&open->last));
    return true;
}

static bool store_dirty(struct writer *writer) {
    for (uint32_t i = 0; i < writer->streams.count; i++)
        if (writer->streams.items[i].dirty && !store(writer, i + 1, &writer->streams.items[i])) return false;
    return true;
}

/* ---- batches ---- */

static bool write_batch(struct writer *writer, struct batch *batch) {
    if (!execute(writer, "BEGIN")) return false;
    struct entry entry;
    while (batch_next(batch, &entry)) {
        bool is_sample = entry.kind == ENTRY_SAMPLE || entry.kind == ENTRY_SAMPLE_AGAIN;
        if (!(is_sample ? add_sample(writer, &entry) : insert(writer, &entry))) return false;
    }
    return store_dirty(writer) && execute(writer, "COMMIT");
}

void writer_run(struct writer *writer, struct queue *queue) {
    struct batch batch = { 0 };
    while (queue_take(queue, &batch)) {
        if (!writer->error && !write_batch(writer, &batch))
            sqlite3_exec(writer->database, "ROLLBACK", NULL, NULL, NULL);
        queue_written(queue, &batch);
    }
}

struct writer *writer_new(struct sqlite3 *database, char **error) {
    struct writer *writer = memory_allocate(sizeof *writer);
    writer->database = database;
    bool ready = prepare(writer, chunk_sql, &writer->store_chunk);
    for (int kind = 0; kind < ENTRY_KIND_COUNT && ready; kind++)
        if (statements[kind].sql) ready = prepare(writer, statements[kind].sql, &writer->prepared[kind]);
    if (ready) return writer;
    writer_close(writer, 0, error);
    return NULL;
}

static void release(struct writer *writer) {
    for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) sqlite3_finalize(writer->prepared[kind]);
    sqlite3_finalize(writer->store_chunk);
    for (size_t i = 0; i < writer->streams.count; i++) {
        chunk_done(&writer->streams.items[i].chunk);
        buffer_done(&writer->streams.items[i].last);
    }
    VECTOR_DONE(&writer->streams);
    buffer_done(&writer->picks);
}

/* Leaving WAL mode copies everything into the one file and removes the others. Somebody who looks at the record at this
 * moment prevents it; then the last of the readers does it, and nothing is lost. */
static void make_one_file(struct writer *writer) {
    int result = sqlite3_exec(writer->database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED) fail(writer);
}

bool writer_close(struct writer *writer, size_t queue_maximum, char **error) {
    release(writer);
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT OR REPLACE INTO meta VALUES ('" META_QUEUE_MAXIMUM "', '%zu'), ('" META_COMPLETE "', 'true')",
             queue_maximum);
    if (!writer->error && execute(writer, sql)) make_one_file(writer);
    if (sqlite3_close(writer->database) != SQLITE_OK) fail(writer);
    bool complete = writer->error == NULL;
    *error = writer->error;
    memory_release(writer);
    return complete;
}
