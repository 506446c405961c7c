/* The db handle: its class, its end, and what its natives share. It stops in this order: background work,
 * connections, log, server.
 * Nothing here waits; the run asks again until all is gone. */
#include "stdlib/sql/database.h"
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/existing.h"
#include "stdlib/sql/sampler.h"
#include "stdlib/sql/server_log.h"
#include <stdio.h>
#include <string.h>

struct database *database_of(struct value handle) {
    return handle_state(handle, &database_class);
}

/* ---- the log ---- */
static void read_line(void *data, const struct log_line *line) {
    struct database *database = data;
    if (!marker_line(database, line)) waits_line(database->waits, line);
}

static void log_broken(void *data) {
    struct database *database = data;
    waits_finish(database->waits, run_now(database->run)); /* from here on, silence proves nothing */
}

void database_next_blocked(struct database *database) {
    char name[96];
    database->migrations++;
    if (database->migrations == 1) {
        snprintf(name, sizeof name, "%s.blocked", database->name);
    } else {
        snprintf(name, sizeof name, "%s.blocked#%u", database->name, database->migrations);
    }
    value_release(database->next_blocked);
    database->next_blocked = run_stream(database->run, name, SERIES_EVENTS, true);
}

struct db_address database_address(const struct database *database, const char *database_name,
                                   const char *application) {
    if (database->existing) return existing_address(database->existing, database_name, application);
    return cluster_address(database->cluster, database_name, application);
}

static void looked(void *data, unsigned count) {
    marker_looked(data, count);
}

static void blind(void *data, int64_t from, int64_t to) {
    database_blind(data, from, to);
}

/* The log is exact, but it must tell of every session, not of aot's alone; sampling sees all of them. */
static void observe_existing(struct database *database) {
    struct existing *existing = database->existing;
    bool told = existing->logs_waits || (existing->may_set && strcmp(database->subject, existing->database) != 0);
    struct db_address address = database_address(database, existing_side(existing), "aot detector");
    if (existing->log_is_readable && told) {
        database->server_log = server_log_follow(database->run, &address, read_line, log_broken, database);
    } else {
        struct sampler_request request = { database->waits, &address, database->subject, database->limit };
        struct sampler_listener listener = { looked, blind, log_broken, database };
        database->sampler = sampler_start(database->run, &request, &listener);
    }
}

void database_place(struct database *database) {
    struct buffer url = { 0 };
    buffer_printf(&url, "postgres://aot:%s@127.0.0.1:%d/" WORK_DATABASE, database->password,
                  cluster_port(database->cluster));
    memory_release(database->url);
    database->url = buffer_take(&url);
}

void database_observe(struct database *database) {
    char name[96];
    snprintf(name, sizeof name, "%s.waits", database->name);
    database->all_waits = run_stream(database->run, name, SERIES_EVENTS, true);
    database->waits = waits_new(database->all_waits);
    database_next_blocked(database);
    if (database->existing)
        observe_existing(database);
    else
        database->log = log_follow(database->run, cluster_log(database->cluster), read_line, log_broken, database);
}

void database_describe_detector(const struct database *database, struct buffer *out) {
    if (database->sampler) {
        buffer_append_string(out, "samples of pg_locks every ");
        duration_print(out, sampler_interval);
        buffer_append_string(out, " (of every session; a wait within that of the limit is not judged)");
    } else {
        buffer_append_string(out, "the server's log (log_lock_waits, deadlock_timeout=");
        duration_print(out, database->limit);
        buffer_append_byte(out, ')');
    }
}

void database_blind(struct database *database, int64_t from, int64_t to) {
    struct value blindness =
        value_no_data(run_heap(database->run), "for %lld ms nobody looked who waits: the sampler came late",
                      (long long)((to - from) / MILLISECOND));
    waits_blind(database->waits, from, to, blindness);
    value_release(blindness);
}

/* ---- scripts ---- */
struct script_wish {
    struct database *database;                              /* whose */
    char *path;                                             /* of the file */
    struct script *script;                                  /* made by the work thread */
    void (*found)(void *data, struct known_script *script); /* NULL once nobody wants it */
    void *data;                                             /* his */
};

static struct known_script *find_script(struct database *database, struct text path) {
    for (size_t i = 0; i < database->scripts.count; i++) {
        if (text_is(path, database->scripts.items[i]->script->path)) return database->scripts.items[i];
    }
    return NULL;
}

static void read_script(void *data) {
    struct script_wish *wish = data;
    wish->script = script_read(wish->path);
}

static void script_ready(void *data) {
    struct script_wish *wish = data;
    if (wish->found) {
        struct known_script *known = find_script(wish->database, text_of(wish->path));
        if (!known) { /* nobody else was faster */
            known = memory_allocate(sizeof *known);
            known->script = wish->script;
            wish->script = NULL;
            VECTOR_PUSH(&wish->database->scripts, known);
        }
        wish->found(wish->data, known);
    }
    script_free(wish->script);
    memory_release(wish->path);
    memory_release(wish);
}

struct script_wish *database_script(struct database *database, struct text path,
                                    void (*found)(void *data, struct known_script *script), void *data) {
    struct known_script *known = find_script(database, path);
    if (known) {
        found(data, known);
        return NULL;
    }
    struct script_wish *wish = memory_allocate(sizeof *wish);
    *wish = (struct script_wish){
        .database = database, .path = memory_copy(path.bytes, path.length), .found = found, .data = data
    };
    loop_work_start(run_loop(database->run), read_script, script_ready, wish);
    return wish;
}

void database_script_drop(struct script_wish *wish) {
    if (wish) wish->found = NULL; /* the thread may still have it; it goes when that is done */
}

static void free_scripts(struct database *database) {
    for (size_t i = 0; i < database->scripts.count; i++) {
        struct known_script *known = database->scripts.items[i];
        for (size_t t = 0; t < known->traced.count; t++) memory_release(known->traced.items[t]);
        VECTOR_DONE(&known->traced);
        for (size_t t = 0; t < known->tables.count; t++) {
            memory_release(known->tables.items[t].name);
            memory_release(known->tables.items[t].column);
        }
        VECTOR_DONE(&known->tables);
        script_free(known->script);
        memory_release(known);
    }
    VECTOR_DONE(&database->scripts);
}

/* ---- time ---- */
int64_t database_deadline(const struct native_call *call, int64_t timeout) {
    int64_t bound = native_deadline(call), own = loop_now(run_loop(call->run)) + timeout;
    return own < bound ? own : bound;
}

/* ---- the end ---- */
/* Everything that speaks to the server; again and again harmless. */
static void hang_up(struct database *database) {
    while (database->holds.count > 0) hold_free(database->holds.items[database->holds.count - 1]);
    while (database->markers.count > 0) marker_drop(database->markers.items[database->markers.count - 1]);
    pool_free(database->work);
    pool_free(database->admin);
    database->work = database->admin = NULL;
    if (database->log) log_read_now(database->log);
    log_free(database->log);
    server_log_free(database->server_log);
    sampler_free(database->sampler);
    database->log = NULL;
    database->server_log = NULL;
    database->sampler = NULL;
    if (database->waits) waits_finish(database->waits, run_now(database->run));
}

static void say_where(struct database *database) {
    fprintf(stderr, "kept: %s\n      its folder is %s; end it by: kill -INT %d\n", database->url,
            cluster_folder(database->cluster), (int)cluster_process(database->cluster));
}

static bool stop(void *state, int64_t deadline) {
    struct database *database = state;
    bool first = !database->stopping;
    database->stopping = true;
    if (database->starting && !starting_stop(database)) return false;
    reaching_stop(database);
    replicating_stop(database);
    hang_up(database);
    if (database->existing && first && run_keeps_scratch(database->run)) existing_keep(database->existing);
    if (database->existing) return existing_stop(database->existing, deadline);
    if (!database->cluster) return true;
    if (first) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s.jsonlog", run_log_folder(database->run), database->name);
        cluster_keep_log(database->cluster, path);
    }
    if (first && run_keeps_scratch(database->run) && cluster_process(database->cluster) > 0) {
        say_where(database);
        cluster_leave(database->cluster);
    }
    return cluster_stop(database->cluster, deadline);
}

static void release(void *state) {
    struct database *database = state;
    starting_stop(database);
    reaching_stop(database);
    replicating_stop(database);
    hang_up(database);
    cluster_free(database->cluster);
    existing_free(database->existing);
    waits_free(database->waits);
    value_release(database->all_waits);
    value_release(database->next_blocked);
    value_release(database->last_count);
    free_scripts(database);
    VECTOR_DONE(&database->holds);
    VECTOR_DONE(&database->markers);
    memory_release(database->source);
    memory_release(database->subject);
    memory_release(database->url);
    memory_release(database->name);
    memory_release(database);
}

static void describe(void *state, struct buffer *out) {
    struct database *database = state;
    if (database->existing) {
        const char *version = database->existing->version;
        buffer_printf(out, "postgres%s%s at %s", version ? " " : "", version ? version : "",
                      database->existing->target);
    } else if (!database->cluster) {
        buffer_append_string(out, "postgres");
    } else {
        buffer_printf(out, "postgres %s on 127.0.0.1:%d", cluster_version(database->cluster),
                      cluster_port(database->cluster));
    }
}

/* A server that somebody's service uses by its URL must live as long as the run, also when nobody holds the handle. */
static bool lasting(void *state) {
    struct database *database = state;
    return database->cluster != NULL || database->existing != NULL;
}

/* A worker asks on connections of its own; the server and its log are the run's. */
static void *twin(void *state, struct run *worker) {
    const struct database *database = state;
    if (!database->work || database->stopping) return NULL;
    struct database *own = memory_allocate(sizeof *own);
    own->run = worker;
    own->name = memory_copy(database->name, strlen(database->name));
    own->work = pool_twin(database->work, worker);
    own->limit = database->limit;
    run_never_gather(worker);
    own->url = memory_copy(database->url, strlen(database->url));
    return own;
}

/* ---- its crash ---- */
static bool may_crash(void *state, struct buffer *problem) {
    const struct database *database = state;
    if (!database->cluster) buffer_append_string(problem, "this server is none that the run has started");
    return database->cluster != NULL;
}

static size_t running(void *state) {
    const struct database *database = state;
    return cluster_process(database->cluster) > 0;
}

static bool crash(void *state, bool first) {
    struct database *database = state;
    if (first && database->waits) waits_finish(database->waits, run_now(database->run)); /* silence is no evidence */
    return cluster_crash(database->cluster);
}

static const struct crash_class crash_class = { .may = may_crash, .running = running, .kill = crash };

const struct handle_class database_class = { .type = "db",
                                             .release = release,
                                             .stop = stop,
                                             .describe = describe,
                                             .lasting = lasting,
                                             .twin = twin,
                                             .crash = &crash_class };
