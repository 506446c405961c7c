/* Who waited for a lock, how long, and because of whom: from the server's log lines (log_lock_waits, deadlock_timeout
 * = the limit).
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

/* From `now` on (the run's clock), waits that belong to the server's process `process` go to `blocked` (retained),
 * too. Returns its number. */
size_t waits_migration_begin(struct waits *waits, int64_t now, int process, struct value blocked);
void waits_migration_end(struct waits *waits, int64_t now, size_t number);
/* No wait that belongs to it is still going on, as far as the log was read. */
bool waits_migration_settled(const struct waits *waits, size_t number);
/* A self-test's process was seen waiting. */
bool waits_saw_self_test(const struct waits *waits, int process);
/* Nothing comes any more: tells what still goes on as it stands, and closes all streams. Idempotent. */
void waits_finish(struct waits *waits, int64_t now);
#endif
