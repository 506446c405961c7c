/* Which statements of a migration are not online by construction. Pure: a script and what the catalogue knows go in,
 * findings come out. */
#ifndef AOT_STDLIB_SQL_LINT_H
#define AOT_STDLIB_SQL_LINT_H
#include "stdlib/sql/facts.h"

enum lint_rule {
#define RULE(id, slug, lock, work, advice) LINT_##id,
#include "stdlib/sql/lint_rules.def"
#undef RULE
    LINT_COUNT
};
struct lint_rule_row {
    const char *slug;   /* "plain-index" */
    const char *lock;   /* the strongest that it takes on a table of before */
    const char *work;   /* none, scan, build, rewrite, fkscan */
    const char *advice; /* the safe form */
};
const struct lint_rule_row *lint_rule_row(enum lint_rule rule);

struct lint_finding {
    enum lint_rule rule;   /* what is wrong */
    int line;              /* of the statement; 0: of the file */
    struct text statement; /* borrowed from the script; empty when it could not be parsed */
};
/* One pass over a script. */
struct lint {
    const struct script *script;              /* which */
    struct facts *facts;                      /* changed as the statements would change it */
    bool one_transaction;                     /* the runner puts all into one */
    bool in_transaction;                      /* at the present statement */
    const struct script_statement *statement; /* the present one */
    struct VECTOR(struct lint_finding) findings;
};
/* `facts` all zero: no catalogue is known, every table that the file does not make is taken for populated. */
void lint_run(struct lint *lint, const struct script *script, struct facts *facts, bool one_transaction);
void lint_done(struct lint *lint);

/* Inside the lint: */
void lint_report(struct lint *lint, enum lint_rule rule);
void lint_alter_table(struct lint *lint, const PgQuery__AlterTableStmt *alter); /* lint_alter.c */
bool lint_is_volatile(const struct lint *lint, const PgQuery__Node *expression);
enum type_change { TYPE_FREE, TYPE_SCANS, TYPE_BUILDS, TYPE_REWRITES };
/* What it costs to give a column this type. lint_type.c */
enum type_change lint_type_change(const struct fact_column *column, const PgQuery__ColumnDef *wanted, bool utc);
/* The last word of a type's name: "int8", "varchar". */
const char *lint_type_name(const PgQuery__TypeName *type);
#endif
