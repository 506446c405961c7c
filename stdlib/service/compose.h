/* Inside stdlib/service only: compose projects. */
#ifndef AOT_STDLIB_SERVICE_COMPOSE_H
#define AOT_STDLIB_SERVICE_COMPOSE_H
#include "stdlib/service/fleet.h"
#include "stdlib/service/ps.h"

struct compose_look;
/* Asks the engine again and again until the service's container runs, its port is published, and its health check, if it
 * has one and `healthy` asks for it, holds. `done` is told once, with an empty text then, never after
 * compose_look_free; the replica has its address then. */
struct compose_look *compose_look_start(struct replica *replica, bool healthy, int64_t deadline,
                                        void (*done)(void *data, struct text problem), void *data);
void compose_look_free(struct compose_look *look); /* NULL is allowed */
#endif
