/* Listening sockets from the words of the API: "127.0.0.1:0", "localhost:80", "[::1]:80", ":80" and "" (any address). Names are not
 * asked for. */
#ifndef AOT_STDLIB_PROXY_API_LISTENER_H
#define AOT_STDLIB_PROXY_API_LISTENER_H
#include "base/buffer.h"

/* A socket that listens and never blocks; `shown` becomes its address with the real port. -1 with Go's words in `problem`. */
int api_listen(const char *address, struct buffer *shown, struct buffer *problem);
/* How an address is shown when it listens, if it can be known; false with Go's words in `problem` if it is none. */
bool api_listener_resolve(const char *address, struct buffer *shown, struct buffer *problem);
#endif
