/* The proxies of a run, on its loop: the engine that they share, and what becomes of its news. Inside stdlib/proxy only. */
#ifndef AOT_STDLIB_PROXY_PROXIES_H
#define AOT_STDLIB_PROXY_PROXIES_H
#include "stdlib/proxy/exchange.h"
#include "stdlib/proxy/front.h"
#include "vm/native_call.h"

struct proxies;
struct proxy {
    struct proxies *proxies;                  /* it is one of those */
    struct proxy *next;                       /* of them */
    struct run *run;                          /* whose */
    uint32_t id;                              /* in news */
    struct front *front;                      /* the thread's; NULL once it was told to close */
    struct value target;                      /* the service or db, or none; owned: it is stopped later than this */
    struct target_list known;                 /* where it was last */
    char *url, *address;                      /* of its own; owned */
    char *shown;                              /* "127.0.0.1:4711 to service#1"; owned */
    bool is_closed;                           /* the thread has let it go */
    struct loop_timer *asking;                /* looks for the service's addresses; NULL */
    struct value responses, attempts, upload; /* streams; owned */
    struct proxy_fault *faults;               /* of it that are not at rest */
    struct exchange_recent recent;            /* of its answers */
};
/* The run's; NULL with text in `problem` when no thread or descriptor was left. */
struct proxies *proxies_of(struct run *run, struct buffer *problem);
/* Begins to serve: `known` and the texts are set. `gate` (NULL: none) and `dispenser` (-1: none) as of the front. */
void proxies_add(struct proxies *proxies, struct proxy *proxy, int listener, struct gate *gate, int dispenser);
uint64_t proxies_next_fault(struct proxies *proxies); /* a number for one */
void proxies_close(struct proxy *proxy);              /* `is_closed` follows */
void proxies_remove(struct proxy *proxy);             /* nothing is told to it any more */
/* Parks the fiber until everything that happened before is in the streams; gives it `stream` then. */
enum native_outcome proxies_await(struct native_call *call, struct proxy *proxy, struct value stream);
#endif
