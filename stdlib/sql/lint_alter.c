/* ALTER TABLE: each of its commands, in the order in which the server does them: drops first, then types,
 * constraints, NOT NULL. */
#include "stdlib/sql/lint.h"
#include <string.h>

struct fact_table *altering_table(const struct altering *altering) {
    return &altering->lint->facts->tables.items[altering->table];
}

void altering_report(const struct altering *altering, enum lint_rule rule) {
    if (altering->populated) lint_report(altering->lint, rule);
}

/* ---- partitions ---- */
static void attach(struct altering *altering, const PgQuery__PartitionCmd *command) {
    struct lint *lint = altering->lint;
    lint->place.column = command->name->relname;
    if (altering_table(altering)->default_populated && !(command->bound && command->bound->is_default))
        lint_report(lint, LINT_DEFAULT_PARTITION);
    lint_doubt(lint, LINT_DEFAULT_PARTITION);
    const struct fact_table *partition = facts_table(lint->facts, command->name);
    if (!partition || !partition->populated) return;
    for (size_t i = 0; i < partition->constraints.count; i++) {
        if (partition->constraints.items[i].check && partition->constraints.items[i].valid)
            return; /* the trace tells if it is the right one */
    }
    lint_report(lint, LINT_ATTACH);
}

static void detach(struct altering *altering, const PgQuery__PartitionCmd *command) {
    struct lint *lint = altering->lint;
    if (altering_table(altering)->referenced) lint_report(lint, LINT_DETACH_REFERENCED);
    lint_doubt(lint, LINT_DETACH_REFERENCED);
    if (!command->concurrent) lint_report(lint, LINT_DETACH);
}

/* ---- the commands ---- */
static void run_command(struct altering *altering, PgQuery__AlterTableCmd *command, bool drops) {
    struct lint *lint = altering->lint;
    lint->place = (struct lint_place){ .range = lint->place.range, .command = command };
    switch ((int)command->subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
        lint_add_column(altering, command->def->column_def, command->missing_ok);
        break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
        lint_change_type(altering, command->name, command->def->column_def);
        break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint: lint_add_constraint(altering, command->def->constraint); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint: lint_validate(altering, command->name); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull: lint_set_not_null(altering, command->name, drops); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition: attach(altering, command->def->partition_cmd); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition: detach(altering, command->def->partition_cmd); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
        altering_report(altering, LINT_DROP_COLUMN);
        facts_drop_column(altering_table(altering), command->name);
        break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull: altering_report(altering, LINT_DROP_NOT_NULL); break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetTableSpace:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetAccessMethod: altering_report(altering, LINT_REWRITE); break;
    default: break;
    }
}

/* SHARE UPDATE EXCLUSIVE suffices for these; the rest makes readers or writers wait until the transaction ends. */
static bool locks_hard(const PgQuery__AlterTableCmd *command) {
    switch ((int)command->subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropCluster:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartitionFinalize: return false;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition:
        return !command->def || !command->def->partition_cmd->concurrent;
    default: return true;
    }
}

/* SHARE ROW EXCLUSIVE: writers wait, readers do not. */
static enum lint_rule quick_rule(const PgQuery__AlterTableCmd *command) {
    return command->subtype >= PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrig &&
                   command->subtype <= PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigUser
               ? LINT_TRIGGER
               : LINT_NO_LOCK_TIMEOUT;
}

/* A partitioned table's index takes the index of a partition: no work, nobody reads by it yet. */
static bool alters_table(const PgQuery__AlterTableStmt *alter) {
    return alter->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE ||
           alter->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
}

void lint_alter_table(struct lint *lint, const PgQuery__AlterTableStmt *alter) {
    struct fact_table *table = alters_table(alter) ? facts_table(lint->facts, alter->relation) : NULL;
    if (!table || (table->kind != 'r' && table->kind != 'p' && table->kind != 'm')) return;
    struct altering altering = { lint, (size_t)(table - lint->facts->tables.items), table->populated };
    lint->place.range = alter->relation;
    bool drops = false;
    const PgQuery__AlterTableCmd *hard = NULL;
    for (size_t i = 0; i < alter->n_cmds; i++) {
        const PgQuery__AlterTableCmd *command = alter->cmds[i]->alter_table_cmd;
        if (locks_hard(command)) hard = command;
        if (command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint) continue;
        drops = true;
        facts_drop_constraint(altering_table(&altering), command->name);
    }
    if (hard) lint_lock(lint, altering_table(&altering), quick_rule(hard));
    for (size_t i = 0; i < alter->n_cmds; i++) run_command(&altering, alter->cmds[i]->alter_table_cmd, drops);
}
