/* Whether somebody accepts connections at an address: asked again and again until one was accepted or time is over. */
#ifndef AOT_STDLIB_SERVICE_REACH_H
#define AOT_STDLIB_SERVICE_REACH_H
#include "vm/native_call.h"

struct reach;
/* `host` is an IPv4 address. `done` is called once, from the loop, never after reach_free. */
struct reach *reach_start(struct run *run, const char *host, int port, int64_t deadline,
                          void (*done)(void *data, bool reached), void *data);
void reach_free(struct reach *reach); /* NULL is allowed */
#endif
