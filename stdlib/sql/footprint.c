/* Keeps the relations of before, and adds up one statement's footprint from notices, locks, scans and changed files.
 * The server's own words decide; nothing is guessed from the statement's text here. */
#include "stdlib/sql/footprint.h"
#include <stdlib.h>
#include <string.h>

/* An index stands for its table: its name, and whether that has pages. */
const char footprint_relations_query[] =
    "SELECT c.oid, format('%I.%I', n.nspname, t.relname), t.relname, c.relkind, c.relfilenode, CASE WHEN t.relkind = "
    "'p' THEN "
    "(SELECT coalesce(sum(pg_catalog.pg_relation_size(l.relid)), 0) FROM pg_catalog.pg_partition_tree(t.oid) l) "
    "ELSE pg_catalog.pg_relation_size(t.oid) END > 0 "
    "FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid "
    "JOIN pg_catalog.pg_class t ON t.oid = coalesce(x.indrelid, c.oid) JOIN pg_catalog.pg_namespace n ON n.oid = "
    "t.relnamespace "
    "WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'i') AND n.nspname !~ '^pg_'";

#define FILES \
    "SELECT 'file', oid, relfilenode::text FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm', 'i')"

/* They fire inside DO, EXECUTE and procedures, too, also where a COMMIT or a handler lets the locks go before the
 * statement is over. INFO reaches the client whatever client_min_messages says. */
const char footprint_triggers_query[] =
    "CREATE SCHEMA aot_trace; "
    "CREATE FUNCTION aot_trace.end_of_command() RETURNS event_trigger LANGUAGE plpgsql AS $f$ DECLARE held record; "
    "BEGIN "
    "FOR held IN SELECT l.relation, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND "
    "l.granted AND l.relation >= 16384 AND l.locktype = 'relation' AND l.mode IN ('ShareLock', "
    "'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') "
    "LOOP RAISE INFO 'aot-trace lock % %', held.relation, held.mode; END LOOP; END $f$; "
    "CREATE FUNCTION aot_trace.rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN "
    "RAISE INFO 'aot-trace rewrite %', pg_catalog.pg_event_trigger_table_rewrite_oid(); END $f$; "
    "CREATE FUNCTION aot_trace.drops() RETURNS event_trigger LANGUAGE plpgsql AS $f$ DECLARE gone record; BEGIN "
    "FOR gone IN SELECT object_type, object_identity FROM pg_catalog.pg_event_trigger_dropped_objects() WHERE original "
    "LOOP RAISE INFO 'aot-trace drop % %', gone.object_type, gone.object_identity; END LOOP; END $f$; "
    "CREATE EVENT TRIGGER aot_trace_end ON ddl_command_end EXECUTE FUNCTION aot_trace.end_of_command(); "
    "CREATE EVENT TRIGGER aot_trace_rewrite ON table_rewrite EXECUTE FUNCTION aot_trace.rewrite(); "
    "CREATE EVENT TRIGGER aot_trace_drop ON sql_drop EXECUTE FUNCTION aot_trace.drops()";

const char footprint_before_query[] =
    "SELECT relid, seq_scan, n_tup_upd + n_tup_del FROM pg_catalog.pg_stat_xact_user_tables "
    "WHERE seq_scan > 0 OR n_tup_upd + n_tup_del > 0";

const char footprint_after_query[] =
    "SELECT 'lock', l.relation, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND "
    "l.granted "
    "AND l.locktype = 'relation' AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', "
    "'AccessExclusiveLock') "
    "UNION ALL SELECT 'scan', relid, seq_scan::text FROM pg_catalog.pg_stat_xact_user_tables WHERE seq_scan > 0 "
    "UNION ALL SELECT 'rows', relid, (n_tup_upd + n_tup_del)::text FROM pg_catalog.pg_stat_xact_user_tables "
    "WHERE n_tup_upd + n_tup_del > 0 "
    "UNION ALL " FILES;

const char footprint_flush_query[] = "SELECT pg_catalog.pg_stat_force_next_flush()";
const char footprint_before_alone[] =
    "SELECT relid, seq_scan, 0 FROM pg_catalog.pg_stat_user_tables WHERE seq_scan > 0";
const char footprint_after_alone[] =
    "SELECT 'scan', relid, seq_scan::text FROM pg_catalog.pg_stat_user_tables WHERE seq_scan > 0 UNION ALL " FILES;
const char footprint_after_procedure[] = FILES;

const char *work_word(enum work work) {
    static const char *const words[] = { "none", "rows", "scan", "fkscan", "build", "rewrite" };
    return words[work];
}

static char *copy(const char *text) {
    return memory_copy(text, strlen(text));
}

static void clear(struct footprint *footprint) {
    for (size_t i = 0; i < footprint->locks.count; i++) memory_release(footprint->locks.items[i]);
    for (size_t i = 0; i < footprint->drops.count; i++) memory_release(footprint->drops.items[i]);
    footprint->locks.count = footprint->locked.count = footprint->drops.count = 0;
    memory_release(footprint->table);
    footprint->table = NULL;
    footprint->work = WORK_NONE;
    footprint->strong = footprint->validates_key = false;
    footprint->rows = 0;
}

void footprint_done(struct footprint *footprint) {
    clear(footprint);
    for (size_t i = 0; i < footprint->relations.count; i++) {
        memory_release(footprint->relations.items[i].name);
        memory_release(footprint->relations.items[i].bare);
    }
    VECTOR_DONE(&footprint->relations);
    VECTOR_DONE(&footprint->locks);
    VECTOR_DONE(&footprint->locked);
    VECTOR_DONE(&footprint->drops);
}

/* ---- relations ---- */
static unsigned number_at(const PGresult *result, int row, int column) {
    return (unsigned)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

void footprint_relations(struct footprint *footprint, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        struct relation relation = { .oid = number_at(result, row, 0),
                                     .name = copy(PQgetvalue(result, row, 1)),
                                     .bare = copy(PQgetvalue(result, row, 2)),
                                     .kind = *PQgetvalue(result, row, 3),
                                     .file = number_at(result, row, 4),
                                     .populated = *PQgetvalue(result, row, 5) == 't' };
        VECTOR_PUSH(&footprint->relations, relation);
    }
}

static struct relation *find(struct footprint *footprint, unsigned oid) {
    for (size_t i = 0; i < footprint->relations.count; i++) {
        if (footprint->relations.items[i].oid == oid) return &footprint->relations.items[i];
    }
    return NULL;
}

static struct relation *find_table(struct footprint *footprint, struct text bare) {
    struct relation *found = NULL;
    for (size_t i = 0; i < footprint->relations.count; i++) {
        struct relation *each = &footprint->relations.items[i];
        if (each->kind != 'i' && text_is(bare, each->bare) && (!found || each->populated)) found = each;
    }
    return found;
}

static void add_work(struct footprint *footprint, enum work work, const struct relation *relation) {
    if (!relation || !relation->populated || work <= footprint->work) return;
    footprint->work = work;
    memory_release(footprint->table);
    footprint->table = copy(relation->name);
}

/* ---- one statement ---- */
void footprint_before(struct footprint *footprint, const PGresult *result) {
    clear(footprint);
    for (size_t i = 0; i < footprint->relations.count; i++)
        footprint->relations.items[i].scans = footprint->relations.items[i].rows = 0;
    for (int row = 0; result && row < PQntuples(result); row++) {
        struct relation *relation = find(footprint, number_at(result, row, 0));
        if (!relation) continue;
        relation->scans = strtol(PQgetvalue(result, row, 1), NULL, 10);
        relation->rows = strtol(PQgetvalue(result, row, 2), NULL, 10);
    }
}

/* The text between the first two quotes behind `head`. */
static struct text quoted_behind(const char *message, const char *head) {
    const char *at = strstr(message, head);
    if (!at) return TEXT_NONE;
    at += strlen(head);
    const char *end = strchr(at, '"');
    return end ? (struct text){ at, (size_t)(end - at) } : TEXT_NONE;
}

static void add_lock(struct footprint *footprint, const struct relation *relation, const char *mode);

/* "lock 16391 ShareLock", "rewrite 16391", "drop index public.notes_author" */
static void told_by_trigger(struct footprint *footprint, const char *words) {
    char *rest;
    if (strncmp(words, "lock ", 5) == 0) {
        const struct relation *relation = find(footprint, (unsigned)strtoul(words + 5, &rest, 10));
        if (relation && relation->kind != 'i' && *rest == ' ') add_lock(footprint, relation, rest + 1);
    } else if (strncmp(words, "rewrite ", 8) == 0) {
        add_work(footprint, WORK_REWRITE, find(footprint, (unsigned)strtoul(words + 8, &rest, 10)));
    } else if (strncmp(words, "drop ", 5) == 0) {
        char *drop = copy(words + 5);
        VECTOR_PUSH(&footprint->drops, drop);
    }
}

void footprint_notice(struct footprint *footprint, const char *message) {
    static const char ours[] = "aot-trace ";
    if (strncmp(message, ours, sizeof ours - 1) == 0) {
        told_by_trigger(footprint, message + sizeof ours - 1);
        return;
    }
    struct text rewritten = quoted_behind(message, "rewriting table \""),
                verified = quoted_behind(message, "verifying table \"");
    struct text indexed = quoted_behind(message, "\" on table \"");
    if (rewritten.length) {
        add_work(footprint, WORK_REWRITE, find_table(footprint, rewritten));
    } else if (verified.length) {
        add_work(footprint, WORK_SCAN, find_table(footprint, verified));
    } else if (indexed.length && strncmp(message, "building index ", 15) == 0) {
        add_work(footprint, WORK_BUILD, find_table(footprint, indexed));
    } else if (strncmp(message, "validating foreign key constraint ", 34) == 0) {
        footprint->validates_key = true;
    }
}

/* Nobody writes to a materialized view, so only what stops its readers counts. */
static bool makes_wait(const struct relation *relation, const char *mode) {
    if (!relation->populated) return false;
    return relation->kind != 'm' || strcmp(mode, "AccessExclusiveLock") == 0;
}

static void add_lock(struct footprint *footprint, const struct relation *relation, const char *mode) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%s on %s", mode, relation->name);
    char *lock = buffer_take(&text);
    if (makes_wait(relation, mode)) footprint->strong = true;
    for (size_t i = 0; i < footprint->locks.count; i++) {
        if (strcmp(footprint->locks.items[i], lock) != 0) continue;
        memory_release(lock); /* an event trigger told it already */
        return;
    }
    VECTOR_PUSH(&footprint->locks, lock);
    VECTOR_PUSH(&footprint->locked, relation->oid);
}

static void see_scan(struct footprint *footprint, struct relation *relation, const char *count) {
    long scans = strtol(count, NULL, 10);
    if (scans > relation->scans) add_work(footprint, footprint->validates_key ? WORK_FKSCAN : WORK_SCAN, relation);
    relation->scans = scans;
}

/* What the transaction changed before is still locked: it counts as soon as this statement adds to it. */
static void see_rows(struct footprint *footprint, struct relation *relation, const char *count) {
    long rows = strtol(count, NULL, 10);
    if (rows > relation->rows && rows > footprint->rows) footprint->rows = rows;
    if (rows > relation->rows && rows > ROWS_MAXIMUM) add_work(footprint, WORK_ROWS, relation);
    relation->rows = rows;
}

/* A new file means that all of it was written anew. */
static void see_file(struct footprint *footprint, struct relation *relation, const char *number) {
    unsigned file = (unsigned)strtoul(number, NULL, 10);
    if (file != relation->file) add_work(footprint, relation->kind == 'i' ? WORK_BUILD : WORK_REWRITE, relation);
    relation->file = file;
}

void footprint_after(struct footprint *footprint, const PGresult *result, bool truncates, bool alone) {
    for (int row = 0; result && row < PQntuples(result); row++) {
        const char *what = PQgetvalue(result, row, 0), *value = PQgetvalue(result, row, 2);
        struct relation *relation = find(footprint, number_at(result, row, 1));
        if (!relation) continue;
        if (*what == 'l' && relation->kind != 'i' && !alone) add_lock(footprint, relation, value);
        if (*what == 's') see_scan(footprint, relation, value);
        if (*what == 'r' && !alone) see_rows(footprint, relation, value);
        if (*what == 'f') see_file(footprint, relation, value);
    }
    if (truncates) footprint->work = WORK_NONE; /* new files and indexes, of nothing */
}

bool footprint_is_guilty(const struct footprint *footprint) {
    return (footprint->strong && footprint->work > WORK_ROWS) || footprint->rows > ROWS_MAXIMUM;
}

void footprint_lock(struct footprint *footprint, const char *bare, const char *mode) {
    const struct relation *relation = find_table(footprint, text_of(bare));
    if (relation) add_lock(footprint, relation, mode);
}
