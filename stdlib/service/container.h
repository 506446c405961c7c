/* Inside stdlib/service only: what the container engine runs for a replica, a container or a compose project. Its output
 * and its end come through the engine's client, which runs beside it as the replica's child; stopping, freezing and
 * removing it are commands of their own. */
#ifndef AOT_STDLIB_SERVICE_CONTAINER_H
#define AOT_STDLIB_SERVICE_CONTAINER_H
#include "stdlib/process/program.h"

struct replica;
struct container;
/* The client's command that runs it, and the guard's line that removes it. False with a reason. */
bool container_read(struct replica *replica, struct program_start *program, struct container **container,
                    struct buffer *problem);
void container_end(struct container *container, int64_t patience);
/* `done` is told once, with a problem or an empty text, never after container_freeze_forget. */
void container_freeze(struct container *container, bool pause, void (*done)(void *data, struct text problem),
                      void *data);
void container_freeze_forget(struct container *container);               /* nobody waits for it any more */
void container_client_gone(struct container *container, bool by_itself); /* the child beside it has ended */
bool container_is_gone(const struct container *container);               /* also of NULL */
/* Of a project: its client runs; from now on each of its containers is followed. */
void container_follow(struct container *container);
bool container_is_down(const struct container *container); /* the one that serves has ended; false of NULL */
void container_free(struct container *container);

/* ---- image.c, compose.c: the words of its client ---- */
/* `docker run` in the foreground. What the client must have in its environment goes into `passed` (owned). */
struct value image_words(const struct replica *replica, const char *name, struct value environment,
                         struct value *passed, struct buffer *problem);
/* "docker compose --project-name … --file …", for a verb to follow. */
struct value compose_words(const struct replica *replica, const char *name);
const char *container_name(const struct container *container);
struct value container_environment(const struct container *container); /* borrowed */
#endif
