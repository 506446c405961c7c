/* One thing asked of a pool's next free connection, answered once. */
#ifndef AOT_STDLIB_SQL_QUESTION_H
#define AOT_STDLIB_SQL_QUESTION_H
#include "stdlib/sql/pool.h"

struct question;
/* `answered` is called once, from the loop; a connection that could not be had is a reply that is lost. */
struct question *question_ask(struct pool *pool, const char *text, int64_t deadline, db_session_done *answered,
                              void *data);
/* The same with parameters; takes the statements over. `apart` as in db_session_statements. */
struct question *question_state(struct pool *pool, struct statement *statements, size_t count, bool apart,
                                int64_t deadline, db_session_done *answered, void *data);
/* Nobody wants the answer any more. NULL is allowed; not after `answered`. */
void question_drop(struct question *question);
void statements_free(struct statement *statements, size_t count);
#endif
