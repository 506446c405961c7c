/* What a statement does to tables that were there before: its strong locks and its work. Read from the server, kept
 * by oid. */
#ifndef AOT_STDLIB_SQL_FOOTPRINT_H
#define AOT_STDLIB_SQL_FOOTPRINT_H
#include "stdlib/sql/db_session.h"
#include "stdlib/sql/script.h"

/* A table, materialized view or index of before the migration. */
struct relation {
    unsigned oid;   /* pg_class.oid */
    char *name;     /* quoted, with its schema; an index has its table's */
    char *bare;     /* as the server's notices call it; likewise */
    char kind;      /* relkind: r, p, m or i */
    unsigned file;  /* relfilenode as last seen; another one is a rewrite */
    bool populated; /* it has pages */
    long scans;     /* pg_stat_xact: at the last look */
    long rows;      /* changed by the present transaction, likewise */
};
/* Ordered by what it costs. ROWS is many row locks at once, and needs no lock on the table to stop writers. */
enum work { WORK_NONE, WORK_ROWS, WORK_SCAN, WORK_FKSCAN, WORK_BUILD, WORK_REWRITE };
enum { ROWS_MAXIMUM = 10000 };         /* that one transaction may change while others want them */
const char *work_word(enum work work); /* "fkscan" */

struct footprint {
    struct VECTOR(struct relation) relations; /* of before */
    /* of the present statement: */
    enum work work;              /* the heaviest on a populated one of before */
    char *table;                 /* on which, quoted; NULL */
    struct VECTOR(char *) locks; /* "AccessExclusiveLock on public.notes"; owned */
    bool strong;                 /* one of them makes writers or readers of a populated table wait */
    bool validates_key;          /* the server said that it checks a foreign key */
    long rows;                   /* updated and deleted in tables of before; what its transaction did before counts */
    struct VECTOR(unsigned) locked; /* oids of those tables */
    struct VECTOR(char *) drops;    /* "table column public.notes.kind"; owned */
};
void footprint_done(struct footprint *footprint);

extern const char footprint_triggers_query[];  /* once, on a clone: event triggers that tell of locks and drops */
extern const char footprint_relations_query[]; /* once, before anything */
extern const char footprint_before_query[];    /* before each statement, in its transaction */
extern const char footprint_after_query[];     /* behind it, in its transaction */
extern const char footprint_flush_query[];     /* before the next two, on its own: scans are counted at once */
extern const char footprint_before_alone[];    /* as above, for a statement outside our transactions */
extern const char footprint_after_alone[];
extern const char footprint_after_procedure[]; /* which scan belongs to which of its transactions is not known */
void footprint_relations(struct footprint *footprint, const PGresult *result);
void footprint_before(struct footprint *footprint, const PGresult *result); /* NULL: nothing was asked */
/* `alone`: the statement was no part of the present transaction, so its locks are not to be seen any more. */
void footprint_after(struct footprint *footprint, const PGresult *result, bool truncates, bool alone);
/* A notice of the server at debug1 or of our event triggers, while the statement runs. */
void footprint_notice(struct footprint *footprint, const char *message);
/* Whether others wait for work that it does. */
bool footprint_is_guilty(const struct footprint *footprint);
/* What is known without asking, for a statement that cannot run in a transaction: its lock on a table by name. */
void footprint_lock(struct footprint *footprint, const char *bare, const char *mode);
#endif
