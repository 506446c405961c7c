/* What a record is in memory; shared by the files of record/ alone. */
#ifndef AOT_RECORD_STATE_H
#define AOT_RECORD_STATE_H
#include "record/queue.h"
#include "record/record.h"
#include "record/writer.h"

#include <pthread.h>

struct sqlite3;
struct record {
    char *path;              /* owned */
    const struct mask *mask; /* borrowed; NULL: nothing is secret */
    struct queue *queue;     /* NULL: opened to read */
    struct writer *writer;   /* of the writer thread until it ends */
    pthread_t thread;        /* runs writer_run */
    uint32_t stream_count;   /* ids given out */
    struct sqlite3 *reading; /* to read; opened at the first reading when writing */
    char *reading_error;     /* the first thing that could not be read; owned */
};
#endif
