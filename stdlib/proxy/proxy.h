/* A proxy handle's state, for the other files of this folder. */
#ifndef AOT_STDLIB_PROXY_PROXY_H
#define AOT_STDLIB_PROXY_PROXY_H
#include "stdlib/proxy/proxies.h"

struct proxy *proxy_of(struct value handle); /* NULL when it is none */
/* Looks where the service is now and tells the thread: when it changed, or `always`. */
void proxy_ask_targets(struct proxy *proxy, bool always);
#endif
