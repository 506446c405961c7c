/* What a template says of one replica, once its fields were evaluated: how it runs, and what it is given. */
#ifndef AOT_STDLIB_SERVICE_PLAN_H
#define AOT_STDLIB_SERVICE_PLAN_H
#include "stdlib/process/program.h"
#include "vm/run.h"

enum way {
    WAY_NONE,
    WAY_URL,     /* it runs already: aot neither starts nor ends it */
    WAY_PROCESS, /* a program on this machine */
    WAY_IMAGE,   /* a container of the engine's */
    WAY_COMPOSE  /* a project of the engine's */
};
struct plan {
    enum way way;
    struct value fields; /* the template's record; owned */
    int port;            /* that the recipe fixed; 0: none */
    int64_t replicas;    /* 1 unless said */
    char *no_program;    /* why the command cannot run here, when a container takes its place; owned; NULL */
};
/* Takes `fields` over. False with a reason: what is given is no service, or none that can run here. */
bool plan_read(struct plan *plan, struct value fields, enum backend backend, struct buffer *problem);
void plan_done(struct plan *plan);
struct value plan_field(const struct plan *plan, const char *name); /* borrowed; none where it is not given */
/* `env:` as texts, with none for what is to be left out; owned. False: something in it cannot be a text. */
bool plan_environment(const struct plan *plan, struct heap *heap, struct value *environment, struct buffer *problem);
/* "host", port of an http URL; 0 when it is none. */
int plan_url_port(struct text url, struct text *host);
#endif
