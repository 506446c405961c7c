/* The gate of a proxy whose listener stands in a network namespace of its own (stdlib/sandbox): it is closed there, as networks fail,
 * and whoever knocks meanwhile is seen by packet sockets of that namespace. Belongs to the wire's thread.
 *   refuse       the listener stops to listen, so the kernel answers ECONNREFUSED; connections that exist are reset
 *   silent       socket filters drop what comes, so TCP gets no answer and tries again; connections that exist fall silent both ways
 *   unreachable  as silent, and each SYN is answered by ICMP "network unreachable", so that connect() ends with ENETUNREACH */
#ifndef AOT_STDLIB_PROXY_GATE_H
#define AOT_STDLIB_PROXY_GATE_H
#include "stdlib/proxy/engine.h"
#include "stdlib/proxy/fault.h"

enum { GATE_KNOCKS = 64 };
struct gate_knock {
    uint32_t sequence; /* of the SYN: the kernel's repetitions have the same */
    uint16_t port;     /* it came from */
};
struct gate;
struct gate_ear {
    struct watched watched; /* a packet socket; first */
    struct gate *gate;      /* whose */
};
struct gate {
    struct gate_ear calls;                 /* SYNs to the listener */
    struct gate_ear words;                 /* what connections that exist send it: it may be much, and some be missed */
    struct front *front;                   /* whose gate; set by gate_join */
    int voice;                             /* a raw socket for ICMP */
    uint16_t port;                         /* of the listener */
    struct fault *fault;                   /* closes it; NULL: open */
    struct gate_knock recent[GATE_KNOCKS]; /* a ring */
    size_t knocks;                         /* so far */
    int *parked;                           /* clients' sockets of connections that are over, until the cut is; owned */
    size_t parked_count;
};
bool gate_closes(enum toxic toxic); /* it is one of the three */
/* By the loop. Takes two packet sockets and the voice over; nothing is seen before it is closed. */
struct gate *gate_new(int calls, int words, int voice, uint16_t port);
void gate_free(struct gate *gate); /* one that no front has joined, or whose front ends, on the thread */

/* ---- on the thread ---- */
void gate_join(struct gate *gate, struct front *front);
void gate_close(struct gate *gate, struct fault *fault);
void gate_open(struct gate *gate);
/* Drops what its client sends, or takes it again. */
void gate_mute(struct connection *connection, bool mute);
/* The connection is over while its client must not see it: keeps the client's socket until the gate is open. False: it need not. */
bool gate_park(struct connection *connection);
#endif
