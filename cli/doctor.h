/* What this machine has of all that recipes may need: each thing is looked for as a run would. */
#ifndef AOT_CLI_DOCTOR_H
#define AOT_CLI_DOCTOR_H
#include "base/buffer.h"
#include "base/vector.h"

/* In the order in which they are shown. */
enum doctor_thing {
    DOCTOR_NATIVES,
    DOCTOR_POSTGRES,
    DOCTOR_HAPROXY,
    DOCTOR_DOCKER,
    DOCTOR_COMPOSE,
    DOCTOR_GIT,
    DOCTOR_PROCESSES,
    DOCTOR_NAMESPACES,
    DOCTOR_PORTS,
    DOCTOR_DESCRIPTORS,
    DOCTOR_SCRATCH,
    DOCTOR_COUNT
};
struct doctor_row {
    const char *name; /* "PostgreSQL" */
    const char *use;  /* what for: "postgres()" */
    bool good;
    struct buffer detail; /* its version, or what is missing and what to do */
};
struct doctor {
    struct doctor_row rows[DOCTOR_COUNT];
};
/* Takes a few seconds at most: programs are asked for their versions, each within a bound. */
void doctor_look(struct doctor *doctor);
void doctor_done(struct doctor *doctor);
#endif
