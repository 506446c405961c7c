/* The log of a server that is not ours, followed by SQL: pg_current_logfile and pg_read_binary_file, which a superuser may. */
#ifndef AOT_STDLIB_SQL_SERVER_LOG_H
#define AOT_STDLIB_SQL_SERVER_LOG_H
#include "stdlib/sql/db_session.h"
#include "stdlib/sql/log.h"

/* From the log's present end on. Calls as of log_follow. */
struct server_log;
struct server_log *server_log_follow(struct run *run, const struct db_address *address,
                                     void (*line)(void *data, const struct log_line *line), void (*broken)(void *data),
                                     void *data);
void server_log_free(struct server_log *server_log); /* NULL is allowed */
#endif
