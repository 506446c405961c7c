/* Bytes that wait for their way on, in pieces with a time. Counts the memory that they take, which backpressure goes by. */
#ifndef AOT_STDLIB_PROXY_QUEUE_H
#define AOT_STDLIB_PROXY_QUEUE_H
#include "base/text.h"

struct segment {
    struct segment *next;
    int64_t due;       /* when a stage lets it go on; 0: at once */
    size_t start, end; /* what is still to go, in `bytes` */
    size_t capacity;   /* of `bytes` */
    char bytes[];
};
struct queue {
    struct segment *first, *last; /* owned */
    size_t length;                /* bytes to go */
    size_t memory;                /* bytes taken, segments included */
};
/* Appends; joins the last segment where that has the same time and room. */
void queue_append(struct queue *queue, struct text bytes, int64_t due);
struct text queue_first(const struct queue *queue);  /* borrowed; empty when nothing waits */
void queue_drop(struct queue *queue, size_t length); /* from the front; at most queue->length */
void queue_done(struct queue *queue);
#endif
