/* With a real PostgreSQL: start, restore, queries, and that nothing is left behind. Each test has a cluster of its
 * own. */
#include "base/clock.h"
#include "stdlib/sql/database.h"
#include "tests/unit/stdlib/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTES "recipes.d/fixtures/notes.sql"
#define DUMP "recipes.d/fixtures/notes.dump"

static uint32_t begin(struct trial *trial, struct trial_argument restore) {
    return CALL(trial, "postgres", restore, none(), duration(100 * MILLISECOND), json("{}"));
}

static void write_file(const struct trial *trial, const char *name, const char *content, char *path, size_t size) {
    snprintf(path, size, "%s/%s", trial_logs(trial), name);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(content, file);
    fclose(file);
}

Test(server, starts_and_stops) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial, text(NOTES));
    uint32_t ping = CALL(trial, "db_ping", step(db)), url = CALL(trial, "db_url", step(db));
    uint32_t notes = CALL(trial, "db_count", step(db), text("notes")),
             users = CALL(trial, "db_count", step(db), text("public.users"));
    uint32_t nothing = CALL(trial, "db_count", step(db), text("no\"; DROP TABLE notes; --"));
    cr_expect_eq(trial_run(trial, 0), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, ping), "true");
    cr_expect(strstr(trial_shown(trial, url), "postgres://aot:") != NULL, "%s", trial_shown(trial, url));
    cr_expect_str_eq(trial_shown(trial, notes), "100");
    cr_expect_str_eq(trial_shown(trial, users), "10");
    cr_expect_eq(trial_value(trial, nothing).kind, VALUE_ERROR);
    cr_expect(strstr(trial_effects(trial), "postgres " NOTES ": postgres 15") != NULL, "%s", trial_effects(trial));
    trial_free(trial);
}

Test(server, a_proxy_in_front_has_the_url_with_its_own_address) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial, none()), url = CALL(trial, "db_url", step(db));
    uint32_t road = CALL(trial, "proxy_of_service", step(db)), own = CALL(trial, "proxy_url", step(road));
    uint32_t address = CALL(trial, "proxy_address", step(road));
    cr_expect_eq(trial_run(trial, 0), RUN_COMPLETE, "%s", trial_message(trial));
    struct text theirs = value_text_of(trial_value(trial, url)), ours = value_text_of(trial_value(trial, own));
    size_t authority = text_find(theirs, TEXT("@"));
    cr_assert_neq(authority, SIZE_MAX);
    cr_expect(text_equal(text_slice(theirs, 0, authority), text_slice(ours, 0, authority)), "%.*s", TEXT_ARGS(ours));
    cr_expect_neq(text_find(ours, value_text_of(trial_value(trial, address))), SIZE_MAX);
    cr_expect(text_ends(ours, TEXT("/work")) && !text_equal(theirs, ours));
    trial_free(trial);
}

Test(server, a_replica_follows_an_address) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial, none());
    CALL(trial, "db_replica", step(db), text("http://127.0.0.1:1"), duration(SECOND));
    cr_expect_eq(trial_run(trial, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(trial), "db.replica: through: \"http://127.0.0.1:1\" is no address such as "), "%s",
              trial_message(trial));
    trial_free(trial);
}

/* It is copied, or starts, or waits in vain to stream, when the run's time is over; servers that follow each other end at once. */
Test(server, an_interrupted_replica_leaves_nothing) {
    struct trial *trial = trial_new();
    uint32_t db = CALL(trial, "postgres", none(), none(), duration(100 * MILLISECOND),
                       json("{\"wal_level\": \"replica\", \"max_wal_senders\": \"8\"}"));
    CALL(trial, "db_replica", step(db), text("127.0.0.1:9"), duration(60 * SECOND));
    int64_t start = clock_monotonic();
    cr_expect_eq(trial_run(trial, 3 * SECOND), RUN_ERROR);
    cr_expect_lt(clock_monotonic() - start, 20 * SECOND); /* 30 s when one waited for the other */
    trial_free(trial);
}

Test(server, restores_an_archive) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial, text(DUMP));
    uint32_t notes = CALL(trial, "db_count", step(db), text("notes")),
             reads = CALL(trial, "db_count", step(db), text("reads"));
    cr_expect_eq(trial_run(trial, 30 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, notes), "100000");
    cr_expect_str_eq(trial_shown(trial, reads), "5000");
    trial_free(trial);
}

/* What pg_dump writes as plain SQL, with what a scratch server does not know: roles, other versions' settings, psql's
 * marks. */
Test(server, restores_plain_dumps) {
    struct trial *trial = trial_new();
    char path[200];
    write_file(
        trial, "plain.sql",
        "\\restrict abc\nSET transaction_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
        "CREATE TABLE public.t (a int, b text);\nALTER TABLE public.t OWNER TO nobody_here;\nGRANT ALL ON public.t TO "
        "nobody_here;\n"
        "COPY public.t (a, b) FROM stdin;\n1\tone; 'two\n2\t\\N\n\\.\n\nINSERT INTO public.t VALUES (3, "
        "'a;b');\nINSERT INTO public.t VALUES (4, 'c');\n"
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS $_$BEGIN RETURN 1; END$_$;\n\\unrestrict abc\n",
        path, sizeof path);
    uint32_t db = begin(trial, text(path)), count = CALL(trial, "db_count", step(db), text("t"));
    cr_expect_eq(trial_run(trial, 0), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, count), "4");
    trial_free(trial);
}

/* The run ends with an error that says what and where, and nothing is left for the guard (trial_free and trial_run
 * look). */
static void expect_bad_dump(const char *name, const char *content, const char *message) {
    struct trial *trial = trial_new();
    char path[200];
    write_file(trial, name, content, path, sizeof path);
    begin(trial, text(path));
    cr_expect_eq(trial_run(trial, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(trial), message) != NULL, "<%s> lacks <%s>", trial_message(trial), message);
    trial_free(trial);
}

Test(server, bad_dumps) {
    expect_bad_dump("a.sql", "SELECT 1;\n\\connect other\n",
                    "a.sql:2: a command of psql, not SQL, cannot be read: \\connect other");
    expect_bad_dump("b.sql", "SELECT 1;\nCREATE TABL t ();\n", "b.sql:2: syntax error at or near \"TABL\"");
    expect_bad_dump("c.sql", "SELECT 'abc", "c.sql:1: a quote, a comment or COPY data that begins here never ends");
    expect_bad_dump("d.sql", "CREATE TABLE t (a int);\nCOPY t FROM stdin;\nx\n\\.\n",
                    "d.sql:2: invalid input syntax for type integer: \"x\"");
    expect_bad_dump("e.dump", "PGDMP but then nothing", "pg_restore failed (exit status 1)");
    expect_bad_dump("f.sql", "CREATE EXTENSION no_such_extension", "extension \"no_such_extension\" is not available");
    expect_bad_dump("g.sql", "SELECT '\xff'", "g.sql is not UTF-8 (byte 8)");
}

Test(server, missing_dump) {
    struct trial *trial = trial_new();
    begin(trial, text("no/such/file.sql"));
    cr_expect_eq(trial_run(trial, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(trial), "cannot read no/such/file.sql: No such file or directory") != NULL, "%s",
              trial_message(trial));
    trial_free(trial);
}

Test(server, settings) {
    struct trial *trial = trial_new();
    uint32_t db = CALL(trial, "postgres", none(), none(), duration(100 * MILLISECOND), json("{\"work_mem\": \"5MB\"}"));
    uint32_t ping = CALL(trial, "db_ping", step(db));
    cr_expect_eq(trial_run(trial, 0), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, ping), "true");
    trial_free(trial);
    static const struct {
        const char *settings, *message;
    } bad[] = {
        { "{\"deadlock_timeout\": \"1s\"}", "the setting \"deadlock_timeout\" is aot's own" },
        { "{\"a b\": \"1\"}", "the setting \"a b\" is no setting's name" },
        { "{\"no_such_setting\": \"1\"}", "unrecognized configuration parameter \"no_such_setting\"" },
        { "{\"shared_buffers\": \"1 apple\"}", "shared_buffers" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        trial = trial_new();
        CALL(trial, "postgres", none(), none(), duration(100 * MILLISECOND), json(bad[i].settings));
        cr_expect_eq(trial_run(trial, 0), RUN_ERROR);
        cr_expect(strstr(trial_message(trial), bad[i].message) != NULL, "<%s> lacks <%s>", trial_message(trial),
                  bad[i].message);
        trial_free(trial);
    }
}

Test(server, absent) {
    struct trial *trial = trial_new();
    setenv("AOT_POSTGRES_BIN", "/no/such/folder", 1);
    begin(trial, none());
    cr_expect_eq(trial_run(trial, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(trial), "PostgreSQL absent") != NULL, "%s", trial_message(trial));
    trial_free(trial);
    unsetenv("AOT_POSTGRES_BIN");
}

/* Without a template: initdb makes the cluster and the template; the second time it is copied. */
Test(server, template) {
    char cache[] = "/tmp/aot-test-cache-XXXXXX";
    cr_assert(mkdtemp(cache));
    setenv("XDG_CACHE_HOME", cache, 1);
    for (int i = 0; i < 2; i++) {
        struct trial *trial = trial_new();
        uint32_t ping = CALL(trial, "db_ping", step(begin(trial, none())));
        cr_expect_eq(trial_run(trial, 30 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
        cr_expect_str_eq(trial_shown(trial, ping), "true");
        trial_free(trial);
        char command[200];
        snprintf(command, sizeof command, "ls -d %s/aot/postgres-*-1 > /dev/null", cache);
        cr_expect_eq(system(command), 0, "one template, whole");
    }
    char command[200];
    snprintf(command, sizeof command, "rm -r %s", cache);
    cr_expect_eq(system(command), 0);
}

/* The second time it is a copy of what the first one restored, without what that did to it. The empty cluster is the usual one, so that
 * nobody waits for initdb. */
Test(server, a_dump_is_restored_once) {
    char cache[] = "/tmp/aot-test-cache-XXXXXX", command[400];
    cr_assert(mkdtemp(cache));
    snprintf(command, sizeof command,
             "mkdir %s/aot && cd %s/aot && mkdir x-restored-1 x-restored-2 x-restored-3 x-restored-4 && "
             "cp -r ${XDG_CACHE_HOME:-$HOME/.cache}/aot/postgres-*-1 . 2> /dev/null; true",
             cache, cache);
    cr_assert_eq(system(command), 0);
    setenv("XDG_CACHE_HOME", cache, 1);
    for (int i = 0; i < 2; i++) {
        struct trial *trial = trial_new();
        char path[200];
        write_file(trial, "a.sql", "CREATE TABLE made (a int)", path, sizeof path);
        uint32_t db = begin(trial, text(DUMP));
        uint32_t made = CALL(trial, "db_count", step(db), text("made"));
        CALL(trial, "db_apply", step(db), text(path), text("autocommit"), none(), integer(0), none());
        uint32_t reads = CALL(trial, "db_count", step(db), text("reads"));
        cr_expect_eq(trial_run(trial, 30 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
        cr_expect_eq(trial_value(trial, made).kind, VALUE_ERROR);
        cr_expect_str_eq(trial_shown(trial, reads), "5000");
        cr_expect_eq(strstr(trial_effects(trial), "restored before") != NULL, i == 1, "%s", trial_effects(trial));
        trial_free(trial);
    }
    snprintf(command, sizeof command,
             "test $(ls -d %s/aot/*-restored-* | wc -l) = 4 && test -d %s/aot/postgres-*-restored-*", cache, cache);
    cr_expect_eq(system(command), 0, "four of them stay, the youngest among them");
    snprintf(command, sizeof command, "rm -r %s", cache);
    cr_expect_eq(system(command), 0);
    unsetenv("XDG_CACHE_HOME");
}

/* The limit ends the run in the middle of the start. */
Test(server, interrupted_start) {
    for (int i = 1; i <= 5; i++) {
        struct trial *trial = trial_new();
        begin(trial, text(DUMP));
        cr_expect_eq(trial_run(trial, i * 70 * MILLISECOND), RUN_ERROR);
        trial_free(trial);
    }
}
