/* Texts, lists, JSON, chance, digests and files, called as a recipe calls them. */
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPECT(trial, call, expected) cr_expect_str_eq(trial_shown(trial, call), expected)

static void good(struct trial *trial) {
    enum run_end end = trial_run(trial, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(trial));
}

Test(plain, texts) {
    struct trial *s = trial_new();
    uint32_t length = CALL(s, "text_length", text("naïve €"));
    uint32_t bad_bytes = CALL(s, "text_length", text("\xff\xfe"));
    uint32_t parts = CALL(s, "text_split", text("a,b,,c"), text(","));
    uint32_t letters = CALL(s, "text_split", text("aé€"), text(""));
    uint32_t nothing = CALL(s, "text_split", text(""), text(","));
    uint32_t no_letters = CALL(s, "text_split", text(""), text(""));
    uint32_t joined = CALL(s, "text_join", json("[\"a\", \"b\"]"), text("-"));
    uint32_t wrong = CALL(s, "text_join", json("[\"a\", 2]"), text("-"));
    uint32_t trimmed = CALL(s, "text_trim_native", text(" \t a b \r\n"));
    uint32_t replaced = CALL(s, "text_replace", text("aXbXX"), text("X"), text("--"));
    uint32_t empty_old = CALL(s, "text_replace", text("abc"), text(""), text("-"));
    uint32_t upper = CALL(s, "text_upper", text("straße é 1"));
    uint32_t lower = CALL(s, "text_lower", text("ÉA"));
    good(s);
    EXPECT(s, length, "7");
    EXPECT(s, bad_bytes, "2");
    EXPECT(s, parts, "[\"a\", \"b\", \"\", \"c\"]");
    EXPECT(s, letters, "[\"a\", \"é\", \"€\"]");
    EXPECT(s, nothing, "[\"\"]");
    EXPECT(s, no_letters, "[]");
    EXPECT(s, joined, "\"a-b\"");
    cr_expect_eq(trial_value(s, wrong).kind, VALUE_ERROR);
    EXPECT(s, trimmed, "\"a b\"");
    EXPECT(s, replaced, "\"a--b----\"");
    cr_expect_eq(trial_value(s, empty_old).kind, VALUE_ERROR);
    EXPECT(s, upper, "\"STRAẞE É 1\"");
    EXPECT(s, lower, "\"éa\"");
    trial_free(s);
}

Test(plain, replacing_by_pattern) {
    struct trial *s = trial_new();
    uint32_t groups =
        CALL(s, "text_replace_regex", text("2026-11-22"), regex("(\\d+)-(\\d+)-(\\d+)"), text("$3.$2.$1 $$ $x"));
    uint32_t empty = CALL(s, "text_replace_regex", text("aé"), regex("x*"), text("-"));
    uint32_t none_found = CALL(s, "text_replace_regex", text("abc"), regex("x"), text("y"));
    uint32_t group_absent = CALL(s, "text_replace_regex", text("b"), regex("(a)|b"), text("[$1$0]"));
    good(s);
    EXPECT(s, groups, "\"22.11.2026 $ $x\"");
    EXPECT(s, empty, "\"-a-é-\"");
    EXPECT(s, none_found, "\"abc\"");
    EXPECT(s, group_absent, "\"[b]\"");
    trial_free(s);
}

Test(plain, lists_and_maps) {
    struct trial *s = trial_new();
    uint32_t length = CALL(s, "list_length", json("[1, 2]"));
    uint32_t sorted = CALL(s, "list_sort", json("[3, 1, 2, 1]"));
    uint32_t unique = CALL(s, "list_unique", json("[3, 1, 3, 2, 1]"));
    uint32_t keys = CALL(s, "map_keys", json("{\"b\": 1, \"a\": 2}"));
    uint32_t no_keys = CALL(s, "json_keys", json("[1]"));
    uint32_t json_text = CALL(s, "json_length", json("\"äö\""));
    uint32_t json_number = CALL(s, "json_length", json("7"));
    uint32_t range = CALL(s, "range_to", integer(3));
    uint32_t between = CALL(s, "range_between", integer(-1), integer(2));
    uint32_t backwards = CALL(s, "range_between", integer(5), integer(2));
    uint32_t huge = CALL(s, "range_between", integer(INT64_MIN), integer(INT64_MAX));
    good(s);
    EXPECT(s, length, "2");
    EXPECT(s, sorted, "[1, 1, 2, 3]");
    EXPECT(s, unique, "[3, 1, 2]");
    EXPECT(s, keys, "[\"b\", \"a\"]");
    cr_expect_eq(trial_value(s, no_keys).kind, VALUE_ERROR);
    EXPECT(s, json_text, "2");
    cr_expect_eq(trial_value(s, json_number).kind, VALUE_ERROR);
    EXPECT(s, range, "[0, 1, 2]");
    EXPECT(s, between, "[-1, 0, 1]");
    EXPECT(s, backwards, "[]");
    cr_expect_eq(trial_value(s, huge).kind, VALUE_ERROR);
    trial_free(s);
}

Test(plain, json_keeps_what_a_double_loses) {
    struct trial *s = trial_new();
    uint32_t parsed = CALL(s, "json_parse", text("{\"big\": 12345678901234567890, \"id\": 9007199254740993}"));
    uint32_t back = CALL(s, "json_text_of", step(parsed));
    uint32_t broken = CALL(s, "json_parse", text("{\"a\": }"));
    uint32_t passed_on = CALL(s, "json_text_of", step(broken));
    uint32_t quantity = CALL(s, "json_text_of", size(2048));
    good(s);
    EXPECT(s, back, "\"{\\\"big\\\":12345678901234567890,\\\"id\\\":9007199254740993}\"");
    cr_expect_eq(trial_value(s, broken).kind, VALUE_ERROR);
    cr_expect_eq(trial_value(s, passed_on).kind, VALUE_ERROR, "an error passes through");
    EXPECT(s, quantity, "\"2048\"");
    trial_free(s);
}

Test(plain, chance_can_be_repeated) {
    char first[3][64];
    for (int round = 0; round < 2; round++) {
        struct trial *s = trial_new();
        uint32_t calls[3] = { CALL(s, "random_between", integer(-3), integer(3)), CALL(s, "random_uuid"),
                              CALL(s, "random_text", integer(20)) };
        uint32_t sure = CALL(s, "random_between", integer(5), integer(5));
        uint32_t any = CALL(s, "random_between", integer(INT64_MIN), integer(INT64_MAX));
        good(s);
        for (int i = 0; i < 3; i++) {
            if (round)
                cr_expect_str_eq(trial_shown(s, calls[i]), first[i]);
            else
                snprintf(first[i], sizeof first[i], "%.63s", trial_shown(s, calls[i]));
        }
        struct text uuid = value_text_of(trial_value(s, calls[1]));
        cr_expect(uuid.length == 36 && uuid.bytes[14] == '4' && strchr("89ab", uuid.bytes[19]), "%.*s",
                  TEXT_ARGS(uuid));
        int64_t drawn = trial_value(s, calls[0]).integer;
        cr_expect(drawn >= -3 && drawn <= 3);
        EXPECT(s, sure, "5");
        cr_expect_eq(trial_value(s, any).kind, VALUE_INTEGER);
        trial_free(s);
    }
}

Test(plain, chance_without_sense_ends_the_run) {
    struct trial *s = trial_new();
    CALL(s, "random_between", integer(3), integer(2));
    cr_expect_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "the low end 3 is above the high end 2"), "%s", trial_message(s));
    trial_free(s);
}

Test(plain, digests) {
    struct trial *s = trial_new();
    uint32_t of_text = CALL(s, "hash_sha256_text", text("abc"));
    uint32_t longer = CALL(s, "hash_sha512_text", text("abc"));
    uint32_t old = CALL(s, "hash_md5_text", text("abc"));
    uint32_t file = CALL(s, "file_temporary", text("a.txt"), text("abc"));
    uint32_t of_file = CALL(s, "hash_sha256_file", step(file));
    uint32_t of_file_md5 = CALL(s, "hash_md5_file", step(file));
    uint32_t absent = CALL(s, "hash_sha256_file", text("/nowhere/at/all"));
    uint32_t folder = CALL(s, "hash_sha512_file", text("/tmp"));
    uint32_t device = CALL(s, "hash_sha256_file", text("/dev/zero"));
    good(s);
    const char *sha = "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"";
    EXPECT(s, of_text, sha);
    EXPECT(s, of_file, sha);
    cr_expect(strncmp(trial_shown(s, longer), "\"ddaf35a193617aba", 17) == 0);
    EXPECT(s, old, "\"900150983cd24fb0d6963f7d28e17f72\"");
    EXPECT(s, of_file_md5, "\"900150983cd24fb0d6963f7d28e17f72\"");
    cr_expect(strstr(trial_shown(s, absent), "no such file"), "%s", trial_shown(s, absent));
    cr_expect(strstr(trial_shown(s, folder), "it is a folder"));
    cr_expect(strstr(trial_shown(s, device), "no regular file"));
    trial_free(s);
}

Test(plain, files) {
    struct trial *s = trial_new();
    uint32_t first = CALL(s, "file_temporary", text("haproxy.cfg"), text("one"));
    uint32_t second = CALL(s, "file_temporary", text("haproxy.cfg"), text("two"));
    uint32_t read_back = CALL(s, "file_read", step(second), size(100));
    uint32_t too_long = CALL(s, "file_read", step(first), size(2));
    uint32_t absent = CALL(s, "file_read", text("/nowhere/at/all"), size(2));
    uint32_t there = CALL(s, "file_exists", step(first));
    uint32_t not_there = CALL(s, "file_exists", text("/nowhere/at/all"));
    uint32_t random = CALL(s, "file_random", size(300001));
    uint32_t content = CALL(s, "file_read", step(random), size(1 << 20));
    uint32_t variable = CALL(s, "env_get", text("PATH"));
    uint32_t no_variable = CALL(s, "env_get", text("AOT_NO_SUCH_VARIABLE"));
    good(s);
    cr_expect(strstr(trial_shown(s, first), "/haproxy.cfg\""), "%s", trial_shown(s, first));
    cr_expect(strstr(trial_shown(s, second), "/haproxy-2.cfg\""), "%s", trial_shown(s, second));
    EXPECT(s, read_back, "\"two\"");
    cr_expect(strstr(trial_shown(s, too_long), "over 2B"), "%s", trial_shown(s, too_long));
    cr_expect(value_is_missing(trial_value(s, absent)));
    EXPECT(s, there, "true");
    EXPECT(s, not_there, "false");
    cr_expect_eq(value_text_of(trial_value(s, content)).length, 300001);
    cr_expect_eq(trial_value(s, variable).kind, VALUE_TEXT);
    EXPECT(s, no_variable, "none");
    trial_free(s);
}

Test(plain, a_file_that_cannot_be_made_ends_the_run) {
    struct trial *s = trial_new();
    CALL(s, "file_temporary", text("../escape"), text("x"));
    cr_expect_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "not the bare name of a file"), "%s", trial_message(s));
    trial_free(s);
}

Test(plain, files_by_pattern) {
    struct trial *s = trial_new();
    char pattern[128], path[128];
    const char *names[] = { "10.sql", "9.sql", "a b.sql", "other.txt", "folder.sql" };
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", trial_scratch(s), names[i]);
        FILE *file = i < 4 ? fopen(path, "w") : NULL;
        if (file)
            fclose(file);
        else
            cr_assert_eq(mkdir(path, 0700), 0);
    }
    snprintf(pattern, sizeof pattern, "%s/*.sql", trial_scratch(s));
    uint32_t found = CALL(s, "file_list", text(pattern));
    uint32_t nothing = CALL(s, "file_list", text("/nowhere/*.sql"));
    good(s);
    struct value list = trial_value(s, found);
    cr_assert_eq(value_count(list), 3, "%s", trial_shown(s, found));
    cr_expect(text_ends(value_text_of(value_at(list, 0)), TEXT("/10.sql")));
    cr_expect(text_ends(value_text_of(value_at(list, 1)), TEXT("/9.sql")));
    cr_expect(text_ends(value_text_of(value_at(list, 2)), TEXT("/a b.sql")));
    EXPECT(s, nothing, "[]");
    trial_free(s);
}

Test(plain, a_note_is_recorded) {
    struct trial *s = trial_new();
    CALL(s, "note", text("here we are"));
    good(s);
    cr_expect(strstr(trial_effects(s), "note here we are: \n"), "%s", trial_effects(s));
    trial_free(s);
}

/* 20 GiB of nothing: hashing them takes longer than the run may. The thread is told, and the run ends in time. */
Test(plain, an_errand_can_be_given_up) {
    struct trial *s = trial_new();
    char path[128];
    snprintf(path, sizeof path, "%s/sparse", trial_scratch(s));
    FILE *file = fopen(path, "w");
    cr_assert(file && ftruncate(fileno(file), (off_t)20 << 30) == 0);
    fclose(file);
    CALL(s, "hash_sha256_file", text(path));
    int64_t began = clock_monotonic();
    cr_expect_eq(trial_run(s, 300 * MILLISECOND), RUN_ERROR);
    cr_expect_lt(clock_monotonic() - began, 3 * SECOND);
    trial_free(s);
}

Test(plain, aggregates_as_called) {
    struct trial *s = trial_new();
    uint32_t least = CALL(s, "stats_min_of", integer(3), integer(2), json("[1, 4]"));
    uint32_t most = CALL(s, "stats_max_of", duration(3), duration(2), json("[]"));
    uint32_t count = CALL(s, "stats_count", step(CALL(s, "range_to", integer(5))));
    uint32_t mean = CALL(s, "stats_avg", json("[1, 2]"));
    uint32_t middle = CALL(s, "stats_p50", json("[5, 1, 3]"));
    uint32_t first = CALL(s, "stats_first", json("[7, 8]"));
    uint32_t no_last = CALL(s, "stats_last", json("[]"));
    uint32_t share = CALL(s, "stats_ratio", json("[1, 2, 3, 4]"), json("[true, false, true, true]"));
    uint32_t uneven = CALL(s, "stats_ratio", json("[1, 2, 3, 4]"), json("[true]"));
    uint32_t no_rate = CALL(s, "stats_rate", json("[1]"));
    good(s);
    EXPECT(s, least, "1");
    EXPECT(s, most, "3ns");
    EXPECT(s, count, "5");
    EXPECT(s, mean, "1.5");
    EXPECT(s, middle, "3");
    EXPECT(s, first, "7");
    cr_expect_eq(trial_value(s, no_last).kind, VALUE_NO_DATA);
    EXPECT(s, share, "75%");
    cr_expect_eq(trial_value(s, uneven).kind, VALUE_ERROR);
    cr_expect_eq(trial_value(s, no_rate).kind, VALUE_ERROR);
    trial_free(s);
}
