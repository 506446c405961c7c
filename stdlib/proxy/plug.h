/* The fault no_accept: a proxy's listener whose backlog is full, so that the kernel drops calls and connect() hangs. Belongs to the
 * wire's thread. What the kernel dropped, it counts: that is the evidence. */
#ifndef AOT_STDLIB_PROXY_PLUG_H
#define AOT_STDLIB_PROXY_PLUG_H
#include "stdlib/proxy/front.h"

/* A fault begins and ends; of several the first one plugs, the last one unplugs. */
void plug_begin(struct front *front);
void plug_end(struct front *front, const struct fault *fault);
/* The listener comes (it is plugged if a fault asks for it) and goes. */
void plug_put_in(struct front *front);
void plug_pull(struct front *front);
#endif
