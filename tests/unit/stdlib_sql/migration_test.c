/* Migrations against a real PostgreSQL: lint with the catalogue, trace on a clone, apply in each mode, readers,
 * canaries, the detector. */
#include "base/clock.h"
#include "tests/unit/stdlib/trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTES "recipes.d/fixtures/notes.sql"
#define DUMP "recipes.d/fixtures/notes.dump"
#define GOOD "recipes.d/migrations/"
#define BAD "tests/defects/migrations/"

/* A hundred notes: a trace says the same of a page as of a million, and a clone of little costs little. */
static uint32_t begin(struct trial *trial) {
    return CALL(trial, "postgres", text(NOTES), none(), duration(100 * MILLISECOND), json("{}"));
}

static uint32_t begin_large(struct trial *trial) {
    return CALL(trial, "postgres", text(DUMP), none(), duration(100 * MILLISECOND), json("{}"));
}

/* A migration of the test's own, in the trial's log folder. */
static struct trial_argument file(struct trial *trial, const char *name, const char *content) {
    static char paths[16][200];
    static size_t used;
    char *path = paths[used++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", trial_logs(trial), name);
    FILE *out = fopen(path, "w");
    cr_assert(out);
    fputs(content, out);
    fclose(out);
    return text(path);
}

static uint32_t lint(struct trial *trial, uint32_t db, struct trial_argument migration) {
    return CALL(trial, "db_lint", step(db), migration, text("autocommit"));
}

static uint32_t trace(struct trial *trial, uint32_t db, struct trial_argument migration, const char *mode) {
    return trial_field(trial, CALL(trial, "db_trace", step(db), migration, text(mode), duration(MINUTE)),
                       "work_under_lock");
}

static uint32_t apply(struct trial *trial, uint32_t db, struct trial_argument migration, const char *mode) {
    return CALL(trial, "db_apply", step(db), migration, text(mode), none(), integer(0), none());
}

static void expect_text(struct trial *trial, uint32_t call, const char *part) {
    struct buffer whole = { 0 };
    value_encode(trial_value(trial, call), &whole);
    cr_expect(strstr(whole.bytes, part) != NULL, "<%s> lacks <%s>", whole.bytes, part);
    buffer_done(&whole);
}

static struct value field(struct trial *trial, uint32_t call, const char *name) {
    bool found = false;
    struct value value = value_field(trial_value(trial, call), text_of(name), &found);
    cr_expect(found, "no field %s", name);
    return value;
}

static void expect_field(struct trial *trial, uint32_t call, const char *name, const char *shown) {
    struct buffer out = { 0 };
    value_print(field(trial, call, name), &out);
    cr_expect_str_eq(out.bytes, shown, "%s is %s, not %s", name, out.bytes, shown);
    buffer_done(&out);
}

Test(migration, good_ones) {
    static const char *const names[] = {
        "0001-index-concurrently", "0002-constant-default",   "0003-staged-not-null",   "0004-staged-foreign-key",
        "0005-wider-title",        "0006-unique-using-index", "0007-batches",           "0008-new-table-references",
        "0009-column-references",  "0010-drop-index",         "0011-drop-unused-column"
    };
    enum { COUNT = sizeof names / sizeof names[0] };
    struct trial *trial = trial_new();
    uint32_t db = begin(trial), lints[COUNT], traces[COUNT], changes[COUNT];
    static char paths[COUNT][100];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], GOOD "%s-up.sql", names[i]);
        lints[i] = lint(trial, db, text(paths[i]));
        traces[i] = trace(trial, db, text(paths[i]), "autocommit");
        changes[i] = apply(trial, db, text(paths[i]), "autocommit");
    }
    cr_expect_eq(trial_run(trial, 2 * MINUTE), RUN_COMPLETE, "%s", trial_message(trial));
    for (size_t i = 0; i < COUNT; i++) {
        cr_expect_str_eq(trial_shown(trial, lints[i]), "[]", "%s: %s", names[i], trial_shown(trial, lints[i]));
        cr_expect_str_eq(trial_shown(trial, traces[i]), "[]", "%s: %s", names[i], trial_shown(trial, traces[i]));
        expect_field(trial, changes[i], "error", "none");
        expect_field(trial, changes[i], "leftovers", "[]");
    }
    trial_free(trial);
}

Test(migration, bad_ones) {
    static const struct {
        const char *name, *rule, *work;
    } rows[] = {
        { "0001-plain-index", "plain-index", "build" },
        { "0002-volatile-default", "volatile-default", "rewrite" },
        { "0003-bare-not-null", "bare-not-null", "scan" },
        { "0004-plain-foreign-key", "foreign-key-without-not-valid", "fkscan" },
        { "0005-type-rewrites", "type-rewrites", "rewrite" },
        { "0006-unique-builds", "unique-builds-its-index", "build" },
        { "0007-not-null-loses-its-check", "not-null-loses-its-check", "scan" },
        { "0008-hidden-in-do", "[]", "build" },
        { "0012-staged-in-one-transaction", "validate-under-lock", "scan" },
        { "0014-vacuum-full", "table-rewrites", "rewrite" },
        { "0015-small-table", "plain-index", "build" },
        { "0010-cannot-judge", "cannot-judge", "the trace ended early: cannot judge: line 3" },
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    struct trial *trial = trial_new();
    uint32_t db = begin(trial), lints[COUNT], traces[COUNT];
    static char paths[COUNT][100];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(paths[i], sizeof paths[i], BAD "%s-up.sql", rows[i].name);
        lints[i] = lint(trial, db, text(paths[i]));
        traces[i] = trace(trial, db, text(paths[i]), "autocommit");
    }
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    for (size_t i = 0; i < COUNT; i++) {
        expect_text(trial, lints[i], rows[i].rule);
        expect_text(trial, traces[i], rows[i].work);
    }
    trial_free(trial);
}

/* The same statements, harmless one by one, stop everybody in one transaction. */
Test(migration, modes) {
    struct trial *trial = trial_new();
    struct trial_argument staged = text(GOOD "0003-staged-not-null-up.sql"),
                          concurrent = text(GOOD "0001-index-concurrently-up.sql");
    uint32_t db = begin(trial), whole = trace(trial, db, staged, "transaction"),
             simple = trace(trial, db, staged, "simple");
    uint32_t refused = trace(trial, db, concurrent, "transaction"), alone = trace(trial, db, concurrent, "simple");
    uint32_t in_file =
        trace(trial, db,
              file(trial, "own.sql", "BEGIN;\nALTER TABLE notes ADD c1 int;\nSELECT count(*) FROM users;\nCOMMIT;"),
              "autocommit");
    uint32_t one = apply(trial, db, concurrent, "transaction"), two = apply(trial, db, concurrent, "simple");
    uint32_t three = apply(trial, db, staged, "transaction");
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_text(trial, whole, "VALIDATE CONSTRAINT");
    expect_text(trial, simple, "VALIDATE CONSTRAINT");
    expect_text(trial, refused, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
    cr_expect_str_eq(trial_shown(trial, alone), "[]");
    expect_text(trial, in_file, "SELECT count(*)");
    expect_field(trial, one, "sqlstate", "\"25001\"");
    expect_field(trial, one, "error", "\"line 3: CREATE INDEX CONCURRENTLY cannot run inside a transaction block\"");
    expect_field(trial, two, "ok", "true");
    expect_field(trial, two, "mode", "\"simple\"");
    expect_field(trial, three, "statements", "4");
    trial_free(trial);
}

/* What the catalogue knows and the text does not. */
Test(migration, catalogue) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial);
    uint32_t prepare = apply(
        trial, db,
        file(
            trial, "a.sql",
            "CREATE TABLE empty (a int);\nALTER TABLE notes ADD CONSTRAINT k CHECK (kind IS NOT NULL AND views >= 0);\n"
            "CREATE TABLE other.notes (a int);"),
        "autocommit");
    uint32_t empty =
        lint(trial, db, file(trial, "b.sql", "CREATE INDEX i ON empty (a); ALTER TABLE empty ALTER a SET NOT NULL"));
    uint32_t more = apply(
        trial, db,
        file(trial, "f.sql",
             "CREATE DOMAIN positive AS int CHECK (VALUE > 0);\nCREATE TABLE parted (id int, v positive) PARTITION BY "
             "RANGE "
             "(id);\nCREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);\nCREATE TABLE parted_rest "
             "PARTITION OF parted DEFAULT;\nINSERT INTO parted SELECT i, 1 FROM generate_series(0, 99) i;\nALTER TABLE "
             "parted ADD PRIMARY KEY (id);\nCREATE TABLE refers (id int REFERENCES parted);\nINSERT INTO refers VALUES "
             "(5)"),
        "autocommit");
    uint32_t parts = lint(trial, db,
                          file(trial, "g.sql",
                               "ALTER TABLE notes ADD p positive;\nALTER DOMAIN positive VALIDATE CONSTRAINT "
                               "positive_check;\nCREATE TABLE "
                               "parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (1010);\nALTER TABLE parted "
                               "DETACH PARTITION parted_1 "
                               "CONCURRENTLY;\nCREATE INDEX parted_v ON parted (v);\nCREATE INDEX ON ONLY parted "
                               "(v);\nCREATE UNIQUE INDEX "
                               "CONCURRENTLY refers_i ON refers (id);\nALTER TABLE refers ADD PRIMARY KEY USING INDEX "
                               "refers_i;\nALTER TABLE "
                               "notes RENAME TO papers; CREATE INDEX i ON papers (views)"));
    uint32_t proven = lint(trial, db, file(trial, "c.sql", "ALTER TABLE notes ALTER kind SET NOT NULL"));
    uint32_t own = lint(
        trial, db,
        file(trial, "d.sql", "ALTER TABLE notes ADD a uuid DEFAULT gen_random_uuid(), ADD b text DEFAULT lower('X')"));
    uint32_t types =
        lint(trial, db,
             file(trial, "e.sql",
                  "ALTER TABLE notes ALTER title TYPE varchar(100);\nALTER TABLE notes ALTER views TYPE numeric;\n"
                  "ALTER TABLE notes ALTER kind TYPE varchar"));
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_field(trial, prepare, "sqlstate", "\"3F000\"");
    expect_field(trial, prepare, "error", "\"line 3: schema \\\"other\\\" does not exist\"");
    expect_field(trial, prepare, "statements", "2");
    cr_expect_str_eq(trial_shown(trial, empty), "[]", "%s", trial_shown(trial, empty));
    cr_expect_str_eq(trial_shown(trial, proven), "[]", "%s", trial_shown(trial, proven));
    expect_field(trial, more, "ok", "true");
    static const char *const rules[] = { "column-of-constrained-domain",
                                         "domain-validate",
                                         "default-partition-scans",
                                         "detach-checks-foreign-keys",
                                         "plain-index-on-partitioned",
                                         "primary-key-over-nullable",
                                         "\"plain-index\"" };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) expect_text(trial, parts, rules[i]);
    cr_expect_eq(value_count(trial_value(trial, parts)), sizeof rules / sizeof rules[0], "%s",
                 trial_shown(trial, parts));
    cr_expect_eq(value_count(trial_value(trial, own)), 1);
    expect_text(trial, own, "volatile-default");
    cr_expect_eq(value_count(trial_value(trial, types)), 2, "%s", trial_shown(trial, types));
    expect_text(trial, types, "type-rewrites");
    expect_text(trial, types, "type-of-checked-column");
    trial_free(trial);
}

Test(migration, what_the_trace_alone_sees) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial);
    uint32_t vacuum = trace(trial, db, file(trial, "a.sql", "VACUUM FULL notes"), "autocommit");
    uint32_t cluster = trace(trial, db, file(trial, "b.sql", "CLUSTER notes USING notes_pkey"), "autocommit");
    uint32_t reindex = trace(trial, db, file(trial, "c.sql", "REINDEX TABLE notes"), "autocommit");
    uint32_t reindexed = trace(trial, db, file(trial, "d.sql", "REINDEX TABLE CONCURRENTLY notes"), "autocommit");
    uint32_t quiet = trace(
        trial, db,
        file(trial, "e.sql",
             "CREATE TABLE n AS SELECT * FROM notes;\nCREATE INDEX i ON n (id);\nTRUNCATE reads;\n"
             "DROP INDEX notes_author;\nCREATE TABLE r (note int REFERENCES notes);\nSET client_min_messages = error;"),
        "autocommit");
    uint32_t batches = trace(trial, db,
                             file(trial, "f.sql",
                                  "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$BEGIN FOR i IN 0..3 LOOP "
                                  "UPDATE notes SET views = 1 WHERE id BETWEEN i * 100 AND i * 100 + 99; COMMIT; END "
                                  "LOOP; END$$;\nCALL fill();"),
                             "autocommit");
    uint32_t domain = trace(
        trial, db, file(trial, "g.sql", "SET client_min_messages = error;\nALTER TABLE notes ADD UNIQUE (id, kind)"),
        "autocommit");
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_text(trial, vacuum, "\"work\":\"rewrite\"");
    expect_text(trial, cluster, "\"work\":\"rewrite\"");
    expect_text(trial, reindex, "\"work\":\"build\"");
    cr_expect_str_eq(trial_shown(trial, reindexed), "[]", "%s", trial_shown(trial, reindexed));
    cr_expect_str_eq(trial_shown(trial, quiet), "[]", "%s", trial_shown(trial, quiet));
    cr_expect_str_eq(trial_shown(trial, batches), "[]", "%s", trial_shown(trial, batches));
    expect_text(trial, domain, "\"work\":\"build\"");
    trial_free(trial);
}

/* Event triggers tell what is gone when the statement is over: a COMMIT in it, or a handler, has let the lock go. */
Test(migration, locks_that_are_gone_again) {
    struct trial *trial = trial_new();
    uint32_t db = begin_large(trial);
    uint32_t undone = trace(trial, db,
                            file(trial, "a.sql",
                                 "DO $$BEGIN SET client_min_messages = error; ALTER TABLE notes ADD COLUMN n int "
                                 "DEFAULT random(); RAISE 'no'; EXCEPTION WHEN OTHERS THEN NULL; END$$"),
                            "autocommit");
    uint32_t built =
        trace(trial, db, file(trial, "b.sql", "DO $$BEGIN CREATE INDEX i ON notes (views); COMMIT; PERFORM 1; END$$"),
              "autocommit");
    uint32_t quick =
        CALL(trial, "db_trace", step(db),
             file(trial, "c.sql",
                  "ALTER TABLE notes DROP COLUMN kind;\nDO $$BEGIN ALTER TABLE notes ADD kind int; COMMIT; "
                  "UPDATE notes SET kind = 1 WHERE id < 99; COMMIT; END$$;\nDROP TABLE reads;"),
             text("autocommit"));
    uint32_t quietly = trial_field(trial, quick, "work_under_lock");
    uint32_t rows = trace(trial, db,
                          file(trial, "d.sql",
                               "UPDATE notes SET views = 1 WHERE id <= 6000;\nUPDATE notes SET views = 1 WHERE id "
                               "BETWEEN 6001 AND 12000;"),
                          "transaction");
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_text(trial, undone, "AccessExclusiveLock on public.notes");
    expect_text(trial, undone, "\"work\":\"rewrite\"");
    expect_text(trial, built, "\"ShareLock on public.notes\"],\"work\":\"build\"");
    cr_expect_str_eq(trial_shown(trial, quietly), "[]", "%s", trial_shown(trial, quietly));
    expect_text(trial, quick, "\"drops\":[\"table column public.notes.kind\"]");
    expect_text(trial, quick, "\"drops\":[\"table public.reads\"]");
    expect_text(trial, quick, "\"mode\":\"autocommit\"");
    expect_text(trial, rows, "\"line\":2");
    expect_text(trial, rows, "\"work\":\"rows\",\"table\":\"public.notes\",\"rows\":12000");
    trial_free(trial);
}

Test(migration, leftovers) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial), half = apply(trial, db, text(BAD "0011-half-built-up.sql"), "autocommit");
    uint32_t pending =
        apply(trial, db, file(trial, "a.sql", "ALTER TABLE notes ADD CONSTRAINT later CHECK (views >= 0) NOT VALID"),
              "autocommit");
    uint32_t after = apply(trial, db, file(trial, "b.sql", "SELECT 1"), "autocommit");
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_field(trial, half, "ok", "false");
    expect_field(trial, half, "sqlstate", "\"23505\"");
    expect_field(trial, half, "leftovers", "[\"invalid index public.notes_author_once\"]");
    expect_field(trial, pending, "leftovers", "[\"unvalidated constraint later on notes\"]");
    expect_field(trial, after, "leftovers", "[]");
    trial_free(trial);
}

/* Behind a reader: short lock timeouts, retried, until he is gone. Without retries it gives up, and without a timeout
 * it waits. */
Test(migration, retries) {
    struct trial *trial = trial_new();
    struct trial_argument column = file(trial, "a.sql", "SELECT 1;\nALTER TABLE notes ADD c1 int;"),
                          other = file(trial, "b.sql", "ALTER TABLE notes ADD c2 int");
    struct trial_argument whole =
        file(trial, "c.sql", "BEGIN;\nALTER TABLE users ADD c3 int;\nALTER TABLE notes ADD c3 int;\nCOMMIT;");
    struct trial_argument own = file(trial, "d.sql", "SET lock_timeout = '20ms';\nALTER TABLE notes ADD c4 int;");
    uint32_t db = begin(trial);
    CALL(trial, "db_hold", step(db), other, duration(1200 * MILLISECOND));
    uint32_t none_left =
        CALL(trial, "db_apply", step(db), column, text("autocommit"), duration(50 * MILLISECOND), integer(0), none());
    uint32_t his_own =
        CALL(trial, "db_apply", step(db), own, text("autocommit"), duration(50 * MILLISECOND), integer(10), none());
    uint32_t late =
        CALL(trial, "db_apply", step(db), other, text("autocommit"), none(), integer(0), duration(200 * MILLISECOND));
    uint32_t patient =
        CALL(trial, "db_apply", step(db), column, text("autocommit"), duration(50 * MILLISECOND), integer(10), none());
    CALL(trial, "db_hold", step(db), other, duration(500 * MILLISECOND));
    uint32_t again =
        CALL(trial, "db_apply", step(db), whole, text("autocommit"), duration(50 * MILLISECOND), integer(10), none());
    cr_expect_eq(trial_run(trial, 60 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_field(trial, none_left, "sqlstate", "\"55P03\"");
    expect_field(trial, none_left, "attempts", "1");
    expect_field(trial, his_own, "sqlstate", "\"55P03\"");
    expect_field(trial, his_own, "attempts", "1");
    expect_text(trial, late, "line 1: it did not end in its time");
    expect_field(trial, patient, "ok", "true");
    cr_expect_gt(field(trial, patient, "attempts").integer, 1);
    expect_field(trial, patient, "statements", "2");
    expect_field(trial, again, "error", "none");
    cr_expect_gt(field(trial, again, "attempts").integer, 1);
    expect_field(trial, again, "statements", "4");
    trial_free(trial);
}

Test(migration, detector) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial), right = CALL(trial, "db_detects", step(db), duration(100 * MILLISECOND));
    uint32_t again = CALL(trial, "db_detects", step(db), duration(100 * MILLISECOND));
    uint32_t deaf = CALL(trial, "db_detects", step(db), duration(50 * MILLISECOND)),
             nervous = CALL(trial, "db_detects", step(db), duration(300 * MILLISECOND));
    cr_expect_eq(trial_run(trial, 20 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, right), "true");
    cr_expect_str_eq(trial_shown(trial, again), "true");
    cr_expect_str_eq(trial_shown(trial, deaf), "false", "50 ms are not seen with a limit of 100 ms");
    cr_expect_str_eq(trial_shown(trial, nervous), "false", "240 ms are seen with a limit of 100 ms");
    trial_free(trial);
}

Test(migration, canaries) {
    struct trial *trial = trial_new();
    struct trial_argument drops =
        file(trial, "a.sql",
             "ALTER TABLE notes DROP COLUMN title; ALTER TABLE users RENAME TO people; CREATE TABLE fresh ()");
    uint32_t db = begin(trial), before = CALL(trial, "db_canary", step(db), drops);
    uint32_t hidden =
        CALL(trial, "db_trace", step(db), text(BAD "0008-hidden-in-do-up.sql"), text("autocommit"), duration(MINUTE));
    uint32_t traced = CALL(trial, "db_canary", step(db), text(BAD "0008-hidden-in-do-up.sql"));
    apply(trial, db, drops, "autocommit");
    uint32_t after = CALL(trial, "db_canary", step(db), drops);
    CALL(trial, "db_hold", step(db), text(BAD "0010-cannot-judge-up.sql"), duration(SECOND));
    uint32_t unreadable = CALL(trial, "db_canary", step(db), text(BAD "0010-cannot-judge-up.sql"));
    cr_expect_eq(trial_run(trial, 20 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_field(trial, before, "error", "none");
    expect_field(trial, hidden, "ok", "true");
    expect_field(trial, traced, "error", "none");
    expect_field(trial, after, "error", "\"relation \\\"public.users\\\" does not exist\"");
    expect_field(trial, unreadable, "failed", "true");
    trial_free(trial);
}

/* Whatever a migration does to its server, the run goes on and the end is clean. */
Test(migration, hostile_ones) {
    struct trial *trial = trial_new();
    uint32_t db = begin(trial);
    uint32_t suicide =
        apply(trial, db, file(trial, "a.sql", "SELECT pg_terminate_backend(pg_backend_pid())"), "autocommit");
    uint32_t drop = apply(trial, db, file(trial, "b.sql", "DROP DATABASE work"), "autocommit");
    uint32_t open = apply(trial, db, file(trial, "c.sql", "BEGIN; SELECT 1"), "autocommit");
    uint32_t psql = apply(trial, db, file(trial, "d.sql", "SELECT 1;\n\\d notes"), "autocommit");
    uint32_t latin = apply(trial, db, file(trial, "e.sql", "-- \xe9\nSELECT 1"), "autocommit");
    uint32_t absent = apply(trial, db, text("no/such/migration.sql"), "autocommit");
    uint32_t extension = apply(trial, db, file(trial, "f.sql", "CREATE EXTENSION no_such_thing"), "autocommit");
    uint32_t empty = apply(trial, db, file(trial, "g.sql", "-- nothing"), "autocommit");
    struct trial_argument endless = file(trial, "i.sql", "SELECT 1;\nSELECT pg_sleep(3600)");
    uint32_t never = CALL(trial, "db_trace", step(db), endless, text("autocommit"), duration(SECOND));
    uint32_t late =
        CALL(trial, "db_apply", step(db), endless, text("autocommit"), none(), integer(0), duration(SECOND));
    uint32_t stop =
        apply(trial, db, file(trial, "h.sql", "COPY (SELECT 1) TO PROGRAM 'kill -QUIT $PPID; sleep 1'"), "autocommit");
    trial_wait(trial, 500 * MILLISECOND);
    uint32_t dead = CALL(trial, "db_ping", step(db));
    cr_expect_eq(trial_run(trial, 30 * SECOND), RUN_COMPLETE, "%s", trial_message(trial));
    expect_text(trial, suicide, "terminating connection due to administrator command");
    expect_text(trial, drop, "cannot drop the currently open database");
    expect_text(trial, open, "the file ends inside a transaction: it lacks its COMMIT");
    expect_text(trial, psql, "cannot judge: line 2: \\\\d is a command of psql, not SQL");
    expect_text(trial, latin, "cannot judge: line 1: the file is not UTF-8");
    expect_text(trial, absent, "cannot judge: No such file or directory");
    expect_text(trial, extension, "is not available");
    expect_field(trial, empty, "ok", "true");
    expect_field(trial, never, "error", "\"line 2: it did not end in its time\"");
    expect_field(trial, late, "error", "\"line 2: it did not end in its time\"");
    expect_field(trial, stop, "ok", "false");
    (void)dead;
    trial_free(trial);
}
