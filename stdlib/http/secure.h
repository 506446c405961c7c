/* One TLS connection of the lean client, made by libcurl (CURLOPT_CONNECT_ONLY): the name, the connect and the handshake with the
 * machine's authorities, under the loop. Then bytes go through it both ways; the socket is libcurl's. Inside stdlib/http only. */
#ifndef AOT_STDLIB_HTTP_SECURE_H
#define AOT_STDLIB_HTTP_SECURE_H
#include "stdlib/http/prepared.h"

#include <curl/curl.h>
#include <sys/types.h>

/* What the connections of a thread share. Zeroed at first. */
struct secure_shared {
    CURLSH *sessions;    /* a new connection goes on with an old one's; NULL before the first one */
    struct trust *trust; /* the machine's authorities; NULL: not read, libcurl reads them */
    bool asked;          /* whether that was tried */
};
void secure_shared_end(struct secure_shared *shared); /* all connections must be closed */

struct secure;
/* `done` is called once, from the loop, when the handshake is over: with or without success. It may close it. */
struct secure *secure_open(struct loop *loop, const struct prepared *prepared, struct secure_shared *shared,
                           void (*done)(void *data), void *data);
void secure_close(struct secure *secure); /* and the socket; whoever watches that must have stopped */
bool secure_is_open(const struct secure *secure);
int secure_descriptor(const struct secure *secure);                 /* once it is open */
void secure_peer(const struct secure *secure, struct buffer *name); /* "127.0.0.1:4711", then too */
/* As send and recv: -1 with errno EAGAIN, 0 at the end. What has come may stand in libcurl and not in the socket: read until EAGAIN. */
ssize_t secure_send(struct secure *secure, const char *bytes, size_t length);
ssize_t secure_receive(struct secure *secure, char *bytes, size_t size);
/* What went wrong: the class, and words appended. */
const char *secure_failure(const struct secure *secure, struct buffer *out);
/* How far it is: "while looking up the name", "while connecting", "in the TLS handshake". */
const char *secure_stage(const struct secure *secure);
#endif
