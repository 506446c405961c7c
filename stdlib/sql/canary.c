/* db.canary: a read and a write of no rows on every table that the migration names, each a transaction of its own, so
 * that the canaries
 * hold nothing while they wait. They stand in every lock queue that the migration makes, also where the load never
 * goes. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/database.h"
#include "stdlib/sql/sql_value.h"
#include <stdarg.h>
#include <string.h>

static const int64_t canary_maximum = 30 * SECOND;

struct canary {
    struct database *database;  /* of whom */
    struct ticket ticket;       /* who waits */
    struct tables_wish *tables; /* being looked up; NULL once known */
    struct question *question;  /* on its way */
    int64_t deadline;           /* of all */
};

static void cancel(void *state) {
    struct canary *canary = state;
    tables_drop(canary->tables);
    question_drop(canary->question);
    memory_release(canary);
}

static void finish(struct canary *canary, struct value answer) {
    struct run *run = canary->database->run;
    struct ticket ticket = canary->ticket;
    memory_release(canary);
    native_wake(run, ticket, answer);
}

static void answered(void *data, const struct reply *reply) {
    struct canary *canary = data;
    finish(canary, sql_value_rows(run_heap(canary->database->run), reply, SQL_COUNT));
}

static void add(struct statement *statements, size_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(struct statement *statements, size_t *count, const char *format, ...) {
    struct buffer text = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    statements[(*count)++].text = buffer_take(&text);
}

/* Where the migration mentions every column, a deletion of no rows does as well: it needs none. */
static void add_table(struct statement *statements, size_t *count, const struct touched_table *table) {
    add(statements, count, "SELECT 1 FROM %s LIMIT 0", table->name);
    if (table->kind != 'r' && table->kind != 'p') return;
    if (table->column) {
        add(statements, count, "UPDATE %s SET %s = %s WHERE false", table->name, table->column, table->column);
    } else {
        add(statements, count, "DELETE FROM %s WHERE false", table->name);
    }
}

static void found(void *data, struct known_script *known, const char *error) {
    struct canary *canary = data;
    canary->tables = NULL;
    if (error) {
        finish(canary, sql_value_failure(run_heap(canary->database->run), error, NULL));
        return;
    }
    struct statement *statements = memory_allocate((2 * known->tables.count + 1) * sizeof *statements);
    size_t count = 0;
    for (size_t i = 0; i < known->tables.count; i++) add_table(statements, &count, &known->tables.items[i]);
    canary->question =
        question_state(canary->database->work, statements, count, true, canary->deadline, answered, canary);
}

native_function db_canary;
enum native_outcome db_canary(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    struct canary *canary = memory_allocate(sizeof *canary);
    *canary = (struct canary){ .database = database, .deadline = database_deadline(call, canary_maximum) };
    enum native_outcome outcome = native_wait(call, "a canary's answer", cancel, canary);
    canary->ticket = native_ticket(call);
    struct tables_wish *tables = tables_find(database, argument_text(call, 1), canary->deadline, found, canary);
    if (tables) canary->tables = tables;
    return outcome;
}
