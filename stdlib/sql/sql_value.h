/* Between values and SQL: a sql value becomes a statement with parameters, a reply becomes a record of type rows. */
#ifndef AOT_STDLIB_SQL_SQL_VALUE_H
#define AOT_STDLIB_SQL_SQL_VALUE_H
#include "stdlib/sql/db_session.h"

/* "… ${id} …" becomes "… $1 …" with its parameter as text. False with a reason for what cannot be a parameter. */
bool sql_value_statement(struct run *run, struct value sql, struct statement *statement, struct buffer *error);

enum sql_detail {
    SQL_ROWS, /* with the rows of the last result */
    SQL_COUNT /* only how many there were in all: what a load records ten thousand times should be small and equal */
};
struct value sql_value_rows(struct heap *heap, const struct reply *reply, enum sql_detail detail);
/* A rows record of a failure. */
struct value sql_value_failure(struct heap *heap, const char *error, const char *state);
/* One column of one row, by the type that the server gave it. */
struct value sql_value_column(struct heap *heap, const PGresult *result, int row, int column);
#endif
