/* `toxiproxy(…)`: a proxy of a Toxiproxy elsewhere, on the loop. Each call of its HTTP API is a short process of aot's own
 * (cli/toxiproxy_request.c), so that the guard can undo a fault by the same words when aot is gone. */
#ifndef AOT_STDLIB_PROXY_REMOTE_H
#define AOT_STDLIB_PROXY_REMOTE_H
#include "stdlib/process/command.h"

#define REMOTE_PATIENCE (10 * SECOND) /* for one call of the API */
struct remote {
    struct run *run;      /* whose */
    char *path;           /* "http://host:8474/proxies/name"; owned */
    char *url, *address;  /* where clients go; owned */
    char *shown;          /* "toxiproxy gateway at host:8474"; owned */
    struct value seen_by; /* a proxy in front of it, or none; owned */
    uint64_t faults;      /* made so far: for their names */
};
struct remote *remote_of(struct value handle); /* NULL when it is none */
/* The words of a call: method (DISABLE is one, too), address, and a body unless NULL. `within`: whole seconds as text, for one that must not take its time;
 * NULL: as long as calls may take. A list, owned. */
struct value remote_words(struct heap *heap, const char *within, const char *method, const char *url, const char *body);
/* The last line that the call said, or that it said nothing; borrowed. */
struct text remote_trouble(const struct command_end *end);
#endif
