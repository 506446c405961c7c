/* Reading the catalogue for the lint. Everything is copied: facts outlive the answers they came from. */
#include "stdlib/sql/facts.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text) {
    return memory_copy(text, strlen(text));
}

/* ---- the question ---- */
static void append_literal(struct buffer *out, const char *text) {
    buffer_append_string(out, ", '");
    for (; *text; text++) {
        if (*text == '\'') buffer_append_byte(out, '\'');
        buffer_append_byte(out, *text);
    }
    buffer_append_byte(out, '\'');
}

static void add_function(void *data, const ProtobufCMessage *found) {
    const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)found;
    const PgQuery__Node *last = call->n_funcname ? call->funcname[call->n_funcname - 1] : NULL;
    if (last && last->node_case == PG_QUERY__NODE__NODE_STRING) append_literal(data, last->string->sval);
}

/* Backslashes are plain there: standard_conforming_strings is on. */
char *facts_query(const struct script *script) {
    struct buffer names = { 0 }, functions = { 0 }, out = { 0 };
    buffer_append_string(&names, "(''");
    for (size_t i = 0; i < script->tables.count; i++) append_literal(&names, script->tables.items[i].name);
    buffer_append_byte(&names, ')');
    buffer_append_string(&functions, "(''");
    if (script->tree) script_walk(&script->tree->base, &pg_query__func_call__descriptor, add_function, &functions);
    buffer_append_byte(&functions, ')');
    buffer_printf(
        &out,
        "SELECT n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid), CASE WHEN c.relkind = 'p' THEN "
        "(SELECT coalesce(sum(pg_catalog.pg_relation_size(t.relid)), 0) FROM pg_catalog.pg_partition_tree(c.oid) t) "
        "WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END > 0, c.oid, "
        "EXISTS (SELECT FROM pg_catalog.pg_partitioned_table d WHERE d.partrelid = c.oid AND d.partdefid <> 0 AND "
        "(SELECT coalesce(sum(pg_catalog.pg_relation_size(t.relid)), 0) FROM pg_catalog.pg_partition_tree(d.partdefid) "
        "t) "
        "> 0), "
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conrelid "
        "<> "
        "c.oid) "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relname IN %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I'); "
        "SELECT c.oid, a.attname, t.typname, a.atttypmod, a.attnotnull, "
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = "
        "ANY (k.conkey)), "
        "EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid AND a.attnum = ANY (x.indkey)) "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON "
        "t.oid = a.atttypid "
        "WHERE c.relname IN %s AND a.attnum > 0 AND NOT a.attisdropped; "
        "SELECT c.oid, k.conname, k.contype = 'c', k.convalidated, CASE WHEN k.contype = 'c' THEN "
        "pg_catalog.pg_get_expr(k.conbin, c.oid) END "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid WHERE c.relname IN %s; "
        "SELECT c.oid, i.relname, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index x ON x.indrelid = "
        "c.oid "
        "JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND "
        "a.attnum = ANY (x.indkey) WHERE c.relname IN %s ORDER BY i.oid; "
        "SELECT DISTINCT proname FROM pg_catalog.pg_proc WHERE proname IN %s AND provolatile = 'v'; "
        "WITH RECURSIVE constrained (oid) AS (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typtype = 'd' AND "
        "(t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid)) UNION "
        "SELECT t.oid FROM pg_catalog.pg_type t JOIN constrained b ON t.typbasetype = b.oid WHERE t.typtype = 'd') "
        "SELECT DISTINCT t.typname FROM pg_catalog.pg_type t JOIN constrained USING (oid); "
        "SELECT DISTINCT t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid "
        "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE t.typtype = 'd' AND c.relkind IN ('r', 'm') AND NOT "
        "a.attisdropped "
        "AND pg_catalog.pg_relation_size(c.oid) > 0; "
        "SELECT current_setting('TimeZone') IN ('UTC', 'Etc/UTC', 'GMT')",
        names.bytes, names.bytes, names.bytes, names.bytes, functions.bytes);
    buffer_done(&names);
    buffer_done(&functions);
    return buffer_take(&out);
}

/* ---- the answers ---- */
static bool is_true(const PGresult *result, int row, int column) {
    return *PQgetvalue(result, row, column) == 't';
}

/* While the answers are read: which oid is which table. */
struct reading {
    struct facts *facts;               /* being filled */
    struct VECTOR(unsigned long) oids; /* of facts->tables, in their order */
};

static struct fact_table *table_of(struct reading *reading, const PGresult *result, int row) {
    unsigned long oid = strtoul(PQgetvalue(result, row, 0), NULL, 10);
    for (size_t i = 0; i < reading->oids.count; i++) {
        if (reading->oids.items[i] == oid) return &reading->facts->tables.items[i];
    }
    return NULL;
}

static void read_tables(struct reading *reading, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct fact_table table = { .schema = copy(PQgetvalue(result, row, 0)),
                                    .name = copy(PQgetvalue(result, row, 1)),
                                    .kind = *PQgetvalue(result, row, 2),
                                    .visible = is_true(result, row, 3),
                                    .populated = is_true(result, row, 4),
                                    .default_populated = is_true(result, row, 6),
                                    .referenced = is_true(result, row, 7) };
        facts_push(reading->facts, &table);
        VECTOR_PUSH(&reading->oids, strtoul(PQgetvalue(result, row, 5), NULL, 10));
    }
}

/* A column's `atttypmod`; -1, which is the server's word for "without", when it is no number. */
static int modifier_of(const PGresult *result, int row, int field) {
    char *end;
    const char *written = PQgetvalue(result, row, field);
    long modifier = strtol(written, &end, 10);
    return end == written || *end || modifier < -1 || modifier > INT_MAX ? -1 : (int)modifier;
}

static void read_columns(struct reading *reading, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct fact_table *table = table_of(reading, result, row);
        if (!table) continue;
        struct fact_column column = { .name = copy(PQgetvalue(result, row, 1)),
                                      .type = copy(PQgetvalue(result, row, 2)),
                                      .modifier = modifier_of(result, row, 3),
                                      .not_null = is_true(result, row, 4),
                                      .checked = is_true(result, row, 5),
                                      .indexed = is_true(result, row, 6) };
        VECTOR_PUSH(&table->columns, column);
    }
}

/* "(a IS NOT NULL)", or such joined by AND: the server prints each in parentheses of its own. */
static void read_not_null(struct fact_constraint *constraint, struct text expression) {
    static const char tail[] = " IS NOT NULL";
    if (text_find(expression, TEXT(" OR ")) != SIZE_MAX || text_find(expression, TEXT("NOT (")) != SIZE_MAX) return;
    for (size_t at; (at = text_find(expression, text_of(tail))) != SIZE_MAX;) {
        size_t start = at;
        while (start > 0 && expression.bytes[start - 1] != '(') start--;
        struct text name = text_slice(expression, start, at - start);
        if (name.length >= 2 && name.bytes[0] == '"') name = text_slice(name, 1, name.length - 2);
        if (name.length && !memchr(name.bytes, ' ', name.length)) {
            char *column = memory_copy(name.bytes, name.length);
            VECTOR_PUSH(&constraint->not_null, column);
        }
        expression = text_slice(expression, at + sizeof tail - 1, expression.length);
    }
}

static void read_constraints(struct reading *reading, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct fact_table *table = table_of(reading, result, row);
        if (!table) continue;
        struct fact_constraint *added =
            facts_add_constraint(table, PQgetvalue(result, row, 1), is_true(result, row, 2), is_true(result, row, 3));
        if (!PQgetisnull(result, row, 4)) read_not_null(added, text_of(PQgetvalue(result, row, 4)));
    }
}

/* A row for each column of each index; those of an index stand together. */
static void read_indexes(struct reading *reading, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct fact_table *table = table_of(reading, result, row);
        if (table) facts_index_column(table, PQgetvalue(result, row, 1), PQgetvalue(result, row, 2));
    }
}

static void read_names(struct fact_names *names, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        char *name = copy(PQgetvalue(result, row, 0));
        VECTOR_PUSH(names, name);
    }
}

void facts_read(struct facts *facts, const struct reply *reply) {
    struct reading reading = { .facts = facts };
    facts->known = true;
    read_tables(&reading, reply->results[0]);
    read_columns(&reading, reply->results[1]);
    read_constraints(&reading, reply->results[2]);
    read_indexes(&reading, reply->results[3]);
    read_names(&facts->volatile_functions, reply->results[4]);
    read_names(&facts->constrained_domains, reply->results[5]);
    read_names(&facts->used_domains, reply->results[6]);
    facts->utc = is_true(reply->results[7], 0, 0);
    VECTOR_DONE(&reading.oids);
}
