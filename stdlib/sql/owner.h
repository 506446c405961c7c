/* Who the server runs as. PostgreSQL refuses root, so root hands it to an unprivileged user; anybody else runs it
 * himself. */
#ifndef AOT_STDLIB_SQL_OWNER_H
#define AOT_STDLIB_SQL_OWNER_H
#include "base/buffer.h"
#include <sys/types.h>

struct owner {
    bool switches; /* we are root: children that touch the cluster become `user` */
    uid_t user;    /* who owns the cluster's folder */
    gid_t group;   /* that user's own group */
    char name[64]; /* for messages and the cache's key */
};

/* The user `postgres` if there is one, else `nobody`; false with a reason when root finds neither. */
bool owner_find(struct owner *owner, struct buffer *error);
/* In a forked child: gives up root for good. Async-signal-safe. Returns 0, or -1 with errno. */
int owner_become(const struct owner *owner);
#endif
