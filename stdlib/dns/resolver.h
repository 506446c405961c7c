/* Which addresses a name has, asked of one given DNS server: no hosts file, no search domains, no cache, no configuration of the
 * machine; or without a server as the machine is configured. c-ares stays behind this header. */
#ifndef AOT_STDLIB_DNS_RESOLVER_H
#define AOT_STDLIB_DNS_RESOLVER_H
#include "base/buffer.h"
#include "vm/loop.h"

#include <netinet/in.h>

struct resolver_server {
    int family; /* AF_INET or AF_INET6 */
    union {
        struct in_addr four;
        struct in6_addr six;
    } address;
    uint16_t port;
};
/* "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"; false when it is none of these. */
bool resolver_server_read(struct text text, struct resolver_server *server);
void resolver_server_print(const struct resolver_server *server, struct buffer *out); /* always with its port */

/* `localhost` and what ends in it is never asked of a server (RFC 6761). */
bool resolver_is_local(const char *name);

struct resolver_answer {
    const char *addresses; /* "192.0.2.1,[2001:db8::1]", best first; NULL when there is none */
    const char *problem;   /* why: "no such name"; NULL otherwise */
};
struct resolver;
/* Asks for the A and AAAA records of `name`; `server` NULL: the machine's own way. `answered` is called once, from the loop, never from within this function and within
 * `timeout` ns; the answer is borrowed and everything else is freed already. */
struct resolver *resolver_ask(struct loop *loop, const struct resolver_server *server, const char *name,
                              int64_t timeout, void (*answered)(void *data, const struct resolver_answer *answer),
                              void *data);

struct resolver_question {
    const char *name;
    int type;        /* as on the wire: 1 for A, 28 for AAAA */
    bool tcp;        /* by TCP from the start; else when the answer does not fit a datagram */
    int64_t timeout; /* ns, of all of it */
};
struct resolver_reply {
    struct text bytes;   /* the whole answer, whatever its code; empty when none came */
    bool by_tcp;         /* how it came */
    const char *problem; /* why none came: "timeout after 500ms"; NULL otherwise */
};
/* The same for one type of record, answered as it comes. */
struct resolver *resolver_query(struct loop *loop, const struct resolver_server *server,
                                const struct resolver_question *question,
                                void (*replied)(void *data, const struct resolver_reply *reply), void *data);
/* Stops and frees; `answered` or `replied` is not called. Only before it was. */
void resolver_forget(struct resolver *resolver);
#endif
