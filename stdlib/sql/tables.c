/* Which existing tables a migration touches: names from its text and its trace, the rest from the catalogue.
 * Asked once for each file, at the first canary or reader, so that what the migration drops or renames is still
 * there. */
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/quote.h"
#include <string.h>

struct tables_wish {
    struct database *database;       /* whose */
    struct script_wish *script_wish; /* for the file; NULL once it is parsed */
    struct known_script *known;      /* what it is */
    struct question *question;       /* to the catalogue */
    int64_t deadline;                /* of the question */
    bool *told;                      /* set when `found` is called from inside tables_find */
    void (*found)(void *data, struct known_script *script, const char *error);
    void *data; /* his */
};

static void tell(struct tables_wish *wish, const char *error) {
    void (*found)(void *, struct known_script *, const char *) = wish->found;
    void *data = wish->data;
    struct known_script *known = wish->known;
    if (wish->told) *wish->told = true;
    memory_release(wish);
    found(data, known, error);
}

static char *copy_column(const PGresult *result, int row, int column) {
    if (PQgetisnull(result, row, column)) return NULL;
    return memory_copy(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static void looked_up(void *data, const struct reply *reply) {
    struct tables_wish *wish = data;
    struct known_script *known = wish->known;
    PGresult *error = reply_error(reply);
    wish->question = NULL;
    if (reply->lost || error) {
        tell(wish, reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
        return;
    }
    const PGresult *result = reply->results[0];
    for (int row = 0; !known->looked_up && row < PQntuples(result); row++) {
        struct touched_table table = { copy_column(result, row, 0), copy_column(result, row, 1),
                                       *PQgetvalue(result, row, 2) };
        VECTOR_PUSH(&known->tables, table);
    }
    known->looked_up = true;
    tell(wish, NULL);
}

static void append_names(struct buffer *out, const struct known_script *known) {
    buffer_append_string(out, "(VALUES (NULL, NULL, NULL)");
    for (size_t i = 0; i < known->script->tables.count; i++) {
        const struct script_table *table = &known->script->tables.items[i];
        buffer_append_string(out, ", (");
        if (table->schema) {
            sql_append_literal(out, table->schema);
        } else {
            buffer_append_string(out, "NULL");
        }
        buffer_append_string(out, ", ");
        sql_append_literal(out, table->name);
        buffer_append_string(out, ", NULL)");
    }
    for (size_t i = 0; i < known->traced.count; i++) {
        buffer_append_string(out, ", (NULL, NULL, ");
        sql_append_literal(out, known->traced.items[i]);
        buffer_append_byte(out, ')');
    }
    buffer_append_string(out, ") AS wanted (schema, name, traced)");
}

/* The column is one that an update may set, and rather one that the migration's text does not have. */
static void look_up(struct tables_wish *wish) {
    struct buffer text = { 0 };
    buffer_append_string(&text,
                         "SELECT DISTINCT format('%I.%I', n.nspname, c.relname), (SELECT format('%I', a.attname) FROM "
                         "pg_catalog.pg_attribute a "
                         "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND "
                         "a.attidentity <> 'a' "
                         "AND strpos(lower($1), lower(a.attname)) = 0 ORDER BY a.attnum LIMIT 1), c.relkind "
                         "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN ");
    append_names(&text, wish->known);
    buffer_append_string(
        &text,
        " ON (c.relname = wanted.name AND (n.nspname = wanted.schema OR wanted.schema IS NULL AND "
        "pg_catalog.pg_table_is_visible(c.oid))) "
        "OR format('%I.%I', n.nspname, c.relname) = wanted.traced "
        "WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1");
    struct statement *statement = memory_allocate(sizeof *statement);
    struct text content = buffer_text(&wish->known->script->content);
    statement->text = buffer_take(&text);
    statement->parameters = memory_allocate(sizeof(char *));
    statement->parameters[0] = memory_copy(content.bytes ? content.bytes : "", content.length);
    statement->parameter_count = 1;
    wish->question = question_state(wish->database->work, statement, 1, false, wish->deadline, looked_up, wish);
}

static void script_found(void *data, struct known_script *script) {
    struct tables_wish *wish = data;
    wish->script_wish = NULL;
    wish->known = script;
    if (script->script->error) {
        tell(wish, script->script->error);
    } else if (script->looked_up) {
        tell(wish, NULL);
    } else {
        look_up(wish);
    }
}

struct tables_wish *tables_find(struct database *database, struct text path, int64_t deadline,
                                void (*found)(void *data, struct known_script *script, const char *error), void *data) {
    struct tables_wish *wish = memory_allocate(sizeof *wish);
    *wish = (struct tables_wish){ .database = database, .deadline = deadline, .found = found, .data = data };
    bool told = false;
    wish->told = &told;
    struct script_wish *script_wish = database_script(database, path, script_found, wish);
    if (told) return NULL;
    wish->told = NULL;
    if (script_wish) wish->script_wish = script_wish;
    return wish;
}

void tables_drop(struct tables_wish *wish) {
    if (!wish) return;
    database_script_drop(wish->script_wish);
    question_drop(wish->question);
    memory_release(wish);
}
