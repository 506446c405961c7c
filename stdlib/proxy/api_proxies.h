/* The proxies that the API has made, by name: each a front of the wire with its toxics. Belongs to the wire's thread. */
#ifndef AOT_STDLIB_PROXY_API_PROXIES_H
#define AOT_STDLIB_PROXY_API_PROXIES_H
#include "stdlib/proxy/api_toxic.h"
#include "stdlib/proxy/front.h"

struct api_proxy {
    struct api_proxy *next;         /* by name */
    char *name, *listen, *upstream; /* owned; `listen` with the real port once it listened */
    bool is_enabled;                /* it listens */
    struct front *front;            /* owned */
    struct api_toxic *toxics;       /* in the order in which they were added; owned */
    struct api_proxies *proxies;    /* it is one of those */
};
struct api_proxies {
    struct engine *engine;   /* borrowed */
    struct api_proxy *first; /* by name, bytewise */
    uint64_t seed;           /* of all dice */
    uint32_t last_front;     /* number of a front */
    uint64_t last_fault;     /* number of a fault: their order in a chain */
};
struct api_proxy *api_proxies_find(const struct api_proxies *proxies, const char *name);
/* From {"name", "upstream", "listen", "enabled", "toxics"}; NULL with a problem, and nothing was changed. */
struct api_proxy *api_proxies_create(struct api_proxies *proxies, struct value body, struct api_problem *problem);
/* listen, upstream and enabled where they are given. False with a problem. */
bool api_proxy_change(struct api_proxy *proxy, struct value body, struct api_problem *problem);
/* From an array: all is looked at before anything is made. What was made is written to `made`, an array that is begun. */
void api_proxies_populate(struct api_proxies *proxies, struct value body, struct json_writer *made,
                          struct api_problem *problem);
/* Every proxy enabled, no toxic left; stops at the first that cannot be enabled, with a problem. */
void api_proxies_reset(struct api_proxies *proxies, struct api_problem *problem);
void api_proxy_remove(struct api_proxy *proxy);
void api_proxies_clear(struct api_proxies *proxies);
/* Takes it over: it is in force for all that exists and comes. */
void api_proxy_add_toxic(struct api_proxy *proxy, struct api_toxic *toxic);
void api_proxy_apply_change(struct api_proxy *proxy, struct api_toxic *toxic);
void api_proxy_remove_toxic(struct api_proxy *proxy, struct api_toxic *toxic);

void api_proxy_write(const struct api_proxy *proxy, struct json_writer *writer);
/* As an array: those of the upstream first. */
void api_proxy_write_toxics(const struct api_proxy *proxy, struct json_writer *writer);
#endif
