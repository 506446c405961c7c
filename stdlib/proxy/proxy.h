/* A proxy handle's state, for the other files of this folder. */
#ifndef AOT_STDLIB_PROXY_PROXY_H
#define AOT_STDLIB_PROXY_PROXY_H
#include "stdlib/proxy/proxies.h"

struct proxy *proxy_of(struct value handle); /* NULL when it is none */
/* Looks where the service is now and tells the thread: when it changed, or `always`. */
void proxy_ask_targets(struct proxy *proxy, bool always);

/* A proxy over a listener that is open already: for stdlib/sandbox, too. */
struct proxy_opening {
    struct value target;      /* a service or a db, or none; borrowed */
    struct target_list known; /* where it is; taken over */
    struct text url,
        authority;      /* its URL, and the part of it that the proxy's own address replaces; empty: it has none */
    struct text what;   /* it, in words */
    int listener, port; /* on 127.0.0.1; taken over */
    const char *name;   /* of its streams, "sandbox#1"; NULL: the proxy's own */
    struct gate *gate;  /* where the listener is in another network; taken over; NULL */
    int dispenser;      /* of sockets in another network, for the service; taken over; -1: none */
};
struct value proxy_open(struct run *run, struct proxies *proxies, const struct proxy_opening *opening); /* owned */
int proxy_listen(int *port); /* on 127.0.0.1, on a free port if it is 0; -1 with errno */
/* Where a service's replicas are now; a db is one. False with text in `problem`. */
bool proxy_targets(struct value service, struct target_list *list, struct buffer *problem);
/* Whether `what` ("a proxy") may reach all of them. False with text in `problem`. */
bool proxy_may_reach(const struct native_call *call, const char *what, const struct target_list *list,
                     struct buffer *problem);
#endif
