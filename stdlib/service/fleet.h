/* Inside stdlib/service only: a service as it stands in the world, its replicas, and what is being done to them. The
 * fleet is the handle's state. Everything that takes time is told by the loop; nothing here waits. */
#ifndef AOT_STDLIB_SERVICE_FLEET_H
#define AOT_STDLIB_SERVICE_FLEET_H
#include "base/vector.h"
#include "stdlib/process/child.h"
#include "stdlib/service/plan.h"
#include "stdlib/service/port.h"
#include "stdlib/service/service.h"

struct rollout;
struct fleet;

enum { LAST_LINES = 5 };

struct replica {
    struct fleet *fleet;
    size_t index;
    char *label;                     /* "api[1]", or "api" of one alone; owned */
    char *prefix;                    /* of its lines in the log; owned; NULL: none */
    struct port port;                /* by which clients reach it */
    char *address;                   /* "127.0.0.1:4711"; owned */
    char *url;                       /* "http://127.0.0.1:4711", or where it runs already; owned */
    struct plan plan;                /* by which it runs */
    struct value *arguments;         /* of the template, by which it runs; owned */
    struct child *child;             /* the program, or the engine's client beside the container; NULL: never started */
    bool wanted;                     /* it should run: its end is a death */
    bool ending;                     /* its end was begun */
    bool died;                       /* it ended while it was wanted */
    uint32_t starts;                 /* how often it was started: marks its programs */
    int64_t began;                   /* the last start */
    struct buffer lines[LAST_LINES]; /* the latest, in a ring */
    size_t line_count;               /* how many came since the last start */
    struct container *container;     /* with WAY_IMAGE; NULL */
};

/* A fiber that waits until no replica runs. */
struct halt {
    struct fleet *fleet;
    struct ticket ticket;
    struct value handle; /* owned */
    const char *what;    /* "service.stop" */
    int64_t began;
};

struct fleet {
    struct run *run;
    const struct service *template; /* of the program; borrowed */
    char *name;                     /* "api"; owned */
    char *handle_name;              /* "service#1"; owned */
    struct replica **replicas;      /* owned */
    size_t replica_count;
    size_t argument_count; /* of the template */
    bool is_twin;          /* of a load on a thread: only addresses are known */
    bool compose_is_known; /* which one is here was asked */
    bool compose_is_old;   /* v1: `docker-compose`, not `docker compose` */
    struct value log;      /* the stream of all lines, once a replica was started; owned; none */
    struct output_log *log_file;
    bool freezing;                      /* being paused, or let go on */
    struct rollout *rollout;            /* being made, started or rolled; NULL */
    struct VECTOR(struct halt *) halts; /* being stopped */
};

struct fleet *fleet_of(struct value handle); /* NULL when it is none, or its time is over */
bool fleet_is_url(const struct fleet *fleet);
bool fleet_is_gone(const struct fleet *fleet);                               /* nothing of any replica lives */
bool fleet_may_be_broken(const struct fleet *fleet, struct buffer *problem); /* false with a reason */
void fleet_end(struct fleet *fleet, int64_t patience);
/* Makes room for so many replicas; the first one's arguments are copied. False: no port. */
bool fleet_grow(struct fleet *fleet, size_t count, struct buffer *problem);
/* The stream for a replica that is about to start; borrowed. */
struct value fleet_log(struct fleet *fleet);
/* Told by replicas: one of them ended, or is gone. */
void fleet_changed(struct fleet *fleet);

/* ---- replica.c ---- */
struct replica *replica_new(struct fleet *fleet, size_t index, const struct value *arguments, struct buffer *problem);
struct replica *replica_twin(const struct replica *replica, struct fleet *fleet); /* its addresses alone */
void replica_free(struct replica *replica);
bool replica_runs(const struct replica *replica);
bool replica_is_gone(const struct replica *replica);
/* `self` as the fields see it (inside), and as clients do; owned. */
struct value replica_self(const struct replica *replica, bool inside);
/* The recipe fixed a port: another address. */
void replica_fix_port(struct replica *replica, int number);
void replica_point_at(struct replica *replica, struct text url);     /* it runs there already */
bool replica_start(struct replica *replica, struct buffer *problem); /* by its plan; nothing of it may run */
void replica_end(struct replica *replica, int64_t patience);
/* What stems from it and holds its port without a mark is sent SIGKILL; true: the port will be free in a moment. */
bool replica_clears_port(const struct replica *replica);
/* True when it is done; a container's is told to `done` later, once. */
bool replica_freeze(struct replica *replica, bool pause, void (*done)(void *data, struct text problem), void *data);
/* "api[1] exited with code 1 after 120ms; its last lines: …" */
void replica_tell_end(const struct replica *replica, struct buffer *out);
void replica_describe(const struct replica *replica, struct buffer *out); /* "process 4711", "container aot-…" */
void replica_tell_lines(const struct replica *replica, struct buffer *out);
#endif
