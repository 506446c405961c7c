/* Bulk that nobody needs to see goes from socket to socket inside the kernel (splice). Belongs to the wire's thread. */
#ifndef AOT_STDLIB_PROXY_SHORTCUT_H
#define AOT_STDLIB_PROXY_SHORTCUT_H
#include "stdlib/proxy/connection.h"

/* What a read that filled so much says: more of the kind is to come. */
enum { SHORTCUT_FROM = 32 * 1024 };
/* Whether the next bytes of this side may pass unseen: a body whose length is known, or what is no HTTP; no stages, nothing that waits. */
bool shortcut_is_open(const struct side *side);
/* Moves some. As recv: how many came, 0 at the end, -1 with errno. What the other side does not take now waits in the link's queue. */
ssize_t shortcut_take(struct side *side);
#endif
