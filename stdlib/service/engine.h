/* Inside stdlib/service only: whether the container engine is there, and has what a plan needs. */
#ifndef AOT_STDLIB_SERVICE_ENGINE_H
#define AOT_STDLIB_SERVICE_ENGINE_H
#include "stdlib/service/fleet.h"

struct engine_check;
/* An image: looks for it, and pulls it when it is not there. A compose file: looks for compose, v2 or v1, and notes in the
 * fleet which it is. `done` is told once, with an empty text when all is there, never after engine_check_free. */
struct engine_check *engine_check_start(struct fleet *fleet, const struct plan *plan,
                                        void (*done)(void *data, struct text problem), void *data);
void engine_check_free(struct engine_check *check); /* NULL is allowed */
#endif
