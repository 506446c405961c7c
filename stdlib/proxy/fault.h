/* Faults on the wire: what a proxy does to its connections while one is applied. Belongs to the wire's thread once it was given to it. */
#ifndef AOT_STDLIB_PROXY_FAULT_H
#define AOT_STDLIB_PROXY_FAULT_H
#include "stdlib/proxy/stage.h"

struct connection;
struct front;
enum toxic {
    TOXIC_BLACKHOLE,
    TOXIC_LATENCY,
    TOXIC_RESET_PEER,
    TOXIC_DOWN,
    TOXIC_TIMEOUT,
    TOXIC_BANDWIDTH,
    TOXIC_SLOW_CLOSE,
    TOXIC_SLICER,
    TOXIC_LIMIT_DATA,
    TOXIC_LIMIT_TIME,
    TOXIC_DROP_FIRST,
    TOXIC_NO_ACCEPT,
    TOXIC_NOOP,
    TOXIC_REFUSE, /* this and the next: of a proxy with a gate (gate.h) */
    TOXIC_SILENT,
    TOXIC_UNREACHABLE
};
struct fault {
    struct fault *next;    /* of the front */
    uint64_t id;           /* in news */
    enum toxic toxic;      /* what it does */
    bool is_up, is_down;   /* to the service; to the client */
    int64_t delay, jitter; /* ns */
    int64_t bytes, variation;
    double rate;                 /* bytes a second; 0: none goes on */
    double share;                /* of the connections that it meets */
    uint64_t connections;        /* drop_first: how many */
    bool never_ends;             /* timeout: swallows only, closes nothing */
    bool ends_at_limit;          /* limit_data: at the last byte, not when one more comes */
    uint64_t attempts;           /* connections that came while it was applied */
    uint64_t touched;            /* connections on which it did something */
    uint64_t met;                /* bytes that it held, dropped, cut or slowed */
    uint64_t most_up, most_down; /* noop: bytes, of the connection that said most in that direction */
};
/* A fault on a connection. */
struct affliction {
    struct affliction *next;       /* of the connection */
    struct fault *fault;           /* of the front */
    struct connection *connection; /* whose */
    struct stage up, down;         /* in its links; those without a class are not */
    bool is_touched;               /* the fault did something */
    bool has_lost;                 /* bytes or an end are gone: the stream has a hole */
    struct loop_timer *timer;      /* timeout, reset_peer: ends the connection; NULL */
};
/* For the classes of stages. */
void fault_touch(struct stage *stage, size_t length);
void fault_lose(struct stage *stage, size_t length); /* touched, and what came is gone */
/* Ends the connection so much later: by a reset, or an orderly end. The first one stands. */
void fault_end_at(struct stage *stage, int64_t at);
const struct stage_class *toxic_stage(enum toxic toxic); /* NULL: it needs none */

/* By the front. A new connection meets what is applied: true when it may go on to the service. */
bool fault_meet_all(struct front *front, struct connection *connection);
void fault_begin(struct front *front, struct fault *fault); /* takes it over; connections that exist meet it, too */
/* Other settings for one that is applied: what it held goes on, its clocks and coins begin anew, its counts stay. */
void fault_change(struct front *front, struct fault *fault, const struct fault *like);
/* Undone: what it held goes on, connections from which it took something are reset. It is freed by the caller. */
void fault_end(struct front *front, struct fault *fault);
void fault_release(struct connection *connection); /* the connection is over */
#endif
