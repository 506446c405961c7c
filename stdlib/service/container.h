/* Inside stdlib/service only: one container. Its output and its end come through the engine's client, which runs beside
 * it as the replica's child; stopping and removing it are commands of their own. */
#ifndef AOT_STDLIB_SERVICE_CONTAINER_H
#define AOT_STDLIB_SERVICE_CONTAINER_H
#include "stdlib/process/program.h"

struct replica;
struct container;
/* The client's command that runs it, and the guard's line that removes it. False with a reason. */
bool container_read(struct replica *replica, struct program_start *program, struct container **container,
                    struct buffer *problem);
void container_end(struct container *container, int64_t patience);
bool container_is_gone(const struct container *container); /* also of NULL */
void container_free(struct container *container);
#endif
