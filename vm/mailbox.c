/* Batches from a worker to its run. The mutex is held for a pointer's change only; neither side ever waits for the other.
 * The worker hands over every 20 ms at most, so that the run's thread is not woken for each event. */
#include "vm/mailbox.h"

#include "vm/heap.h"
#include "vm/response.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { BATCH_EVENTS = 16384, MOST_EVENTS = 1 << 20, MOST_EFFECTS = 1000, REMEMBERED = 8 };
enum { BATCH_BYTES = 4 << 20, MOST_BYTES = 64 << 20 }; /* of the values; one answer may be larger than either */
static const int64_t batch_age = 20 * MILLISECOND;

/* A value of the worker's, and where its copy stands in the batch being filled. */
struct remembered {
    struct value value;
    uint32_t index;
};

struct mailbox {
    /* both sides */
    pthread_mutex_t lock;        /* guards the list */
    struct batch *first, *last;  /* handed over */
    atomic_size_t waiting;       /* events that were handed over and are not done with */
    atomic_size_t waiting_bytes; /* of their values */
    struct loop_call *call;      /* wakes the run's loop */
    struct run *run;             /* the run's side: whom to tell */
    void (*arrived)(void *data); /* how */
    void *data;
    /* the worker's side */
    struct run *worker;
    struct batch *filling; /* NULL: nothing since the last one went */
    struct loop_timer *timer;
    struct remembered remembered[REMEMBERED]; /* the latest distinct values */
    size_t next_place;
    size_t effects; /* so far that did not go well, also those beyond MOST_EFFECTS */
};

struct mailbox *mailbox_new(struct run *run, void (*arrived)(void *data), void *data) {
    struct mailbox *mailbox = memory_allocate(sizeof *mailbox);
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->run = run;
    mailbox->arrived = arrived;
    mailbox->data = data;
    mailbox->call = loop_call_start(run->loop, arrived, data);
    return mailbox;
}

static void free_effects(struct batch *batch) {
    for (size_t i = 0; i < batch->effects.count; i++) {
        memory_release(batch->effects.items[i].kind);
        memory_release(batch->effects.items[i].subject);
        memory_release(batch->effects.items[i].outcome);
    }
    VECTOR_DONE(&batch->effects);
}

static void batch_free(struct batch *batch) {
    for (size_t i = 0; i < batch->values.count; i++) value_release(batch->values.items[i]);
    VECTOR_DONE(&batch->values);
    VECTOR_DONE(&batch->events);
    free_effects(batch);
    heap_free(batch->heap);
    memory_release(batch);
}

void mailbox_free(struct mailbox *mailbox) {
    if (!mailbox) return;
    for (struct batch *batch = mailbox->first, *next; batch; batch = next) {
        next = batch->next;
        batch_free(batch);
    }
    loop_call_stop(mailbox->call);
    pthread_mutex_destroy(&mailbox->lock);
    memory_release(mailbox);
}

void mailbox_wake(struct mailbox *mailbox) {
    loop_call_send(mailbox->call);
}

/* ---- the worker's side ---- */
void mailbox_attach(struct mailbox *mailbox, struct run *worker) {
    mailbox->worker = worker;
    worker->mailbox = mailbox;
}

static void forget(struct mailbox *mailbox) {
    for (size_t i = 0; i < REMEMBERED; i++) value_release(mailbox->remembered[i].value);
    memset(mailbox->remembered, 0, sizeof mailbox->remembered);
}

void mailbox_flush(struct mailbox *mailbox) {
    struct batch *batch = mailbox->filling;
    if (mailbox->timer) loop_timer_stop(mailbox->timer);
    mailbox->timer = NULL;
    if (!batch) return;
    mailbox->filling = NULL;
    forget(mailbox);
    batch->bytes = batch->heap->bytes;
    atomic_fetch_add(&mailbox->waiting, batch->events.count);
    atomic_fetch_add(&mailbox->waiting_bytes, batch->bytes);
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->last)
        mailbox->last->next = batch;
    else
        mailbox->first = batch;
    mailbox->last = batch;
    pthread_mutex_unlock(&mailbox->lock);
    mailbox_wake(mailbox);
}

static void old_enough(void *data) {
    struct mailbox *mailbox = data;
    mailbox->timer = NULL;
    mailbox_flush(mailbox);
}

static struct batch *filling(struct mailbox *mailbox) {
    if (mailbox->filling) return mailbox->filling;
    mailbox->filling = memory_allocate(sizeof *mailbox->filling);
    mailbox->filling->heap = heap_new(0);
    struct loop *loop = mailbox->worker->loop;
    mailbox->timer = loop_timer_start(loop, loop_now(loop) + batch_age, old_enough, mailbox);
    return mailbox->filling;
}

static uint32_t index_of(struct mailbox *mailbox, struct batch *batch, struct value value) {
    size_t count = batch->values.count;
    if (!value_is_counted(value)) { /* a plain one needs no copy, and is found by its bits */
        bool again = count && batch->values.items[count - 1].kind == value.kind &&
                     batch->values.items[count - 1].integer == value.integer;
        if (again) return (uint32_t)(count - 1);
        VECTOR_PUSH(&batch->values, value);
        return (uint32_t)count;
    }
    for (size_t i = 0; i < REMEMBERED; i++) {
        struct remembered *known = &mailbox->remembered[(mailbox->next_place + REMEMBERED - 1 - i) % REMEMBERED];
        if (response_alike(known->value, value)) return known->index;
    }
    VECTOR_PUSH(&batch->values, response_lasting(batch->heap, value));
    struct remembered *place = &mailbox->remembered[mailbox->next_place];
    mailbox->next_place = (mailbox->next_place + 1) % REMEMBERED;
    value_release(place->value);
    *place = (struct remembered){ value_retain(value), (uint32_t)count };
    return (uint32_t)count;
}

void mailbox_event(struct mailbox *mailbox, int64_t start, int64_t end, int64_t intended, struct value value) {
    struct batch *batch = filling(mailbox);
    VECTOR_PUSH(&batch->events, (struct batch_event){ start, end, intended, index_of(mailbox, batch, value) });
    if (batch->events.count >= BATCH_EVENTS || batch->heap->bytes >= BATCH_BYTES) mailbox_flush(mailbox);
}

static bool went_well(struct text outcome) {
    return text_is(outcome, "ok") || (outcome.length == 3 && outcome.bytes[0] >= '1' && outcome.bytes[0] <= '4');
}

static char *copied(struct text text) {
    return memory_copy(text.bytes, text.length);
}

void mailbox_effect(struct mailbox *mailbox, const char *kind, struct text subject, int64_t start, int64_t end,
                    struct text outcome) {
    if (went_well(outcome) || ++mailbox->effects > MOST_EFFECTS) return;
    struct batch *batch = filling(mailbox);
    VECTOR_PUSH(&batch->effects,
                (struct batch_effect){ copied(text_of(kind)), copied(subject), copied(outcome), start, end });
}

size_t mailbox_left_out(const struct mailbox *mailbox) {
    return mailbox->effects > MOST_EFFECTS ? mailbox->effects - MOST_EFFECTS : 0;
}

bool mailbox_is_full(struct mailbox *mailbox) {
    return atomic_load_explicit(&mailbox->waiting, memory_order_relaxed) >= MOST_EVENTS ||
           atomic_load_explicit(&mailbox->waiting_bytes, memory_order_relaxed) >= MOST_BYTES;
}

void mailbox_detach(struct mailbox *mailbox) {
    mailbox_flush(mailbox);
    mailbox->worker->mailbox = NULL;
    mailbox->worker = NULL;
}

/* ---- the run's side ---- */
struct batch *mailbox_take(struct mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    struct batch *batch = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    pthread_mutex_unlock(&mailbox->lock);
    return batch;
}

void mailbox_done(struct mailbox *mailbox, struct batch *batch) {
    atomic_fetch_sub(&mailbox->waiting, batch->events.count);
    atomic_fetch_sub(&mailbox->waiting_bytes, batch->bytes);
    batch_free(batch);
}
