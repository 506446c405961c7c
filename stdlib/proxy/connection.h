/* A client, the service's socket that was opened for it, and the two links between them. Belongs to the wire's thread. */
#ifndef AOT_STDLIB_PROXY_CONNECTION_H
#define AOT_STDLIB_PROXY_CONNECTION_H
#include "stdlib/proxy/engine.h"
#include "stdlib/proxy/fault.h"
#include "stdlib/proxy/link.h"
#include "stdlib/proxy/tap.h"
#include "stdlib/proxy/target.h"

struct side {
    struct watched watched;        /* its socket; first */
    struct connection *connection; /* it is one of its two */
    struct link *out, *in;         /* for what it says; for what it is told */
    bool is_connected;             /* bytes can be written */
    bool has_ended;                /* it said all: nothing is read any more */
    bool was_shut;                 /* it was told that nothing more comes */
    bool has_trouble;              /* an error waits behind bytes that cannot be read yet */
    bool is_bulk;                  /* the last read brought much */
};
struct front;
struct connection {
    struct side client, service;        /* who came; where to */
    struct link up, down;               /* to the service; to the client */
    struct tap tap;                     /* what is understood of it */
    struct front *front;                /* the proxy */
    struct connection *next, *previous; /* the front's list */
    struct connection *next_dead;       /* the engine's list */
    uint64_t number;                    /* of the front's connections */
    uint64_t seed;                      /* for stages that throw dice */
    uint16_t client_port;               /* as in a packet; known while a gate mutes it */
    struct target target;               /* the replica */
    struct loop_timer *timer;           /* ends waiting for the service; NULL */
    struct affliction *afflictions;     /* faults that it meets; owned */
    bool was_dialled;                   /* the service was called; a blackhole puts it off */
    bool waits_for_address;             /* the service refused: is it elsewhere now? */
    bool service_ended_first, is_over;  /* who closed first; nothing happens any more */
};
/* Takes the client's socket over. */
void connection_start(struct front *front, int client, int64_t now);
void connection_free(struct connection *connection); /* by the engine, after it is over */
/* The front knows the service's addresses anew; `changed`: they are others. */
void connection_retry(struct connection *connection, bool changed);
/* Ends it by a reset to both sides. `outcome` and `reason` as tap_over's. */
void connection_stop(struct connection *connection, const char *outcome, const char *reason);
void connection_close(struct connection *connection, const char *outcome, const char *reason); /* by an orderly end */
void connection_dial(struct connection *connection); /* to the service, unless it was already */
/* Passes ends on and decides what to wait for; after anything that was done to it from outside. */
void connection_look(struct connection *connection);
uint64_t connection_mix(uint64_t seed, uint64_t number); /* another seed, the same for the same two */

/* ---- told by its links ---- */
void connection_saw(struct connection *connection, const struct link *link, struct text bytes, int64_t now);
void connection_saw_end(struct connection *connection, const struct link *link, int64_t now);
void connection_uploaded(struct connection *connection, size_t length);
#endif
