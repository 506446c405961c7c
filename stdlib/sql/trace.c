/* db.trace: the migration on a clone of the pristine database, without load, and what each statement did there.
 * Each statement runs in a transaction, so that its locks can be read behind it; what refuses that runs alone, and
 * its lock is known.
 * The verdict does not depend on size, cache or luck. The clone is dropped at the end. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/existing.h"
#include "stdlib/sql/footprint.h"
#include "stdlib/sql/migration.h"
#include <stdio.h>
#include <string.h>

static const int64_t drop_maximum = 30 * SECOND;

struct tracing {
    struct database *database;  /* of which */
    struct ticket ticket;       /* who waits */
    enum migration_mode asked;  /* as production runs it */
    enum migration_mode mode;   /* which is the same as */
    int64_t deadline;           /* of all */
    char clone[60];             /* the clone's name */
    struct script_wish *wish;   /* for the file */
    struct known_script *known; /* what it is */
    struct copying *copying;    /* the clone is being made */
    struct question *question;  /* to the server, about the clone */
    struct db_session *session; /* on the clone */
    struct footprint footprint; /* of the present statement */
    size_t next;                /* the present statement */
    int64_t sent;               /* when it was */
    int64_t took;               /* how long it ran, ns */
    bool alone;                 /* it runs outside a transaction */
    bool ours;                  /* the transaction around it is ours */
    struct value statements;    /* list of traced_statement */
    struct value guilty;        /* those with work under a strong lock */
    char *error;                /* why it could not be traced to its end */
};

static void begin_statement(struct tracing *tracing);

static void dispose(struct tracing *tracing) {
    database_script_drop(tracing->wish);
    copy_give_up(tracing->copying);
    question_drop(tracing->question);
    db_session_close(tracing->session);
    footprint_done(&tracing->footprint);
    value_release(tracing->statements);
    value_release(tracing->guilty);
    memory_release(tracing->error);
    memory_release(tracing);
}

/* The clone goes with the cluster, or at the end of the run. */
static void cancel(void *state) {
    dispose(state);
}

/* ---- the result ---- */
static void conclude(struct tracing *tracing) {
    struct run *run = tracing->database->run;
    struct heap *heap = run_heap(run);
    struct ticket ticket = tracing->ticket;
    struct value error = tracing->error ? value_string(heap, tracing->error) : value_none();
    /* What was not traced to its end is not innocent. */
    struct value mode = value_string(heap, migration_mode_word(tracing->asked));
    bool unknown = tracing->error && value_count(tracing->guilty) == 0;
    struct value guilty =
        unknown ? value_no_data(heap, "the trace ended early: %s", tracing->error) : value_retain(tracing->guilty);
    struct value traced = value_record(heap);
    traced = value_record_with(traced, TEXT("ok"), value_boolean(!tracing->error));
    traced = value_record_with(traced, TEXT("error"), error);
    traced = value_record_with(traced, TEXT("statements"), tracing->statements);
    traced = value_record_with(traced, TEXT("work_under_lock"), guilty);
    traced = value_record_with(traced, TEXT("mode"), mode);
    value_release(mode);
    value_release(error);
    value_release(guilty);
    dispose(tracing);
    native_wake(run, ticket, traced);
}

static void dropped(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    bool gone = !reply->lost && !reply_error(reply); /* else it goes as above */
    if (gone && tracing->database->existing) existing_forget(tracing->database->existing, tracing->clone);
    tracing->question = NULL;
    conclude(tracing);
}

static void finish(struct tracing *tracing) {
    char text[100];
    int64_t deadline = loop_now(run_loop(tracing->database->run)) + drop_maximum;
    db_session_close(tracing->session);
    tracing->session = NULL;
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s WITH (FORCE)", tracing->clone);
    tracing->question = question_ask(tracing->database->admin, text, deadline, dropped, tracing);
}

static const struct script_statement *present(const struct tracing *tracing) {
    const struct script *script = tracing->known->script;
    return tracing->next < script->statements.count ? &script->statements.items[tracing->next] : NULL;
}

static void fail(struct tracing *tracing, const char *reason) {
    struct buffer error = { 0 };
    bool late = loop_now(run_loop(tracing->database->run)) >= tracing->deadline;
    if (tracing->session && present(tracing)) buffer_printf(&error, "line %d: ", present(tracing)->line);
    buffer_append_string(&error, late ? "it did not end in its time" : reason);
    tracing->error = buffer_take(&error);
    finish(tracing);
}

/* False, and over, when the server did not do it. */
static bool is_good(struct tracing *tracing, const struct reply *reply) {
    PGresult *error = reply_error(reply);
    if (!reply->lost && !error) return true;
    const char *message = error ? PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    fail(tracing, message ? message : reply->lost ? reply->lost : "the connection broke");
    return false;
}

/* ---- a statement's record ---- */
static struct value text_list(struct heap *heap, char *const *texts, size_t count) {
    struct value list = value_list(heap, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        struct value text = value_string(heap, texts[i]);
        list = value_list_append(list, text);
        value_release(text);
    }
    return list;
}

/* Event triggers of the clone tell what happens inside DO blocks and procedures; a superuser makes them. */
static bool has_triggers(const struct tracing *tracing) {
    return !tracing->database->existing || tracing->database->existing->superuser;
}

/* Where nobody tells, that is said: an empty list would be a promise. */
static struct value drops_of(const struct tracing *tracing) {
    static char unknown[] = "unknown: event triggers tell it, and a superuser alone makes them";
    static char *const nobody[] = { unknown };
    struct heap *heap = run_heap(tracing->database->run);
    const struct footprint *footprint = &tracing->footprint;
    if (!has_triggers(tracing)) return text_list(heap, nobody, 1);
    return text_list(heap, footprint->drops.items, footprint->drops.count);
}

static struct value statement_record(struct tracing *tracing) {
    struct heap *heap = run_heap(tracing->database->run);
    const struct script_statement *statement = present(tracing);
    const struct footprint *footprint = &tracing->footprint;
    struct buffer clipped = { 0 };
    script_clip(statement->text, &clipped);
    struct value text = value_text(heap, buffer_text(&clipped)),
                 locks = text_list(heap, footprint->locks.items, footprint->locks.count), drops = drops_of(tracing);
    struct value work = value_string(heap, work_word(footprint->work)),
                 table = value_string(heap, footprint->table ? footprint->table : "");
    struct value record = value_record(heap);
    record = value_record_with(record, TEXT("line"), value_integer(statement->line));
    record = value_record_with(record, TEXT("statement"), text);
    record = value_record_with(record, TEXT("locks"), locks);
    record = value_record_with(record, TEXT("work"), work);
    record = value_record_with(record, TEXT("table"), table);
    record = value_record_with(record, TEXT("rows"), value_integer(footprint->rows));
    record = value_record_with(record, TEXT("drops"), drops);
    record = value_record_with(record, TEXT("took"), value_duration(tracing->took));
    value_release(drops);
    value_release(text);
    value_release(locks);
    value_release(work);
    value_release(table);
    buffer_done(&clipped);
    return record;
}

/* So that the canaries go where the text does not say. */
static void remember_tables(struct tracing *tracing) {
    struct footprint *footprint = &tracing->footprint;
    for (size_t i = 0; i < footprint->locked.count; i++) {
        for (size_t r = 0; r < footprint->relations.count; r++) {
            const struct relation *relation = &footprint->relations.items[r];
            if (relation->oid != footprint->locked.items[i]) continue;
            bool known = false;
            for (size_t t = 0; t < tracing->known->traced.count; t++)
                known |= strcmp(tracing->known->traced.items[t], relation->name) == 0;
            if (known) continue;
            char *name = memory_copy(relation->name, strlen(relation->name));
            VECTOR_PUSH(&tracing->known->traced, name);
        }
    }
}

static void note_statement(struct tracing *tracing) {
    struct footprint *footprint = &tracing->footprint;
    /* Row locks alone are its fault, then: a scan without a lock on the table stops nobody. */
    if (footprint->rows > ROWS_MAXIMUM && !footprint->strong) footprint->work = WORK_ROWS;
    struct value record = statement_record(tracing);
    tracing->statements = value_list_append(tracing->statements, record);
    if (footprint_is_guilty(footprint)) tracing->guilty = value_list_append(tracing->guilty, record);
    value_release(record);
    remember_tables(tracing);
}

/* ---- statements, one after the other ---- */
static void next_statement(struct tracing *tracing) {
    tracing->next++;
    tracing->alone = tracing->ours = false;
    begin_statement(tracing);
}

static void committed(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (is_good(tracing, reply)) next_statement(tracing);
}

static bool in_transaction(const struct tracing *tracing) {
    return db_session_transaction(tracing->session) == PQTRANS_INTRANS;
}

static void add_known_locks(struct tracing *tracing, bool told);

/* It may have transactions of its own. */
static bool is_procedure(const struct script_statement *statement) {
    return statement->node->node_case == PG_QUERY__NODE__NODE_DO_STMT ||
           statement->node->node_case == PG_QUERY__NODE__NODE_CALL_STMT;
}

/* Statements that run alone leave no lock to read. A whole file's transaction goes on to the file's end. */
static void looked_after(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    bool truncates = present(tracing)->node->node_case == PG_QUERY__NODE__NODE_TRUNCATE_STMT;
    bool told = tracing->footprint.work != WORK_NONE;
    footprint_after(&tracing->footprint, reply->results[reply->count - 1], truncates, tracing->alone);
    if (tracing->alone) add_known_locks(tracing, told);
    note_statement(tracing);
    bool last = tracing->next + 1 == tracing->known->script->statements.count;
    if (in_transaction(tracing) && tracing->ours && (tracing->mode == MODE_AUTOCOMMIT || last)) {
        db_session_query(tracing->session, "COMMIT", tracing->deadline, committed, tracing);
    } else {
        next_statement(tracing);
    }
}

/* "cannot run inside a transaction block", "invalid transaction termination" (a procedure's own COMMIT) */
static bool refuses_transaction(const PGresult *error) {
    const char *state = error ? PQresultErrorField(error, PG_DIAG_SQLSTATE) : NULL;
    return state && (strcmp(state, "25001") == 0 || strcmp(state, "2D000") == 0);
}

static void flushed_before(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (is_good(tracing, reply)) begin_statement(tracing);
}

static void rolled_back(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    tracing->ours = false;
    db_session_query(tracing->session, footprint_flush_query, tracing->deadline, flushed_before, tracing);
}

static void flushed_after(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    const char *query = is_procedure(present(tracing)) ? footprint_after_procedure : footprint_after_alone;
    db_session_query(tracing->session, query, tracing->deadline, looked_after, tracing);
}

static void executed(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    PGresult *error = reply_error(reply);
    tracing->took = loop_now(run_loop(tracing->database->run)) - tracing->sent;
    if (refuses_transaction(error) && tracing->ours && tracing->mode == MODE_AUTOCOMMIT && !tracing->alone) {
        tracing->alone = true;
        db_session_query(tracing->session, "ROLLBACK", tracing->deadline, rolled_back, tracing);
        return;
    }
    if (!is_good(tracing, reply)) return;
    if (tracing->alone) {
        db_session_query(tracing->session, footprint_flush_query, tracing->deadline, flushed_after, tracing);
    } else {
        db_session_query(tracing->session, footprint_after_query, tracing->deadline, looked_after, tracing);
    }
}

static void prepared(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    const PGresult *last = reply->results[reply->count - 1];
    footprint_before(&tracing->footprint, PQresultStatus(last) == PGRES_TUPLES_OK ? last : NULL);
    struct buffer text = { 0 };
    buffer_append(&text, present(tracing)->text);
    tracing->sent = loop_now(run_loop(tracing->database->run));
    db_session_query(tracing->session, text.bytes, tracing->deadline, executed, tracing);
    buffer_done(&text);
}

/* A transaction of ours goes around a statement unless the file has its own, or the statement wants none. */
static void begin_statement(struct tracing *tracing) {
    const struct script_statement *statement = present(tracing);
    if (!statement) {
        if (in_transaction(tracing)) {
            fail(tracing, "the file ends inside a transaction: it lacks its COMMIT");
        } else {
            finish(tracing);
        }
        return;
    }
    if (is_procedure(statement) && !has_triggers(tracing)) {
        fail(tracing, "cannot judge: what a DO block or a procedure does can be traced by a superuser alone");
        return;
    }
    struct buffer text = { 0 };
    buffer_append_string(&text, "SET client_min_messages = debug1; ");
    if (!in_transaction(tracing) && !statement->transaction_word && !tracing->alone) {
        buffer_append_string(&text, "BEGIN; ");
        tracing->ours = true;
    } else if (in_transaction(tracing) && tracing->mode != MODE_AUTOCOMMIT) {
        tracing->ours = true;
    }
    buffer_append_string(&text, tracing->alone ? footprint_before_alone : footprint_before_query);
    db_session_query(tracing->session, text.bytes, tracing->deadline, prepared, tracing);
    buffer_done(&text);
}

/* ---- what a statement outside a transaction locks ---- */
static void add_vacuumed(struct tracing *tracing, const PgQuery__VacuumStmt *vacuum) {
    bool full = false;
    for (size_t i = 0; i < vacuum->n_options; i++) {
        if (vacuum->options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM)
            full |= strcmp(vacuum->options[i]->def_elem->defname, "full") == 0;
    }
    if (!full) return;
    for (size_t i = 0; i < vacuum->n_rels; i++) {
        footprint_lock(&tracing->footprint, vacuum->rels[i]->vacuum_relation->relation->relname, "AccessExclusiveLock");
    }
    for (size_t r = 0; vacuum->n_rels == 0 && r < tracing->footprint.relations.count; r++) {
        footprint_lock(&tracing->footprint, tracing->footprint.relations.items[r].bare, "AccessExclusiveLock");
    }
}

/* CONCURRENTLY takes SHARE UPDATE EXCLUSIVE, which stops neither readers nor writers. Of a procedure that commits by
 * itself the server's words and the event triggers' are known: where neither told of a lock, the worst is assumed. */
static void add_known_locks(struct tracing *tracing, bool told) {
    const struct script_statement *statement = present(tracing);
    struct footprint *footprint = &tracing->footprint;
    if (statement->concurrent) return;
    if (statement->node->node_case == PG_QUERY__NODE__NODE_VACUUM_STMT) {
        add_vacuumed(tracing, statement->node->vacuum_stmt);
        return;
    }
    bool takes_tables = statement->node->node_case == PG_QUERY__NODE__NODE_CLUSTER_STMT ||
                        statement->node->node_case == PG_QUERY__NODE__NODE_REINDEX_STMT ||
                        (told && is_procedure(statement));
    if (takes_tables && footprint->table && footprint->locks.count == 0) {
        const char *dot = strrchr(footprint->table, '.');
        footprint_lock(footprint, dot ? dot + 1 : footprint->table, "AccessExclusiveLock");
    }
}

/* ---- the clone ---- */
static void relations_known(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    footprint_relations(&tracing->footprint, reply->results[0]);
    begin_statement(tracing);
}

static void triggers_made(void *data, const struct reply *reply) {
    struct tracing *tracing = data;
    if (!is_good(tracing, reply)) return;
    db_session_query(tracing->session, footprint_relations_query, tracing->deadline, relations_known, tracing);
}

static void notice(void *data, const char *message) {
    struct tracing *tracing = data;
    footprint_notice(&tracing->footprint, message);
}

static void opened(void *data, const char *error) {
    struct tracing *tracing = data;
    if (error) {
        fail(tracing, error);
        return;
    }
    db_session_on_notice(tracing->session, notice, tracing);
    if (has_triggers(tracing))
        db_session_query(tracing->session, footprint_triggers_query, tracing->deadline, triggers_made, tracing);
    else
        db_session_query(tracing->session, footprint_relations_query, tracing->deadline, relations_known, tracing);
}

static void cloned(void *data, const char *error) {
    struct tracing *tracing = data;
    tracing->copying = NULL;
    if (error) {
        struct buffer words = { 0 };
        buffer_printf(&words, "no clone could be made: %s", error);
        tracing->error = buffer_take(&words);
        conclude(tracing);
        return;
    }
    struct db_address address = database_address(tracing->database, tracing->clone, "aot trace");
    tracing->session = db_session_open(tracing->database->run, &address, tracing->deadline, opened, tracing);
}

static void found(void *data, struct known_script *known) {
    struct tracing *tracing = data;
    struct database *database = tracing->database;
    tracing->wish = NULL;
    tracing->known = known;
    if (known->script->error) {
        tracing->error = memory_copy(known->script->error, strlen(known->script->error));
        conclude(tracing);
        return;
    }
    /* One statement as a query of its own is no transaction block. */
    if (tracing->mode == MODE_SIMPLE && known->script->statements.count == 1) tracing->mode = MODE_AUTOCOMMIT;
    const struct existing *existing = database->existing;
    if (existing)
        snprintf(tracing->clone, sizeof tracing->clone, "aot_%s_clone_%u", existing->id, ++database->clones);
    else
        snprintf(tracing->clone, sizeof tracing->clone, "clone_%u", ++database->clones);
    tracing->copying = copy_make(database, tracing->clone, tracing->deadline, cloned, tracing);
}

native_function db_trace;
enum native_outcome db_trace(struct native_call *call) {
    struct database *database = database_of(argument(call, 0));
    if (!database || !database->work) return native_fail(call, "this database was stopped");
    struct tracing *tracing = memory_allocate(sizeof *tracing);
    *tracing = (struct tracing){ .database = database,
                                 .asked = migration_mode(argument_text(call, 2)),
                                 .deadline = database_deadline(call, argument_integer(call, 3)) };
    tracing->mode = tracing->asked;
    tracing->statements = value_list(run_heap(call->run), NULL, 0);
    tracing->guilty = value_list(run_heap(call->run), NULL, 0);
    enum native_outcome outcome = native_wait(call, "the migration's trace", cancel, tracing);
    tracing->ticket = native_ticket(call);
    struct script_wish *wish = database_script(database, argument_text(call, 1), found, tracing);
    if (wish) tracing->wish = wish;
    return outcome;
}
