/* Statements but ALTER TABLE, and the transaction around them. Text and catalogue decide; what hides in DO blocks is
 * the trace's to find. */
#include "stdlib/sql/lint.h"
#include <string.h>

static const struct lint_rule_row rows[] = {
#define RULE(id, slug, lock, work, advice) { slug, lock, work, advice },
#include "stdlib/sql/lint_rules.def"
#undef RULE
};

const struct lint_rule_row *lint_rule_row(enum lint_rule rule) {
    return &rows[rule];
}

void lint_report(struct lint *lint, enum lint_rule rule) {
    struct lint_finding finding = { rule, lint->statement ? lint->statement->line : lint->script->error_line,
                                    lint->statement ? lint->statement->text : TEXT_NONE };
    VECTOR_PUSH(&lint->findings, finding);
}

void lint_done(struct lint *lint) {
    VECTOR_DONE(&lint->findings);
}

/* ---- volatile functions ---- */
struct volatile_search {
    const struct lint *lint; /* for its catalogue */
    bool found;              /* so far */
};

/* Without a catalogue: the common ones that are not. */
static bool is_known_stable(const char *name) {
    static const char *const stable[] = { "now",
                                          "transaction_timestamp",
                                          "statement_timestamp",
                                          "current_setting",
                                          "lower",
                                          "upper",
                                          "md5",
                                          "date_trunc",
                                          "to_char",
                                          "to_timestamp",
                                          "to_date",
                                          "jsonb_build_object",
                                          "json_build_object",
                                          "jsonb_build_array",
                                          "make_interval",
                                          "make_date",
                                          "timezone",
                                          "coalesce",
                                          "concat",
                                          "length",
                                          "round",
                                          "abs",
                                          "replace",
                                          "substring",
                                          "trim",
                                          "btrim" };
    for (size_t i = 0; i < sizeof stable / sizeof stable[0]; i++) {
        if (strcmp(name, stable[i]) == 0) return true;
    }
    return false;
}

static void look_at_call(void *data, const ProtobufCMessage *found) {
    struct volatile_search *search = data;
    const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)found;
    const PgQuery__Node *last = call->n_funcname ? call->funcname[call->n_funcname - 1] : NULL;
    if (!last || last->node_case != PG_QUERY__NODE__NODE_STRING) return;
    const char *name = last->string->sval;
    const struct facts *facts = search->lint->facts;
    if (!facts->known) {
        search->found |= !is_known_stable(name);
        return;
    }
    for (size_t i = 0; i < facts->volatile_functions.count; i++)
        search->found |= strcmp(name, facts->volatile_functions.items[i]) == 0;
}

bool lint_is_volatile(const struct lint *lint, const PgQuery__Node *expression) {
    struct volatile_search search = { lint, false };
    script_walk(&expression->base, &pg_query__func_call__descriptor, look_at_call, &search);
    return search.found;
}

/* ---- statements ---- */
static bool is_populated(struct lint *lint, const PgQuery__RangeVar *range) {
    const struct fact_table *table = range ? facts_table(lint->facts, range) : NULL;
    return table && table->populated;
}

static void lint_index(struct lint *lint, const PgQuery__IndexStmt *index) {
    if (!is_populated(lint, index->relation)) return;
    if (!index->concurrent) lint_report(lint, LINT_INDEX);
}

/* REINDEX INDEX names an index: its table is not known from the text, so the index's own pages count. */
static void lint_reindex(struct lint *lint, const PgQuery__ReindexStmt *reindex) {
    if (lint->statement->concurrent) return;
    bool whole = reindex->kind != PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE &&
                 reindex->kind != PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX;
    const struct fact_table *found = reindex->relation ? facts_table(lint->facts, reindex->relation) : NULL;
    if (whole || (found && (found->populated || found->kind == 'i' || found->kind == 'I')))
        lint_report(lint, LINT_REINDEX);
}

static bool vacuum_is_full(const PgQuery__VacuumStmt *vacuum) {
    for (size_t i = 0; i < vacuum->n_options; i++) {
        const PgQuery__Node *option = vacuum->options[i];
        if (option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && strcmp(option->def_elem->defname, "full") == 0)
            return true;
    }
    return false;
}

static void lint_vacuum(struct lint *lint, const PgQuery__VacuumStmt *vacuum) {
    if (!vacuum_is_full(vacuum)) return;
    bool populated = vacuum->n_rels == 0;
    for (size_t i = 0; i < vacuum->n_rels; i++)
        populated |= is_populated(lint, vacuum->rels[i]->vacuum_relation->relation);
    if (populated) lint_report(lint, LINT_REWRITE);
}

static void lint_domain(struct lint *lint, const PgQuery__AlterDomainStmt *alter) {
    if (strcmp(alter->subtype, "C") != 0 && strcmp(alter->subtype, "O") != 0) return; /* ADD CONSTRAINT, SET NOT NULL */
    if (alter->def && alter->def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT &&
        alter->def->constraint->skip_validation)
        return;
    const PgQuery__Node *last = alter->n_type_name ? alter->type_name[alter->n_type_name - 1] : NULL;
    bool used = !lint->facts->known;
    for (size_t i = 0; last && i < lint->facts->used_domains.count; i++) {
        used |= strcmp(last->string->sval, lint->facts->used_domains.items[i]) == 0;
    }
    if (used) lint_report(lint, LINT_DOMAIN);
}

static void lint_create(struct lint *lint, const PgQuery__CreateStmt *create) {
    if (create->if_not_exists && facts_table(lint->facts, create->relation) && lint->facts->known) return;
    facts_add_table(lint->facts, create->relation->relname, false);
}

static void begin_transaction(struct lint *lint, bool begins) {
    lint->in_transaction = begins || lint->one_transaction;
    if (lint->in_transaction) return;
    for (size_t i = 0; i < lint->facts->tables.count; i++) lint->facts->tables.items[i].locked = false;
}

static void lint_transaction(struct lint *lint, const PgQuery__TransactionStmt *word) {
    bool begins = word->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN ||
                  word->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START;
    bool ends = word->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT ||
                word->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK ||
                word->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE;
    if (begins) begin_transaction(lint, true);
    if (ends) begin_transaction(lint, word->chain);
}

static void lint_statement(struct lint *lint) {
    const PgQuery__Node *node = lint->statement->node;
    if (lint->statement->concurrent && lint->in_transaction) lint_report(lint, LINT_IN_TRANSACTION);
    if (node->node_case == PG_QUERY__NODE__NODE_TRANSACTION_STMT) {
        lint_transaction(lint, node->transaction_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_INDEX_STMT) {
        lint_index(lint, node->index_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_STMT) {
        lint_alter_table(lint, node->alter_table_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_CREATE_STMT) {
        lint_create(lint, node->create_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT) {
        facts_add_table(lint->facts, node->create_table_as_stmt->into->rel->relname, false);
    } else if (node->node_case == PG_QUERY__NODE__NODE_REINDEX_STMT) {
        lint_reindex(lint, node->reindex_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_VACUUM_STMT) {
        lint_vacuum(lint, node->vacuum_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_CLUSTER_STMT) {
        if (!node->cluster_stmt->relation || is_populated(lint, node->cluster_stmt->relation))
            lint_report(lint, LINT_REWRITE);
    } else if (node->node_case == PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT) {
        const PgQuery__RefreshMatViewStmt *refresh = node->refresh_mat_view_stmt;
        if (!refresh->concurrent && !refresh->skip_data && is_populated(lint, refresh->relation))
            lint_report(lint, LINT_REFRESH);
    } else if (node->node_case == PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT) {
        lint_domain(lint, node->alter_domain_stmt);
    } else if (node->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) {
        if (!node->update_stmt->where_clause && is_populated(lint, node->update_stmt->relation))
            lint_report(lint, LINT_EVERY_ROW);
    } else if (node->node_case == PG_QUERY__NODE__NODE_DELETE_STMT) {
        if (!node->delete_stmt->where_clause && is_populated(lint, node->delete_stmt->relation))
            lint_report(lint, LINT_EVERY_ROW);
    }
}

void lint_run(struct lint *lint, const struct script *script, struct facts *facts, bool one_transaction) {
    *lint = (struct lint){
        .script = script, .facts = facts, .one_transaction = one_transaction, .in_transaction = one_transaction
    };
    if (script->error) {
        lint_report(lint, LINT_CANNOT_JUDGE);
        return;
    }
    for (size_t i = 0; i < script->statements.count; i++) {
        lint->statement = &script->statements.items[i];
        lint_statement(lint);
        if (!lint->in_transaction) begin_transaction(lint, false); /* what it locked is free again */
    }
}
