/* The server's log, followed while it is written: one JSON object a line (log_destination=jsonlog). */
#ifndef AOT_STDLIB_SQL_LOG_H
#define AOT_STDLIB_SQL_LOG_H
#include "vm/native_call.h"

/* One line. Texts are borrowed during the call; empty where the line has none. */
struct log_line {
    int64_t at;              /* when it was written, on the run's clock; the log has milliseconds */
    int process;             /* who wrote it: a parallel worker's line has its leader here */
    struct text severity;    /* "LOG", "ERROR" */
    struct text message;     /* in English: the cluster runs with lc_messages=C */
    struct text detail;      /* "Process holding the lock: 1. Wait queue: 2." */
    struct text application; /* application_name of the session */
    struct text database;    /* its database */
    struct text statement;   /* what it runs, where the line says so */
};

struct log;
/* Looks for the file every 20 ms, reads what is new, and calls `line` for each complete line. `broken` is called once
 * if the file
 * cannot be read any more: from then on the log proves nothing. */
struct log *log_follow(struct run *run, const char *path, void (*line)(void *data, const struct log_line *line),
                       void (*broken)(void *data), void *data);
/* Without a file: lines are cut from what is fed. */
struct log *log_of_feed(struct run *run, void (*line)(void *data, const struct log_line *line), void *data);
/* `log_now`: the present moment by the log's clock, as its timestamps are written, in ns. */
void log_feed(struct log *log, struct text bytes, int64_t log_now);
void log_read_now(struct log *log); /* what is there already; NULL is allowed */
void log_free(struct log *log);     /* NULL is allowed */

/* One line of JSON; false if it is none. `wall_now` is the present moment by the log's clock and time zone. `scratch` holds the decoded texts. For tests, too. */
bool log_parse(struct text json, int64_t wall_now, int64_t run_now, struct buffer *scratch, struct log_line *line);
#endif
