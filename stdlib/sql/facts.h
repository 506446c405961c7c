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
struct fact_names VECTOR(char *); /* owned */
struct fact_constraint {
    char *name;                 /* of the constraint */
    bool valid;                 /* validated */
    unsigned valid_in;          /* the lint's transaction that validated it; 0: it was so before */
    struct fact_names not_null; /* of a CHECK: columns of which it demands "IS NOT NULL" */
    bool check;                 /* it is a CHECK at all */
};
struct fact_index {
    char *name;                /* of the index */
    struct fact_names columns; /* that it has; expressions are not among them */
};
struct fact_table {
    char *schema, *name;    /* as the catalogue has them; schema NULL: the migration did not say */
    bool visible;           /* its bare name means it */
    char kind;              /* relkind */
    bool populated;         /* it has pages */
    bool default_populated; /* it has a default partition, and that has pages */
    bool referenced;        /* another table has a foreign key to it */
    bool gone;              /* renamed, dropped or rolled back: nobody finds it any more */
    unsigned gone_in;       /* the lint's transaction that dropped it; 0: none did */
    unsigned made_in;       /* the lint's transaction that made it; 0: it was there before */
    unsigned locked_in;     /* the one that locked it so that readers or writers wait; 0: none did */
    size_t next;            /* in its bucket: index and one of the next older, or 0 */
    struct VECTOR(struct fact_column) columns;
    struct VECTOR(struct fact_constraint) constraints;
    struct VECTOR(struct fact_index) indexes;
};
struct facts {
    bool known;        /* false: there was no catalogue; every table is taken for populated */
    bool utc;          /* the database's time zone: timestamp <-> timestamptz changes nothing then */
    bool path_changed; /* the migration set search_path: a bare name may mean a table of any schema */
    struct VECTOR(struct fact_table) tables;
    struct VECTOR(size_t) buckets;         /* of tables by name: index and one of the youngest, or 0 */
    struct fact_names volatile_functions;  /* of those that the migration calls */
    struct fact_names constrained_domains; /* with a CHECK or NOT NULL of their own or of what they stem from */
    struct fact_names used_domains;        /* of populated tables */
};

/* The questions for these tables and functions, as one text of statements; owned by the caller. facts_read.c */
enum { FACTS_ANSWERS = 8 };
char *facts_query(const struct script *script);
void facts_read(struct facts *facts, const struct reply *reply);
void facts_done(struct facts *facts);

/* The table of this name; NULL when there is none. Without a catalogue it is made up. */
struct fact_table *facts_table(struct facts *facts, const PgQuery__RangeVar *range);
/* Another one, without columns, that hides an older of the same name. Pointers to tables are void afterwards. */
struct fact_table *facts_add_table(struct facts *facts, const PgQuery__RangeVar *range, bool populated);
void facts_drop_table(struct fact_table *table, unsigned transaction);
void facts_push(struct facts *facts, const struct fact_table *table); /* takes over what it owns */
struct fact_table *facts_rename_table(struct facts *facts, struct fact_table *table, const char *name);
/* What this transaction made or proved is no more, what it dropped is back. */
void facts_rollback(struct facts *facts, unsigned transaction);
struct fact_column *facts_column(const struct fact_table *table, const char *name);
void facts_add_column(struct fact_table *table, const char *name, const char *type, bool not_null);
void facts_drop_column(struct fact_table *table, const char *name);
struct fact_index *facts_index(const struct fact_table *table, const char *name);
void facts_index_column(struct fact_table *table, const char *index, const char *column);
struct fact_constraint *facts_constraint(struct fact_table *table, const char *name);
struct fact_constraint *facts_add_constraint(struct fact_table *table, const char *name, bool check, bool valid);
void facts_drop_constraint(struct fact_table *table, const char *name);
/* Some valid CHECK of the table says that the column is not NULL. */
bool facts_proves_not_null(const struct fact_table *table, const char *column);
bool facts_has_name(const struct fact_names *names, const char *name);
#endif
