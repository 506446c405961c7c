/* A proxy as the wire's thread knows it: its listener, where it sends to, and its connections. */
#ifndef AOT_STDLIB_PROXY_FRONT_H
#define AOT_STDLIB_PROXY_FRONT_H
#include "stdlib/proxy/connection.h"

enum { FRONT_BACKLOG = 4096 };
struct gate;
struct front {
    struct watched watched;                   /* its listener; first */
    struct engine *engine;                    /* whose */
    uint32_t id;                              /* in news */
    struct target_list targets;               /* owned */
    size_t next_target;                       /* whose turn it is */
    bool follows;                             /* the targets may change: ask before a refusal is believed */
    struct connection *connections;           /* newest first */
    struct fault *faults;                     /* applied, in their order; owned */
    uint64_t accepted;                        /* connections so far */
    uint64_t seed;                            /* of the proxy */
    int64_t connect_timeout;                  /* ns */
    int64_t upload, upload_start, upload_end; /* bytes to the service that were not told yet, and when they went */
    struct loop_timer *upload_timer;          /* tells them; NULL */
    struct plug *plug;                        /* while a fault lets nobody be taken; owned; NULL */
    bool noted_alien, noted_full;             /* told once */
    struct gate *gate;                        /* its listener is in another network; owned; NULL */
    int dispenser;                            /* sockets for the service come from there; owned; -1 */
    bool is_unread; /* connections pass without a look at what they say; a dead service is an end, not a reset */
};
/* By the loop: a front over a listening socket; takes it and the targets over. */
struct front *front_new(struct engine *engine, uint32_t id, int listener, struct target_list targets);
/* By the loop; done by the thread, in this order. */
void front_open(struct front *front);
void front_set_targets(struct front *front, struct target_list targets); /* takes them over */
/* NEWS_ECHO comes after all that was so far. `settles`: what is open is told as it is, because the run is over. */
void front_echo(struct front *front, uint64_t number, bool settles);
void front_close(struct front *front); /* NEWS_CLOSED is the last; the front is gone */

void front_apply(struct front *front, struct fault *fault); /* takes it over; NEWS_FAULT when it is in force */
void front_undo(struct front *front, uint64_t id);          /* NEWS_FAULT with what it met; none if it is not applied */

/* ---- by what lives on the thread: at once ---- */
void front_listen(struct front *front, int listener); /* takes it over, and whoever calls there */
void front_rest(struct front *front);                 /* nobody can call any more, connections end in order */
void front_aim(struct front *front, const struct target *target);
void front_end(struct front *front); /* and is gone; never while descriptors that are ready are gone through */
/* Takes whoever waits to be taken; false when some may be left. */
bool front_take_calls(struct front *front);
void front_tell_dropped(struct front *front, uint64_t count, int64_t now); /* attempts that the kernel dropped */

/* ---- by connections, on the thread ---- */
const struct target *front_next_target(struct front *front);
void front_uploaded(struct front *front, size_t length);
void front_note(struct front *front, const char *what); /* static text */
void front_tell(struct front *front, const struct news *news);
/* A socket for the service, nonblocking; -1 with errno. */
int front_socket(const struct front *front, sa_family_t family);
void front_ask_targets(struct front *front);
#endif
