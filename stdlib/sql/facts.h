/* What the catalogue knows of the tables that a migration names; what the migration itself changes is carried along
 * by the lint. */
#ifndef AOT_STDLIB_SQL_FACTS_H
#define AOT_STDLIB_SQL_FACTS_H
#include "stdlib/sql/db_session.h"
#include "stdlib/sql/script.h"

struct fact_column {
    char *name;    /* of the column */
    char *type;    /* pg_type.typname: int4, varchar … */
    int modifier;  /* atttypmod */
    bool not_null; /* it is NOT NULL already */
    bool checked;  /* some CHECK mentions it */
    bool indexed;  /* some index has it */
};
struct fact_constraint {
    char *name;                     /* of the constraint */
    bool valid;                     /* validated */
    struct VECTOR(char *) not_null; /* of a CHECK: columns of which it demands "IS NOT NULL" */
    bool check;                     /* it is a CHECK at all */
};
struct fact_index {
    char *name;    /* of the index */
    bool nullable; /* a column of it may be NULL */
};
struct fact_table {
    char *schema, *name; /* as the catalogue has them; schema NULL for one that the migration makes */
    bool visible;        /* its bare name means it */
    char kind;           /* relkind */
    bool populated;      /* it has pages */
    bool locked;         /* by the present transaction, so that readers or writers wait */
    struct VECTOR(struct fact_column) columns;
    struct VECTOR(struct fact_constraint) constraints;
    struct VECTOR(struct fact_index) indexes;
};
struct facts {
    bool known; /* false: there was no catalogue; every table is taken for populated */
    bool utc;   /* the database's time zone: timestamp <-> timestamptz changes nothing then */
    struct VECTOR(struct fact_table) tables;
    struct VECTOR(char *) volatile_functions; /* of those that the migration calls */
    struct VECTOR(char *) used_domains;       /* of populated tables */
};

/* The questions for these tables and functions, as one text of six statements; owned by the caller. */
char *facts_query(const struct script *script);
void facts_read(struct facts *facts, const struct reply *reply);
void facts_done(struct facts *facts);

/* The table of this name; NULL when there is none. Without a catalogue it is made up. */
struct fact_table *facts_table(struct facts *facts, const PgQuery__RangeVar *range);
/* A new one, empty, that hides an older of the same name. */
struct fact_table *facts_add_table(struct facts *facts, const char *name, bool populated);
const struct fact_column *facts_column(const struct fact_table *table, const char *name);
struct fact_constraint *facts_constraint(struct fact_table *table, const char *name);
struct fact_constraint *facts_add_constraint(struct fact_table *table, const char *name, bool check, bool valid);
void facts_drop_constraint(struct fact_table *table, const char *name);
/* Some valid CHECK of the table says that the column is not NULL. */
bool facts_proves_not_null(const struct fact_table *table, const char *column);
#endif
