/* Proxies as a recipe has them: in front of a real server, with streams, effects and an end. */
#include "tests/unit/stdlib/trial.h"
#include "tests/unit/stdlib/server.h"

#include "base/clock.h"
#include "stdlib/proxy/proxy.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint32_t get(struct trial *s, struct trial_argument url) {
    return CALL(s, "http_get", url, json("{}"), duration(5 * SECOND), none(), none(), integer(0), none(),
                boolean(false), boolean(false), none(), size(1 << 20));
}

/* A GET through the proxy: its URL stands for the whole, so the path is the target's. */
static uint32_t proxy_to(struct trial *s, const char *url) {
    return CALL(s, "proxy_of_url", text(url));
}

static struct value field(struct trial *s, uint32_t call, const char *name) {
    bool found = false;
    struct value value = value_field(trial_value(s, call), text_of(name), &found);
    cr_assert(found, "no field %s in %s", name, trial_shown(s, call));
    return value;
}

static struct text words(struct trial *s, uint32_t call, const char *name) {
    return value_text_of(field(s, call, name));
}

static uint32_t first_of(struct trial *s, const char *property, uint32_t wire) {
    return CALL(s, "stats_first", step(CALL(s, property, step(wire))));
}

static uint32_t count_of(struct trial *s, const char *property, uint32_t wire) {
    return CALL(s, "stats_count", step(CALL(s, property, step(wire))));
}

static void good(struct trial *s) {
    enum run_end end = trial_run(s, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
}

Test(proxy, an_answer_is_in_the_stream_when_the_client_has_it) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t wire = proxy_to(s, server_url(&server, "/status/503?token=abc"));
    uint32_t url = CALL(s, "proxy_url", step(wire)), address = CALL(s, "proxy_address", step(wire));
    uint32_t answer = get(s, step(url));
    uint32_t responses = count_of(s, "proxy_responses", wire), seen = first_of(s, "proxy_responses", wire);
    uint32_t attempts = count_of(s, "proxy_attempts", wire), attempt = first_of(s, "proxy_attempts", wire);
    uint32_t upload = CALL(s, "stats_sum", step(CALL(s, "proxy_upload", step(wire))));
    good(s);
    char peer[32];
    snprintf(peer, sizeof peer, "127.0.0.1:%d", server.port);
    cr_expect_eq(field(s, answer, "status").integer, 503);
    cr_expect_str_eq(trial_shown(s, responses), "1");
    cr_expect_str_eq(trial_shown(s, attempts), "1");
    cr_expect(text_is(words(s, seen, "method"), "GET"));
    cr_expect(text_is(words(s, seen, "path"), "/status/503"), "the query may be a secret");
    cr_expect(text_is(words(s, seen, "peer"), peer));
    cr_expect(value_is_true(field(s, seen, "failed")) && value_is_false(field(s, seen, "ok")));
    cr_expect_eq(field(s, seen, "error").kind, VALUE_NONE);
    cr_expect_eq(field(s, seen, "size").integer, 6);
    cr_expect_gt(field(s, seen, "latency").integer, 0);
    cr_expect_leq(field(s, seen, "latency").integer, field(s, answer, "latency").integer);
    cr_expect(text_is(words(s, attempt, "outcome"), "answered"));
    cr_expect_gt(trial_value(s, upload).integer, 50);
    char host[32], shown[80];
    snprintf(host, sizeof host, "%.*s", TEXT_ARGS(value_text_of(trial_value(s, address))));
    snprintf(shown, sizeof shown, "http://%s/status/503?token=abc", host);
    cr_expect(text_is(value_text_of(trial_value(s, url)), shown), "%s", trial_shown(s, url));
    snprintf(shown, sizeof shown, "proxy %s to %s: open\n", host, peer);
    cr_expect(strstr(trial_effects(s), shown), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
}

Test(proxy, a_cut_answer_and_a_dead_service_are_told) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t wire = proxy_to(s, server_url(&server, "/cut"));
    uint32_t dead = proxy_to(s, "http://127.0.0.1:1/");
    uint32_t answer = get(s, step(CALL(s, "proxy_url", step(wire))));
    uint32_t refused = get(s, step(CALL(s, "proxy_url", step(dead))));
    uint32_t seen = first_of(s, "proxy_responses", wire), attempt = first_of(s, "proxy_attempts", dead);
    good(s);
    cr_expect_neq(field(s, answer, "error").kind, VALUE_NONE);
    cr_expect_eq(field(s, seen, "status").integer, 200);
    cr_expect(value_is_true(field(s, seen, "failed")) && value_is_false(field(s, seen, "ok")));
    cr_expect(text_starts(words(s, seen, "error"), TEXT("the answer was cut after ")), "%s", trial_shown(s, seen));
    cr_expect_neq(field(s, refused, "error").kind, VALUE_NONE);
    cr_expect(text_is(words(s, attempt, "outcome"), "refused"));
    trial_free(s);
    server_stop(&server);
}

Test(proxy, no_http_is_noted_once) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    uint32_t wire = proxy_to(s, server_url(&server, "/garbage"));
    uint32_t url = CALL(s, "proxy_url", step(wire));
    get(s, step(url));
    get(s, step(url));
    uint32_t attempts = count_of(s, "proxy_attempts", wire);
    good(s);
    cr_expect_str_eq(trial_shown(s, attempts), "2");
    const char *noted = strstr(trial_effects(s), ": the answer is no HTTP/1\n");
    cr_expect(noted && !strstr(noted + 1, ": the answer is no HTTP/1\n"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&server);
}

static sem_t is_free;

static void be_stuck(struct engine *engine, void *data) {
    struct timespec limit;
    (void)engine, (void)data;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 30;
    sem_timedwait(&is_free, &limit);
}

static enum native_outcome get_stuck(struct native_call *call) {
    engine_ask(proxy_of(argument(call, 0))->front->engine, be_stuck, NULL);
    return native_done(call, value_none());
}

static enum native_outcome get_going(struct native_call *call) {
    sem_post(&is_free);
    return native_done(call, value_none());
}

Test(proxy, what_the_wire_did_not_tell_in_time_is_an_error_in_the_streams) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    sem_init(&is_free, 0, 0);
    trial_replace(s, "proxy_address", get_stuck);
    trial_replace(s, "proxy_url", get_going);
    uint32_t wire = proxy_to(s, server_url(&server, "/"));
    CALL(s, "proxy_address", step(wire));
    uint32_t early = first_of(s, "proxy_responses", wire);
    CALL(s, "proxy_url", step(wire));
    uint32_t responses = first_of(s, "proxy_responses", wire), attempts = first_of(s, "proxy_attempts", wire),
             upload = first_of(s, "proxy_upload", wire);
    enum run_end end = trial_run(s, 60 * SECOND);
    cr_expect_eq(end, RUN_COMPLETE, "%s", trial_message(s));
    uint32_t all[] = { early, responses, attempts, upload };
    for (int i = 0; i < 4; i++)
        cr_expect(strstr(trial_shown(s, all[i]), "the proxy did not tell within 2s"), "%d: %s", i,
                  trial_shown(s, all[i]));
    sem_destroy(&is_free);
    trial_free(s);
    server_stop(&server);
}

Test(proxy, secrets_are_written_nowhere) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    trial_secret(s, "zebra-umbrella");
    uint32_t wire = proxy_to(s, server_url(&server, "/zebra-umbrella"));
    get(s, step(CALL(s, "proxy_url", step(wire))));
    uint32_t seen = first_of(s, "proxy_responses", wire);
    good(s);
    cr_expect(text_is(words(s, seen, "path"), "/***"), "%s", trial_shown(s, seen));
    cr_expect_null(strstr(trial_effects(s), "zebra-umbrella"));
    trial_free(s);
    server_stop(&server);
}

Test(proxy, one_that_nobody_keeps_serves_to_the_end) {
    struct server server = server_start(0);
    struct trial *s = trial_new();
    char url[64];
    snprintf(url, sizeof url, "%s", server_url(&server, "/status/204"));
    uint32_t proxies[3];
    for (int i = 0; i < 3; i++) proxies[i] = get(s, step(CALL(s, "proxy_url", step(proxy_to(s, url)))));
    good(s);
    for (int i = 0; i < 3; i++) cr_expect_eq(field(s, proxies[i], "status").integer, 204);
    trial_free(s);
    server_stop(&server);
}

Test(proxy, a_target_that_is_none_is_the_recipes_mistake) {
    static const char *const wrong[] = { "http://example.org/", "localhost:80", "http://127.0.0.1:0/" };
    static const char *const why[] = { "proxy: \"example.org\" is no IP address", "proxy: the URL has no scheme",
                                       "proxy: \"127.0.0.1:0\" has no port" };
    for (int i = 0; i < 3; i++) {
        struct trial *s = trial_new();
        proxy_to(s, wrong[i]);
        cr_expect_eq(trial_run(s, 0), RUN_ERROR);
        cr_expect(strstr(trial_message(s), why[i]), "%s", trial_message(s));
        trial_free(s);
    }
}
