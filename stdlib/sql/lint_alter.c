/* ALTER TABLE: each of its commands, in the order in which the server does them: drops first, then types,
 * constraints, NOT NULL. */
#include "stdlib/sql/lint.h"
#include <stdio.h>
#include <string.h>

/* One ALTER TABLE. */
struct altering {
    struct lint *lint; /* whose pass */
    size_t table;      /* index in the facts, which may move */
    bool populated;    /* the table of before has rows */
};

static struct fact_table *table_of(const struct altering *altering) {
    return &altering->lint->facts->tables.items[altering->table];
}

static void report(const struct altering *altering, enum lint_rule rule) {
    if (altering->populated) lint_report(altering->lint, rule);
}

/* ---- constraints ---- */
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
    struct fact_constraint *added = facts_add_constraint(table_of(altering), name, true, !constraint->skip_validation);
    if (constraint->raw_expr) add_not_null(added, constraint->raw_expr);
    if (!constraint->skip_validation) report(altering, LINT_CHECK);
}

/* The other side of a foreign key is locked, too, but only rows on this side are looked at. */
static void add_foreign_key(struct altering *altering, const PgQuery__Constraint *constraint) {
    facts_add_constraint(table_of(altering), *constraint->conname ? constraint->conname : " foreign key", false,
                         !constraint->skip_validation);
    if (!constraint->skip_validation) report(altering, LINT_FOREIGN_KEY);
}

static void add_key(struct altering *altering, const PgQuery__Constraint *constraint) {
    bool primary = constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
    if (!*constraint->indexname) {
        report(altering, LINT_UNIQUE);
        return;
    }
    const struct fact_table *table = table_of(altering);
    for (size_t i = 0; primary && i < table->indexes.count; i++) {
        if (strcmp(table->indexes.items[i].name, constraint->indexname) == 0 && table->indexes.items[i].nullable) {
            report(altering, LINT_PRIMARY_KEY_NULLABLE);
        }
    }
}

static void add_constraint(struct altering *altering, const PgQuery__Constraint *constraint) {
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) add_check(altering, constraint);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) add_foreign_key(altering, constraint);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION) report(altering, LINT_EXCLUDE);
    if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE ||
        constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) {
        add_key(altering, constraint);
    }
}

/* A scan under SHARE UPDATE EXCLUSIVE stops nobody, unless the transaction locked the table harder before. */
static void validate(struct altering *altering, const char *name) {
    struct fact_table *table = table_of(altering);
    struct fact_constraint *constraint = facts_constraint(table, name);
    if (constraint && !constraint->valid && table->locked) report(altering, LINT_VALIDATE);
    if (constraint) constraint->valid = true;
}

/* ---- columns ---- */
static bool is_serial(const PgQuery__ColumnDef *column) {
    static const char *const names[] = { "serial", "serial2", "serial4", "serial8", "smallserial", "bigserial" };
    const char *type = column->type_name ? lint_type_name(column->type_name) : "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(type, names[i]) == 0) return true;
    }
    return false;
}

static bool has_constraint(const PgQuery__ColumnDef *column, PgQuery__ConstrType type) {
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (column->constraints[i]->node_case == PG_QUERY__NODE__NODE_CONSTRAINT &&
            column->constraints[i]->constraint->contype == type)
            return true;
    }
    return false;
}

static void lint_default(struct altering *altering, const PgQuery__ColumnDef *column) {
    for (size_t i = 0; i < column->n_constraints; i++) {
        const PgQuery__Constraint *constraint = column->constraints[i]->constraint;
        if (constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT || !constraint->raw_expr) continue;
        if (lint_is_volatile(altering->lint, constraint->raw_expr)) report(altering, LINT_VOLATILE_DEFAULT);
        if (has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN)) report(altering, LINT_COLUMN_FOREIGN_KEY);
    }
}

static void add_column(struct altering *altering, const PgQuery__AlterTableCmd *command) {
    const PgQuery__ColumnDef *column = command->def->column_def;
    const struct fact_table *table = table_of(altering);
    if (command->missing_ok && facts_column(table, column->colname)) return;
    bool key = has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE) ||
               has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY);
    if (is_serial(column) || has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY))
        report(altering, LINT_SERIAL);
    if (has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED)) report(altering, LINT_GENERATED);
    if (has_constraint(column, PG_QUERY__CONSTR_TYPE__CONSTR_CHECK)) report(altering, LINT_COLUMN_CHECK);
    if (key) report(altering, LINT_COLUMN_UNIQUE);
    lint_default(altering, column);
}

static void change_type(struct altering *altering, const PgQuery__AlterTableCmd *command) {
    const struct fact_table *table = table_of(altering);
    const struct fact_column *column = facts_column(table, command->name);
    if (!column && altering->lint->facts->known) return; /* the server will say that there is none */
    switch (lint_type_change(column, command->def->column_def, altering->lint->facts->utc)) {
    case TYPE_FREE: break;
    case TYPE_SCANS: report(altering, LINT_TYPE_CHECKED); break;
    case TYPE_BUILDS: report(altering, LINT_TYPE_INDEXED); break;
    case TYPE_REWRITES: report(altering, LINT_TYPE); break;
    }
}

static void set_not_null(struct altering *altering, const char *name, bool lost_its_check) {
    const struct fact_table *table = table_of(altering);
    const struct fact_column *column = facts_column(table, name);
    if ((column && column->not_null) || facts_proves_not_null(table, name)) return;
    report(altering, lost_its_check ? LINT_NOT_NULL_DROP : LINT_NOT_NULL);
}

/* ---- the rest ---- */
static void attach(struct altering *altering, const PgQuery__PartitionCmd *command) {
    const struct fact_table *partition = facts_table(altering->lint->facts, command->name);
    if (!partition || !partition->populated) return;
    for (size_t i = 0; i < partition->constraints.count; i++) {
        if (partition->constraints.items[i].check && partition->constraints.items[i].valid)
            return; /* the trace tells if it does */
    }
    lint_report(altering->lint, LINT_ATTACH);
}

static void run_command(struct altering *altering, const PgQuery__AlterTableCmd *command, bool drops) {
    const PgQuery__AlterTableType type = command->subtype;
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn) add_column(altering, command);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType) change_type(altering, command);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint) add_constraint(altering, command->def->constraint);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint) validate(altering, command->name);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull) set_not_null(altering, command->name, drops);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition) attach(altering, command->def->partition_cmd);
    if (type == PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged || type == PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged ||
        type == PG_QUERY__ALTER_TABLE_TYPE__AT_SetTableSpace ||
        type == PG_QUERY__ALTER_TABLE_TYPE__AT_SetAccessMethod) {
        report(altering, LINT_REWRITE);
    }
}

/* SHARE UPDATE EXCLUSIVE suffices for these; the rest makes readers or writers wait until the transaction ends. */
static bool locks_hard(const PgQuery__AlterTableCmd *command) {
    return command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn &&
           command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition;
}

void lint_alter_table(struct lint *lint, const PgQuery__AlterTableStmt *alter) {
    struct fact_table *table = facts_table(lint->facts, alter->relation);
    if (!table || (table->kind != 'r' && table->kind != 'p' && table->kind != 'm')) return;
    struct altering altering = { lint, (size_t)(table - lint->facts->tables.items), table->populated };
    bool drops = false, hard = false;
    for (size_t i = 0; i < alter->n_cmds; i++) {
        const PgQuery__AlterTableCmd *command = alter->cmds[i]->alter_table_cmd;
        if (locks_hard(command)) hard = true;
        if (command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint) continue;
        drops = true;
        facts_drop_constraint(table_of(&altering), command->name);
    }
    if (hard) table_of(&altering)->locked = true;
    for (size_t i = 0; i < alter->n_cmds; i++) run_command(&altering, alter->cmds[i]->alter_table_cmd, drops);
}
