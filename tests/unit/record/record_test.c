/* record/record: everything that is written is read back, masked; the file is one file, readable by others. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/aot-record-XXXXXX";
static char path[64];

static void set_up(void) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.aotrec", folder);
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

static struct record *create(const struct mask *mask) {
    char *error = NULL;
    struct record *record = record_create(path, mask, &error);
    cr_assert(record, "%s", error);
    return record;
}

static struct record *open_it(void) {
    char *error = NULL;
    struct record *record = record_open(path, &error);
    cr_assert(record, "%s", error);
    return record;
}

static void close_it(struct record *record) {
    char *error = NULL;
    cr_assert(record_close(record, &error), "%s", error);
    cr_assert_null(error);
}

/* Every row as a line of text, so that a whole record is compared at once. */
static bool write_source(void *data, struct text name, struct text content, struct text role) {
    buffer_printf(data, "source %.*s %.*s %.*s\n", TEXT_ARGS(name), TEXT_ARGS(content), TEXT_ARGS(role));
    return true;
}
static bool write_binding(void *data, struct text name, int64_t at, struct text value) {
    buffer_printf(data, "binding %.*s %lld %.*s\n", TEXT_ARGS(name), (long long)at, TEXT_ARGS(value));
    return true;
}
static bool write_phase(void *data, struct text name, int64_t start, int64_t end, bool reached, bool cut,
                        struct text outer) {
    buffer_printf(data, "phase %.*s %lld %lld %d %d %.*s\n", TEXT_ARGS(name), (long long)start, (long long)end, reached,
                  cut, TEXT_ARGS(outer));
    return true;
}
static bool write_mark(void *data, struct text name, int64_t at) {
    buffer_printf(data, "mark %.*s %lld\n", TEXT_ARGS(name), (long long)at);
    return true;
}
static bool write_sample(void *data, int64_t start, int64_t end, int64_t intended, struct text value) {
    buffer_printf(data, "sample %lld %lld %lld %.*s\n", (long long)start, (long long)end,
                  intended == INT64_MIN ? -1LL : (long long)intended, TEXT_ARGS(value));
    return true;
}
static bool write_stream(void *data, const struct stream_row *stream) {
    buffer_printf(data, "stream %u %.*s %.*s %d %d %d %lld %lld %lld %g\n", stream->id, TEXT_ARGS(stream->name),
                  TEXT_ARGS(stream->kind), stream->observer, stream->sampler, stream->starved, (long long)stream->every,
                  (long long)stream->alive_from, (long long)stream->alive_to, stream->rate);
    return true;
}
static bool write_effect(void *data, struct text kind, struct text subject, int64_t start, int64_t end,
                         struct text outcome) {
    buffer_printf(data, "effect %.*s %.*s %lld %lld %.*s\n", TEXT_ARGS(kind), TEXT_ARGS(subject), (long long)start,
                  (long long)end, TEXT_ARGS(outcome));
    return true;
}
static bool write_stall(void *data, int64_t at, int64_t length) {
    buffer_printf(data, "stall %lld %lld\n", (long long)at, (long long)length);
    return true;
}
static bool write_note(void *data, int64_t at, struct text text) {
    buffer_printf(data, "note %lld %.*s\n", (long long)at, TEXT_ARGS(text));
    return true;
}
static bool write_claim(void *data, struct text assertion, struct text claim, uint32_t occurrence, struct text values) {
    buffer_printf(data, "claim %.*s|%.*s|%u|%.*s\n", TEXT_ARGS(assertion), TEXT_ARGS(claim), occurrence,
                  TEXT_ARGS(values));
    return true;
}
static bool write_verdict(void *data, const struct verdict_row *row) {
    buffer_printf(data, "verdict %.*s|%.*s|%.*s|%u|%d|%.*s|%.*s|%.*s|%.*s|%.*s:%u:%u\n", TEXT_ARGS(row->assertion),
                  TEXT_ARGS(row->rules), TEXT_ARGS(row->claim), row->occurrence, row->is_assume,
                  TEXT_ARGS(row->outcome), TEXT_ARGS(row->reason), TEXT_ARGS(row->explanation),
                  TEXT_ARGS(row->evidence), TEXT_ARGS(row->file), row->line, row->column);
    return true;
}

static void write_all(struct record *record, struct buffer *out) {
    cr_assert(record_each_source(record, write_source, out));
    cr_assert(record_each_binding(record, write_binding, out));
    cr_assert(record_each_phase(record, write_phase, out));
    cr_assert(record_each_mark(record, write_mark, out));
    cr_assert(record_each_stream(record, write_stream, out));
    for (uint32_t stream = 1; stream <= 3; stream++) cr_assert(record_each_sample(record, stream, write_sample, out));
    cr_assert(record_each_effect(record, write_effect, out));
    cr_assert(record_each_stall(record, write_stall, out));
    cr_assert(record_each_note(record, write_note, out));
    cr_assert(record_each_claim(record, write_claim, out));
    cr_assert(record_each_verdict(record, write_verdict, out));
}

static void fill(struct record *record) {
    record_meta(record, "recipe", TEXT("T4"));
    record_meta(record, "zero", TEXT("1000"));
    record_source(record, "t4.aot", TEXT("recipe T4 \"x\"\nline 2"), "recipe");
    record_binding(record, TEXT("home"), 5, TEXT("{\"status\":200}"));
    record_phase(record, TEXT("upgrade"), 10, 20, true, false, TEXT(""));
    record_phase(record, TEXT("never"), 0, 0, false, false, TEXT("upgrade"));
    record_mark(record, TEXT("m"), 15);
    uint32_t blocked = record_stream(record, TEXT("blocked"), "samples", false, true, 20000000, 0, 3);
    uint32_t load = record_stream(record, TEXT("orders"), "events", false, true, 0, 50.5, 4);
    uint32_t log = record_stream(record, TEXT("api.log"), "events", true, false, 0, 0, 5);
    cr_assert(blocked == 1 && load == 2 && log == 3);
    record_sample(record, blocked, 1, 2, INT64_MIN, TEXT("true"));
    record_sample_again(record, blocked, 3, 4, INT64_MIN);
    record_sample(record, load, 7, 9, 6, TEXT("{\"status\":503}"));
    record_sample(record, blocked, 5, 6, INT64_MIN, TEXT("false"));
    record_stream_end(record, blocked, 100, false);
    record_stream_end(record, load, 101, true);
    record_effect(record, "fault", TEXT("proxy.cut"), 11, 19, TEXT("14 connections reset"));
    record_effect(record, "db.run", TEXT("0042.sql"), 1, 3, TEXT("ok"));
    record_stall(record, 12, 300);
    record_note(record, 13, TEXT("a note"));
    record_claim(record, TEXT("title"), TEXT("always: c"), 2, TEXT("[1]"));
    record_verdict(record,
                   &(struct verdict_row){ TEXT("title"), TEXT("R1.1, R1.2"), TEXT("always: c"), 2, true, TEXT("fail"),
                                          TEXT(""), TEXT("line\nline"), TEXT("{}"), TEXT("t4.aot"), 31, 7 });
    record_outcome(record, TEXT("fail"), TEXT("because"));
}

static const char expected[] = "source t4.aot recipe T4 \"x\"\nline 2 recipe\n"
                               "binding home 5 {\"status\":200}\n"
                               "phase upgrade 10 20 1 0 \nphase never 0 0 0 0 upgrade\n"
                               "mark m 15\n"
                               "stream 1 blocked samples 0 1 0 20000000 3 100 0\n"
                               "stream 2 orders events 0 1 1 0 4 101 50.5\n"
                               "stream 3 api.log events 1 0 0 0 5 9223372036854775807 0\n"
                               "sample 1 2 -1 true\nsample 3 4 -1 true\nsample 5 6 -1 false\n"
                               "sample 7 9 6 {\"status\":503}\n"
                               "effect fault proxy.cut 11 19 14 connections reset\n"
                               "effect db.run 0042.sql 1 3 ok\n"
                               "stall 12 300\nnote 13 a note\n"
                               "claim title|always: c|2|[1]\n"
                               "verdict title|R1.1, R1.2|always: c|2|1|fail||line\nline|{}|t4.aot:31:7\n";

static void expect_all(struct record *record) {
    struct buffer out = { 0 };
    write_all(record, &out);
    cr_expect_str_eq(out.bytes, expected);
    buffer_done(&out);
    struct buffer outcome = { 0 }, message = { 0 };
    cr_expect(record_read_outcome(record, &outcome, &message));
    cr_expect(text_is(buffer_text(&outcome), "fail") && text_is(buffer_text(&message), "because"));
    buffer_done(&outcome);
    buffer_done(&message);
    cr_expect_not(record_read_meta(record, "absent", &outcome));
}

Test(record, round_trip, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    close_it(record);
    record = open_it();
    cr_expect(record_is_complete(record));
    expect_all(record);
    close_it(record);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(record, can_be_read_while_it_is_written, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    expect_all(record);
    record_mark(record, TEXT("later"), 99);
    struct buffer out = { 0 };
    cr_expect(record_each_mark(record, write_mark, &out));
    cr_expect_str_eq(out.bytes, "mark m 15\nmark later 99\n");
    buffer_done(&out);
    cr_expect_not(record_is_complete(record));
    close_it(record);
    cr_expect_eq(memory_live_blocks(), 0);
}

Test(record, is_one_file_in_the_end, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    cr_assert(record_flush(record, 5 * SECOND));
    char log[80];
    snprintf(log, sizeof log, "%s-wal", path);
    cr_expect_eq(access(log, F_OK), 0, "while it is written there is a write-ahead log");
    close_it(record);
    cr_expect_neq(access(log, F_OK), 0);
    snprintf(log, sizeof log, "%s-shm", path);
    cr_expect_neq(access(log, F_OK), 0);
}

Test(record, last_time, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    int64_t time = 77;
    cr_expect_not(record_last_time(record, &time));
    cr_expect_null(record_reading_error(record));
    fill(record);
    cr_expect(record_last_time(record, &time));
    cr_expect_eq(time, 312, "the end of the stall");
    uint32_t stream = record_stream(record, TEXT("s"), "samples", false, true, 1, 0, 0);
    record_sample(record, stream, 400, 500, INT64_MIN, TEXT("1"));
    cr_expect(record_last_time(record, &time));
    cr_expect_eq(time, 500);
    close_it(record);
}

Test(record, effects_between, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    struct buffer out = { 0 };
    cr_assert(record_each_effect_between(record, 3, 10, write_effect, &out));
    cr_expect_str_eq(out.bytes, "effect db.run 0042.sql 1 3 ok\n");
    buffer_clear(&out);
    cr_assert(record_each_effect_between(record, 0, 100, write_effect, &out));
    cr_expect(text_starts(buffer_text(&out), TEXT("effect db.run")), "by their start");
    buffer_done(&out);
    close_it(record);
}

static bool stop_after_one(void *data, struct text name, int64_t at, struct text value) {
    (void)name, (void)at, (void)value;
    ++*(int *)data;
    return false;
}

Test(record, reading_stops_when_asked, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    record_binding(record, TEXT("second"), 6, TEXT("1"));
    int calls = 0;
    cr_expect(record_each_binding(record, stop_after_one, &calls));
    cr_expect_eq(calls, 1);
    close_it(record);
}

/* More than one chunk in each way: by count, by bytes, by kind, and `again` across the border. */
Test(record, samples_across_chunks, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    uint32_t stream = record_stream(record, TEXT("s"), "samples", false, true, 1, 0, 0);
    struct buffer wanted = { 0 }, large = { 0 };
    buffer_append_repeat(&large, '1', 60000);
    for (int i = 0; i < 20000; i++) {
        int64_t intended = i % 7000 < 20 ? i : INT64_MIN;
        struct text value = i % 5000 == 4999 ? buffer_text(&large) : i % 3 ? TEXT("true") : TEXT("[1,2]");
        if (i % 3 == 2 && i % 5000 > 0 && i % 5000 < 4990)
            record_sample_again(record, stream, i, i + 1, intended);
        else
            record_sample(record, stream, i, i + 1, intended, value);
        write_sample(&wanted, i, i + 1, intended, value);
    }
    close_it(record);
    record = open_it();
    struct buffer out = { 0 };
    cr_assert(record_each_sample(record, stream, write_sample, &out));
    cr_expect(text_equal(buffer_text(&out), buffer_text(&wanted)));
    close_it(record);
    buffer_done(&out);
    buffer_done(&wanted);
    buffer_done(&large);
}

static bool file_holds(const char *file, const char *needle) {
    FILE *stream = fopen(file, "rb");
    cr_assert(stream);
    struct buffer content = { 0 };
    char bytes[4096];
    for (size_t length; (length = fread(bytes, 1, sizeof bytes, stream)) > 0;)
        buffer_append(&content, (struct text){ bytes, length });
    fclose(stream);
    bool found = text_find(buffer_text(&content), text_of(needle)) != SIZE_MAX;
    buffer_done(&content);
    return found;
}

Test(record, secrets_never_enter, .init = set_up, .fini = tear_down) {
    struct mask *mask = mask_new();
    cr_assert(mask_add(mask, TEXT("hunter2")));
    struct record *record = create(mask);
    struct text secret = TEXT("\"a hunter2 b\"");
    record_meta(record, "end", secret);
    record_source(record, "a hunter2", secret, "input");
    record_binding(record, secret, 1, secret);
    record_phase(record, secret, 1, 2, true, false, secret);
    record_mark(record, secret, 1);
    uint32_t stream = record_stream(record, secret, "events", false, true, 0, 0, 0);
    record_sample(record, stream, 1, 2, 1, secret);
    record_sample(record, stream, 1, 2, 1, TEXT("\"aHVudGVyMg==\""));
    record_effect(record, "http.get", secret, 1, 2, secret);
    record_note(record, 1, secret);
    record_claim(record, secret, secret, 1, secret);
    record_verdict(record, &(struct verdict_row){ secret, secret, secret, 1, false, secret, secret, secret, secret,
                                                  secret, 1, 1 });
    record_outcome(record, TEXT("error"), secret);
    cr_expect(mask_add(mask, TEXT("later-secret")), "a secret may be added while the run goes on");
    record_note(record, 2, TEXT("later-secret"));
    cr_assert(record_flush(record, 5 * SECOND));
    char log[80];
    snprintf(log, sizeof log, "%s-wal", path);
    cr_expect(file_holds(log, "***"));
    cr_expect_not(file_holds(log, "hunter2"));
    close_it(record);
    cr_expect(file_holds(path, "***"));
    cr_expect_not(file_holds(path, "hunter2"));
    cr_expect_not(file_holds(path, "HVudGVyM"));
    cr_expect_not(file_holds(path, "later-secret"));
    mask_free(mask);
    cr_expect_eq(memory_live_blocks(), 0);
}

/* Runs the sqlite3 program, as a user would. */
static void expect_sqlite(const char *query, const char *wanted) {
    char command[512], output[1024] = "";
    snprintf(command, sizeof command, "sqlite3 '%s' \"%s\"", path, query);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe);
    size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    cr_expect_eq(pclose(pipe), 0, "is the sqlite3 program installed?");
    cr_expect_str_eq(output, wanted, "%s gave '%s'", query, output);
}

Test(record, views_for_the_sqlite3_program, .init = set_up, .fini = tear_down) {
    struct record *record = create(NULL);
    fill(record);
    record_meta(record, "zero", TEXT("-1999999990"));
    expect_sqlite("select count(*) from phases", "0\n"); /* nothing was flushed, and looking on disturbs nobody */
    cr_assert(record_flush(record, 5 * SECOND));
    expect_sqlite("select name, start_s, length_s, state from phases", "upgrade|2.0|0.0|complete\nnever|||unreached\n");
    close_it(record);
    expect_sqlite("select outcome, kind, assertion, line from verdicts", "fail|assume|title|31\n");
    expect_sqlite("select kind, subject, outcome from effects",
                  "db.run|0042.sql|ok\nfault|proxy.cut|14 connections reset\n");
    expect_sqlite("select name, at_s, value from bindings", "home|2.0|{\"status\":200}\n");
    expect_sqlite("select name, samples, every_ms from streams", "blocked|3|20.0\norders|1|0.0\napi.log|0|0.0\n");
    expect_sqlite("pragma application_id", "1634694226\n");
    expect_sqlite("pragma user_version", "1\n");
    expect_sqlite("pragma integrity_check", "ok\n");
}
