/* Inside stdlib/service only: what the engine says of a project's containers. */
#ifndef AOT_STDLIB_SERVICE_PS_H
#define AOT_STDLIB_SERVICE_PS_H
#include "vm/value.h"

struct ps_state {
    bool found;      /* the service has a container */
    bool running;    /* it runs */
    bool over;       /* it ran and has ended, and the engine will not start it again */
    bool has_health; /* it has a health check … */
    bool healthy;    /* … which holds */
    int exit_code;   /* when it does not run */
    int port;        /* of 127.0.0.1 by which it is reached; 0: none is published */
};
/* Compose v2's `ps --format json`: an array before 2.21, an object a line since; nothing at all: no container. `service`
 * is the one asked for; if there is no such, the only one. `target`: the port inside; 0: the first that is published. */
bool ps_read_compose(struct heap *heap, struct text said, struct text service, int target, struct ps_state *state);
/* `docker inspect` of a project's containers, for compose v1, whose `ps` speaks no JSON. */
bool ps_read_inspect(struct heap *heap, struct text said, struct text service, int target, struct ps_state *state);

/* One line of `docker events --format '{{json .}}'`, of a project's container; the same for v1 and v2, since it is the engine's. */
struct ps_event {
    struct text service; /* of the compose file; points into `keeps`, as does … */
    struct text id;      /* … the container's; the service's name if it has none */
    bool ended;          /* else it was started */
    int exit_code;       /* when it ended */
    int64_t at;          /* the engine's clock, since 1970 */
};
/* `keeps` is the caller's to release, whatever it says. False: it is none. */
bool ps_read_event(struct heap *heap, struct text line, struct ps_event *event, struct value *keeps);
#endif
