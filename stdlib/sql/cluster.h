/* A scratch cluster: a PostgreSQL server of the run's own, below the temporary folder, gone at the end. */
#ifndef AOT_STDLIB_SQL_CLUSTER_H
#define AOT_STDLIB_SQL_CLUSTER_H
#include "stdlib/sql/installation.h"
#include "stdlib/sql/db_session.h"

struct cluster;
struct cluster_request {
    int64_t waits_over;           /* deadlock_timeout: a lock wait of this length is told in the log */
    const struct text *settings;  /* name, value, name, value … of postgresql.conf */
    size_t setting_count;         /* pairs */
    int64_t deadline;             /* it must have started by then */
    const char *dump;             /* what alone will be restored into it, or NULL: looked for in the cache; borrowed */
    const struct cluster *origin; /* it begins as a copy of this one, which runs, and follows it; NULL: empty */
};

/* `started` is called once: error NULL when the server accepts connections. `died` is called when it ends without
 * being asked to.
 * NULL with a reason when it cannot even begin. */
struct cluster *cluster_start(struct run *run, const struct cluster_request *request,
                              void (*started)(void *data, const char *error),
                              void (*died)(void *data, const char *last_words), void *data, struct buffer *error);
/* The dump is restored already: the cluster is a copy of one that was kept. */
bool cluster_is_restored(const struct cluster *cluster);
/* Whether what was restored can be kept for the next one with the same dump. */
bool cluster_may_keep(const struct cluster *cluster);
/* Keeps it: the server is stopped, its files are copied to the cache, it is started again, maybe on another port. Nobody may be
 * connected. A server that does not stop within 2 s is ended by SIGQUIT, and not kept. `kept` is called once, with a reason when it did not start again; that it could not be kept is none. */
void cluster_keep(struct cluster *cluster, void (*kept)(void *data, const char *error));
/* Asks it to end, waits, removes the folder. Returns true when nothing is left, false to be asked again after the
 * loop turned. */
bool cluster_stop(struct cluster *cluster, int64_t deadline);
/* SIGKILL to the server and all its children. True when nothing of it is left, false to be asked again; `died` is not called. */
bool cluster_crash(struct cluster *cluster);
/* After cluster_stop said true. Before that: kills the server and leaves the folder to the guard. NULL is allowed. */
void cluster_free(struct cluster *cluster);
/* Where its log is kept when the folder goes; the path is copied. */
void cluster_keep_log(struct cluster *cluster, const char *path);
/* Lets the server live on after aot (--keep). */
void cluster_leave(struct cluster *cluster);

const struct installation *cluster_installation(const struct cluster *cluster);
const char *cluster_version(const struct cluster *cluster); /* "15.20" */
const char *cluster_folder(const struct cluster *cluster);  /* also the socket's */
const char *cluster_log(const struct cluster *cluster);
int cluster_port(const struct cluster *cluster);
pid_t cluster_process(const struct cluster *cluster);
/* ---- crash.c ---- */
struct cluster_remains;
struct cluster_remains *cluster_kill(const char *data, pid_t postmaster);
bool cluster_remains_gone(const struct cluster_remains *remains);
void cluster_remains_free(struct cluster_remains *remains); /* gives its memory back to the kernel; NULL is allowed */

/* By the socket, as the superuser. */
struct db_address cluster_address(const struct cluster *cluster, const char *database, const char *application);
#endif
