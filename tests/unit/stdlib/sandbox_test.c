/* Sandboxes as a recipe has them: a program inside, its way out, its control port, cuts, and their end. Namespaces are real: where none
 * can be made these tests fail and say so. */
#include "tests/unit/stdlib/server.h"
#include "tests/unit/stdlib/trial.h"

#include "base/clock.h"
#include "stdlib/sandbox/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static uint32_t sandbox_to(struct trial *s, const char *url, const char *by) {
    return CALL(s, "sandbox_of_url", text(url), text(by));
}

/* A program inside, to its end; what it wrote. `words` is its command as JSON. */
static uint32_t said(struct trial *s, const char *words, uint32_t home) {
    uint32_t process = CALL(s, "process_run", json(words), duration(20 * SECOND), json("{}"), none(), none(),
                            size(1 << 20), none(), step(home));
    return CALL(s, "process_stdout", step(process));
}

/* What comes of connecting to this address inside. */
static uint32_t tried(struct trial *s, const char *host, int port, uint32_t home) {
    char words[400];
    snprintf(words, sizeof words,
             "[\"python3\",\"-c\",\"import "
             "errno,socket\\nprint(errno.errorcode.get(socket.socket().connect_ex(('%s',%d)),'ok'),"
             "end='')\"]",
             host, port);
    return said(s, words, home);
}

static void good(struct trial *s) {
    enum run_end end = trial_run(s, 30 * SECOND);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
}

#define EXPECT_WORD(trial, call, expected) \
    cr_expect(text_is(value_text_of(trial_value(trial, call)), expected), "%s", trial_shown(trial, call))

Test(sandbox, its_only_way_out_is_the_service) {
    struct server server = server_start(0), other = server_start(0);
    struct trial *s = trial_new();
    uint32_t home = sandbox_to(s, server_url(&server, "/"), "namespace");
    uint32_t url = CALL(s, "sandbox_url", step(home));
    uint32_t road = tried(s, "127.0.0.1", server.port, home), beside = tried(s, "127.0.0.1", other.port, home);
    uint32_t away = tried(s, "192.0.2.1", 80, home);
    uint32_t attempts = CALL(s, "stats_count", step(CALL(s, "sandbox_attempts", step(home))));
    good(s);
    EXPECT_WORD(s, url, server_url(&server, "/"));
    EXPECT_WORD(s, road, "ok");
    EXPECT_WORD(s, beside, "ECONNREFUSED");
    EXPECT_WORD(s, away, "ENETUNREACH");
    cr_expect_str_eq(trial_shown(s, attempts), "1");
    cr_expect(strstr(trial_effects(s), "note sandbox#1 is a network namespace"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
    server_stop(&other);
}

Test(sandbox, a_proxy_in_its_place_is_said_and_keeps_nobody_in) {
    struct server server = server_start(0), other = server_start(0);
    struct trial *s = trial_new();
    uint32_t home = sandbox_to(s, server_url(&server, "/"), "proxy");
    uint32_t beside = tried(s, "127.0.0.1", other.port, home);
    CALL(s, "sandbox_cut", step(home), text("refuse"));
    cr_assert_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "\"refuse\" needs a namespace"), "%s", trial_message(s));
    EXPECT_WORD(s, beside, "ok");
    cr_expect(strstr(trial_effects(s), "note sandbox#1 is a proxy, as was asked for"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
    server_stop(&other);
}

static enum native_outcome kill_keeper(struct native_call *call) {
    const struct sandbox *sandbox = sandbox_of(argument(call, 0));
    cr_assert(sandbox && sandbox->keeper > 0);
    cr_assert_eq(kill(sandbox->keeper, SIGKILL), 0);
    return native_done(call, value_none());
}

Test(sandbox, a_keeper_that_dies_is_told_and_the_way_out_remains) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t home = sandbox_to(s, server_url(&server, "/"), "namespace");
    trial_replace(s, "sandbox_control", kill_keeper);
    CALL(s, "sandbox_control", step(home));
    trial_wait(s, 300 * MILLISECOND);
    uint32_t road = tried(s, "127.0.0.1", server.port, home);
    good(s);
    EXPECT_WORD(s, road, "ok");
    cr_expect(strstr(trial_effects(s), "its keeper ended: the control cannot be reached any more"), "%s",
              trial_effects(s));
    trial_free(s);
    server_stop(&server);
}

Test(sandbox, what_is_wrong_is_said) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    sandbox_to(s, "http://api.example/", "namespace");
    cr_assert_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "sandbox: \"api.example\" is no IP address"), "%s", trial_message(s));
    trial_free(s);
    s = trial_new();
    uint32_t home = sandbox_to(s, server_url(&server, "/"), "namespace");
    said(s, "[\"/nothing/here\"]", home);
    cr_assert_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "program not found: /nothing/here"), "%s", trial_message(s));
    trial_free(s);
    s = trial_new();
    CALL(s, "sandbox_cut", step(sandbox_to(s, server_url(&server, "/"), "namespace")), text("slowly"));
    cr_assert_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "there is no \"slowly\""), "%s", trial_message(s));
    trial_free(s);
    server_stop(&server);
}

Test(sandbox, a_program_that_cannot_be_executed_is_told_from_inside) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    char path[96], words[128];
    snprintf(path, sizeof path, "%s/no-script", trial_scratch(s));
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs("no first line\n", file) > 0 && fclose(file) == 0 && chmod(path, 0700) == 0);
    snprintf(words, sizeof words, "[\"%s\"]", path);
    said(s, words, sandbox_to(s, server_url(&server, "/"), "namespace"));
    cr_assert_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), "a script needs a first line with #!"), "%s", trial_message(s));
    trial_free(s);
    server_stop(&server);
}

Test(sandbox, one_that_is_given_up_while_it_is_made_leaves_nothing) {
    struct server server = server_start(0);
    for (int64_t limit = 100 * MICROSECOND; limit < 20 * MILLISECOND; limit *= 2) {
        struct trial *s = trial_new();
        sandbox_to(s, server_url(&server, "/"), "namespace");
        trial_run(s, limit);
        trial_free(s);
    }
    server_stop(&server);
}
