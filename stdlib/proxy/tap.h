/* The exchanges of one connection: pairs the requests that go up with the answers that come down, and tells of each pair. Belongs to
 * the wire's thread. Sees bytes as the client sees them: requests as they arrive, answers as they leave. */
#ifndef AOT_STDLIB_PROXY_TAP_H
#define AOT_STDLIB_PROXY_TAP_H
#include "stdlib/proxy/message.h"
#include "stdlib/proxy/news.h"

/* A request whose answer has not come. */
struct asked {
    int64_t at;      /* its first byte */
    char method[24]; /* empty while its head is not read: then it may be no request at all */
    char *path;      /* owned; NULL */
    char *request;   /* its X-Request-Id; owned; NULL */
    bool was_told;   /* as unanswered, when the run was over: an answer comes too late */
};
struct tap {
    struct news_queue *news;        /* where it tells; borrowed */
    uint32_t front;                 /* of which proxy */
    const char *peer;               /* "127.0.0.1:4711", borrowed */
    struct message request, answer; /* the two directions */
    struct asked *asked;            /* a ring, oldest first; owned */
    size_t first, count, capacity;  /* of the ring */
    int64_t answer_at;              /* the first byte of the answer under way; 0: none */
    bool is_opaque;                 /* no HTTP: passed on unread */
    bool knows_http;                /* an exchange was whole, so what follows is no other protocol */
    int64_t opened;                 /* when the client came */
    uint64_t bytes;                 /* in both directions, since the last attempt was told */
    uint64_t attempts;              /* told so far */
    int64_t client_ended;           /* when the client said that it sends no more; 0: not yet */
};
void tap_init(struct tap *tap, struct news_queue *news, uint32_t front, const char *peer, int64_t now);
void tap_done(struct tap *tap);
void tap_up(struct tap *tap, struct text bytes, int64_t now);
void tap_up_ended(struct tap *tap, int64_t now); /* the client sends no more */
void tap_down(struct tap *tap, struct text bytes, int64_t now);
/* The service sends no more: an answer that goes on to the end is whole. */
void tap_down_ended(struct tap *tap, int64_t now);
/* How many of the next bytes, up or down, need not be seen: inside a body, or where nothing is understood. They are counted by tap_pass,
 * which is for no more than that. */
uint64_t tap_unneeded(const struct tap *tap, bool up);
void tap_pass(struct tap *tap, bool up, size_t length);
/* The connection is over: what was not answered is told. `outcome` of attempts.outcome, `reason` in words. */
void tap_over(struct tap *tap, const char *outcome, const char *reason, int64_t now);
/* The run is over: what is open now is told as it is. */
void tap_settle(struct tap *tap, int64_t now);
/* True when it turned out that this is no HTTP; `why` says what was seen. */
bool tap_is_alien(const struct tap *tap, const char **why);
#endif
