/* The files of a scratch cluster: the cached template, its copy, its configuration. All on a work thread, but for the
 * names. */
#ifndef AOT_STDLIB_SQL_CLUSTER_FILES_H
#define AOT_STDLIB_SQL_CLUSTER_FILES_H
#include "stdlib/sql/owner.h"

/* What a cluster is made of; texts are owned by whoever made the plan. */
struct cluster_plan {
    struct owner owner;     /* who runs the server */
    char folder[128];       /* /tmp/aot-pg-1a2b3c4d: holds data, log and the socket; short, for the socket's sake */
    char data[160];         /* folder/data */
    char log[176];          /* folder/log/postgres.json */
    char output[160];       /* folder/output: what the server says before its log is open */
    char template[512];     /* the cached result of initdb; empty when there is no place for it */
    char *dump;             /* the archive that will be restored, owned; NULL: none */
    char restored[600];     /* the cached cluster that has it; empty: not to be kept */
    bool is_restored;       /* `data` is a copy of that */
    struct buffer settings; /* lines of postgresql.conf */
};

/* Chooses a new folder's name below the temporary folder. */
void cluster_plan_folder(struct cluster_plan *plan);
/* Names the template of this version: $XDG_CACHE_HOME/aot or ~/.cache/aot, one for each version and owner. */
void cluster_plan_template(struct cluster_plan *plan, const char *version);
/* The settings of a scratch cluster, then the caller's own ("name" and "value", one after the other). False for one
 * that aot needs itself. */
bool cluster_plan_settings(struct cluster_plan *plan, int64_t waits_over, const struct text *given, size_t given_count,
                           struct buffer *error);
/* Makes the folder, owned by the owner. */
bool cluster_make_folder(const struct cluster_plan *plan, struct buffer *error);
/* Removes what an aot that was killed has left half made in the cache, or half removed. No success is no harm. */
void cluster_sweep_cache(const struct cluster_plan *plan);
/* Copies the template to `data`; `found` is false when there is no template yet. */
bool cluster_copy_template(const struct cluster_plan *plan, bool *found, struct buffer *error);
/* Keeps what initdb made as the template; another aot may do the same at this moment. No success is no harm. */
void cluster_keep_template(const struct cluster_plan *plan);
/* Names the cached cluster with the dump in it, and copies it to `data` if it is there: then `is_restored`. */
void cluster_copy_restored(struct cluster_plan *plan);
/* Keeps `data`, at rest, as that; the oldest ones beyond four go. No success is no harm. */
void cluster_keep_restored(const struct cluster_plan *plan);
bool cluster_configure(const struct cluster_plan *plan, struct buffer *error);
/* The same for a copy of a running server, which is to follow it: where to is among the settings. */
bool cluster_follow(const struct cluster_plan *plan, struct buffer *error);
/* The last few messages of a server that did not start or died; false when there are none. */
bool cluster_last_words(const struct cluster_plan *plan, struct buffer *out);
/* Copies the log's last 16 MiB to `path` (NULL: nowhere), for whoever wants to read it later. No success is no harm. */
void cluster_copy_log(const struct cluster_plan *plan, const char *path);
#endif
