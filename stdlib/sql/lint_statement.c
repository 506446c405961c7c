/* What a statement does to others, ALTER TABLE aside. What hides in DO blocks is the trace's to find. */
#include "stdlib/sql/lint.h"
#include <string.h>
#include <strings.h>

static struct fact_table *look_at(struct lint *lint, const PgQuery__RangeVar *range) {
    lint->place.range = range;
    return range ? facts_table(lint->facts, range) : NULL;
}

static void report_if_populated(struct lint *lint, const PgQuery__RangeVar *range, enum lint_rule rule) {
    struct fact_table *table = look_at(lint, range);
    if (!table || !table->populated) return;
    lint_report(lint, rule);
    lint_lock(lint, table, LINT_COUNT);
}

/* ---- indexes ---- */
static void remember_index(struct fact_table *table, const PgQuery__IndexStmt *index) {
    for (size_t i = 0; index->idxname && *index->idxname && i < index->n_index_params; i++) {
        const PgQuery__Node *part = index->index_params[i];
        if (part->node_case == PG_QUERY__NODE__NODE_INDEX_ELEM && part->index_elem->name && *part->index_elem->name)
            facts_index_column(table, index->idxname, part->index_elem->name);
    }
}

static void read_index(struct lint *lint, const PgQuery__IndexStmt *index) {
    struct fact_table *table = look_at(lint, index->relation);
    if (!table) return;
    bool known = index->if_not_exists && index->idxname && facts_index(table, index->idxname);
    if (known) return;
    bool partitioned = table->kind == 'p', only = !index->relation->inh;
    if (index->concurrent && partitioned) {
        lint_report(lint, LINT_CONCURRENTLY_PARTITIONED);
    } else if (index->concurrent || !table->populated || (partitioned && only)) {
        if (!index->concurrent) lint_lock(lint, table, LINT_COUNT);
    } else {
        if (only && !lint->facts->known) /* of a partitioned table it would build nothing */
            lint_doubt(lint, LINT_INDEX);
        else
            lint_report(lint, partitioned ? LINT_INDEX_PARTITIONED : LINT_INDEX);
        lint_lock(lint, table, LINT_COUNT);
    }
    remember_index(table, index);
}

/* REINDEX INDEX names an index: its table is not known from the text, so it counts as populated. */
static void read_reindex(struct lint *lint, const PgQuery__ReindexStmt *reindex) {
    if (lint->statement->concurrent) return;
    bool whole = reindex->kind != PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE &&
                 reindex->kind != PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX;
    struct fact_table *found = look_at(lint, reindex->relation);
    if (!whole && !(found && (found->populated || found->kind == 'i' || found->kind == 'I'))) return;
    lint_report(lint, LINT_REINDEX);
    lint_lock(lint, found, LINT_COUNT);
}

/* ---- whole tables ---- */
static bool vacuum_is_full(const PgQuery__VacuumStmt *vacuum) {
    for (size_t i = 0; i < vacuum->n_options; i++) {
        const PgQuery__Node *option = vacuum->options[i];
        if (option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && strcmp(option->def_elem->defname, "full") == 0)
            return true;
    }
    return false;
}

static void read_vacuum(struct lint *lint, const PgQuery__VacuumStmt *vacuum) {
    if (!vacuum_is_full(vacuum)) return;
    bool populated = vacuum->n_rels == 0;
    for (size_t i = 0; i < vacuum->n_rels && !populated; i++) {
        lint->place.range = vacuum->rels[i]->vacuum_relation->relation;
        populated = lint_is_populated(lint, lint->place.range);
    }
    if (populated) lint_report(lint, LINT_REWRITE);
}

static void read_truncate(struct lint *lint, const PgQuery__TruncateStmt *truncate) {
    for (size_t i = 0; i < truncate->n_relations; i++)
        report_if_populated(lint, truncate->relations[i]->range_var, LINT_TRUNCATE);
}

static void read_lock(struct lint *lint, const PgQuery__LockStmt *lock) {
    enum { SHARE_LOCK = 5 }; /* storage/lockdefs.h */
    for (size_t i = 0; lock->mode >= SHARE_LOCK && i < lock->n_relations; i++)
        lint_lock(lint, look_at(lint, lock->relations[i]->range_var), LINT_NO_LOCK_TIMEOUT);
}

/* ---- new tables ---- */
static void refer(struct lint *lint, const PgQuery__Node *node) {
    if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) return;
    const PgQuery__Constraint *constraint = node->constraint;
    if (constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN || !constraint->pktable) return;
    lint_lock(lint, look_at(lint, constraint->pktable), LINT_REFERENCES);
}

static void read_references(struct lint *lint, const PgQuery__CreateStmt *create) {
    for (size_t i = 0; i < create->n_table_elts; i++) {
        const PgQuery__Node *part = create->table_elts[i];
        refer(lint, part);
        if (part->node_case != PG_QUERY__NODE__NODE_COLUMN_DEF) continue;
        for (size_t c = 0; c < part->column_def->n_constraints; c++) refer(lint, part->column_def->constraints[c]);
    }
}

/* Without a catalogue nobody knows whether IF NOT EXISTS finds one that has rows. */
static void make_table(struct lint *lint, const PgQuery__RangeVar *range, bool if_not_exists) {
    bool may_exist = if_not_exists && !lint->facts->known;
    struct fact_table *table = facts_add_table(lint->facts, range, may_exist);
    if (!may_exist) table->made_in = lint->transaction;
}

static void read_create(struct lint *lint, const PgQuery__CreateStmt *create) {
    bool skips = create->if_not_exists && lint->facts->known && facts_table(lint->facts, create->relation);
    if (skips) return;
    for (size_t i = 0; create->partbound && i < create->n_inh_relations; i++) {
        struct fact_table *parent = look_at(lint, create->inh_relations[i]->range_var);
        if (!parent) continue;
        if (parent->default_populated && !create->partbound->is_default) lint_report(lint, LINT_DEFAULT_PARTITION);
        lint_doubt(lint, LINT_DEFAULT_PARTITION);
        if (!parent->made_in) lint_report(lint, LINT_PARTITION_OF);
        lint_lock(lint, parent, LINT_COUNT);
    }
    read_references(lint, create);
    make_table(lint, create->relation, create->if_not_exists);
}

/* ---- domains ---- */
static void read_domain(struct lint *lint, const PgQuery__AlterDomainStmt *alter) {
    bool validates = *alter->subtype == 'V';
    if (*alter->subtype != 'C' && *alter->subtype != 'O' && !validates) return; /* ADD CONSTRAINT, SET NOT NULL */
    if (alter->def && alter->def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT &&
        alter->def->constraint->skip_validation)
        return;
    const PgQuery__Node *last = alter->n_type_name ? alter->type_name[alter->n_type_name - 1] : NULL;
    bool used = !lint->facts->known || (last && facts_has_name(&lint->facts->used_domains, last->string->sval));
    if (used) lint_report(lint, validates ? LINT_DOMAIN_VALIDATE : LINT_DOMAIN);
}

/* ---- what breaks clients ---- */
static void drop_table(struct lint *lint, const PgQuery__RangeVar *range) {
    struct fact_table *table = look_at(lint, range);
    if (table && !table->made_in) {
        lint_report(lint, LINT_DROP_TABLE);
        lint_lock(lint, table, LINT_COUNT);
    }
    if (table) facts_drop_table(table, lint->transaction);
}

/* Of a table's name as a list of words, which behind them has `more` words. */
static bool read_words(const PgQuery__Node *node, size_t more, PgQuery__RangeVar *range) {
    if (node->node_case != PG_QUERY__NODE__NODE_LIST || node->list->n_items <= more) return false;
    const PgQuery__List *words = node->list;
    size_t last = words->n_items - 1 - more;
    range->relname = words->items[last]->string->sval;
    if (last > 0) range->schemaname = words->items[last - 1]->string->sval;
    return true;
}

static void read_drop(struct lint *lint, const PgQuery__DropStmt *drop) {
    bool schemas = drop->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA;
    bool parts = drop->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER ||
                 drop->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_POLICY ||
                 drop->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_RULE;
    if (drop->remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX && !drop->concurrent)
        lint_report(lint, LINT_DROP_INDEX);
    if (schemas && drop->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE) lint_report(lint, LINT_DROP_TABLE);
    if (!parts && drop->remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return;
    for (size_t i = 0; i < drop->n_objects; i++) {
        PgQuery__RangeVar range = PG_QUERY__RANGE_VAR__INIT;
        if (!read_words(drop->objects[i], parts, &range)) continue;
        if (parts)
            lint_lock(lint, look_at(lint, &range), LINT_NO_LOCK_TIMEOUT);
        else
            drop_table(lint, &range);
    }
    if (!parts) lint->place.range = NULL;
}

static void rename_column(const struct fact_table *table, const PgQuery__RenameStmt *rename) {
    struct fact_column *column = facts_column(table, rename->subname);
    if (column) {
        memory_release(column->name);
        column->name = memory_copy(rename->newname, strlen(rename->newname));
    }
    for (size_t i = 0; i < table->constraints.count; i++) {
        struct fact_names *names = &table->constraints.items[i].not_null;
        for (size_t k = 0; k < names->count; k++) {
            if (strcmp(names->items[k], rename->subname) != 0) continue;
            memory_release(names->items[k]);
            names->items[k] = memory_copy(rename->newname, strlen(rename->newname));
        }
    }
}

static void read_rename(struct lint *lint, const PgQuery__RenameStmt *rename) {
    bool whole = rename->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
    bool column = rename->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN &&
                  rename->relation_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
    struct fact_table *table = whole || column ? look_at(lint, rename->relation) : NULL;
    if (!table) return;
    if (!table->made_in) lint_report(lint, LINT_RENAME);
    lint_lock(lint, table, LINT_COUNT);
    if (column) rename_column(table, rename);
    if (whole) facts_rename_table(lint->facts, table, rename->newname);
}

static void move_table(struct lint *lint, const PgQuery__AlterObjectSchemaStmt *move) {
    struct fact_table *table = look_at(lint, move->relation);
    if (!table || move->object_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return;
    if (!table->made_in) lint_report(lint, LINT_RENAME);
    lint_lock(lint, table, LINT_COUNT);
    memory_release(table->schema);
    table->schema = memory_copy(move->newschema, strlen(move->newschema));
}

/* ---- rows ---- */
static void read_rows(struct lint *lint, const PgQuery__RangeVar *range, const PgQuery__Node *where) {
    bool populated = lint_is_populated(lint, range);
    lint->place.range = range;
    if (populated && !where) lint_report(lint, LINT_EVERY_ROW);
    if (populated && where && lint_holds_earlier(lint)) lint_report(lint, LINT_STATEMENT_WHILE_LOCKED);
}

static bool reads_tables(const PgQuery__Node *node) {
    if (node->node_case == PG_QUERY__NODE__NODE_COPY_STMT || node->node_case == PG_QUERY__NODE__NODE_MERGE_STMT)
        return true;
    if (node->node_case == PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT)
        return !node->create_table_as_stmt->into->skip_data;
    if (node->node_case == PG_QUERY__NODE__NODE_INSERT_STMT) node = node->insert_stmt->select_stmt;
    return node && node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT &&
           (node->select_stmt->n_from_clause > 0 || node->select_stmt->op != PG_QUERY__SET_OPERATION__SETOP_NONE);
}

/* ---- all others ---- */
static void read_other(struct lint *lint, const PgQuery__Node *node) {
    if (node->node_case == PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT)
        make_table(lint, node->create_table_as_stmt->into->rel, node->create_table_as_stmt->if_not_exists);
    if (node->node_case == PG_QUERY__NODE__NODE_VARIABLE_SET_STMT &&
        strcmp(node->variable_set_stmt->name, "search_path") == 0)
        lint->facts->path_changed = true;
    if (node->node_case == PG_QUERY__NODE__NODE_CREATE_TRIG_STMT)
        lint_lock(lint, look_at(lint, node->create_trig_stmt->relation), LINT_TRIGGER);
    if (node->node_case == PG_QUERY__NODE__NODE_RULE_STMT)
        lint_lock(lint, look_at(lint, node->rule_stmt->relation), LINT_NO_LOCK_TIMEOUT);
    if (node->node_case == PG_QUERY__NODE__NODE_CREATE_POLICY_STMT)
        lint_lock(lint, look_at(lint, node->create_policy_stmt->table), LINT_NO_LOCK_TIMEOUT);
    if (node->node_case == PG_QUERY__NODE__NODE_DO_STMT || node->node_case == PG_QUERY__NODE__NODE_CALL_STMT)
        lint_report(lint, LINT_HIDDEN);
    if (lint_holds_earlier(lint) && reads_tables(node)) lint_report(lint, LINT_STATEMENT_WHILE_LOCKED);
}

/* ---- statements in statements ---- */
static void read_node(struct lint *lint, const PgQuery__Node *node);

/* DELETE in a WITH is executed, whatever the statement does with it. */
static void read_with(struct lint *lint, const PgQuery__WithClause *with) {
    for (size_t i = 0; with && i < with->n_ctes; i++) {
        const PgQuery__Node *query = with->ctes[i]->common_table_expr->ctequery;
        if (query && query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) read_node(lint, query);
    }
}

static void read_inner(struct lint *lint, const PgQuery__Node *node) {
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT: read_with(lint, node->select_stmt->with_clause); break;
    case PG_QUERY__NODE__NODE_INSERT_STMT: read_with(lint, node->insert_stmt->with_clause); break;
    case PG_QUERY__NODE__NODE_UPDATE_STMT: read_with(lint, node->update_stmt->with_clause); break;
    case PG_QUERY__NODE__NODE_DELETE_STMT: read_with(lint, node->delete_stmt->with_clause); break;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT: read_inner(lint, node->create_table_as_stmt->query); break;
    case PG_QUERY__NODE__NODE_COPY_STMT:
        if (node->copy_stmt->query) read_node(lint, node->copy_stmt->query);
        break;
    default: break;
    }
}

/* EXPLAIN ANALYZE executes; ANALYZE off does not. */
static bool executes(const PgQuery__ExplainStmt *explain) {
    bool analyzes = false;
    for (size_t i = 0; i < explain->n_options; i++) {
        const PgQuery__DefElem *option = explain->options[i]->def_elem;
        if (strcmp(option->defname, "analyze") != 0) continue;
        const PgQuery__Node *value = option->arg;
        bool off = value && value->node_case == PG_QUERY__NODE__NODE_STRING &&
                   (strcasecmp(value->string->sval, "off") == 0 || strcasecmp(value->string->sval, "false") == 0);
        bool zero = value && value->node_case == PG_QUERY__NODE__NODE_INTEGER && value->integer->ival == 0;
        analyzes = !off && !zero;
    }
    return analyzes;
}

void lint_statement(struct lint *lint) {
    read_node(lint, lint->statement->node);
}

static void read_node(struct lint *lint, const PgQuery__Node *node) {
    read_inner(lint, node);
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_INDEX_STMT: read_index(lint, node->index_stmt); break;
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT: lint_alter_table(lint, node->alter_table_stmt); break;
    case PG_QUERY__NODE__NODE_CREATE_STMT: read_create(lint, node->create_stmt); break;
    case PG_QUERY__NODE__NODE_REINDEX_STMT: read_reindex(lint, node->reindex_stmt); break;
    case PG_QUERY__NODE__NODE_VACUUM_STMT: read_vacuum(lint, node->vacuum_stmt); break;
    case PG_QUERY__NODE__NODE_CLUSTER_STMT:
        if (node->cluster_stmt->relation)
            report_if_populated(lint, node->cluster_stmt->relation, LINT_REWRITE);
        else
            lint_report(lint, LINT_REWRITE);
        break;
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
        if (!node->refresh_mat_view_stmt->concurrent && !node->refresh_mat_view_stmt->skip_data)
            report_if_populated(lint, node->refresh_mat_view_stmt->relation, LINT_REFRESH);
        break;
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
        if (executes(node->explain_stmt)) read_node(lint, node->explain_stmt->query);
        break;
    case PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT: read_domain(lint, node->alter_domain_stmt); break;
    case PG_QUERY__NODE__NODE_DROP_STMT: read_drop(lint, node->drop_stmt); break;
    case PG_QUERY__NODE__NODE_RENAME_STMT: read_rename(lint, node->rename_stmt); break;
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT: move_table(lint, node->alter_object_schema_stmt); break;
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT: read_truncate(lint, node->truncate_stmt); break;
    case PG_QUERY__NODE__NODE_LOCK_STMT: read_lock(lint, node->lock_stmt); break;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        read_rows(lint, node->update_stmt->relation, node->update_stmt->where_clause);
        break;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        read_rows(lint, node->delete_stmt->relation, node->delete_stmt->where_clause);
        break;
    default: read_other(lint, node);
    }
}
