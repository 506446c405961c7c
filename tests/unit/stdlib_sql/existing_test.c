/* A server that runs already: what its URL may say, lock waits from samples, and the sampler on a real server, which is a scratch
 * cluster of the same run reached by its URL. tests/cli/staging_cases.py has one that aot did not start. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/existing.h"
#include "stdlib/sql/quote.h"
#include "stdlib/sql/waits.h"
#include "tests/unit/stdlib/trial.h"

#include <stdio.h>
#include <string.h>

Test(existing, urls_that_lead_nowhere) {
    static const struct {
        const char *url, *message;
    } bad[] = {
        { "postgres://u@127.0.0.1:1/notes", "127.0.0.1:1/notes cannot be reached" },
        { "postgres://u:secret99@[::1]:1/notes", "[::1]:1/notes cannot be reached" },
        { "postgres://u@%2Fnonexistent:1/notes", "localhost:1/notes cannot be reached" },
        { "postgres://u:p/secret99@127.0.0.1/notes", "percent-encoded" },
        { "postgres://u:p@secret99@127.0.0.1/notes", "percent-encoded" },
        { "postgres://u:%zsecret99@127.0.0.1/notes", "percent-encoded" },
        { "host=127.0.0.1 user=u password=secret99", "percent-encoded" },
        { "postgres://127.0.0.1/notes", "the URL names no user" },
        { "postgres://u@/notes", "the URL names no host" },
        { "postgres://u@127.0.0.1", "the URL names no database" },
        { "postgres://u@127.0.0.1,10.0.0.1/notes", "several hosts" },
        { "postgres://u@127.0.0.1:secret99/notes", "the URL's port is no number" },
        { "postgres://u@127.0.0.1/template1", "the database template1 is the server's own" },
        { "postgres://u@127.0.0.1/notes?hostaddr=192.0.2.1", "`hostaddr` cannot be in the URL" },
        { "postgres://u@127.0.0.1/notes?service=x", "`service` cannot be in the URL" },
        { "postgres://u@127.0.0.1/notes?sslpassword=secret99", "`sslpassword` cannot be in the URL" },
        { "postgres://u:secret99@192.0.2.1/notes", "192.0.2.1:5432/notes is not this machine" },
        { "postgres://u@127.0.0.1.example/notes", "is not this machine" },
        { "postgres://u@127.1.1.999/notes", "127.1.1.999:5432/notes is not this machine" },
        { "postgres://u@127.0.0.1%2Fx/notes", "the URL's host is neither a name nor an address" },
        { "postgres://u@127.0.0.1:1/no:tes", "127.0.0.1:1/no:tes cannot be reached" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct trial *trial = trial_new();
        CALL(trial, "postgres_at", text(bad[i].url), boolean(true), duration(100 * MILLISECOND));
        cr_expect_eq(trial_run(trial, 0), RUN_ERROR, "%s", bad[i].url);
        cr_expect(strstr(trial_message(trial), bad[i].message) != NULL, "%s: <%s>", bad[i].url, trial_message(trial));
        cr_expect(strstr(trial_message(trial), "secret99") == NULL, "%s: <%s>", bad[i].url, trial_message(trial));
        trial_free(trial);
    }
}

/* A setting `dbname` would go before the path. */
Test(existing, urls_of_copies) {
    static const struct {
        const char *url, *copy;
    } rows[] = {
        { "postgres://u@h:1/notes", "postgres://u@h:1/copy" },
        { "postgres://u:p%40@h?sslmode=require&application_name=x",
          "postgres://u:p%40@h/copy?sslmode=require&application_name=x" },
        { "postgres://u@h/x?dbname=notes", "postgres://u@h/copy" },
        { "postgres://u@h?sslmode=require&d%62name=notes&options=-c%20a%3Ddbname",
          "postgres://u@h/copy?sslmode=require&options=-c%20a%3Ddbname" },
        { "postgres://u@h/x?dbname=a&port=1&dbname=b&xdbname=c", "postgres://u@h/copy?port=1&xdbname=c" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct existing existing = { .url = (char *)(uintptr_t)rows[i].url };
        char *url = existing_url(&existing, "copy");
        cr_expect_str_eq(url, rows[i].copy);
        memory_release(url);
    }
}

Test(existing, quoting) {
    struct buffer out = { 0 };
    sql_append_name(&out, "a \"b\"");
    buffer_append_byte(&out, ' ');
    sql_append_literal(&out, "it's");
    buffer_append_byte(&out, ' ');
    sql_append_literal(&out, "a\\b");
    cr_expect_str_eq(out.bytes, "\"a \"\"b\"\"\" 'it''s' E'a\\\\b'");
    buffer_done(&out);
}

/* ---- samples ---- */
enum { MIGRATION = 100, LIMIT_MS = 100 };
struct world {
    struct heap *heap;
    struct value all, blocked;
    struct waits *waits;
};

static struct world world_new(void) {
    struct world world = { .heap = heap_new(0) };
    struct provenance observer = { .observer = true };
    world.all = stream_new(world.heap, NULL, TEXT("waits"), SERIES_EVENTS, observer);
    world.blocked = stream_new(world.heap, NULL, TEXT("blocked"), SERIES_EVENTS, observer);
    world.waits = waits_new(world.all);
    waits_migration_begin(world.waits, SECOND, MIGRATION, world.blocked);
    return world;
}

/* `process` has waited since `began` for `blocker`; both times in ms. Process 0: nobody waits. */
static void sample(struct world *world, int64_t now, int process, int64_t began, int blocker) {
    struct seen_wait seen = { .process = process,
                              .reporter = process,
                              .began = began * 1000,
                              .self_test = process == 66,
                              .blockers = { blocker },
                              .blocker_count = 1 };
    struct wait_sample taken = { .run_now = now * MILLISECOND,
                                 .server_now = now * 1000,
                                 .limit = LIMIT_MS * MILLISECOND,
                                 .heap = world->heap,
                                 .seen = &seen,
                                 .count = process != 0 };
    waits_sampled(world->waits, &taken);
}

/* "all: 120ms | blocked: no data (…)" */
static void expect_streams(struct world *world, const char *expected) {
    struct buffer out = { 0 };
    waits_finish(world->waits, 20 * SECOND);
    const struct value streams[] = { world->all, world->blocked };
    for (size_t s = 0; s < 2; s++) {
        struct value series = stream_series(streams[s]);
        buffer_append_string(&out, s ? " | blocked:" : "all:");
        for (size_t i = 0; i < series_of(series)->timing->count; i++) {
            buffer_append_byte(&out, ' ');
            value_print(series_of(series)->values[i], &out);
        }
        value_release(series);
    }
    cr_expect_str_eq(out.bytes, expected);
    buffer_done(&out);
    waits_free(world->waits);
    value_release(world->all);
    value_release(world->blocked);
    cr_expect_eq(heap_free(world->heap), 0);
}

Test(samples, a_wait_is_as_long_as_it_was_seen) {
    struct world world = world_new();
    for (int64_t now = 2010; now <= 2120; now += 10) sample(&world, now, 7, 2000, MIGRATION);
    cr_expect_not(waits_migration_settled(world.waits, 0));
    sample(&world, 2130, 0, 0, 0);
    cr_expect(waits_migration_settled(world.waits, 0));
    expect_streams(&world, "all: 120ms | blocked: 120ms");
}

Test(samples, a_shorter_one_is_not_told) {
    struct world world = world_new();
    for (int64_t now = 2010; now <= 2080; now += 10) sample(&world, now, 7, 2000, MIGRATION);
    sample(&world, 2090, 0, 0, 0);
    expect_streams(&world, "all: | blocked:");
}

/* It was seen for 90 ms, and may have gone on to 110. */
Test(samples, what_may_have_reached_the_limit_is_not_judged) {
    struct world world = world_new();
    sample(&world, 2090, 7, 2000, MIGRATION);
    sample(&world, 2110, 0, 0, 0);
    expect_streams(&world, "all: no data: a wait of 90 to 110 ms, as it was sampled | blocked: no data: a wait of 90 "
                           "to 110 ms, as it was sampled");
}

/* The same session, and another wait. 8 waits for 7, who waits for the migration; 9 for somebody else. */
Test(samples, waits_are_told_apart) {
    struct world world = world_new();
    sample(&world, 2150, 7, 2000, MIGRATION);
    sample(&world, 2160, 7, 2155, 1);
    sample(&world, 2300, 7, 2155, 1);
    sample(&world, 2310, 9, 2100, 1);
    sample(&world, 2320, 0, 0, 0);
    expect_streams(&world, "all: 150ms 145ms 210ms | blocked: 150ms");
}

Test(samples, self_tests_stay_out) {
    struct world world = world_new();
    sample(&world, 2090, 66, 2000, 1);
    cr_expect_not(waits_saw_self_test(world.waits, 66));
    sample(&world, 2110, 66, 2000, 1);
    cr_expect(waits_saw_self_test(world.waits, 66));
    expect_streams(&world, "all: | blocked:");
}

Test(samples, blindness_is_told) {
    struct world world = world_new();
    struct value blindness = value_no_data(world.heap, "blind");
    waits_blind(world.waits, 500 * MILLISECOND, 600 * MILLISECOND, blindness); /* before the migration */
    waits_blind(world.waits, 2 * SECOND, 3 * SECOND, blindness);
    value_release(blindness);
    expect_streams(&world, "all: no data: blind no data: blind | blocked: no data: blind");
}

/* ---- on a server ---- */
static struct trial_argument file(struct trial *trial, const char *name, const char *content) {
    static char paths[4][200];
    static size_t used;
    char *path = paths[used++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", trial_logs(trial), name);
    FILE *out = fopen(path, "w");
    cr_assert(out);
    fputs(content, out);
    fclose(out);
    return text(path);
}

static uint32_t apply(struct trial *trial, uint32_t db, struct trial_argument migration) {
    return CALL(trial, "db_apply", step(db), migration, text("autocommit"), none(), integer(0), none());
}

/* The scratch server logs at 100 ms, so that of 200 ms only samples can tell. */
Test(existing, the_database_itself_by_samples) {
    struct trial *trial = trial_new();
    uint32_t db =
        CALL(trial, "postgres", text("recipes.d/fixtures/notes.sql"), none(), duration(100 * MILLISECOND), json("{}"));
    uint32_t mark = apply(trial, db, file(trial, "a.sql", "COMMENT ON DATABASE work IS 'aot: scratch'"));
    uint32_t there =
        CALL(trial, "postgres_at", step(CALL(trial, "db_url", step(db))), boolean(false), duration(200 * MILLISECOND));
    uint32_t notes = CALL(trial, "db_count", step(there), text("notes"));
    struct trial_argument held =
        file(trial, "b.sql", "BEGIN;\nLOCK TABLE notes IN ACCESS EXCLUSIVE MODE;\nSELECT pg_sleep(0.3);\nCOMMIT");
    uint32_t change = apply(trial, there, held);
    uint32_t traced = CALL(trial, "db_trace", step(there), held, text("autocommit"), duration(MINUTE));
    uint32_t works = CALL(trial, "db_detects", step(there), duration(200 * MILLISECOND));
    cr_expect_eq(trial_run(trial, 0), RUN_COMPLETE, "%s", trial_message(trial));
    cr_expect_str_eq(trial_shown(trial, notes), "100");
    cr_expect_str_eq(trial_shown(trial, works), "true");
    cr_expect(strstr(trial_shown(trial, mark), "ok: true") != NULL, "%s", trial_shown(trial, mark));
    cr_expect(strstr(trial_shown(trial, change), "ok: true") != NULL, "%s", trial_shown(trial, change));
    cr_expect(strstr(trial_shown(trial, traced), "it is being accessed by") != NULL, "%s", trial_shown(trial, traced));
    cr_expect(strstr(trial_effects(trial), "samples of pg_locks every 10ms") != NULL, "%s", trial_effects(trial));
    cr_expect(strstr(trial_effects(trial), "self-test passed") != NULL, "%s", trial_effects(trial));
    trial_free(trial);
}
