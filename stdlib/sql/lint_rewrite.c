/* The safe form of a statement as SQL: a rule's template, filled with what the statement says. The parser's own deparser writes
 * it; where it cannot, there is no rewrite. Asked for findings only, so its cost does not matter. */
#include "stdlib/sql/lint.h"
#include <pg_query.h>
#include <string.h>

enum { NAME_MAXIMUM = 63 };

/* ---- names ---- */
static bool is_reserved(const char *name) {
    PgQueryScanResult scanned = pg_query_scan(name);
    bool reserved = true;
    PgQuery__ScanResult *tokens =
        scanned.error ? NULL
                      : pg_query__scan_result__unpack(NULL, scanned.pbuf.len, (const uint8_t *)scanned.pbuf.data);
    if (tokens && tokens->n_tokens == 1)
        reserved = tokens->tokens[0]->keyword_kind >= PG_QUERY__KEYWORD_KIND__COL_NAME_KEYWORD;
    if (tokens) pg_query__scan_result__free_unpacked(tokens, NULL);
    pg_query_free_scan_result(scanned);
    return reserved;
}

static void append_name(struct buffer *out, const char *name) {
    size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
    bool bare = *name && !name[plain] && !(*name >= '0' && *name <= '9') && !is_reserved(name);
    if (!bare) buffer_append_byte(out, '"');
    for (const char *at = name; *at; at++) {
        if (*at == '"') buffer_append_byte(out, '"');
        buffer_append_byte(out, *at);
    }
    if (!bare) buffer_append_byte(out, '"');
}

static void append_table(struct buffer *out, const PgQuery__RangeVar *range) {
    if (range->schemaname && *range->schemaname) {
        append_name(out, range->schemaname);
        buffer_append_byte(out, '.');
    }
    append_name(out, range->relname);
}

/* ---- deparsing ---- */
static bool deparse(PgQuery__Node *node, struct buffer *out) {
    PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT;
    PgQuery__RawStmt *statements[] = { &raw };
    PgQuery__ParseResult tree = PG_QUERY__PARSE_RESULT__INIT;
    raw.stmt = node;
    tree.version = PG_VERSION_NUM;
    tree.n_stmts = 1;
    tree.stmts = statements;
    PgQueryProtobuf packed = { pg_query__parse_result__get_packed_size(&tree), NULL };
    packed.data = memory_allocate(packed.len + 1);
    pg_query__parse_result__pack(&tree, (uint8_t *)packed.data);
    PgQueryDeparseResult result = pg_query_deparse_protobuf(packed);
    bool good = !result.error && result.query;
    if (good) buffer_append(out, text_trim(text_of(result.query)));
    pg_query_free_deparse_result(result);
    memory_release(packed.data);
    return good;
}

/* ALTER TABLE with this one command. */
static bool deparse_command(const struct lint *lint, PgQuery__AlterTableCmd *command, struct buffer *out) {
    PgQuery__AlterTableStmt alter = *lint->statement->node->alter_table_stmt;
    PgQuery__Node one = PG_QUERY__NODE__INIT, node = PG_QUERY__NODE__INIT;
    PgQuery__Node *commands[] = { &one };
    one.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_CMD;
    one.alter_table_cmd = command;
    alter.n_cmds = 1;
    alter.cmds = commands;
    node.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_STMT;
    node.alter_table_stmt = &alter;
    return deparse(&node, out);
}

/* ---- {name}: what a new constraint, index or sequence is called ---- */
static const char *suffix_of(enum lint_rule rule) {
    switch ((int)rule) {
    case LINT_NOT_NULL: return "not_null";
    case LINT_FOREIGN_KEY:
    case LINT_COLUMN_FOREIGN_KEY: return "fkey";
    case LINT_UNIQUE:
    case LINT_COLUMN_UNIQUE: return "key";
    case LINT_SERIAL: return "seq";
    default: return "check";
    }
}

static const char *first_column(const PgQuery__Constraint *constraint) {
    PgQuery__Node *const *names = constraint->n_keys ? constraint->keys : constraint->fk_attrs;
    size_t count = constraint->n_keys ? constraint->n_keys : constraint->n_fk_attrs;
    return count && names[0]->node_case == PG_QUERY__NODE__NODE_STRING ? names[0]->string->sval : NULL;
}

static void make_name(const struct lint *lint, enum lint_rule rule, struct buffer *out) {
    const struct lint_place *place = &lint->place;
    if (place->constraint && *place->constraint->conname) {
        buffer_append_string(out, place->constraint->conname);
        return;
    }
    const char *column = place->column;
    if (place->constraint && !column) column = first_column(place->constraint);
    buffer_printf(out, "%s%s%s_%s", place->range ? place->range->relname : "", column ? "_" : "", column ? column : "",
                  suffix_of(rule));
    if (out->length > NAME_MAXIMUM) out->bytes[out->length = NAME_MAXIMUM] = 0;
}

/* ---- {safe} ---- */
static bool deparse_constraint(const struct lint *lint, enum lint_rule rule, struct buffer *out) {
    PgQuery__Constraint constraint = *lint->place.constraint;
    PgQuery__AlterTableCmd command = *lint->place.command;
    PgQuery__Node definition = PG_QUERY__NODE__INIT;
    struct buffer plain = { 0 }, name = { 0 };
    make_name(lint, rule, &plain);
    append_name(&name, plain.bytes); /* libpg_query 15-4.0.0 writes names of constraints as they are */
    constraint.conname = name.bytes;
    constraint.skip_validation = true;
    constraint.initially_valid = false;
    definition.node_case = PG_QUERY__NODE__NODE_CONSTRAINT;
    definition.constraint = &constraint;
    command.def = &definition;
    bool good = deparse_command(lint, &command, out);
    buffer_done(&name);
    buffer_done(&plain);
    return good;
}

static bool deparse_partition(const struct lint *lint, struct buffer *out) {
    PgQuery__PartitionCmd partition = *lint->place.command->def->partition_cmd;
    PgQuery__AlterTableCmd command = *lint->place.command;
    PgQuery__Node definition = PG_QUERY__NODE__INIT;
    partition.concurrent = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition;
    definition.node_case = PG_QUERY__NODE__NODE_PARTITION_CMD;
    definition.partition_cmd = &partition;
    command.def = &definition;
    return deparse_command(lint, &command, out);
}

/* The statement as it stands, with CONCURRENTLY behind the first such word: CREATE UNIQUE INDEX | i ON t … */
static bool insert_concurrently(struct text statement, PgQuery__Token word, struct buffer *out) {
    struct buffer copy = { 0 };
    buffer_append(&copy, statement);
    PgQueryScanResult scanned = pg_query_scan(copy.bytes ? copy.bytes : "");
    PgQuery__ScanResult *tokens =
        scanned.error ? NULL
                      : pg_query__scan_result__unpack(NULL, scanned.pbuf.len, (const uint8_t *)scanned.pbuf.data);
    size_t at = SIZE_MAX;
    for (size_t i = 0; tokens && i < tokens->n_tokens && at == SIZE_MAX; i++)
        if (tokens->tokens[i]->token == word) at = (size_t)tokens->tokens[i]->end;
    if (at != SIZE_MAX) {
        buffer_append(out, text_slice(statement, 0, at));
        buffer_append_string(out, " CONCURRENTLY");
        buffer_append(out, text_slice(statement, at, statement.length));
    }
    if (tokens) pg_query__scan_result__free_unpacked(tokens, NULL);
    pg_query_free_scan_result(scanned);
    buffer_done(&copy);
    return at != SIZE_MAX;
}

static bool write_safe(const struct lint *lint, enum lint_rule rule, struct buffer *out) {
    const PgQuery__Node *node = lint->statement->node;
    struct text statement = lint->statement->text;
    if (node->node_case == PG_QUERY__NODE__NODE_INDEX_STMT || node->node_case == PG_QUERY__NODE__NODE_DROP_STMT)
        return insert_concurrently(statement, PG_QUERY__TOKEN__INDEX, out);
    if (node->node_case == PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT)
        return insert_concurrently(statement, PG_QUERY__TOKEN__VIEW, out);
    if (node->node_case == PG_QUERY__NODE__NODE_REINDEX_STMT) {
        const PgQuery__ReindexStmt *reindex = node->reindex_stmt;
        bool index = reindex->kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX;
        bool table = reindex->kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE;
        return (index || table) &&
               insert_concurrently(statement, index ? PG_QUERY__TOKEN__INDEX : PG_QUERY__TOKEN__TABLE, out);
    }
    if (lint->place.constraint && lint->place.command) return deparse_constraint(lint, rule, out);
    return lint->place.command && lint->place.command->def && deparse_partition(lint, out);
}

/* ---- {bare}, {set_default}, {type}: of an added or changed column ---- */
static bool deparse_bare(const struct lint *lint, struct buffer *out) {
    if (!lint->place.command || !lint->place.command->def) return false;
    PgQuery__ColumnDef column = *lint->place.command->def->column_def;
    PgQuery__AlterTableCmd command = *lint->place.command;
    PgQuery__Node definition = PG_QUERY__NODE__INIT;
    column.n_constraints = 0;
    definition.node_case = PG_QUERY__NODE__NODE_COLUMN_DEF;
    definition.column_def = &column;
    command.def = &definition;
    return deparse_command(lint, &command, out);
}

static bool deparse_default(const struct lint *lint, struct buffer *out) {
    if (!lint->place.command || !lint->place.command->def) return false;
    const PgQuery__ColumnDef *column = lint->place.command->def->column_def;
    PgQuery__AlterTableCmd command = *lint->place.command;
    command.subtype = PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault;
    command.name = column->colname;
    command.def = NULL;
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (column->constraints[i]->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT)
            command.def = column->constraints[i]->constraint->raw_expr;
    }
    return command.def && deparse_command(lint, &command, out);
}

/* Behind "ADD COLUMN name " of the bare form. */
static bool write_type(const struct lint *lint, struct buffer *out) {
    PgQuery__AlterTableCmd command = *lint->place.command;
    PgQuery__ColumnDef column = *command.def->column_def;
    PgQuery__Node definition = PG_QUERY__NODE__INIT;
    struct buffer whole = { 0 };
    char name[] = "x";
    column.colname = name;
    column.raw_default = NULL;
    column.n_constraints = 0;
    definition.node_case = PG_QUERY__NODE__NODE_COLUMN_DEF;
    definition.column_def = &column;
    command.subtype = PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn;
    command.def = &definition;
    bool good = deparse_command(lint, &command, &whole);
    size_t at = good ? text_find(buffer_text(&whole), TEXT(" x ")) : SIZE_MAX;
    if (at != SIZE_MAX) buffer_append(out, text_slice(buffer_text(&whole), at + 3, whole.length));
    buffer_done(&whole);
    return at != SIZE_MAX;
}

/* ---- the template ---- */
static bool write_columns(const struct lint *lint, struct buffer *out) {
    const PgQuery__Constraint *constraint = lint->place.constraint;
    for (size_t i = 0; constraint && i < constraint->n_keys; i++) {
        if (i) buffer_append_string(out, ", ");
        append_name(out, constraint->keys[i]->string->sval);
    }
    return constraint && constraint->n_keys;
}

static bool write_key(const struct lint *lint, struct buffer *out) {
    bool primary = lint->place.constraint && lint->place.constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY;
    buffer_append_string(out, primary ? "PRIMARY KEY" : "UNIQUE");
    return true;
}

static bool write_word(const struct lint *lint, enum lint_rule rule, struct text word, struct buffer *out) {
    const struct lint_place *place = &lint->place;
    if (text_is(word, "table") && place->range) {
        append_table(out, place->range);
        return true;
    }
    if (text_is(word, "column") && place->column) {
        append_name(out, place->column);
        return true;
    }
    if (text_is(word, "name")) {
        struct buffer name = { 0 };
        make_name(lint, rule, &name);
        append_name(out, name.bytes);
        buffer_done(&name);
        return true;
    }
    if (text_is(word, "columns")) return write_columns(lint, out);
    if (text_is(word, "key")) return write_key(lint, out);
    if (text_is(word, "type")) return place->command && write_type(lint, out);
    if (text_is(word, "safe")) return write_safe(lint, rule, out);
    if (text_is(word, "bare")) return deparse_bare(lint, out);
    return text_is(word, "set_default") && deparse_default(lint, out);
}

char *lint_rewrite(const struct lint *lint, enum lint_rule rule) {
    struct text left = text_of(lint_rule_row(rule)->rewrite);
    struct buffer out = { 0 };
    while (left.length) {
        size_t brace = text_find(left, TEXT("{"));
        buffer_append(&out, text_slice(left, 0, brace));
        if (brace == SIZE_MAX) break;
        left = text_slice(left, brace + 1, left.length);
        size_t end = text_find(left, TEXT("}"));
        if (end == SIZE_MAX || !write_word(lint, rule, text_slice(left, 0, end), &out)) {
            buffer_done(&out);
            return NULL;
        }
        left = text_slice(left, end + 1, left.length);
    }
    return out.length ? buffer_take(&out) : NULL;
}
