/* The record while a run writes it: each call puts one entry on the queue and returns; a thread of its own writes batches
 * to SQLite. Owns the queue, the thread and, through the writer, the connection. Never waits for the disk but in close. */
#include "record/record.h"

#include "base/clock.h"
#include "base/memory.h"
#include "record/chunk.h"
#include "record/file.h"
#include "record/schema.h"
#include "record/state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A disk that does not answer for so long has failed: nothing waits without a bound. */
static const int64_t close_limit = MINUTE;

static char *cannot(const char *what, const char *why) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%s: %s", what, why);
    return buffer_take(&text);
}

/* ---- creating ---- */

/* An empty record with its tables, as a file has it: made once, written for each cell. Its head says that there is a write-ahead
 * log, so the file alone is a record from the first moment. Owned by SQLite, for the process's life. */
static unsigned char *blank;
static sqlite3_int64 blank_size;

enum { HEAD_WRITE_VERSION = 18, HEAD_READ_VERSION = 19, WITH_LOG = 2 };

static char *make_blank(void) {
    char sql[160];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;", RECORD_APPLICATION,
             RECORD_VERSION);
    const char *const steps[] = { sql, record_schema, "COMMIT" };
    sqlite3 *database = NULL;
    char *why = NULL;
    if (sqlite3_open(":memory:", &database) != SQLITE_OK)
        why = cannot("no database in memory", sqlite3_errmsg(database));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !why; i++)
        if (sqlite3_exec(database, steps[i], NULL, NULL, NULL) != SQLITE_OK)
            why = cannot("the tables", sqlite3_errmsg(database));
    if (!why) blank = sqlite3_serialize(database, "main", &blank_size, 0);
    if (!why && !blank) why = cannot("the tables", "no memory");
    sqlite3_close(database);
    if (!why) blank[HEAD_WRITE_VERSION] = blank[HEAD_READ_VERSION] = WITH_LOG;
    return why;
}

static bool write_blank(int file) {
    for (sqlite3_int64 done = 0; done < blank_size;) {
        ssize_t now = write(file, blank + done, (size_t)(blank_size - done));
        if (now < 0 && errno != EINTR) return false;
        if (now > 0) done += now;
    }
    return true;
}

static char *create_file(const char *path) {
    char *why = blank ? NULL : make_blank();
    if (why) return why;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return cannot("cannot be created", strerrordesc_np(errno));
    bool written = write_blank(file);
    int problem = written ? 0 : errno;
    if (close(file) != 0 && !problem) problem = errno;
    if (problem) unlink(path);
    return problem ? cannot("cannot be created", strerrordesc_np(problem)) : NULL;
}

/* Nothing waits for the disk's platter: what was written is the kernel's, and so survives every death of aot; a machine that loses
 * its power has no verdict anyway. (Waiting took a cell of a matrix 10 ms.) */
static sqlite3 *create_database(const char *path, char **error) {
    *error = create_file(path);
    if (*error) return NULL;
    sqlite3 *database = NULL;
    /* Only the writer thread uses it once it runs: no lock of SQLite's own is needed. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    bool good = sqlite3_open_v2(path, &database, flags, NULL) == SQLITE_OK;
    sqlite3_busy_timeout(database, 2000);
    good = good && sqlite3_exec(database, "PRAGMA synchronous = OFF", NULL, NULL, NULL) == SQLITE_OK;
    if (good) return database;
    int number = sqlite3_system_errno(database);
    *error = cannot("cannot be created", number ? strerrordesc_np(number) : sqlite3_errmsg(database));
    sqlite3_close(database);
    return NULL;
}

void record_warm(void) {
    if (!blank) memory_release(make_blank());
}

static void *write_all(void *data) {
    struct record *record = data;
    writer_run(record->writer, record->queue);
    return NULL;
}

/* Signals are the run's: the thread takes none. So a file that reached its size limit is an error here, not a SIGXFSZ. */
static int start_thread(struct record *record) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&record->thread, NULL, write_all, record);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return problem;
}

struct record *record_create(const char *path, const struct mask *mask, char **error) {
    if (!file_may_be_replaced(path, error) || !file_remove(path, error)) return NULL;
    sqlite3 *database = create_database(path, error);
    struct writer *writer = database ? writer_new(database, error) : NULL;
    if (!writer) return NULL;
    struct record *record = memory_allocate(sizeof *record);
    record->path = memory_copy(path, strlen(path));
    record->mask = mask;
    record->queue = queue_new();
    record->writer = writer;
    int problem = start_thread(record);
    if (problem == 0) return record;
    char *ignored;
    writer_close(writer, 0, &ignored);
    memory_release(ignored);
    queue_free(record->queue);
    memory_release(record->path);
    memory_release(record);
    *error = cannot("no thread can be started to write it", strerrordesc_np(problem));
    return NULL;
}

/* ---- closing ---- */

static bool join(pthread_t thread) {
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += close_limit / SECOND;
    return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) == 0;
}

static bool close_written(struct record *record, char **error) {
    queue_stop(record->queue);
    if (!join(record->thread)) {
        /* The thread still uses the queue and the connection: they must stay. */
        pthread_detach(record->thread);
        *error = cannot(record->path, "the disk did not take the rest of the record within a minute");
        return false;
    }
    char *why = NULL;
    bool complete = writer_close(record->writer, queue_maximum(record->queue), &why);
    queue_free(record->queue);
    if (!complete) *error = cannot(record->path, why);
    memory_release(why);
    memory_release(record->path);
    memory_release(record);
    return complete;
}

static bool close_record(struct record *record, char **error) {
    *error = NULL;
    if (!record) return true;
    sqlite3_close(record->reading);
    memory_release(record->reading_error);
    record->reading = NULL;
    record->reading_error = NULL;
    if (record->queue) return close_written(record, error);
    memory_release(record->path);
    memory_release(record);
    return true;
}

bool record_close(struct record *record, char **error) {
    char *why;
    bool closed = close_record(record, &why);
    if (error)
        *error = why;
    else
        memory_release(why);
    return closed;
}

/* ---- writing ---- */

static void add(struct record *record, const struct entry *entry) {
    if (record->queue) queue_add(record->queue, entry, record->mask);
}

void record_meta(struct record *record, const char *key, struct text value) {
    add(record, &(struct entry){ .kind = ENTRY_META, .text_count = 2, .texts = { text_of(key), value } });
}

void record_source(struct record *record, const char *path, struct text content, const char *role) {
    add(record,
        &(struct entry){ .kind = ENTRY_SOURCE, .text_count = 3, .texts = { text_of(path), content, text_of(role) } });
}

void record_binding(struct record *record, struct text name, int64_t at, struct text value_json) {
    add(record,
        &(struct entry){ .kind = ENTRY_BINDING, .text_count = 2, .texts = { name, value_json }, .numbers = { at } });
}

void record_phase(struct record *record, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                  struct text outer) {
    add(record,
        &(struct entry){
            .kind = ENTRY_PHASE, .text_count = 2, .texts = { name, outer }, .numbers = { start, end, reached, cut } });
}

void record_mark(struct record *record, struct text name, int64_t at) {
    add(record, &(struct entry){ .kind = ENTRY_MARK, .text_count = 1, .texts = { name }, .numbers = { at } });
}

uint32_t record_stream(struct record *record, struct text name, const char *kind, bool observer, bool sampler,
                       int64_t every, double rate, int64_t alive_from) {
    uint32_t id = ++record->stream_count;
    add(record, &(struct entry){ .kind = ENTRY_STREAM,
                                 .text_count = 2,
                                 .texts = { name, text_of(kind) },
                                 .numbers = { id, observer, sampler, every, alive_from },
                                 .real = rate });
    return id;
}

void record_sample(struct record *record, uint32_t stream, int64_t start, int64_t end, int64_t intended,
                   struct text value_json) {
    assert(stream >= 1 && stream <= record->stream_count);
    add(record, &(struct entry){ .kind = ENTRY_SAMPLE,
                                 .text_count = 1,
                                 .texts = { value_json },
                                 .numbers = { stream, start, end, intended } });
}

void record_sample_again(struct record *record, uint32_t stream, int64_t start, int64_t end, int64_t intended) {
    assert(stream >= 1 && stream <= record->stream_count);
    add(record, &(struct entry){ .kind = ENTRY_SAMPLE_AGAIN, .numbers = { stream, start, end, intended } });
}

void record_stream_end(struct record *record, uint32_t stream, int64_t alive_to, bool starved) {
    add(record, &(struct entry){ .kind = ENTRY_STREAM_END, .numbers = { stream, alive_to, starved } });
}

void record_effect(struct record *record, const char *kind, struct text subject, int64_t start, int64_t end,
                   struct text outcome) {
    add(record, &(struct entry){ .kind = ENTRY_EFFECT,
                                 .text_count = 3,
                                 .texts = { text_of(kind), subject, outcome },
                                 .numbers = { start, end } });
}

void record_stall(struct record *record, int64_t at, int64_t length) {
    add(record, &(struct entry){ .kind = ENTRY_STALL, .numbers = { at, length } });
}

void record_note(struct record *record, int64_t at, struct text text) {
    add(record, &(struct entry){ .kind = ENTRY_NOTE, .text_count = 1, .texts = { text }, .numbers = { at } });
}

void record_claim(struct record *record, struct text assertion, struct text claim, uint32_t occurrence,
                  struct text values_json) {
    add(record, &(struct entry){ .kind = ENTRY_CLAIM,
                                 .text_count = 3,
                                 .texts = { assertion, claim, values_json },
                                 .numbers = { occurrence } });
}

void record_verdict(struct record *record, const struct verdict_row *verdict) {
    add(record,
        &(struct entry){ .kind = ENTRY_VERDICT,
                         .text_count = 8,
                         .texts = { verdict->assertion, verdict->rules, verdict->claim, verdict->outcome,
                                    verdict->reason, verdict->explanation, verdict->evidence, verdict->file },
                         .numbers = { verdict->occurrence, verdict->is_assume, verdict->line, verdict->column } });
}

void record_outcome(struct record *record, struct text outcome, struct text message) {
    record_meta(record, META_OUTCOME, outcome);
    record_meta(record, META_OUTCOME_MESSAGE, message);
}
