/* Who waited for a lock, how long, and because of whom: from the server's log lines (log_lock_waits, deadlock_timeout
 * = the limit), or from samples of who waits.
 * A wait belongs to a migration when the migration holds the lock, stands ahead in its queue, or when whoever does so
 * belongs to it. */
#ifndef AOT_STDLIB_SQL_WAITS_H
#define AOT_STDLIB_SQL_WAITS_H
#include "stdlib/sql/log.h"

#define SELF_TEST_APPLICATION "aot self-test"

struct waits;
/* Each wait goes to `all` (a stream of durations; retained) when it is over; self-tests' waits do not. */
struct waits *waits_new(struct value all);
void waits_free(struct waits *waits); /* after waits_finish; NULL is allowed */
void waits_line(struct waits *waits, const struct log_line *line);

/* Somebody who waits at the moment of a sample. */
enum { SEEN_BLOCKERS = 64 };
struct seen_wait {
    int process, reporter; /* as in the log: a parallel worker's leader, and the worker itself */
    int64_t began;         /* us of the server's clock; with `reporter` it tells one wait from the next */
    bool self_test;        /* it is a self-test's */
    unsigned relation;     /* oid of the table that it waits for; 0: another kind of lock */
    const char *query;     /* that waits; borrowed */
    int blockers[SEEN_BLOCKERS];
    size_t blocker_count; /* holders, and those ahead in the queue; more are not kept */
};
struct wait_sample {
    int64_t run_now, server_now; /* when it was taken: ns of the run's clock, us of the server's */
    int64_t limit;               /* ns: shorter waits are not told */
    struct heap *heap;           /* for what cannot be judged */
    struct seen_wait *seen;
    size_t count;
};
/* One that is not seen any more has ended since the sample before. If it may have reached the limit, and may not, its value is no data.
 */
void waits_sampled(struct waits *waits, const struct wait_sample *sample);
/* Nobody looked from then to then, long enough to miss a wait of the limit: `blindness` (no data) is told in all streams. */
void waits_blind(struct waits *waits, int64_t from, int64_t to, struct value blindness);

/* From `now` on (the run's clock), waits that belong to the server's process `process` go to `blocked` (retained),
 * too. Returns its number. */
size_t waits_migration_begin(struct waits *waits, int64_t now, int process, struct value blocked);
/* Somebody has waited for a migration. */
struct told_wait {
    int64_t start, end; /* on the run's clock */
    unsigned relation;  /* as above */
    const char *query;  /* that waited, or NULL; borrowed */
};
/* `told` is called for each wait that goes to its stream; NULL: no more. */
void waits_migration_listen(struct waits *waits, size_t number, void (*told)(void *data, const struct told_wait *wait),
                            void *data);
void waits_migration_end(struct waits *waits, int64_t now, size_t number);
/* No wait that belongs to it is still going on, as far as the log was read. */
bool waits_migration_settled(const struct waits *waits, size_t number);
/* A self-test's process was seen waiting. */
bool waits_saw_self_test(const struct waits *waits, int process);
/* Nothing comes any more: tells what still goes on as it stands, and closes all streams. Idempotent. */
void waits_finish(struct waits *waits, int64_t now);
#endif
