/* The keeper: a process in a network namespace of its own. It makes the namespace and what is wanted of it, gives it out as descriptors,
 * and from then on gives out sockets of that namespace, one for each byte that it is sent. It ends with the channel's other end. */
#ifndef AOT_STDLIB_SANDBOX_KEEPER_H
#define AOT_STDLIB_SANDBOX_KEEPER_H
#include "base/buffer.h"

#include <stdint.h>
#include <sys/types.h>

/* What it does, one after the other. */
enum keeper_step {
    KEEPER_NAMESPACE, /* unshare */
    KEEPER_USER,      /* the ordinary user is himself in it */
    KEEPER_LOOPBACK,  /* lo is up */
    KEEPER_LISTENER,  /* on 127.0.0.1, at the port that was asked for */
    KEEPER_PACKETS,   /* packet sockets on lo */
    KEEPER_VOICE,     /* a raw socket for ICMP */
    KEEPER_READY
};
/* Its first word; with KEEPER_READY come the descriptors, in the order of enum keeper_descriptor. */
struct keeper_word {
    enum keeper_step step; /* done, or at which it failed */
    int problem;           /* an errno; 0 */
    bool has_user;         /* it has a user namespace as well */
};
enum keeper_descriptor {
    KEEPER_GIVES_NETWORK, /* for setns */
    KEEPER_GIVES_USER,    /* the same; meaningless unless `has_user` */
    KEEPER_GIVES_LISTENER,
    KEEPER_GIVES_CALLS, /* two packet sockets, alike */
    KEEPER_GIVES_WORDS,
    KEEPER_GIVES_VOICE,
    KEEPER_GIVES
};
/* Forks it. `channel` is our end, not blocking. 0 or -1 with errno. */
pid_t keeper_start(uint16_t port, int *channel);
/* Why it failed, in words, with what may be done about it. */
void keeper_explain(const struct keeper_word *word, struct buffer *out);
#endif
