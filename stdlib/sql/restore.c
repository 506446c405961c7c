/* Restoring. A restore owns the file's content, its own session, and pg_restore while that runs.
 * The file is read on a work thread; statements go to the server one by one, INSERTs in batches, COPY as a stream. */
#include "stdlib/sql/restore.h"
#include "base/memory.h"
#include "stdlib/sql/splitter.h"
#include "stdlib/sql/tool.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 1 << 18 };
static const int64_t file_maximum = INT64_C(1) << 30;

struct restore {
    struct run *run;                             /* whose */
    const struct cluster *cluster;               /* into which */
    char *database;                              /* of it */
    char *path;                                  /* of the dump */
    int64_t deadline;                            /* for all of it */
    struct buffer content;                       /* of a plain dump */
    struct buffer problem;                       /* of reading it */
    bool reading;                                /* the work thread has it */
    bool archive;                                /* pg_restore's */
    bool given_up;                               /* nobody waits any more */
    struct splitter splitter;                    /* where we are in the content */
    struct piece piece, ahead;                   /* what is being run; what was read too far */
    bool has_ahead;                              /* there is one */
    struct buffer batch;                         /* the text that is being run */
    struct db_session *session;                  /* of a plain dump */
    struct tool *tool;                           /* pg_restore */
    void (*done)(void *data, const char *error); /* whom to tell */
    void *data;                                  /* his */
};

static void next_piece(struct restore *restore);

static void finish(struct restore *restore, const char *error) {
    void (*done)(void *, const char *) = restore->done;
    db_session_close(restore->session);
    restore->session = NULL;
    restore->done = NULL;
    done(restore->data, error);
}

static void finish_at(struct restore *restore, int line, const char *what, const char *detail) {
    struct buffer message = { 0 };
    buffer_printf(&message, "%s:%d: %s%s", restore->path, line, what, detail);
    finish(restore, message.bytes);
    buffer_done(&message);
}

/* ---- archives ---- */
static void archive_restored(void *data, int status) {
    struct restore *restore = data;
    if (status == 0) {
        finish(restore, NULL);
        return;
    }
    struct buffer message = { 0 };
    struct text words = text_trim(tool_output(restore->tool));
    if (words.length > 1000) words = text_slice(words, words.length - 1000, 1000);
    buffer_printf(&message, "%s: pg_restore failed (", restore->path);
    tool_status_print(status, &message);
    buffer_printf(&message, "): %.*s", TEXT_ARGS(words));
    finish(restore, message.bytes);
    buffer_done(&message);
}

static void restore_archive(struct restore *restore) {
    char program[600], target[300];
    installation_program(cluster_installation(restore->cluster), "pg_restore", program, sizeof program);
    snprintf(target, sizeof target, "host=%s port=%d user=aot dbname=%s sslmode=disable",
             cluster_folder(restore->cluster), cluster_port(restore->cluster), restore->database);
    const char *const arguments[] = { program,           "--dbname",        target,        "--no-owner",
                                      "--no-privileges", "--exit-on-error", restore->path, NULL };
    struct tool_request request = { .arguments = arguments, .stop_signal = SIGKILL };
    struct buffer error = { 0 };
    restore->tool = tool_start(restore->run, &request, archive_restored, restore, &error);
    if (!restore->tool) finish(restore, error.bytes);
    buffer_done(&error);
}

/* ---- plain SQL ---- */
/* A dump may name roles and settings that a scratch server does not know; neither matters to what is tested. */
static bool is_harmless(const struct restore *restore, const PGresult *error) {
    const char *state = PQresultErrorField(error, PG_DIAG_SQLSTATE);
    struct text text = restore->piece.text;
    if (!state || strcmp(state, "42704") != 0) return false;
    if (statement_begins(text, "set") || statement_begins(text, "grant") || statement_begins(text, "revoke"))
        return true;
    return statement_begins(text, "alter") && text_find(text, TEXT(" OWNER TO ")) != SIZE_MAX;
}

static void piece_done(void *data, const struct reply *reply) {
    struct restore *restore = data;
    PGresult *error = reply_error(reply);
    if (error && !is_harmless(restore, error)) {
        finish_at(restore, restore->piece.line, PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY), "");
    } else if (reply->lost) {
        finish_at(restore, restore->piece.line, reply->lost, "");
    } else {
        next_piece(restore);
    }
}

static struct piece take(struct restore *restore) {
    if (!restore->has_ahead) return splitter_next(&restore->splitter);
    restore->has_ahead = false;
    return restore->ahead;
}

/* One statement, or many INSERTs in one go. */
static void gather(struct restore *restore) {
    buffer_clear(&restore->batch);
    buffer_append(&restore->batch, restore->piece.text);
    if (!statement_begins(restore->piece.text, "insert")) return;
    while (restore->batch.length < BATCH) {
        restore->ahead = splitter_next(&restore->splitter);
        restore->has_ahead = restore->ahead.kind != PIECE_STATEMENT || !statement_begins(restore->ahead.text, "insert");
        if (restore->has_ahead) break;
        buffer_append_string(&restore->batch, ";\n");
        buffer_append(&restore->batch, restore->ahead.text);
    }
}

static bool is_restriction(struct text command) {
    return text_starts(command, TEXT("\\restrict ")) || text_starts(command, TEXT("\\unrestrict "));
}

static void next_piece(struct restore *restore) {
    struct piece *piece = &restore->piece;
    do {
        *piece = take(restore);
    } while (piece->kind == PIECE_PSQL_COMMAND &&
             is_restriction(piece->text)); /* newer pg_dump's marks for psql alone */
    struct buffer command = { 0 };
    switch (piece->kind) {
    case PIECE_STATEMENT:
        gather(restore);
        db_session_query(restore->session, restore->batch.bytes, restore->deadline, piece_done, restore);
        break;
    case PIECE_COPY:
        buffer_clear(&restore->batch);
        buffer_append(&restore->batch, piece->text);
        db_session_copy(restore->session, restore->batch.bytes, piece->rows, restore->deadline, piece_done, restore);
        break;
    case PIECE_PSQL_COMMAND:
        buffer_append(&command, text_slice(piece->text, 0, 60));
        finish_at(restore, piece->line, "a command of psql, not SQL, cannot be read: ", command.bytes);
        break;
    case PIECE_UNFINISHED:
        finish_at(restore, piece->line, "a quote, a comment or COPY data that begins here never ends", "");
        break;
    case PIECE_END: finish(restore, NULL); break;
    }
    buffer_done(&command);
}

static void opened(void *data, const char *error) {
    struct restore *restore = data;
    if (error) {
        finish(restore, error);
    } else {
        next_piece(restore);
    }
}

/* ---- the file ---- */
static void read_content(struct restore *restore, int file) {
    char bytes[65536];
    for (ssize_t got; (got = read(file, bytes, sizeof bytes)) != 0;) {
        if (got < 0) {
            buffer_printf(&restore->problem, "cannot read %s: %s", restore->path, strerror(errno));
            return;
        }
        buffer_append(&restore->content, (struct text){ bytes, (size_t)got });
    }
    struct text all = buffer_text(&restore->content);
    if (memchr(all.bytes ? all.bytes : "", 0, all.length)) {
        buffer_printf(&restore->problem, "%s is neither SQL text nor an archive of pg_dump", restore->path);
    } else if (text_invalid_utf8(all) != SIZE_MAX) {
        buffer_printf(&restore->problem, "%s is not UTF-8 (byte %zu)", restore->path, text_invalid_utf8(all));
    }
}

static bool is_archive(const char *path, int file) {
    char magic[5] = { 0 };
    if (pread(file, magic, sizeof magic, 0) == (ssize_t)sizeof magic && memcmp(magic, "PGDMP", 5) == 0) return true;
    return text_ends(text_of(path), TEXT(".dump")) || text_ends(text_of(path), TEXT(".tar"));
}

static void work(void *data) {
    struct restore *restore = data;
    struct stat status;
    int file = open(restore->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        buffer_printf(&restore->problem, "cannot read %s: %s", restore->path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        buffer_printf(&restore->problem, "%s is no file", restore->path);
    } else if (is_archive(restore->path, file)) {
        restore->archive = true;
    } else if (status.st_size > file_maximum) {
        buffer_printf(&restore->problem, "%s is larger than 1 GiB: make an archive of it (pg_dump --format=custom)",
                      restore->path);
    } else {
        read_content(restore, file);
    }
    if (file >= 0) close(file);
}

static void work_done(void *data) {
    struct restore *restore = data;
    restore->reading = false;
    if (restore->given_up) return;
    if (restore->problem.length) {
        finish(restore, restore->problem.bytes);
    } else if (restore->archive) {
        restore_archive(restore);
    } else {
        struct db_address address = cluster_address(restore->cluster, restore->database, "aot restore");
        restore->splitter = (struct splitter){ buffer_text(&restore->content), 0, 1 };
        restore->session = db_session_open(restore->run, &address, restore->deadline, opened, restore);
    }
}

struct restore *restore_start(struct run *run, const struct cluster *cluster, const char *database, const char *path,
                              int64_t deadline, void (*done)(void *data, const char *error), void *data) {
    struct restore *restore = memory_allocate(sizeof *restore);
    *restore = (struct restore){
        .run = run, .cluster = cluster, .deadline = deadline, .done = done, .data = data, .reading = true
    };
    restore->database = memory_copy(database, strlen(database));
    restore->path = memory_copy(path, strlen(path));
    loop_work_start(run_loop(run), work, work_done, restore);
    return restore;
}

static void dispose(struct restore *restore) {
    db_session_close(restore->session);
    tool_free(restore->tool);
    buffer_done(&restore->content);
    buffer_done(&restore->problem);
    buffer_done(&restore->batch);
    memory_release(restore->database);
    memory_release(restore->path);
    memory_release(restore);
}

bool restore_free(struct restore *restore) {
    if (!restore) return true;
    restore->given_up = true;
    if (restore->reading) return false;
    dispose(restore);
    return true;
}
