/* `aot proxy` for those outside the natives' module: proxies without a run, made and given faults over Toxiproxy's HTTP API. */
#ifndef AOT_STDLIB_PROXY_SERVE_H
#define AOT_STDLIB_PROXY_SERVE_H
#include "base/buffer.h"
#include <stdint.h>

struct proxy_serving {
    const char *listen;                  /* where the API is: "127.0.0.1:8474" */
    struct text config;                  /* proxies to begin with, as JSON; or empty */
    const char *version;                 /* of this program */
    uint64_t seed;                       /* of all dice */
    void (*opened)(const char *address); /* told once clients can call, with the real port */
};
/* Serves until SIGINT, SIGTERM or SIGHUP; closes everything then. Returns the signal; 0 with text in `problem` when it did not begin. */
int proxy_serve(const struct proxy_serving *serving, struct buffer *problem);
#endif
