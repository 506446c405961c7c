/* What is known of tables, kept up to date while the lint goes through the statements. Tables are found by a hash of
 * their bare name; the youngest of a name comes first, since it hides the older ones. */
#include "stdlib/sql/facts.h"
#include <string.h>

static char *copy(const char *text) {
    return memory_copy(text, strlen(text));
}

static bool same(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* ---- giving back ---- */
static void names_done(struct fact_names *names) {
    for (size_t i = 0; i < names->count; i++) memory_release(names->items[i]);
    VECTOR_DONE(names);
}

static void constraint_done(struct fact_constraint *constraint) {
    memory_release(constraint->name);
    names_done(&constraint->not_null);
}

static void table_done(struct fact_table *table) {
    memory_release(table->schema);
    memory_release(table->name);
    for (size_t i = 0; i < table->columns.count; i++) {
        memory_release(table->columns.items[i].name);
        memory_release(table->columns.items[i].type);
    }
    for (size_t i = 0; i < table->constraints.count; i++) constraint_done(&table->constraints.items[i]);
    for (size_t i = 0; i < table->indexes.count; i++) {
        memory_release(table->indexes.items[i].name);
        names_done(&table->indexes.items[i].columns);
    }
    VECTOR_DONE(&table->columns);
    VECTOR_DONE(&table->constraints);
    VECTOR_DONE(&table->indexes);
}

void facts_done(struct facts *facts) {
    for (size_t i = 0; i < facts->tables.count; i++) table_done(&facts->tables.items[i]);
    VECTOR_DONE(&facts->tables);
    VECTOR_DONE(&facts->buckets);
    names_done(&facts->volatile_functions);
    names_done(&facts->constrained_domains);
    names_done(&facts->used_domains);
}

/* ---- tables ---- */
static size_t *bucket_of(struct facts *facts, const char *name) {
    return &facts->buckets.items[text_hash(text_of(name)) & (facts->buckets.count - 1)];
}

static void enter(struct facts *facts, size_t index) {
    size_t *bucket = bucket_of(facts, facts->tables.items[index].name);
    facts->tables.items[index].next = *bucket;
    *bucket = index + 1;
}

/* Twice as many buckets; the order of age stays. */
static void spread(struct facts *facts) {
    size_t wanted = facts->buckets.count ? facts->buckets.count * 2 : 64;
    VECTOR_RESERVE(&facts->buckets, wanted);
    facts->buckets.count = wanted;
    memset(facts->buckets.items, 0, wanted * sizeof *facts->buckets.items);
    for (size_t i = 0; i < facts->tables.count; i++) enter(facts, i);
}

void facts_push(struct facts *facts, const struct fact_table *table) {
    VECTOR_PUSH(&facts->tables, *table);
    if (facts->tables.count > facts->buckets.count)
        spread(facts);
    else
        enter(facts, facts->tables.count - 1);
}

/* A bare name that the migration made itself may be of any schema. */
static bool is_meant(const struct facts *facts, const struct fact_table *table, const PgQuery__RangeVar *range) {
    bool qualified = range->schemaname && *range->schemaname;
    if (table->gone || !same(table->name, range->relname)) return false;
    if (qualified) return !table->schema || same(table->schema, range->schemaname);
    return !table->schema || table->visible || facts->path_changed;
}

struct fact_table *facts_table(struct facts *facts, const PgQuery__RangeVar *range) {
    bool qualified = range->schemaname && *range->schemaname;
    struct fact_table *likely = NULL; /* the youngest that may be it */
    size_t at = facts->buckets.count ? *bucket_of(facts, range->relname) : 0;
    for (; at; at = facts->tables.items[at - 1].next) {
        struct fact_table *table = &facts->tables.items[at - 1];
        if (!is_meant(facts, table, range)) continue;
        if (!qualified || table->schema) return table;
        if (!likely) likely = table;
    }
    if (likely) return likely;
    return facts->known ? NULL : facts_add_table(facts, range, true);
}

/* A temporary one hides all others while it is there, and is in nobody else's schema. */
struct fact_table *facts_add_table(struct facts *facts, const PgQuery__RangeVar *range, bool populated) {
    bool temporary = range->relpersistence && *range->relpersistence == 't';
    const char *schema = temporary ? "pg_temp" : range->schemaname;
    bool qualified = schema && *schema;
    struct fact_table table = { .schema = qualified ? copy(schema) : NULL,
                                .name = copy(range->relname),
                                .visible = temporary || !qualified || same(schema, "public"),
                                .kind = 'r',
                                .populated = populated };
    facts_push(facts, &table);
    return &facts->tables.items[facts->tables.count - 1];
}

/* The buckets know it by its name, so it moves to another one; the old entry stays as a tombstone. */
struct fact_table *facts_rename_table(struct facts *facts, struct fact_table *table, const char *name) {
    struct fact_table moved = *table;
    char *old = moved.name;
    moved.name = copy(name);
    *table = (struct fact_table){ .name = old, .gone = true, .next = moved.next };
    facts_push(facts, &moved);
    return &facts->tables.items[facts->tables.count - 1];
}

void facts_drop_table(struct fact_table *table, unsigned transaction) {
    table->gone = true;
    table->gone_in = transaction;
}

void facts_rollback(struct facts *facts, unsigned transaction) {
    for (size_t i = 0; i < facts->tables.count; i++) {
        struct fact_table *table = &facts->tables.items[i];
        if (table->gone_in == transaction) table->gone = false;
        if (table->made_in == transaction) table->gone = true;
        for (size_t k = 0; k < table->constraints.count; k++) {
            struct fact_constraint *constraint = &table->constraints.items[k];
            if (constraint->valid_in == transaction) constraint->valid = false;
        }
    }
}

/* ---- what a table has ----
 * More than the server allows, or anybody has, is forgotten: a hostile file must not make each look-up long. What is not known
 * proves nothing. */
enum { PARTS_MAXIMUM = 2000 };
struct fact_column *facts_column(const struct fact_table *table, const char *name) {
    for (size_t i = 0; i < table->columns.count; i++) {
        if (same(table->columns.items[i].name, name)) return &table->columns.items[i];
    }
    return NULL;
}

void facts_add_column(struct fact_table *table, const char *name, const char *type, bool not_null) {
    if (table->columns.count >= PARTS_MAXIMUM) return;
    struct fact_column column = { .name = copy(name), .type = copy(type), .modifier = -1, .not_null = not_null };
    VECTOR_PUSH(&table->columns, column);
}

/* What proved something of it is gone, too. */
void facts_drop_column(struct fact_table *table, const char *name) {
    struct fact_column *column = facts_column(table, name);
    if (column) {
        memory_release(column->name);
        memory_release(column->type);
        *column = table->columns.items[--table->columns.count];
    }
    for (size_t i = 0; i < table->constraints.count; i++) {
        for (size_t k = 0; k < table->constraints.items[i].not_null.count; k++) {
            if (same(table->constraints.items[i].not_null.items[k], name)) table->constraints.items[i].valid = false;
        }
    }
}

void facts_index_column(struct fact_table *table, const char *index, const char *column) {
    struct fact_index *found = facts_index(table, index);
    if (!found && table->indexes.count >= PARTS_MAXIMUM) return;
    if (!found) {
        struct fact_index added = { .name = copy(index) };
        VECTOR_PUSH(&table->indexes, added);
        found = &table->indexes.items[table->indexes.count - 1];
    }
    char *name = copy(column);
    VECTOR_PUSH(&found->columns, name);
}

struct fact_index *facts_index(const struct fact_table *table, const char *name) {
    for (size_t i = table->indexes.count; i-- > 0;) {
        if (same(table->indexes.items[i].name, name)) return &table->indexes.items[i];
    }
    return NULL;
}

struct fact_constraint *facts_constraint(struct fact_table *table, const char *name) {
    for (size_t i = 0; i < table->constraints.count; i++) {
        if (same(table->constraints.items[i].name, name)) return &table->constraints.items[i];
    }
    return NULL;
}

struct fact_constraint *facts_add_constraint(struct fact_table *table, const char *name, bool check, bool valid) {
    if (table->constraints.count >= PARTS_MAXIMUM) facts_drop_constraint(table, table->constraints.items[0].name);
    struct fact_constraint constraint = { .name = copy(name), .check = check, .valid = valid };
    VECTOR_PUSH(&table->constraints, constraint);
    return &table->constraints.items[table->constraints.count - 1];
}

void facts_drop_constraint(struct fact_table *table, const char *name) {
    struct fact_constraint *constraint = facts_constraint(table, name);
    if (!constraint) return;
    constraint_done(constraint);
    *constraint = table->constraints.items[--table->constraints.count];
}

bool facts_proves_not_null(const struct fact_table *table, const char *column) {
    for (size_t i = 0; i < table->constraints.count; i++) {
        const struct fact_constraint *constraint = &table->constraints.items[i];
        if (!constraint->valid) continue;
        for (size_t c = 0; c < constraint->not_null.count; c++) {
            if (same(constraint->not_null.items[c], column)) return true;
        }
    }
    return false;
}

bool facts_has_name(const struct fact_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (same(names->items[i], name)) return true;
    }
    return false;
}
