/* Programs: real ones, good and bad, from their start until nothing of them is left. */
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *env, *folder, *input;
    int64_t timeout, output_limit;
};
#define OPTIONS(...) (&(struct options){ __VA_ARGS__ })

static struct trial_argument optional(const char *content) {
    return content ? text(content) : none();
}

static uint32_t run(struct trial *s, bool by_shell, const char *command, const struct options *o) {
    struct trial_argument list[8] = { by_shell ? shell(command) : json(command),
                                      duration(o->timeout ? o->timeout : 10 * SECOND),
                                      json(o->env ? o->env : "{}"),
                                      optional(o->folder),
                                      optional(o->input),
                                      size(o->output_limit ? o->output_limit : 16 << 20),
                                      none(),
                                      none() };
    return trial_call(s, by_shell ? "process_run_shell" : "process_run", by_shell ? 7 : 8, list);
}

static uint32_t sh(struct trial *s, const char *command, const struct options *o) {
    return run(s, true, command, o);
}

static uint32_t start(struct trial *s, const char *command) {
    return CALL(s, "process_start_shell", shell(command), json("{}"), none(), none());
}

static uint32_t of(struct trial *s, const char *property, uint32_t process) {
    return CALL(s, property, step(process));
}

static void good(struct trial *s) {
    enum run_end end = trial_run(s, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
}

#define EXPECT(trial, call, expected) cr_expect_str_eq(trial_shown(trial, call), expected)

/* The text of a file in the trial's scratch folder as a number, 0 while it is not there. */
static pid_t process_in(const char *path) {
    FILE *file = fopen(path, "r");
    int process = 0;
    if (file && fscanf(file, "%d", &process) != 1) process = 0;
    if (file) fclose(file);
    return process;
}

static bool lives(pid_t process) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1) state = 'X';
    fclose(file);
    return state != 'Z' && state != 'X';
}

Test(process, code_and_outputs) {
    struct trial *s = trial_new();
    uint32_t p = sh(s, "echo out; echo err >&2; printf 'no end'; exit 3", OPTIONS(0));
    uint32_t code = of(s, "process_code", p), signal_of = of(s, "process_signal", p), up = of(s, "process_up", p);
    uint32_t out = of(s, "process_stdout", p), err = of(s, "process_stderr", p);
    uint32_t lines = of(s, "process_output", p), exits = of(s, "process_exited", p);
    uint32_t line_count = CALL(s, "stats_count", step(lines)), last = CALL(s, "stats_last", step(exits));
    good(s);
    EXPECT(s, code, "3");
    EXPECT(s, signal_of, "none");
    EXPECT(s, up, "false");
    EXPECT(s, out, "\"out\\nno end\"");
    EXPECT(s, err, "\"err\\n\"");
    EXPECT(s, line_count, "3");
    EXPECT(s, last, "3");
    cr_expect(strstr(trial_effects(s), "exit 3"), "%s", trial_effects(s));
    trial_free(s);
}

Test(process, arguments_environment_folder_and_input) {
    struct trial *s = trial_new();
    setenv("AOT_TEST_INHERITED", "yes", 1);
    setenv("AOT_TEST_REMOVED", "yes", 1);
    uint32_t words = run(s, false, "[\"printf\", \"%s|\", \"a b\", \"$HOME\", \"\"]", OPTIONS(0));
    uint32_t words_out = of(s, "process_stdout", words);
    uint32_t env = sh(s, "echo $AOT_TEST_INHERITED,$AOT_TEST_REMOVED,$GIVEN; test -n \"$AOT_RUN\" && pwd",
                      OPTIONS(.env = "{\"GIVEN\": \"x=y\", \"AOT_TEST_REMOVED\": null}", .folder = "/usr"));
    uint32_t env_out = of(s, "process_stdout", env);
    uint32_t input = sh(s, "tr a-z A-Z", OPTIONS(.input = "upper me"));
    uint32_t input_out = of(s, "process_stdout", input);
    uint32_t no_input = sh(s, "cat; echo end", OPTIONS(0));
    uint32_t no_input_out = of(s, "process_stdout", no_input);
    good(s);
    EXPECT(s, words_out, "\"a b|$HOME||\"");
    EXPECT(s, env_out, "\"yes,,x=y\\n/usr\\n\"");
    EXPECT(s, input_out, "\"UPPER ME\"");
    EXPECT(s, no_input_out, "\"end\\n\"");
    trial_free(s);
}

Test(process, a_large_input_that_nobody_reads_is_no_trouble) {
    struct trial *s = trial_new();
    uint32_t content = CALL(s, "random_text", integer(1 << 20));
    struct trial_argument unread[7] = { shell("exit 0"), duration(5 * SECOND), json("{}"),
                                        none(),          step(content),        size(1),
                                        none() };
    struct trial_argument counted[7] = { shell("wc -c"), duration(5 * SECOND), json("{}"),
                                         none(),         step(content),        size(99),
                                         none() };
    uint32_t p = trial_call(s, "process_run_shell", 7, unread), q = trial_call(s, "process_run_shell", 7, counted);
    uint32_t code = of(s, "process_code", p), count = of(s, "process_stdout", q);
    good(s);
    EXPECT(s, code, "0");
    EXPECT(s, count, "\"1048576\\n\"");
    trial_free(s);
}

static void refuses(const char *command, const struct options *o, const char *message) {
    struct trial *s = trial_new();
    run(s, false, command, o);
    cr_expect_eq(trial_run(s, 0), RUN_ERROR, "%s", message);
    cr_expect(strstr(trial_message(s), message), "wanted \"%s\", got \"%s\"", message, trial_message(s));
    trial_free(s);
}

Test(process, what_cannot_be_started_ends_the_run) {
    refuses("[\"no-such-program-at-all\", \"x\"]", OPTIONS(0), "program not found: no-such-program-at-all (PATH is /");
    refuses("[\"no-such\"]", OPTIONS(.env = "{\"PATH\": \"/nowhere\"}"),
            "program not found: no-such (PATH is /nowhere)");
    refuses("[\"./no-such\"]", OPTIONS(0), "program not found: ./no-such");
    refuses("[\"/etc/passwd\"]", OPTIONS(0), "not executable: /etc/passwd");
    refuses("[\"/tmp\"]", OPTIONS(0), "a folder, not a program: /tmp");
    refuses("[]", OPTIONS(0), "the command is empty");
    refuses("[\"true\", 5]", OPTIONS(0), "word 2 of the command is no string");
    refuses("[\"true\"]", OPTIONS(.folder = "/no/such/folder"), "folder /no/such/folder: No such file or directory");
    refuses("[\"true\"]", OPTIONS(.env = "{\"A=B\": \"x\"}"), "cannot be the name of a variable");
    refuses("[\"true\"]", OPTIONS(.timeout = -1), "the timeout must be above 0s");
}

Test(process, a_program_that_is_over_its_time_is_killed_with_all_it_started) {
    struct trial *s = trial_new();
    char command[256], file[160];
    snprintf(file, sizeof file, "%s/inner", trial_scratch(s));
    snprintf(command, sizeof command,
             "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > %s; while :; do sleep 1; done' & wait", file);
    uint32_t p = sh(s, command, OPTIONS(.timeout = 300 * MILLISECOND));
    uint32_t signal_of = of(s, "process_signal", p), code = of(s, "process_code", p);
    uint32_t inner = CALL(s, "file_read", text(file), size(100));
    int64_t began = clock_monotonic();
    good(s);
    cr_expect_lt(clock_monotonic() - began, 3 * SECOND);
    EXPECT(s, signal_of, "\"SIGKILL\"");
    EXPECT(s, code, "none");
    pid_t process = (pid_t)strtol(value_text_of(trial_value(s, inner)).bytes, NULL, 10);
    cr_expect(process > 0 && !lives(process), "process %d", (int)process);
    cr_expect(strstr(trial_effects(s), "SIGKILL, its timeout was over"), "%s", trial_effects(s));
    trial_free(s);
}

Test(process, output_beyond_the_limit_is_dropped_and_told) {
    struct trial *s = trial_new();
    uint32_t p = sh(s, "yes 0123456789 | head -c 1000000", OPTIONS(.output_limit = 1100));
    uint32_t out = of(s, "process_stdout", p), count = CALL(s, "stats_count", step(of(s, "process_output", p)));
    good(s);
    cr_expect_eq(value_text_of(trial_value(s, out)).length, 1100);
    cr_expect_eq(trial_value(s, count).kind, VALUE_ERROR, "silence about what was dropped would be evidence");
    cr_expect(strstr(trial_effects(s), "of output dropped"), "%s", trial_effects(s));
    trial_free(s);
}

Test(process, output_that_is_no_text) {
    struct trial *s = trial_new();
    uint32_t p = sh(s, "printf '\\377\\000\\376\\r\\nx\\n'", OPTIONS(0));
    uint32_t out = of(s, "process_stdout", p), first = CALL(s, "stats_first", step(of(s, "process_output", p)));
    good(s);
    struct text bytes = value_text_of(trial_value(s, out)), line = value_text_of(trial_value(s, first));
    cr_expect(bytes.length == 7 && memcmp(bytes.bytes, "\377\000\376\r\nx\n", 7) == 0);
    cr_expect(line.length == 3 && memcmp(line.bytes, "\377\000\376", 3) == 0, "%zu", line.length);
    trial_free(s);
}

Test(process, a_background_program_lives_until_the_end_of_the_run) {
    struct trial *s = trial_new();
    char log[160], content[256] = "";
    uint32_t p = start(s, "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done");
    trial_wait(s, 200 * MILLISECOND);
    uint32_t up = of(s, "process_up", p), out = of(s, "process_stdout", p), code = of(s, "process_code", p);
    int64_t began = clock_monotonic();
    good(s);
    cr_expect_lt(clock_monotonic() - began, 3 * SECOND, "it obeys SIGTERM");
    EXPECT(s, up, "true");
    EXPECT(s, out, "\"ready\\n\"");
    EXPECT(s, code, "none");
    snprintf(log, sizeof log, "%s/process#1.log", trial_logs(s));
    FILE *file = fopen(log, "r");
    cr_assert(file, "%s", log);
    content[fread(content, 1, sizeof content - 1, file)] = 0;
    fclose(file);
    cr_expect(strncmp(content, "ready\n", 6) == 0 && strstr(content, "\nbye\n"), "%s", content);
    trial_free(s);
}

Test(process, a_secret_does_not_reach_the_log) {
    struct trial *s = trial_new();
    char path[160], content[256] = "";
    trial_secret(s, "hunter2-token");
    sh(s, "printf 'the hunter2-'; sleep 0.1; echo 'token is here'", OPTIONS(0)); /* in two pieces */
    good(s);
    snprintf(path, sizeof path, "%s/process#1.log", trial_logs(s));
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    content[fread(content, 1, sizeof content - 1, file)] = 0;
    fclose(file);
    cr_expect_str_eq(content, "the *** is here\n");
    cr_expect_null(strstr(trial_effects(s), "hunter2-token"), "%s", trial_effects(s));
    trial_free(s);
}

Test(process, stop_waits_and_then_kills) {
    struct trial *s = trial_new();
    uint32_t obeys = start(s, "trap 'exit 7' TERM; while :; do sleep 0.02; done");
    uint32_t ignores = start(s, "trap '' TERM; while :; do sleep 0.02; done");
    trial_wait(s, 200 * MILLISECOND);
    CALL(s, "process_stop", step(obeys), duration(5 * SECOND));
    CALL(s, "process_stop", step(ignores), duration(200 * MILLISECOND));
    uint32_t code = of(s, "process_code", obeys), signal_of = of(s, "process_signal", ignores);
    CALL(s, "process_stop", step(obeys), duration(5 * SECOND)); /* what is gone is stopped */
    CALL(s, "process_kill", step(ignores));
    CALL(s, "process_wait", step(ignores), duration(SECOND));
    int64_t began = clock_monotonic();
    good(s);
    cr_expect_lt(clock_monotonic() - began, 3 * SECOND);
    EXPECT(s, code, "7");
    EXPECT(s, signal_of, "\"SIGKILL\"");
    trial_free(s);
}

Test(process, waiting_has_a_bound) {
    struct trial *s = trial_new();
    uint32_t quick = start(s, "sleep 0.1; exit 4"), slow = start(s, "exec sleep 60");
    CALL(s, "process_wait", step(quick), duration(5 * SECOND));
    uint32_t code = of(s, "process_code", quick);
    CALL(s, "process_wait", step(slow), duration(200 * MILLISECOND));
    cr_expect_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "process#2 still runs after 200ms"), "%s", trial_message(s));
    EXPECT(s, code, "4");
    trial_free(s);
}

/* The program ends, what it left behind holds its pipes open: the end is bounded, and the leftover dies with the run. */
Test(process, a_daemon_in_a_session_of_its_own_is_found) {
    struct trial *s = trial_new();
    char command[256], file[160];
    snprintf(file, sizeof file, "%s/daemon", trial_scratch(s));
    snprintf(command, sizeof command,
             "setsid sh -c 'echo $$ > %s; trap \"\" TERM; while :; do sleep 0.05; done' & sleep 0.3; echo done", file);
    uint32_t p = sh(s, command, OPTIONS(0)), out = of(s, "process_stdout", p), code = of(s, "process_code", p);
    uint32_t daemon = CALL(s, "file_read", text(file), size(100));
    int64_t began = clock_monotonic();
    enum run_end end = trial_run(s, 30 * SECOND);
    int64_t took = clock_monotonic() - began;
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
    cr_expect(took > 2 * SECOND && took < 10 * SECOND, "%lld ms", (long long)(took / MILLISECOND));
    EXPECT(s, out, "\"done\\n\"");
    EXPECT(s, code, "0");
    pid_t process = (pid_t)strtol(value_text_of(trial_value(s, daemon)).bytes, NULL, 10);
    cr_expect(process > 0 && !lives(process), "process %d", (int)process);
    trial_free(s);
}

Test(process, a_daemon_that_closed_everything_is_found_too) {
    struct trial *s = trial_new();
    char command[256], file[160];
    snprintf(file, sizeof file, "%s/daemon", trial_scratch(s));
    snprintf(command, sizeof command,
             "setsid sh -c 'echo $$ > %s; exec sleep 60' </dev/null >/dev/null 2>&1 & sleep 0.2", file);
    uint32_t p = sh(s, command, OPTIONS(0)), code = of(s, "process_code", p);
    uint32_t daemon = CALL(s, "file_read", text(file), size(100));
    good(s);
    EXPECT(s, code, "0");
    pid_t process = (pid_t)strtol(value_text_of(trial_value(s, daemon)).bytes, NULL, 10);
    cr_expect(process > 0 && !lives(process), "process %d", (int)process);
    trial_free(s);
}

/* In a group of its own, and without its mark: the session tells. */
Test(process, a_job_with_an_empty_environment_is_found_too) {
    struct trial *s = trial_new();
    char command[256], file[160];
    snprintf(file, sizeof file, "%s/job", trial_scratch(s));
    snprintf(command, sizeof command, "set -m; env -i /bin/sleep 60 </dev/null >/dev/null 2>&1 & echo $! > %s", file);
    uint32_t p = sh(s, command, OPTIONS(0)), code = of(s, "process_code", p);
    uint32_t job = CALL(s, "file_read", text(file), size(100));
    good(s);
    EXPECT(s, code, "0");
    pid_t process = (pid_t)strtol(value_text_of(trial_value(s, job)).bytes, NULL, 10);
    cr_expect(process > 0 && !lives(process), "process %d", (int)process);
    trial_free(s);
}

Test(process, no_descriptor_but_the_three_is_passed_on) {
    int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a library might do it */
    struct trial *s = trial_new();
    uint32_t p = run(s, false, "[\"ls\", \"/proc/self/fd\"]", OPTIONS(0)), out = of(s, "process_stdout", p);
    good(s);
    EXPECT(s, out, "\"0\\n1\\n2\\n3\\n\""); /* 3 is the folder that ls reads */
    trial_free(s);
    close(leaky);
}

Test(process, a_run_that_ends_early_ends_its_programs) {
    struct trial *s = trial_new();
    char command[256], file[160];
    snprintf(file, sizeof file, "%s/inner", trial_logs(s)); /* the scratch folder is gone with the run */
    snprintf(command, sizeof command, "echo $$ > %s; exec sleep 60", file);
    sh(s, command, OPTIONS(.timeout = 60 * SECOND));
    int64_t began = clock_monotonic();
    enum run_end end = trial_run(s, 400 * MILLISECOND);
    cr_expect_eq(end, RUN_ERROR);
    cr_expect_lt(clock_monotonic() - began, 4 * SECOND);
    pid_t process = process_in(file);
    cr_expect(process > 0 && !lives(process), "process %d", (int)process);
    cr_expect(strstr(trial_effects(s), "SIGKILL"), "%s", trial_effects(s));
    trial_free(s);
}
