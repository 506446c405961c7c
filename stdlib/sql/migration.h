/* How a migration's file is run: what db.apply and db.trace have in common. Inside stdlib/sql only. */
#ifndef AOT_STDLIB_SQL_MIGRATION_H
#define AOT_STDLIB_SQL_MIGRATION_H
#include "stdlib/sql/database.h"

/* The same file is harmless in one mode and an outage in another; production's runner decides. */
enum migration_mode {
    MODE_AUTOCOMMIT,  /* statement by statement, as psql -f does */
    MODE_TRANSACTION, /* all in one BEGIN … COMMIT */
    MODE_SIMPLE       /* the whole text as one query, which is one implicit transaction */
};
enum migration_mode migration_mode(struct text word);
const char *migration_mode_word(enum migration_mode mode);

/* ---- runner.c: the file on one connection ---- */
struct runner_request {
    struct database *database;   /* on whose server */
    const struct script *script; /* parsed without error */
    enum migration_mode mode;    /* how */
    int64_t lock_timeout;        /* ns; negative: none is set */
    int64_t retries;             /* after a lock timeout */
    int64_t deadline;            /* of all */
};
struct runner_result {
    char *error;        /* "line 3: …", or NULL; borrowed during the callback */
    char *state;        /* its SQLSTATE, or NULL */
    int64_t attempts;   /* 1, and one for each retry */
    int64_t statements; /* that were completed */
};
struct runner;
/* `begins` is called with the server's process before the first statement; `done` once, when the connection is closed
 * again. */
/* `sends`, which may be NULL, is called before each statement of the file: its number, and that of the first one of its
 * transaction; in MODE_SIMPLE once, with the last and the first. */
struct runner *runner_start(const struct runner_request *request, void (*begins)(void *data, int process),
                            void (*sends)(void *data, size_t statement, size_t opened_at),
                            void (*done)(void *data, const struct runner_result *result), void *data);
void runner_free(struct runner *runner); /* also while it runs; NULL is allowed */
#endif
