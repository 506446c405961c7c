/* What the wire's thread tells the run's loop, in a bounded queue with a descriptor to wait on. The thread never waits for the loop:
 * what does not fit is counted, and told as lost. */
#ifndef AOT_STDLIB_PROXY_NEWS_H
#define AOT_STDLIB_PROXY_NEWS_H
#include "base/text.h"

enum news_kind {
    NEWS_EXCHANGE, /* an answer, or a request that got none */
    NEWS_ATTEMPT,  /* a connection, or a further request on it, is over */
    NEWS_UPLOAD,   /* bytes went to the service */
    NEWS_NOTE,     /* something for the record: not HTTP, no descriptors left */
    NEWS_STALE,    /* the service refused: is its address still the same? */
    NEWS_FAULT,    /* a fault is in force, or was undone: what it met */
    NEWS_ECHO,     /* everything before a question was told */
    NEWS_CLOSED    /* a proxy is gone, nothing follows */
};
struct news {
    struct news *next;
    uint32_t front; /* whose */
    enum news_kind kind;
    int64_t start, end;                             /* CLOCK_MONOTONIC */
    int status;                                     /* EXCHANGE: 0 when there is none */
    int64_t size;                                   /* of the body; bytes */
    uint64_t number;                                /* ECHO: of the question; FAULT: its id */
    uint64_t attempts;                              /* FAULT: connections that came */
    uint64_t touched;                               /* FAULT: connections on which it did something */
    uint64_t most_up, most_down;                    /* FAULT: as there */
    const char *outcome;                            /* ATTEMPT, NOTE: static */
    struct text method, path, headers, error, peer; /* EXCHANGE: behind the struct, in the same block */
    struct text request;                            /* ATTEMPT: its X-Request-Id; the same */
    int64_t given_up; /* ATTEMPT: when the client closed without an answer; 0: it did not */
};
/* A copy with the six texts; owned by whom it is given to, memory_release frees it. */
struct news *news_new(const struct news *like);

struct news_queue;
struct news_queue *news_queue_new(size_t limit); /* bytes */
void news_queue_free(struct news_queue *queue);
int news_queue_descriptor(const struct news_queue *queue); /* readable while something waits */
/* By the thread; takes `news` over. EXCHANGE, ATTEMPT and UPLOAD may be lost, the others never. */
void news_put(struct news_queue *queue, struct news *news);
/* By the loop: everything, oldest first, owned by the caller; and how many were lost since the last time. */
struct news *news_take(struct news_queue *queue, uint64_t *lost);
#endif
