/* Queues of bytes. Small pieces share a segment, so that a stalled stream of single bytes takes no more than it holds. */
#include "stdlib/proxy/queue.h"

#include "base/memory.h"

#include <string.h>

enum { SEGMENT_MINIMUM = 2048 };

static void put(struct queue *queue, struct text bytes) {
    struct segment *segment = queue->last;
    memcpy(segment->bytes + segment->end, bytes.bytes, bytes.length);
    segment->end += bytes.length;
    queue->length += bytes.length;
}

void queue_append(struct queue *queue, struct text bytes, int64_t due) {
    struct segment *last = queue->last;
    if (last && last->due == due && last->end < last->capacity) {
        size_t room = last->capacity - last->end;
        put(queue, text_slice(bytes, 0, room));
        bytes = text_slice(bytes, room, bytes.length);
    }
    if (!bytes.length) return;
    size_t capacity = bytes.length < SEGMENT_MINIMUM && !due ? SEGMENT_MINIMUM : bytes.length;
    struct segment *segment = memory_resize(NULL, sizeof *segment + capacity);
    *segment = (struct segment){ .due = due, .capacity = capacity };
    if (last)
        last->next = segment;
    else
        queue->first = segment;
    queue->last = segment;
    queue->memory += sizeof *segment + capacity;
    put(queue, bytes);
}

struct text queue_first(const struct queue *queue) {
    const struct segment *first = queue->first;
    return first ? (struct text){ first->bytes + first->start, first->end - first->start } : TEXT_NONE;
}

void queue_drop(struct queue *queue, size_t length) {
    queue->length -= length;
    while (length && queue->first) {
        struct segment *first = queue->first;
        size_t here = first->end - first->start;
        if (length < here) {
            first->start += length;
            return;
        }
        length -= here;
        queue->first = first->next;
        if (!queue->first) queue->last = NULL;
        queue->memory -= sizeof *first + first->capacity;
        memory_release(first);
    }
}

void queue_done(struct queue *queue) {
    queue_drop(queue, queue->length);
}
