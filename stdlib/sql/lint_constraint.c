/* ALTER TABLE: constraints that are added or validated. */
#include "stdlib/sql/lint.h"
#include <stdio.h>
#include <string.h>

/* The columns of which an expression says that they are not NULL, by itself or joined by AND. */
static void add_not_null(struct fact_constraint *constraint, const PgQuery__Node *expression) {
    if (expression->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        expression->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        for (size_t i = 0; i < expression->bool_expr->n_args; i++)
            add_not_null(constraint, expression->bool_expr->args[i]);
    }
    if (expression->node_case != PG_QUERY__NODE__NODE_NULL_TEST) return;
    const PgQuery__NullTest *test = expression->null_test;
    if (test->nulltesttype != PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL ||
        test->arg->node_case != PG_QUERY__NODE__NODE_COLUMN_REF)
        return;
    const PgQuery__ColumnRef *reference = test->arg->column_ref;
    const PgQuery__Node *last = reference->fields[reference->n_fields - 1];
    if (last->node_case != PG_QUERY__NODE__NODE_STRING) return;
    char *name = memory_copy(last->string->sval, strlen(last->string->sval));
    VECTOR_PUSH(&constraint->not_null, name);
}

static void add_check(struct altering *altering, const PgQuery__Constraint *constraint) {
    char unnamed[40];
    snprintf(unnamed, sizeof unnamed, " unnamed at %d", constraint->location);
    const char *name = *constraint->conname ? constraint->conname : unnamed;
    struct fact_constraint *added =
        facts_add_constraint(altering_table(altering), name, true, !constraint->skip_validation);
    if (added->valid) added->valid_in = altering->lint->transaction;
    if (constraint->raw_expr) add_not_null(added, constraint->raw_expr);
    if (!constraint->skip_validation) altering_report(altering, LINT_CHECK);
}

/* The other side of a foreign key is locked, too, but only rows on this side are looked at. */
static void add_foreign_key(struct altering *altering, const PgQuery__Constraint *constraint) {
    facts_add_constraint(altering_table(altering), *constraint->conname ? constraint->conname : " foreign key", false,
                         !constraint->skip_validation);
    if (!constraint->skip_validation) altering_report(altering, LINT_FOREIGN_KEY);
    if (constraint->pktable)
        lint_lock(altering->lint, facts_table(altering->lint->facts, constraint->pktable), LINT_REFERENCES);
}

static bool may_be_null(const struct fact_table *table, const struct fact_index *index) {
    for (size_t i = 0; i < index->columns.count; i++) {
        const struct fact_column *column = facts_column(table, index->columns.items[i]);
        if (column && !column->not_null && !facts_proves_not_null(table, column->name)) return true;
    }
    return false;
}

static void add_key(struct altering *altering, const PgQuery__Constraint *constraint) {
    bool primary = constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
    const struct fact_table *table = altering_table(altering);
    if (!*constraint->indexname) {
        altering_report(altering, LINT_UNIQUE);
    } else if (primary && table->populated) {
        const struct fact_index *index = facts_index(table, constraint->indexname);
        if (index && may_be_null(table, index)) altering_report(altering, LINT_PRIMARY_KEY_NULLABLE);
        lint_doubt(altering->lint, LINT_PRIMARY_KEY_NULLABLE);
    }
}

void lint_add_constraint(struct altering *altering, const PgQuery__Constraint *constraint) {
    altering->lint->place.constraint = constraint;
    altering->lint->place.location = constraint->location;
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) add_check(altering, constraint);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) add_foreign_key(altering, constraint);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION) altering_report(altering, LINT_EXCLUDE);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE ||
        constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) {
        add_key(altering, constraint);
    }
}

/* A scan under SHARE UPDATE EXCLUSIVE stops nobody, unless the transaction locked this or another table before. */
void lint_validate(struct altering *altering, const char *name) {
    struct lint *lint = altering->lint;
    struct fact_table *table = altering_table(altering);
    struct fact_constraint *constraint = facts_constraint(table, name);
    lint->place.column = name;
    bool scans = !constraint || !constraint->valid;
    if (scans && lint_holds(lint, table)) {
        altering_report(altering, LINT_VALIDATE);
    } else if (scans && lint_holds_earlier(lint)) {
        altering_report(altering, LINT_WORK_WHILE_LOCKED);
    }
    if (!constraint || constraint->valid) return;
    constraint->valid = true;
    constraint->valid_in = lint->transaction;
}
