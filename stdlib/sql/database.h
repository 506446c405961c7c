/* A db handle's state: the cluster behind it, its connections, its log, and what goes on in the background. Inside
 * stdlib/sql only. */
#ifndef AOT_STDLIB_SQL_DATABASE_H
#define AOT_STDLIB_SQL_DATABASE_H
#include "stdlib/sql/cluster.h"
#include "stdlib/sql/question.h"
#include "stdlib/sql/script.h"
#include "stdlib/sql/waits.h"

/* Restored and never touched again: clones are made of it, and so was `work`. */
#define PRISTINE_DATABASE "pristine"
#define WORK_DATABASE "work"

/* A table that a migration touches and that was there before it. */
struct touched_table {
    char *name;   /* quoted, with its schema */
    char *column; /* quoted; one that the migration does not mention, or NULL */
    char kind;    /* pg_class.relkind: r, p, m or v */
};
/* What is known of a migration's file. */
struct known_script {
    struct script *script;        /* owned */
    struct VECTOR(char *) traced; /* quoted names of tables that a trace saw it lock: DO blocks hide them */
    bool looked_up;               /* `tables` is filled */
    struct VECTOR(struct touched_table) tables; /* as they were when first asked for */
};

struct hold;
struct marker;
struct database {
    struct run *run;           /* whose */
    char *name;                /* "db#3": how its streams begin */
    struct cluster *cluster;   /* NULL only if it never began to start */
    struct pool *work;         /* connections to the database under test */
    struct pool *admin;        /* to the server's own, for everything else */
    struct log *log;           /* followed from before the first query on */
    struct waits *waits;       /* what it says about locks */
    struct value all_waits;    /* db.waits: a stream of durations */
    struct value next_blocked; /* the next migration's `blocked`; alive already, so that it can prove absence */
    int64_t limit;             /* waits_over */
    char password[40];         /* for TCP; the server's alone */
    char url[160];             /* of the database under test */
    unsigned migrations, clones, marks;           /* counters, for names */
    struct starting *starting;                    /* while it is being made */
    struct VECTOR(struct known_script *) scripts; /* by path; owned */
    struct VECTOR(struct hold *) holds;           /* readers in the background */
    struct VECTOR(struct marker *) markers;       /* waited for in the log */
    struct value last_count; /* the rows record that a load got last; shared while it is the same */
    bool stopping;           /* nothing new */
};
extern const struct handle_class database_class;
/* The db of a native's `self`; NULL when the handle is of something else. */
struct database *database_of(struct value handle);

/* Makes the streams and follows the log; the cluster must be running. */
void database_observe(struct database *database);
/* Makes the next migration's stream. */
void database_next_blocked(struct database *database);
/* The bound of a native: its own timeout, or the fiber's deadline, whichever is first. */
int64_t database_deadline(const struct native_call *call, int64_t timeout);
/* The parsed migration, read once for each path. `found` may be called from inside; then NULL is returned. */
struct script_wish;
struct script_wish *database_script(struct database *database, struct text path,
                                    void (*found)(void *data, struct known_script *script), void *data);
void database_script_drop(struct script_wish *wish); /* not after `found`; NULL is allowed */

/* ---- tables.c ---- */
/* The tables that a migration names or was traced to lock, of those that exist; looked up once, before it changes
 * anything.
 * `found` gets a reason when the file cannot be judged or the server did not answer. It may be called from inside;
 * then NULL is returned. */
struct tables_wish;
struct tables_wish *tables_find(struct database *database, struct text path, int64_t deadline,
                                void (*found)(void *data, struct known_script *script, const char *error), void *data);
void tables_drop(struct tables_wish *wish); /* not after `found`; NULL is allowed */

/* ---- marker.c: has the log been read up to now? ---- */
/* `passed` is called when the log shows what the server was just asked to write, or at `deadline`. */
struct marker *marker_set(struct database *database, int64_t deadline, void (*passed)(void *data, bool seen),
                          void *data);
void marker_drop(struct marker *marker);
/* True when the line was a marker's. */
bool marker_line(struct database *database, const struct log_line *line);

/* ---- hold.c ---- */
void hold_free(struct hold *hold);

/* ---- start.c ---- */
/* Gives up what is still being started. True when nothing of it is left. */
bool starting_stop(struct database *database);
#endif
