/* A server that runs already, given by its URL (a staging clone): where it is and as whom, what it is marked as, the copies that aot
 * made there, and their end. Inside stdlib/sql only. */
#ifndef AOT_STDLIB_SQL_EXISTING_H
#define AOT_STDLIB_SQL_EXISTING_H
#include "stdlib/sql/db_session.h"
#include "base/vector.h"

/* The comment of a database that begins like this says that it may be changed and broken. */
#define SCRATCH_MARK "aot: scratch"

/* A database that aot made there. */
struct existing_copy {
    char *name;       /* letters, digits and _ */
    uint32_t guarded; /* its DROP in the guard's list; 0 without one */
};
struct existing {
    struct run *run;       /* whose */
    char *url;             /* as given, with its password; never shown */
    char *host;            /* a name, an address, or a socket's folder */
    char *port;            /* in digits */
    char *database;        /* of the URL */
    char *user, *password; /* likewise; no password: NULL */
    char *options;         /* of the URL, for the session, or NULL */
    char *rest;            /* its other settings (TLS), as a connection string */
    char *target;          /* "127.0.0.1:5432/notes": as it is shown, and as --allow-target names it */
    char *address;         /* where connections go, in digits; empty: by the socket; NULL until it is known */
    char *base;            /* for db_address; NULL until the address is known */
    char *version;         /* of the server, "15.20" */
    char id[9];            /* eight hexadecimal digits: how its copies are called */
    char admin[24];        /* how the sessions that make copies are called: they are ended before a copy is dropped */
    bool may_set;          /* the role may set the lock-wait log for a database of its own */
    bool logs_waits;       /* the server does so already, at this limit */
    bool log_is_readable;  /* as JSON, and by SQL */
    bool superuser;        /* event triggers are his alone */
    struct VECTOR(struct existing_copy) copies; /* that are there now */
    char folder[160];                           /* holds the password for the guard's psql; empty: there is none */
    uint32_t folder_guarded;                    /* in the guard's list */
    struct db_session *ending;                  /* drops the copies at the end */
    size_t refused;                             /* copies that could not be dropped: the guard tries once more */
};

/* Reads the URL. NULL with what is wrong in `problem`; its text is never in there, because it may hold a password. */
struct existing *existing_new(struct run *run, struct text url, struct buffer *problem);
void existing_free(struct existing *existing); /* forgets, drops nothing; NULL is allowed */
/* The host is a name that is to be looked up. */
bool existing_is_named(const struct existing *existing);
/* Connections go to this address (in digits; NULL: a socket, or the host is one), whatever the environment says. */
void existing_set_address(struct existing *existing, const char *address);
struct db_address existing_address(const struct existing *existing, const char *database, const char *application);
/* The database that is nobody's work: copies are made and dropped from there. */
const char *existing_side(const struct existing *existing);
/* The URL with another database in it, and in its path alone; owned by the caller. */
char *existing_url(const struct existing *existing, const char *database);

/* Before the copy is made: from here on the guard drops it if nobody else does. False, with the problem, when the guard could
 * not: it is not to be made then. */
bool existing_will_copy(struct existing *existing, const char *name, struct buffer *problem);
/* It is gone, or was not made. */
void existing_forget(struct existing *existing, const char *name);
/* Ends whoever still makes a copy, then drops them. The guard forgets a copy only when the server said that it is gone.
 * False: to be asked again after the loop turned. */
bool existing_stop(struct existing *existing, int64_t deadline);
/* --keep: says where they are, and lets them be. */
void existing_keep(struct existing *existing);
#endif
