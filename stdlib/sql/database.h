/* A db handle's state: the cluster behind it, its connections, its log, and what goes on in the background. Inside
 * stdlib/sql only. */
#ifndef AOT_STDLIB_SQL_DATABASE_H
#define AOT_STDLIB_SQL_DATABASE_H
#include "stdlib/sql/cluster.h"
#include "stdlib/sql/question.h"
#include "stdlib/sql/script.h"
#include "stdlib/sql/waits.h"

/* Of a scratch cluster. Restored and never touched again: clones are made of it, and so was `work`. */
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
struct existing;
struct sampler;
struct server_log;
struct database {
    struct run *run;           /* whose */
    char *name;                /* "db#3": how its streams begin */
    struct cluster *cluster;   /* a scratch one; NULL if it never began to start, and where there is an `existing` */
    struct existing *existing; /* a server given by its URL; NULL: it is a scratch cluster */
    char *source;              /* the database that copies are made of */
    char *subject;             /* the database under test */
    struct pool *work;         /* connections to the database under test */
    struct pool *admin;        /* to the server's own, for everything else */
    struct log *log;           /* followed from before the first query on; NULL: by one of the next two */
    struct server_log *server_log; /* the same, read by SQL */
    struct sampler *sampler;       /* where there is no log to read */
    struct waits *waits;           /* what they say about locks */
    struct value all_waits;        /* db.waits: a stream of durations */
    struct value next_blocked;     /* the next migration's `blocked`; alive already, so that it can prove absence */
    int64_t limit;                 /* waits_over */
    char password[40];             /* for TCP; the server's alone */
    char *url;                     /* of the database under test; NULL until it is there */
    unsigned migrations, clones, marks;           /* counters, for names */
    struct starting *starting;                    /* while it is being made */
    struct reaching *reaching;                    /* while it is being reached */
    struct replicating *replicating;              /* the same, as another one's replica */
    struct VECTOR(struct known_script *) scripts; /* by path; owned */
    struct VECTOR(struct hold *) holds;           /* readers in the background */
    struct VECTOR(struct marker *) markers;       /* waited for in the log */
    struct value last_count; /* the rows record that a load got last; shared while it is the same */
    bool stopping;           /* nothing new */
};
extern const struct handle_class database_class;
/* The db of a native's `self`; NULL when the handle is of something else. */
struct database *database_of(struct value handle);

/* Its URL, once a scratch server and its password are there. */
void database_place(struct database *database);
/* A connection to `database_name` of its server. */
struct db_address database_address(const struct database *database, const char *database_name, const char *application);
/* Makes the streams and follows the log, or what there is instead; the server must be there. */
void database_observe(struct database *database);
/* The detector's words about itself, for the record. */
void database_describe_detector(const struct database *database, struct buffer *out);
/* The detector was blind from then to then: silence in between proves nothing. */
void database_blind(struct database *database, int64_t from, int64_t to);
/* Makes the next migration's stream. */
void database_next_blocked(struct database *database);
/* The bound of a native: its own timeout, or the fiber's deadline, whichever is first. */
int64_t database_deadline(const struct native_call *call, int64_t timeout);
/* The parsed migration, read once for each path. `found` may be called from inside; then NULL is returned. */
struct script_wish;
struct script_wish *database_script(struct database *database, struct text path,
                                    void (*found)(void *data, struct known_script *script), void *data);
void database_script_drop(struct script_wish *wish); /* not after `found`; NULL is allowed */

/* ---- copy.c ---- */
/* Makes a copy of `source` named `name` (letters, digits, _). `made` is called once, from the loop: error NULL, or why not. */
struct copying;
struct copying *copy_make(struct database *database, const char *name, int64_t deadline,
                          void (*made)(void *data, const char *error), void *data);
void copy_give_up(struct copying *copying); /* not after `made`; NULL is allowed */

/* ---- detects.c ---- */
/* The self-test. `told` is called once, from the loop. */
struct detecting;
struct detecting *detects_start(struct database *database, int64_t limit, int64_t deadline,
                                void (*told)(void *data, bool works), void *data);
void detects_give_up(struct detecting *detecting); /* not after `told`; NULL is allowed */

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
/* The sampler has looked once more, and this was its `count`th look: markers that were set before it began are passed. */
void marker_looked(struct database *database, unsigned count);

/* ---- hold.c ---- */
void hold_free(struct hold *hold);

/* ---- start.c ---- */
/* Gives up what is still being started. True when nothing of it is left. */
bool starting_stop(struct database *database);
/* ---- reach.c: the same of a server given by its URL ---- */
void reaching_stop(struct database *database);
/* ---- replica.c ---- */
void replicating_stop(struct database *database); /* gives it up; harmless where there is nothing to */
#endif
