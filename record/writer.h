/* The writer's side of a record: statements, one transaction a batch, open chunks. Used by the writer thread alone. */
#ifndef AOT_RECORD_WRITER_H
#define AOT_RECORD_WRITER_H
#include "base/text.h"
#include "record/queue.h"

struct sqlite3;
struct writer;
/* Takes over the connection; its schema is there. NULL with a reason if the statements cannot be prepared. */
struct writer *writer_new(struct sqlite3 *database, char **error);
/* Writes until the queue is stopped and empty. After the first failure everything else is dropped. */
void writer_run(struct writer *writer, struct queue *queue);
/* Marks the record as complete and makes it one file; closes the connection and frees. False with a reason if anything failed. */
bool writer_close(struct writer *writer, size_t queue_maximum, char **error);
#endif
