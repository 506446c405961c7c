/* What a migration's statements do to others. Pure: statements and what the catalogue knows go in, findings come out. */
#ifndef AOT_STDLIB_SQL_LINT_H
#define AOT_STDLIB_SQL_LINT_H
#include "stdlib/sql/facts.h"
#include "stdlib/sql/review.h"

enum lint_rule {
#define RULE(id, slug, level, lock, blocks, work, message, advice, fact, rewrite) LINT_##id,
#include "stdlib/sql/lint_rules.def"
#undef RULE
    LINT_COUNT
};
const struct sql_rule *lint_rule_row(size_t rule);

struct lint_finding {
    enum lint_rule rule;   /* what is wrong */
    int line;              /* of the statement; 0: of the file */
    struct text statement; /* borrowed from the script; empty when it could not be parsed */
    size_t place;          /* offset in the script's content of what is meant */
    bool doubtful;         /* only so if the rule's fact is true, which nobody asked the catalogue */
    int held_since;        /* line of the statement whose lock the transaction still holds; 0: none */
    char *table;           /* whom it is about, or NULL; owned */
    char *rewrite;         /* SQL, or NULL; owned */
};
/* What the present finding is about. */
struct lint_place {
    const PgQuery__RangeVar *range;        /* the table, or NULL */
    const char *column;                    /* the column, the constraint to validate, the partition; or NULL */
    PgQuery__AlterTableCmd *command;       /* of ALTER TABLE, or NULL */
    const PgQuery__Constraint *constraint; /* that is added, or NULL */
    int location;                          /* in what the parser was given; 0: the statement as a whole */
};
/* One pass over the statements of a file. */
struct lint {
    const struct script *script;              /* whose statements */
    struct facts *facts;                      /* changed as the statements would change it */
    enum sql_runner runner;                   /* how the file will be run */
    bool wants_warnings, wants_rewrites;      /* beyond the errors */
    bool in_transaction;                      /* at the present statement */
    unsigned transaction;                     /* number of the present one */
    const struct script_statement *statement; /* the present one; NULL: the file as a whole */
    struct lint_place place;                  /* within it */
    size_t number;                            /* of the present statement, from 1 */
    size_t held_number; /* of the statement that took the transaction's first strong lock; 0: none */
    int held_line;      /* its line */
    enum lint_rule
        quick;           /* what to say of the present statement's lock if there is nothing else; LINT_COUNT: nothing */
    bool patient;        /* lock_timeout is set */
    bool patient_after;  /* and will be when the transaction has committed */
    bool patient_before; /* and was when it began */
    bool said[LINT_COUNT]; /* rules that are reported once a file */
    struct VECTOR(struct lint_finding) findings;
};
/* `facts` all zero: no catalogue is known, every table that the file does not make is taken for populated. */
void lint_begin(struct lint *lint, struct facts *facts, enum sql_runner runner);
/* The statements of a script, which is a whole file or the next piece of one. What it found borrows from the script. */
void lint_script(struct lint *lint, const struct script *script);
void lint_run(struct lint *lint, const struct script *script, struct facts *facts, enum sql_runner runner);
void lint_clear(struct lint *lint); /* forgets the findings */
void lint_done(struct lint *lint);

/* Inside the lint: */
void lint_report(struct lint *lint, enum lint_rule rule);
void lint_report_once(struct lint *lint, enum lint_rule rule);
/* Only if the rule's fact is true: reported as doubtful when there is no catalogue. */
void lint_doubt(struct lint *lint, enum lint_rule rule);
/* A lock of the present statement on a table of before, SHARE or stronger. `quick` is the rule of a lock without work. */
void lint_lock(struct lint *lint, struct fact_table *table, enum lint_rule quick);
bool lint_holds(const struct lint *lint, const struct fact_table *table); /* a strong lock, since before or now */
bool lint_holds_earlier(const struct lint *lint);                         /* one that an earlier statement took */
bool lint_is_populated(struct lint *lint, const PgQuery__RangeVar *range);
void lint_statement(struct lint *lint);                                          /* lint_statement.c */
void lint_alter_table(struct lint *lint, const PgQuery__AlterTableStmt *alter);  /* lint_alter.c */
bool lint_is_volatile(const struct lint *lint, const PgQuery__Node *expression); /* lint_volatile.c */
char *lint_rewrite(const struct lint *lint, enum lint_rule rule);                /* lint_rewrite.c: owned, or NULL */

/* ---- lint_column.c, lint_constraint.c: the commands of ALTER TABLE ---- */
struct altering {
    struct lint *lint; /* whose pass */
    size_t table;      /* index in the facts, which may move */
    bool populated;    /* the table of before has rows */
};
struct fact_table *altering_table(const struct altering *altering);
void altering_report(const struct altering *altering, enum lint_rule rule);
bool column_has(const PgQuery__ColumnDef *column, PgQuery__ConstrType type);
void lint_add_column(struct altering *altering, const PgQuery__ColumnDef *column, bool missing_ok);
void lint_change_type(struct altering *altering, const char *name, const PgQuery__ColumnDef *wanted);
void lint_set_not_null(struct altering *altering, const char *name, bool lost_its_check);
void lint_add_constraint(struct altering *altering, const PgQuery__Constraint *constraint);
void lint_validate(struct altering *altering, const char *name);

enum type_change { TYPE_FREE, TYPE_SCANS, TYPE_BUILDS, TYPE_REWRITES };
/* What it costs to give a column this type. lint_type.c */
enum type_change lint_type_change(const struct fact_column *column, const PgQuery__ColumnDef *wanted, bool utc);
/* The last word of a type's name: "int8", "varchar". */
const char *lint_type_name(const PgQuery__TypeName *type);
#endif
