/* The URL of a server that runs already, and what aot makes there. It owns its texts, the password among them, and the guard's
 * registrations. What names no host, or leads elsewhere by a file or a second address, is refused. */
#include "stdlib/sql/existing.h"
#include "base/clock.h"
#include "base/credentials.h"
#include "stdlib/sql/installation.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy(const char *text) {
    return text ? memory_copy(text, strlen(text)) : NULL;
}

/* ---- the URL ---- */
/* key='value' of a connection string. */
static void append_setting(struct buffer *out, const char *key, const char *value) {
    buffer_printf(out, "%s%s='", out->length ? " " : "", key);
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\') buffer_append_byte(out, '\\');
        buffer_append_byte(out, *value);
    }
    buffer_append_byte(out, '\'');
}

/* Settings that would lead somewhere else than the host that was allowed, or that aot gives itself. */
static bool is_refused(const char *key) {
    static const char *const keys[] = { "hostaddr", "service", "replication", "requirepeer", "sslpassword" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

static bool is_given_by_aot(const char *key) {
    static const char *const keys[] = { "application_name", "fallback_application_name", "client_encoding",
                                        "connect_timeout",  "target_session_attrs",      "gssencmode" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

/* False, with the problem, when it cannot be. */
static bool take_setting(struct existing *existing, const char *key, const char *value, struct buffer *rest,
                         struct buffer *problem) {
    struct {
        const char *key;
        char **place;
    } own[] = { { "host", &existing->host }, { "port", &existing->port },         { "dbname", &existing->database },
                { "user", &existing->user }, { "password", &existing->password }, { "options", &existing->options } };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(key, own[i].key) != 0) continue;
        *own[i].place = copy(value);
        return true;
    }
    if (is_refused(key)) {
        buffer_printf(problem, "`%s` cannot be in the URL", key);
        return false;
    }
    if (!is_given_by_aot(key)) append_setting(rest, key, value);
    return true;
}

/* A second @, or one behind the first slash, is a piece of a password that is not encoded: host and database would hold the rest. */
static bool has_stray_at(struct text url) {
    size_t query = text_find(url, TEXT("?")), start = text_find(url, TEXT("://")) + 3, at = 0;
    struct text body = text_slice(url, start, query == SIZE_MAX ? url.length : query - start);
    for (size_t i = 0; i < body.length; i++) {
        bool outside = body.bytes[i] == '/';
        if (outside) return memchr(body.bytes + i, '@', body.length - i) != NULL;
        at += body.bytes[i] == '@';
        if (at > 1) return true;
    }
    return false;
}

/* libpq's own words are not repeated: they may hold a part of the password. */
static bool read_url(struct existing *existing, struct buffer *problem) {
    char *words = NULL;
    bool scheme = strncmp(existing->url, "postgres://", 11) == 0 || strncmp(existing->url, "postgresql://", 13) == 0;
    bool sound = scheme && !has_stray_at(text_of(existing->url));
    PQconninfoOption *options = sound ? PQconninfoParse(existing->url, &words) : NULL;
    PQfreemem(words);
    if (!options) {
        buffer_append_string(
            problem,
            "it is no URL of PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE, where special characters of "
            "a password are percent-encoded");
        return false;
    }
    struct buffer rest = { 0 };
    bool good = true;
    for (const PQconninfoOption *option = options; option->keyword && good; option++)
        if (option->val && *option->val) good = take_setting(existing, option->keyword, option->val, &rest, problem);
    PQconninfoFree(options);
    existing->rest = buffer_take(&rest);
    return good;
}

static bool is_socket(const struct existing *existing) {
    return existing->host[0] == '/' || existing->host[0] == '@';
}

static bool is_complete(struct existing *existing, struct buffer *problem) {
    static const char *const own[] = { "postgres", "template0", "template1" };
    const char *lacks = !existing->host       ? "no host"
                        : !existing->user     ? "no user"
                        : !existing->database ? "no database"
                                              : NULL;
    if (lacks) buffer_printf(problem, "the URL names %s: postgres://USER@HOST:PORT/DATABASE", lacks);
    if (!existing->port) existing->port = copy("5432");
    if (!lacks && (strchr(existing->host, ',') || strchr(existing->port, ',')))
        buffer_append_string(problem, "the URL names several hosts, and what happens happens to one");
    else if (!lacks && !is_socket(existing) && strchr(existing->host, '/'))
        buffer_append_string(problem, "the URL's host is neither a name nor an address");
    else if (!lacks && strspn(existing->port, "0123456789") != strlen(existing->port))
        buffer_append_string(problem, "the URL's port is no number");
    for (size_t i = 0; !lacks && i < sizeof own / sizeof own[0]; i++)
        if (strcmp(existing->database, own[i]) == 0)
            buffer_printf(problem, "the database %s is the server's own: name another one", own[i]);
    return problem->length == 0;
}

static void name_target(struct existing *existing) {
    struct buffer target = { 0 };
    bool socket = is_socket(existing), six = strchr(existing->host, ':') != NULL;
    buffer_printf(&target, six && !socket ? "[%s]:%s/%s" : "%s:%s/%s", socket ? "localhost" : existing->host,
                  existing->port, existing->database);
    existing->target = buffer_take(&target);
}

struct existing *existing_new(struct run *run, struct text url, struct buffer *problem) {
    struct existing *existing = memory_allocate(sizeof *existing);
    *existing = (struct existing){ .run = run, .url = memory_copy(url.bytes, url.length) };
    if (run_mask(run)) credentials_mask(url, run_mask(run));
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number) number = (uint32_t)clock_monotonic();
    snprintf(existing->id, sizeof existing->id, "%08x", number);
    snprintf(existing->admin, sizeof existing->admin, "aot admin %08x", number);
    if (memchr(url.bytes, 0, url.length) || !read_url(existing, problem) || !is_complete(existing, problem)) {
        if (!problem->length) buffer_append_string(problem, "it holds a zero byte");
        existing_free(existing);
        return NULL;
    }
    if (existing->password && run_mask(run)) mask_add(run_mask(run), text_of(existing->password));
    name_target(existing);
    return existing;
}

static void remove_folder(struct existing *existing) {
    char path[200];
    if (!existing->folder[0]) return;
    snprintf(path, sizeof path, "%s/password", existing->folder);
    unlink(path);
    rmdir(existing->folder);
    existing->folder[0] = 0;
    if (existing->folder_guarded) guard_release(run_guard(existing->run), existing->folder_guarded);
    existing->folder_guarded = 0;
}

void existing_free(struct existing *existing) {
    if (!existing) return;
    db_session_close(existing->ending);
    for (size_t i = 0; i < existing->copies.count; i++) memory_release(existing->copies.items[i].name);
    if (existing->copies.count == 0) remove_folder(existing); /* else the guard still needs it */
    VECTOR_DONE(&existing->copies);
    char *const texts[] = { existing->url,    existing->host,     existing->port,    existing->database,
                            existing->user,   existing->password, existing->options, existing->rest,
                            existing->target, existing->address,  existing->base,    existing->version };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) memory_release(texts[i]);
    memory_release(existing);
}

/* ---- where it is ---- */
bool existing_is_named(const struct existing *existing) {
    struct in_addr four;
    struct in6_addr six;
    if (is_socket(existing) || strcmp(existing->host, "localhost") == 0) return false;
    return inet_pton(AF_INET, existing->host, &four) != 1 && inet_pton(AF_INET6, existing->host, &six) != 1;
}

void existing_set_address(struct existing *existing, const char *address) {
    struct buffer base = { 0 };
    if (is_socket(existing))
        address = "";
    else if (strcmp(existing->host, "localhost") == 0)
        address = "127.0.0.1"; /* nothing is looked up */
    else if (!address)
        address = existing->host;
    memory_release(existing->address);
    existing->address = copy(address);
    append_setting(&base, "host", existing->host);
    append_setting(&base, "hostaddr", address); /* an empty one, too: else PGHOSTADDR or a service would say where */
    append_setting(&base, "port", existing->port);
    append_setting(&base, "user", existing->user);
    if (existing->password) append_setting(&base, "password", existing->password);
    if (existing->rest && *existing->rest) buffer_printf(&base, " %s", existing->rest);
    memory_release(existing->base);
    existing->base = buffer_take(&base);
}

struct db_address existing_address(const struct existing *existing, const char *database, const char *application) {
    return (struct db_address){
        .base = existing->base, .database = database, .application = application, .options = existing->options
    };
}

const char *existing_side(const struct existing *existing) {
    (void)existing;
    return "postgres";
}

/* "dbname=…" of a URL's query, also as "%64bname=…". */
static bool is_database_setting(struct text setting) {
    static const char key[] = "dbname=";
    size_t at = 0;
    for (size_t i = 0; key[i]; i++) {
        if (at >= setting.length) return false;
        char byte = setting.bytes[at++];
        if (byte == '%' && at + 2 <= setting.length) {
            const char digits[] = { setting.bytes[at], setting.bytes[at + 1], 0 };
            byte = (char)strtol(digits, NULL, 16);
            at += 2;
        }
        if (byte != key[i]) return false;
    }
    return true;
}

/* The query without the setting that would go before the path's database. */
static void append_query(struct buffer *out, struct text query) {
    char mark = '?';
    for (size_t at = 1; at < query.length;) {
        struct text setting = text_slice(query, at, query.length);
        size_t end = text_find(setting, TEXT("&"));
        setting = text_slice(setting, 0, end);
        at += setting.length + 1;
        if (setting.length == 0 || is_database_setting(setting)) continue;
        buffer_append_byte(out, mark);
        buffer_append(out, setting);
        mark = '&';
    }
}

char *existing_url(const struct existing *existing, const char *database) {
    struct text url = text_of(existing->url);
    size_t authority = text_find(url, TEXT("://")) + 3, path = authority, query;
    while (path < url.length && url.bytes[path] != '/' && url.bytes[path] != '?') path++;
    for (query = path; query < url.length && url.bytes[query] != '?'; query++) {
    }
    struct buffer out = { 0 };
    buffer_append(&out, text_slice(url, 0, path));
    buffer_printf(&out, "/%s", database);
    append_query(&out, text_slice(url, query, url.length));
    return buffer_take(&out);
}

/* ---- what aot makes there ---- */
/* The guard runs psql after aot's death, and must not have a password in its list: that stands in a file of this run's own. */
static bool write_password(struct existing *existing, struct buffer *problem) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || temporary[0] != '/' || strlen(temporary) > 100) temporary = "/tmp";
    snprintf(existing->folder, sizeof existing->folder, "%s/aot-db-%s", temporary, existing->id);
    existing->folder_guarded = guard_folder(run_guard(existing->run), existing->folder);
    char path[200];
    snprintf(path, sizeof path, "%s/password", existing->folder);
    int file = mkdir(existing->folder, 0700) == 0 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    struct buffer line = { 0 };
    buffer_append_string(&line, "*:*:*:*:");
    for (const char *at = existing->password; *at; at++) {
        if (*at == ':' || *at == '\\') buffer_append_byte(&line, '\\');
        buffer_append_byte(&line, *at);
    }
    buffer_append_byte(&line, '\n');
    if (file >= 0) errno = ENOSPC; /* what a short write means */
    bool good = file >= 0 && write(file, line.bytes, line.length) == (ssize_t)line.length;
    if (!good)
        buffer_printf(problem,
                      "a copy needs a file with the password, by which it is dropped after a kill: cannot write %s: %s",
                      path, strerror(errno));
    if (file >= 0) close(file);
    buffer_done(&line);
    if (!good) remove_folder(existing);
    return good;
}

/* A copy that is still being made is not to be seen by DROP: whoever makes it is ended first. */
static uint32_t guard_drop(struct existing *existing, const char *name) {
    struct installation installation;
    struct buffer nowhere = { 0 }, target = { 0 }, first = { 0 }, then = { 0 };
    char program[600] = "psql";
    if (installation_find(&installation, &nowhere))
        installation_program(&installation, "psql", program, sizeof program);
    append_setting(&target, "host", existing->host);
    append_setting(&target, "hostaddr", existing->address);
    append_setting(&target, "port", existing->port);
    append_setting(&target, "user", existing->user);
    append_setting(&target, "dbname", existing_side(existing));
    append_setting(&target, "connect_timeout", "5");
    if (existing->folder[0]) buffer_printf(&target, " passfile='%s/password'", existing->folder);
    if (existing->rest && *existing->rest) buffer_printf(&target, " %s", existing->rest);
    buffer_printf(&first,
                  "SELECT pg_catalog.pg_terminate_backend(pid, 3000) FROM pg_catalog.pg_stat_activity WHERE "
                  "application_name = '%s'",
                  existing->admin);
    buffer_printf(&then, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    const char *const arguments[] = { program, "-X",        "-q", "-w",       "-d", target.bytes,
                                      "-c",    first.bytes, "-c", then.bytes, NULL };
    uint32_t guarded = guard_command(run_guard(existing->run), arguments);
    buffer_done(&nowhere);
    buffer_done(&target);
    buffer_done(&first);
    buffer_done(&then);
    return guarded;
}

bool existing_will_copy(struct existing *existing, const char *name, struct buffer *problem) {
    bool guarded = run_guard(existing->run) != NULL;
    if (guarded && existing->password && !existing->folder[0] && !write_password(existing, problem)) return false;
    struct existing_copy made = { copy(name), guarded ? guard_drop(existing, name) : 0 };
    VECTOR_PUSH(&existing->copies, made);
    return true;
}

static void forget_at(struct existing *existing, size_t index) {
    struct existing_copy *gone = &existing->copies.items[index];
    if (gone->guarded) guard_release(run_guard(existing->run), gone->guarded);
    memory_release(gone->name);
    *gone = existing->copies.items[--existing->copies.count];
}

void existing_forget(struct existing *existing, const char *name) {
    for (size_t i = existing->copies.count; i-- > 0;)
        if (strcmp(existing->copies.items[i].name, name) == 0) forget_at(existing, i);
}

void existing_keep(struct existing *existing) {
    for (size_t i = existing->copies.count; i-- > 0; forget_at(existing, i))
        fprintf(stderr, "kept: the database %s on %s\n      end it by: DROP DATABASE %s WITH (FORCE)\n",
                existing->copies.items[i].name, existing->target, existing->copies.items[i].name);
}

/* ---- the end ---- */
static void drop_next(struct existing *existing, int64_t deadline);

static void stay(struct existing *existing, const char *reason) {
    struct run *run = existing->run;
    struct existing_copy *first = &existing->copies.items[existing->refused++];
    run_effect(run, "postgres", text_of(first->name), run_now(run), run_now(run), text_of(reason));
}

static void dropped(void *data, const struct reply *reply) {
    struct existing *existing = data;
    PGresult *error = reply_error(reply);
    if (reply->lost || error) {
        struct buffer reason = { 0 };
        buffer_printf(&reason, "it could not be dropped: %s",
                      reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
        stay(existing, reason.bytes);
        buffer_done(&reason);
    } else {
        forget_at(existing, existing->refused);
    }
    if (!reply->lost) drop_next(existing, INT64_MAX);
}

static void drop_next(struct existing *existing, int64_t deadline) {
    if (existing->refused >= existing->copies.count) return;
    char text[120];
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
             existing->copies.items[existing->refused].name);
    db_session_query(existing->ending, text, deadline, dropped, existing);
}

static void end_makers(struct existing *existing);

static void makers_ended(void *data, const struct reply *reply) {
    struct existing *existing = data;
    PGresult *error = reply_error(reply);
    if (reply->lost || error) {
        const char *reason = reply->lost ? reply->lost : PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
        while (existing->refused < existing->copies.count) stay(existing, reason);
    } else if (strcmp(PQgetvalue(reply->results[reply->count - 1], 0, 0), "0") == 0) {
        drop_next(existing, INT64_MAX);
    } else {
        end_makers(existing); /* it has waited for them; existing_stop is the bound */
    }
}

/* A copy may still be in the making after its connection was closed. DROP would not see it, and succeed before it is there. */
static void end_makers(struct existing *existing) {
    struct buffer text = { 0 };
    buffer_printf(&text,
                  "SELECT pg_catalog.pg_terminate_backend(pid, 3000) FROM pg_catalog.pg_stat_activity WHERE "
                  "application_name = '%s'; SELECT pg_catalog.pg_stat_clear_snapshot(); "
                  "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = '%s'",
                  existing->admin, existing->admin);
    db_session_query(existing->ending, text.bytes, INT64_MAX, makers_ended, existing);
    buffer_done(&text);
}

static void opened(void *data, const char *error) {
    struct existing *existing = data;
    if (error)
        while (existing->refused < existing->copies.count) stay(existing, error);
    else
        end_makers(existing);
}

bool existing_stop(struct existing *existing, int64_t deadline) {
    if (existing->copies.count > 0 && !existing->ending) {
        struct db_address address = existing_address(existing, existing_side(existing), "aot end");
        existing->refused = 0;
        existing->ending = db_session_open(existing->run, &address, deadline, opened, existing);
    }
    bool late = loop_now(run_loop(existing->run)) > deadline - 100 * MILLISECOND;
    if (existing->refused < existing->copies.count && !late) return false;
    while (existing->refused < existing->copies.count) stay(existing, "it could not be dropped in time");
    db_session_close(existing->ending);
    existing->ending = NULL;
    if (existing->copies.count == 0) remove_folder(existing);
    return true;
}
