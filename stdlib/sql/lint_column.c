/* ALTER TABLE: columns that are added, get another type, or must not be NULL any more. */
#include "stdlib/sql/lint.h"
#include <string.h>

static bool is_serial(const PgQuery__ColumnDef *column) {
    static const char *const names[] = { "serial", "serial2", "serial4", "serial8", "smallserial", "bigserial" };
    const char *type = column->type_name ? lint_type_name(column->type_name) : "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(type, names[i]) == 0) return true;
    }
    return false;
}

bool column_has(const PgQuery__ColumnDef *column, PgQuery__ConstrType type) {
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (column->constraints[i]->node_case == PG_QUERY__NODE__NODE_CONSTRAINT &&
            column->constraints[i]->constraint->contype == type)
            return true;
    }
    return false;
}

static void read_default(struct altering *altering, const PgQuery__ColumnDef *column) {
    for (size_t i = 0; i < column->n_constraints; i++) {
        const PgQuery__Constraint *constraint = column->constraints[i]->constraint;
        if (constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT || !constraint->raw_expr) continue;
        if (lint_is_volatile(altering->lint, constraint->raw_expr)) altering_report(altering, LINT_VOLATILE_DEFAULT);
        if (column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN))
            altering_report(altering, LINT_COLUMN_FOREIGN_KEY);
    }
}

static void read_reference(struct altering *altering, const PgQuery__ColumnDef *column) {
    for (size_t i = 0; i < column->n_constraints; i++) {
        const PgQuery__Constraint *constraint = column->constraints[i]->constraint;
        if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN && constraint->pktable)
            lint_lock(altering->lint, facts_table(altering->lint->facts, constraint->pktable), LINT_REFERENCES);
    }
}

/* A name of its own may be that of a domain; without a catalogue nobody knows. */
static bool is_plain_type(const PgQuery__TypeName *type) {
    static const char *const names[] = { "text",    "uuid",        "jsonb",    "json",   "bytea",     "date",
                                         "inet",    "cidr",        "macaddr",  "money",  "xml",       "timestamptz",
                                         "timetz",  "float4",      "float8",   "int2",   "int4",      "int8",
                                         "name",    "citext",      "bool",     "serial", "bigserial", "point",
                                         "polygon", "smallserial", "hstore",   "oid",    "serial2",   "serial4",
                                         "ltree",   "serial8",     "tsvector", "box",    "geometry",  "varchar",
                                         "numeric" };
    if (type->n_names > 1 && strcmp(type->names[0]->string->sval, "pg_catalog") == 0) return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(lint_type_name(type), names[i]) == 0) return true;
    }
    return false;
}

static void read_domain(struct altering *altering, const PgQuery__TypeName *type) {
    if (!type || !altering->populated) return;
    if (facts_has_name(&altering->lint->facts->constrained_domains, lint_type_name(type)))
        altering_report(altering, LINT_DOMAIN_COLUMN);
    if (!is_plain_type(type)) lint_doubt(altering->lint, LINT_DOMAIN_COLUMN);
}

void lint_add_column(struct altering *altering, const PgQuery__ColumnDef *column, bool missing_ok) {
    struct lint *lint = altering->lint;
    const struct fact_table *table = altering_table(altering);
    if (missing_ok && facts_column(table, column->colname)) return;
    lint->place.column = column->colname;
    lint->place.location = column->location;
    bool primary = column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY);
    bool key = primary || column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE);
    bool numbered = is_serial(column) || column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY);
    bool generated = column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED);
    bool given = numbered || generated || column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT);
    bool required = column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL) || primary;
    if (numbered) altering_report(altering, LINT_SERIAL);
    if (generated) altering_report(altering, LINT_GENERATED);
    if (column_has(column, PG_QUERY__CONSTR_TYPE__CONSTR_CHECK)) altering_report(altering, LINT_COLUMN_CHECK);
    if (key) altering_report(altering, LINT_COLUMN_UNIQUE);
    if (required && !given) altering_report(altering, LINT_REQUIRED_COLUMN);
    read_domain(altering, column->type_name);
    read_default(altering, column);
    read_reference(altering, column);
    /* Its type is left open, so that another one counts as a rewrite. */
    facts_add_column(altering_table(altering), column->colname, "", required);
}

void lint_change_type(struct altering *altering, const char *name, const PgQuery__ColumnDef *wanted) {
    const struct facts *facts = altering->lint->facts;
    const struct fact_column *column = facts_column(altering_table(altering), name);
    altering->lint->place.column = name;
    altering->lint->place.location = wanted->location;
    if (!column && facts->known) return; /* the server will say that there is none */
    switch (lint_type_change(column, wanted, facts->utc)) {
    case TYPE_FREE: break;
    case TYPE_SCANS: altering_report(altering, LINT_TYPE_CHECKED); break;
    case TYPE_BUILDS: altering_report(altering, LINT_TYPE_INDEXED); break;
    case TYPE_REWRITES: altering_report(altering, LINT_TYPE); break;
    }
}

void lint_set_not_null(struct altering *altering, const char *name, bool lost_its_check) {
    const struct fact_table *table = altering_table(altering);
    struct fact_column *column = facts_column(table, name);
    altering->lint->place.column = name;
    bool proven = (column && column->not_null) || facts_proves_not_null(table, name);
    if (!proven) altering_report(altering, lost_its_check ? LINT_NOT_NULL_DROP : LINT_NOT_NULL);
    if (column) column->not_null = true;
}
