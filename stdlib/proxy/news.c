/* The queue between wire and loop: a list under a lock that is held for a few instructions only. */
#include "stdlib/proxy/news.h"

#include "base/memory.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct news_queue {
    pthread_mutex_t lock;
    struct news *first, *last; /* owned */
    size_t bytes, limit;       /* that they take; at most */
    uint64_t lost;             /* since the last take */
    int descriptor;            /* an eventfd; readable while the list is not empty */
};

static struct text copy(char **at, struct text text) {
    struct text copied = { *at, text.length };
    if (text.length) memcpy(*at, text.bytes, text.length);
    *at += text.length;
    return copied;
}

static size_t bytes_of(const struct news *news) {
    return sizeof *news + news->method.length + news->path.length + news->headers.length + news->error.length +
           news->peer.length + news->request.length;
}

struct news *news_new(const struct news *like) {
    struct news *news = memory_resize(NULL, bytes_of(like));
    char *at = (char *)(news + 1);
    *news = *like;
    news->next = NULL;
    news->method = copy(&at, like->method);
    news->path = copy(&at, like->path);
    news->headers = copy(&at, like->headers);
    news->error = copy(&at, like->error);
    news->peer = copy(&at, like->peer);
    news->request = copy(&at, like->request);
    return news;
}

struct news_queue *news_queue_new(size_t limit) {
    struct news_queue *queue = memory_allocate(sizeof *queue);
    queue->limit = limit;
    queue->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

static void release_all(struct news *news) {
    while (news) {
        struct news *next = news->next;
        memory_release(news);
        news = next;
    }
}

void news_queue_free(struct news_queue *queue) {
    release_all(queue->first);
    if (queue->descriptor >= 0) close(queue->descriptor);
    pthread_mutex_destroy(&queue->lock);
    memory_release(queue);
}

int news_queue_descriptor(const struct news_queue *queue) {
    return queue->descriptor;
}

static bool may_be_lost(const struct news *news) {
    return news->kind == NEWS_EXCHANGE || news->kind == NEWS_ATTEMPT || news->kind == NEWS_UPLOAD;
}

void news_put(struct news_queue *queue, struct news *news) {
    size_t bytes = bytes_of(news);
    pthread_mutex_lock(&queue->lock);
    bool was_empty = !queue->first && !queue->lost;
    bool is_lost = may_be_lost(news) && queue->bytes + bytes > queue->limit;
    if (is_lost) {
        queue->lost++;
    } else {
        if (queue->last)
            queue->last->next = news;
        else
            queue->first = news;
        queue->last = news;
        queue->bytes += bytes;
    }
    pthread_mutex_unlock(&queue->lock);
    if (is_lost) memory_release(news);
    if (was_empty) eventfd_write(queue->descriptor, 1);
}

struct news *news_take(struct news_queue *queue, uint64_t *lost) {
    eventfd_t count;
    eventfd_read(queue->descriptor, &count);
    pthread_mutex_lock(&queue->lock);
    struct news *all = queue->first;
    *lost = queue->lost;
    queue->first = queue->last = NULL;
    queue->bytes = 0;
    queue->lost = 0;
    pthread_mutex_unlock(&queue->lock);
    return all;
}
