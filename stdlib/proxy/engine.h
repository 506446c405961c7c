/* The wire's thread: one for a run, for all of its proxies. Readiness by epoll, timers, and errands that the run's loop gives it.
 * Nothing of the run is touched here: values, fibers and the record belong to the loop; what happens is told by `news`. */
#ifndef AOT_STDLIB_PROXY_ENGINE_H
#define AOT_STDLIB_PROXY_ENGINE_H
#include "stdlib/proxy/news.h"
#include "vm/timer.h"

#include <stdint.h>
#include <sys/epoll.h>

/* Something with a descriptor; the first member of what it is. */
struct watched {
    void (*ready)(struct watched *watched, uint32_t events);
    int descriptor;  /* -1: none */
    uint32_t events; /* that epoll was asked for */
    bool is_added;   /* epoll knows it */
};

enum { ENGINE_BLOCK = 128 * 1024 };
struct connection;
struct engine {
    struct news_queue *news;  /* to the loop */
    int epoll;                /* its descriptor */
    struct timers timers;     /* by CLOCK_MONOTONIC */
    struct connection *dead;  /* to be freed once no event in hand can mean them */
    char *block;              /* ENGINE_BLOCK bytes for what is read; owned */
    struct errand_box *box;   /* what the loop wants done */
    bool has_more, has_calls; /* this turn left something over that was there already; calls that nobody took */
    int pipe[2];              /* of shortcuts; -1: none */
    int spare;                /* a descriptor kept back, to turn clients away when there are no more; -1 */
};
/* ---- by the run's loop ---- */
/* NULL with errno when there is no descriptor or thread left. `news_limit` bytes of news wait at most. */
struct engine *engine_start(size_t news_limit);
/* Ends the thread; all proxies must have been closed. */
void engine_stop(struct engine *engine);
/* Runs `work` on the thread, after what was ready when this was called; it must not block. It owns `data`. */
void engine_ask(struct engine *engine, void (*work)(struct engine *engine, void *data), void *data);

/* ---- by the thread ---- */
/* What to wait for; 0 listens for errors only, and `away` for nothing at all. */
void engine_watch(struct engine *engine, struct watched *watched, uint32_t events, bool away);
void engine_forget(struct engine *engine, struct watched *watched);     /* and closes its descriptor */
void engine_bury(struct engine *engine, struct connection *connection); /* frees it after this turn */
#endif
