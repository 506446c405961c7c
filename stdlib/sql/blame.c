/* A lock is held to the end of its transaction, so the statement that runs while others wait is seldom the one that took it. Blamed is
 * the first one of the transaction that names the table, and is more than a SELECT; where that cannot be told, the one that ran. */
#include "stdlib/sql/blame.h"
#include "base/clock.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WAITS_KEPT = 1000 };

void blame_done(struct blame *blame) {
    for (size_t i = 0; i < blame->waits.count; i++) memory_release(blame->waits.items[i].query);
    VECTOR_DONE(&blame->waits);
    VECTOR_DONE(&blame->steps);
}

void blame_step(struct blame *blame, size_t statement, size_t opened_at, int64_t now) {
    VECTOR_PUSH(&blame->steps, (struct blame_step){ statement, opened_at, now });
}

void blame_wait(struct blame *blame, const struct told_wait *wait) {
    if (blame->waits.count >= WAITS_KEPT) {
        blame->more++;
        return;
    }
    char *query = wait->query ? memory_copy(wait->query, strlen(wait->query)) : NULL;
    VECTOR_PUSH(&blame->waits, (struct blame_wait){ wait->start, wait->end, wait->relation, query, 0 });
}

char *blame_question(const struct blame *blame) {
    struct buffer text = { 0 };
    for (size_t i = 0; i < blame->waits.count; i++) {
        if (!blame->waits.items[i].relation) continue;
        buffer_append_string(
            &text, text.length ? ", "
                               : "SELECT c.oid, coalesce(t.relname, c.relname) FROM pg_catalog.pg_class c LEFT JOIN "
                                 "pg_catalog.pg_index x ON x.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t "
                                 "ON t.oid = x.indrelid WHERE c.oid IN (");
        buffer_printf(&text, "%u", blame->waits.items[i].relation);
    }
    if (!text.length) return NULL;
    buffer_append_byte(&text, ')');
    return buffer_take(&text);
}

/* ---- who is to blame ---- */
struct looking {
    const char *name; /* of a table */
    bool found;       /* the statement has it */
};

static void compare(void *data, const ProtobufCMessage *found) {
    struct looking *looking = data;
    const PgQuery__RangeVar *range = (const PgQuery__RangeVar *)found;
    looking->found |= range->relname && strcmp(range->relname, looking->name) == 0;
}

static bool names_table(const struct script_statement *statement, const char *name) {
    struct looking looking = { name, false };
    if (statement->node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) return false;
    script_walk(&statement->node->base, &pg_query__range_var__descriptor, compare, &looking);
    return looking.found;
}

static const char *name_of(const PGresult *names, unsigned relation) {
    for (int row = 0; names && row < PQntuples(names); row++)
        if (strtoul(PQgetvalue(names, row, 0), NULL, 10) == relation) return PQgetvalue(names, row, 1);
    return NULL;
}

static size_t find_statement(const struct blame *blame, const struct script *script, const struct blame_wait *wait,
                             const PGresult *names) {
    const char *table = wait->relation ? name_of(names, wait->relation) : NULL;
    size_t step = 0;
    while (step + 1 < blame->steps.count && blame->steps.items[step + 1].at <= wait->start) step++;
    const struct blame_step *ran = &blame->steps.items[step];
    for (size_t i = ran->opened_at; table && i <= ran->statement; i++)
        if (names_table(&script->statements.items[i], table)) return i;
    return ran->statement;
}

/* ---- the effects ---- */
static void tell_statement(const struct blame *blame, struct run *run, const char *path, const struct script *script,
                           size_t statement) {
    const struct blame_wait *longest = NULL;
    int64_t first = INT64_MAX, last = INT64_MIN;
    size_t count = 0;
    for (size_t i = 0; i < blame->waits.count; i++) {
        const struct blame_wait *wait = &blame->waits.items[i];
        if (wait->statement != statement) continue;
        if (!longest || wait->end - wait->start > longest->end - longest->start) longest = wait;
        if (wait->start < first) first = wait->start;
        if (wait->end > last) last = wait->end;
        count++;
    }
    if (!longest) return;
    struct buffer subject = { 0 }, outcome = { 0 };
    const char *slash = strrchr(path, '/');
    buffer_printf(&subject, "%s line %d: ", slash ? slash + 1 : path, script->statements.items[statement].line);
    script_clip(script->statements.items[statement].text, &subject);
    buffer_printf(&outcome, "%zu waited, the longest ", count);
    duration_print(&outcome, (longest->end - longest->start) / MICROSECOND * MICROSECOND);
    if (longest->query) {
        buffer_append_string(&outcome, ": ");
        script_clip(text_of(longest->query), &outcome);
    }
    if (blame->more) buffer_printf(&outcome, " (%zu more waits were not kept)", blame->more);
    run_effect(run, "db.blocked", buffer_text(&subject), first, last, buffer_text(&outcome));
    buffer_done(&subject);
    buffer_done(&outcome);
}

void blame_tell(struct blame *blame, struct run *run, const char *path, const struct script *script,
                const PGresult *names) {
    if (blame->steps.count == 0 || script->statements.count == 0) return;
    for (size_t i = 0; i < blame->waits.count; i++)
        blame->waits.items[i].statement = find_statement(blame, script, &blame->waits.items[i], names);
    for (size_t i = 0; i < script->statements.count; i++) tell_statement(blame, run, path, script, i);
}
