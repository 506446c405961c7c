/* Which statement of a migration made others wait: what ran when, who waited for which table, and one effect for each guilty
 * statement. Inside stdlib/sql only. */
#ifndef AOT_STDLIB_SQL_BLAME_H
#define AOT_STDLIB_SQL_BLAME_H
#include "stdlib/sql/script.h"
#include "stdlib/sql/waits.h"
#include <libpq-fe.h>

struct blame_step {
    size_t statement; /* that was sent, of the script */
    size_t opened_at; /* the first one of its transaction */
    int64_t at;       /* when, on the run's clock */
};
struct blame_wait {
    int64_t start, end; /* on the run's clock */
    unsigned relation;  /* oid of the table; 0: another kind of lock */
    char *query;        /* that waited, or NULL; owned */
    size_t statement;   /* that is to blame; filled in at the end */
};
struct blame {
    struct VECTOR(struct blame_step) steps;
    struct VECTOR(struct blame_wait) waits;
    size_t more; /* waits beyond those that are kept */
};
void blame_done(struct blame *blame);
void blame_step(struct blame *blame, size_t statement, size_t opened_at, int64_t now);
void blame_wait(struct blame *blame, const struct told_wait *wait);
/* The question what the waited-for tables are called; NULL: nobody waited for one. Owned by the caller. */
char *blame_question(const struct blame *blame);
/* An effect `db.blocked` for each statement that made others wait. `names`: the answer, or NULL. */
void blame_tell(struct blame *blame, struct run *run, const char *path, const struct script *script,
                const PGresult *names);
#endif
