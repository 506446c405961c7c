/* What is waiting to be written: entries in blocks of memory, from the run's thread to the writer's. It grows as long as the
 * disk is slower than the run: nothing is dropped and nobody waits. Secrets are masked on the way in. */
#ifndef AOT_RECORD_QUEUE_H
#define AOT_RECORD_QUEUE_H
#include "base/buffer.h"
#include "base/mask.h"

enum entry_kind {
    ENTRY_META,
    ENTRY_SOURCE,
    ENTRY_BINDING,
    ENTRY_PHASE,
    ENTRY_MARK,
    ENTRY_STREAM,
    ENTRY_SAMPLE,
    ENTRY_SAMPLE_AGAIN,
    ENTRY_STREAM_END,
    ENTRY_EFFECT,
    ENTRY_STALL,
    ENTRY_NOTE,
    ENTRY_CLAIM,
    ENTRY_VERDICT,
    ENTRY_KIND_COUNT
};
enum { ENTRY_TEXTS = 8, ENTRY_NUMBERS = 5 };

/* One row to be. Which field is which column is the writer's table of statements. */
struct entry {
    enum entry_kind kind;
    uint32_t text_count;            /* of `texts`, from the first */
    int64_t numbers[ENTRY_NUMBERS]; /* integer columns */
    double real;                    /* the one column that is no integer */
    struct text texts[ENTRY_TEXTS]; /* text columns; when taken: borrowed until queue_release */
};

struct queue;
struct queue *queue_new(void);
void queue_free(struct queue *queue);
/* Adds a copy; texts pass `mask` (NULL: none). Never waits for the disk. */
void queue_add(struct queue *queue, const struct entry *entry, const struct mask *mask);
/* Asks the writer to write all that was added so far, and waits until it has; false if `limit` ns were not enough. */
bool queue_flush(struct queue *queue, int64_t limit);
void queue_stop(struct queue *queue);      /* nothing comes after */
size_t queue_maximum(struct queue *queue); /* bytes that waited at the worst moment */

/* ---- the writer's side ---- */
struct batch {
    struct block *blocks, *reading;
    size_t offset;
}; /* zeroed: empty */
/* Waits for a batch: a quarter of a second after its first entry, at once when there is much or a flush. False: stopped and empty. */
bool queue_take(struct queue *queue, struct batch *batch);
bool batch_next(struct batch *batch, struct entry *entry); /* false at the end */
void queue_written(struct queue *queue,
                   struct batch *batch); /* releases the batch and tells who waits in queue_flush */
#endif
