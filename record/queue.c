/* The queue between the run and the writer thread. One mutex, held for a copy of some bytes; blocks of a MiB, so that a long
 * queue is never moved. The run's side never waits, except where it asks to (queue_flush). */
#include "record/queue.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <string.h>

enum { BLOCK_BYTES = 1024 * 1024, BATCH_BYTES = 1024 * 1024 };
static const int64_t batch_age = 250 * MILLISECOND;

struct block {
    struct block *next; /* younger */
    size_t used;        /* bytes of entries */
    size_t capacity;    /* of `bytes` */
    char bytes[];       /* entries, each a head and its texts */
};

struct queue {
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t filled;  /* the writer waits here */
    pthread_cond_t emptied; /* queue_flush waits here */
    struct block *first;    /* oldest; NULL when nothing waits */
    struct block *last;     /* the one being filled */
    size_t waiting;         /* bytes in all blocks and in the batch being written */
    size_t maximum;         /* the most that `waiting` ever was */
    int64_t first_at;       /* when the oldest entry came */
    uint64_t added;         /* entries so far */
    uint64_t taken;         /* of them, handed to the writer */
    uint64_t written;       /* of them, done with */
    bool hurry;             /* somebody flushes */
    bool stopped;           /* nothing comes after */
    struct buffer scratch;  /* a masked entry on its way in; the run's side only */
};

/* The fixed part of an entry in a block; its texts' lengths and bytes follow. */
struct head {
    uint32_t kind;
    uint32_t text_count;
    int64_t numbers[ENTRY_NUMBERS];
    double real;
    size_t lengths[ENTRY_TEXTS]; /* only text_count of them are stored */
};

struct queue *queue_new(void) {
    struct queue *queue = memory_allocate(sizeof *queue);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_cond_init(&queue->emptied, &attributes);
    pthread_condattr_destroy(&attributes);
    return queue;
}

static void free_blocks(struct block *block) {
    while (block) {
        struct block *next = block->next;
        memory_release(block);
        block = next;
    }
}

void queue_free(struct queue *queue) {
    if (!queue) return;
    free_blocks(queue->first);
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->emptied);
    pthread_mutex_destroy(&queue->lock);
    buffer_done(&queue->scratch);
    memory_release(queue);
}

static size_t head_size(uint32_t text_count) {
    return offsetof(struct head, lengths) + text_count * sizeof(size_t);
}

static struct block *block_with_room(struct queue *queue, size_t size) {
    if (queue->last && queue->last->capacity - queue->last->used >= size) return queue->last;
    size_t capacity = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct block *block = memory_resize(NULL, sizeof *block + capacity);
    *block = (struct block){ .capacity = capacity };
    if (queue->last)
        queue->last->next = block;
    else
        queue->first = block;
    queue->last = block;
    return block;
}

void queue_add(struct queue *queue, const struct entry *entry, const struct mask *mask) {
    struct head head = { .kind = entry->kind, .text_count = entry->text_count, .real = entry->real };
    memcpy(head.numbers, entry->numbers, sizeof head.numbers);
    struct buffer *texts = &queue->scratch;
    buffer_clear(texts);
    for (uint32_t i = 0; i < entry->text_count; i++) {
        size_t before = texts->length;
        mask_apply(mask, entry->texts[i], texts);
        head.lengths[i] = texts->length - before;
    }
    size_t fixed = head_size(entry->text_count);
    size_t size = (fixed + texts->length + 7) & ~(size_t)7;

    pthread_mutex_lock(&queue->lock);
    bool was_empty = queue->first == NULL;
    struct block *block = block_with_room(queue, size);
    memcpy(block->bytes + block->used, &head, fixed);
    if (texts->length) memcpy(block->bytes + block->used + fixed, texts->bytes, texts->length);
    block->used += size;
    queue->added++;
    queue->waiting += size;
    if (queue->waiting > queue->maximum) queue->maximum = queue->waiting;
    if (was_empty) queue->first_at = clock_monotonic();
    if (was_empty || queue->waiting >= BATCH_BYTES) pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

static struct timespec timespec_of(int64_t nanoseconds) {
    return (struct timespec){ nanoseconds / SECOND, nanoseconds % SECOND };
}

bool queue_flush(struct queue *queue, int64_t limit) {
    struct timespec deadline = timespec_of(clock_monotonic() + limit);
    pthread_mutex_lock(&queue->lock);
    uint64_t wanted = queue->added;
    queue->hurry = true;
    pthread_cond_signal(&queue->filled);
    int failed = 0;
    while (queue->written < wanted && failed == 0)
        failed = pthread_cond_timedwait(&queue->emptied, &queue->lock, &deadline);
    bool done = queue->written >= wanted;
    pthread_mutex_unlock(&queue->lock);
    return done;
}

void queue_stop(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_maximum(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    size_t maximum = queue->maximum;
    pthread_mutex_unlock(&queue->lock);
    return maximum;
}

/* With the lock held: waits until there is a reason to write. */
static void wait_for_batch(struct queue *queue) {
    while (!queue->stopped && !queue->first) {
        queue->hurry = false; /* there is nothing to flush */
        pthread_cond_wait(&queue->filled, &queue->lock);
    }
    struct timespec due = timespec_of(queue->first_at + batch_age);
    int failed = 0;
    while (!queue->stopped && !queue->hurry && queue->waiting < BATCH_BYTES && failed == 0)
        failed = pthread_cond_timedwait(&queue->filled, &queue->lock, &due);
    queue->hurry = false;
}

bool queue_take(struct queue *queue, struct batch *batch) {
    pthread_mutex_lock(&queue->lock);
    wait_for_batch(queue);
    *batch = (struct batch){ .blocks = queue->first, .reading = queue->first };
    queue->first = queue->last = NULL;
    queue->taken = queue->added;
    pthread_mutex_unlock(&queue->lock);
    return batch->blocks != NULL;
}

bool batch_next(struct batch *batch, struct entry *entry) {
    while (batch->reading && batch->offset == batch->reading->used) {
        batch->reading = batch->reading->next;
        batch->offset = 0;
    }
    if (!batch->reading) return false;
    const char *bytes = batch->reading->bytes + batch->offset;
    struct head head;
    memcpy(&head, bytes, head_size(0));
    size_t size = head_size(head.text_count);
    memcpy(&head, bytes, size);
    *entry = (struct entry){ .kind = (enum entry_kind)head.kind, .text_count = head.text_count, .real = head.real };
    memcpy(entry->numbers, head.numbers, sizeof head.numbers);
    for (uint32_t i = 0; i < head.text_count; i++) {
        entry->texts[i] = (struct text){ bytes + size, head.lengths[i] };
        size += head.lengths[i];
    }
    batch->offset += (size + 7) & ~(size_t)7;
    return true;
}

void queue_written(struct queue *queue, struct batch *batch) {
    size_t freed = 0;
    for (struct block *block = batch->blocks; block; block = block->next) freed += block->used;
    free_blocks(batch->blocks);
    *batch = (struct batch){ 0 };
    pthread_mutex_lock(&queue->lock);
    queue->waiting -= freed;
    queue->written = queue->taken;
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
}
