/* Filling a database from a dump: pg_dump's archives by pg_restore, plain SQL by ourselves. */
#ifndef AOT_STDLIB_SQL_RESTORE_H
#define AOT_STDLIB_SQL_RESTORE_H
#include "stdlib/sql/cluster.h"

struct restore;
/* `done` is called once from the loop: error NULL, or why the dump could not be read, with its last words. */
struct restore *restore_start(struct run *run, const struct cluster *cluster, const char *database, const char *path,
                              int64_t deadline, void (*done)(void *data, const char *error), void *data);
/* Gives up, or forgets it after `done`. NULL is allowed. True when it is gone; false while a thread still reads the
 * file. */
bool restore_free(struct restore *restore);
#endif
