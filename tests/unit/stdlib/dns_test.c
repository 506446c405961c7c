/* `dns:` of a request: the name is asked of a server of the test's own, on 127.0.0.1. */
#include "tests/unit/stdlib/trial.h"
#include "tests/unit/stdlib/server.h"

#include "base/clock.h"
#include "stdlib/dns/resolver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "127.0.0.1:PORT" of a DNS server; the last four stay valid. */
static const char *at(int port) {
    static char names[4][32];
    static int next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "127.0.0.1:%d", port);
    return name;
}

static uint32_t get(struct trial *s, const char *host, int port, const char *dns, int64_t timeout) {
    static char urls[8][128];
    static int next;
    char *url = urls[next++ % 8];
    snprintf(url, sizeof urls[0], "http://%s:%d/connections", host, port);
    return CALL(s, "http_get", text(url), json("{}"), duration(timeout), none(), none(), integer(0), none(),
                boolean(false), boolean(false), dns ? text(dns) : none(), size(16 << 20));
}

static struct value field(struct trial *s, uint32_t call, const char *name) {
    bool found = false;
    struct value value = value_field(trial_value(s, call), text_of(name), &found);
    cr_assert(found, "no field %s in %s", name, trial_shown(s, call));
    return value;
}

static void expect_words(struct trial *s, uint32_t call, const char *name, const char *wanted) {
    struct text words = value_text_of(field(s, call, name));
    cr_expect(text_is(words, wanted), "wanted \"%s\", got \"%.*s\"", wanted, TEXT_ARGS(words));
}

/* No answer, with "DNS: WHAT (asked 127.0.0.1:PORT)" as the error. */
static void expect_no_name(struct trial *s, uint32_t call, const char *what, int port) {
    char wanted[160];
    snprintf(wanted, sizeof wanted, "DNS: %s (asked 127.0.0.1:%d)", what, port);
    cr_expect_eq(field(s, call, "status").kind, VALUE_NONE);
    cr_expect_eq(field(s, call, "peer").kind, VALUE_NONE);
    cr_expect(value_is_true(field(s, call, "failed")));
    cr_assert_eq(field(s, call, "error").kind, VALUE_TEXT, "%s", trial_shown(s, call));
    expect_words(s, call, "error", wanted);
}

static void expect_peer(struct trial *s, uint32_t call, const char *address, int port) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%s:%d", address, port);
    cr_expect_eq(field(s, call, "status").integer, 200, "%s", trial_shown(s, call));
    cr_assert_eq(field(s, call, "peer").kind, VALUE_TEXT, "%s", trial_shown(s, call));
    expect_words(s, call, "peer", wanted);
}

static void good(struct trial *s) {
    enum run_end end = trial_run(s, 0);
    cr_assert_eq(end, RUN_COMPLETE, "%s", trial_message(s));
}

/* A port for datagrams on which nobody listens. */
static int closed_port(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    cr_assert(bind(descriptor, (struct sockaddr *)&address, length) == 0);
    getsockname(descriptor, (struct sockaddr *)&address, &length);
    close(descriptor);
    return ntohs(address.sin_port);
}

static void expect_server(const char *given, const char *shown) {
    struct resolver_server server;
    struct buffer out = { 0 };
    if (!resolver_server_read(text_of(given), &server))
        buffer_append_string(&out, "none");
    else
        resolver_server_print(&server, &out);
    cr_expect(text_is(buffer_text(&out), shown), "%s: wanted %s, got %s", given, shown, out.bytes);
    buffer_done(&out);
}

Test(dns, servers) {
    expect_server("127.0.0.1", "127.0.0.1:53");
    expect_server("127.0.0.1:5353", "127.0.0.1:5353");
    expect_server("2001:db8::1", "[2001:db8::1]:53");
    expect_server("[2001:db8::1]", "[2001:db8::1]:53");
    expect_server("[2001:db8::1]:5353", "[2001:db8::1]:5353");
    expect_server("::ffff:192.0.2.1", "[::ffff:192.0.2.1]:53");
    const char *bad[] = { "",
                          "resolver",
                          "127.0.0.1:",
                          "127.0.0.1:0",
                          "127.0.0.1:65536",
                          "127.0.0.1:99999999999",
                          "127.0.1",
                          "[127.0.0.1]",
                          "127.0.0.1:53 ",
                          "[::1]53",
                          "[::1]:",
                          "[::1",
                          "::g",
                          "127.0.0.1:-1",
                          "localhost:53",
                          ":53",
                          "127.0.0.1,127.0.0.2" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect_server(bad[i], "none");
}

Test(dns, a_name_is_asked_for_at_the_server) {
    struct server http = server_start(0), dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    uint32_t app = get(s, "app.test", http.port, at(dns.port), 5 * SECOND);
    uint32_t dotted = get(s, "app.test.", http.port, at(dns.port), 5 * SECOND);
    uint32_t several = get(s, "several.test", http.port, at(dns.port), 5 * SECOND);
    uint32_t late = get(s, "late.test", http.port, at(dns.port), 5 * SECOND);
    uint32_t address = get(s, "127.0.0.1", http.port, at(closed_port()), 5 * SECOND);
    good(s);
    expect_peer(s, app, "127.0.0.1", http.port);
    expect_peer(s, dotted, "127.0.0.1", http.port);
    expect_peer(s, late, "127.0.0.1", http.port);
    cr_expect_geq(field(s, late, "latency").integer, 150 * MILLISECOND, "%s", trial_shown(s, late));
    expect_peer(s, several, "127.0.0.1", http.port);
    expect_peer(s, address, "127.0.0.1", http.port);
    trial_free(s);
    server_stop(&dns);
    server_stop(&http);
}

Test(dns, no_address_is_an_answer) {
    struct server dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    int closed = closed_port();
    uint32_t gone = get(s, "gone.test", 80, at(dns.port), 5 * SECOND);
    uint32_t empty = get(s, "empty.test", 80, at(dns.port), 5 * SECOND);
    uint32_t refused = get(s, "refused.test", 80, at(dns.port), 5 * SECOND);
    uint32_t broken = get(s, "broken.test", 80, at(dns.port), 5 * SECOND);
    uint32_t nobody = get(s, "app.test", 80, at(closed), 5 * SECOND);
    uint32_t nowhere = get(s, "notlocalhost", 80, "fe80::1", 5 * SECOND); /* on no interface */
    good(s);
    expect_words(s, nowhere, "error", "DNS: notlocalhost: the server cannot be reached (asked [fe80::1]:53)");
    expect_no_name(s, gone, "gone.test: no such name", dns.port);
    expect_no_name(s, empty, "empty.test: the name has no address", dns.port);
    expect_no_name(s, refused, "refused.test: the server refused to answer", dns.port);
    expect_no_name(s, broken, "broken.test: the server failed (SERVFAIL)", dns.port);
    expect_no_name(s, nobody, "app.test: connection refused", closed);
    cr_expect_lt(field(s, nobody, "latency").integer, SECOND, "%s", trial_shown(s, nobody)); /* not waited for */
    trial_free(s);
    server_stop(&dns);
}

Test(dns, silence_ends_with_the_timeout) {
    struct server dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    uint32_t quiet = get(s, "quiet.test", 80, at(dns.port), 400 * MILLISECOND);
    good(s);
    expect_no_name(s, quiet, "quiet.test: timeout after 400ms", dns.port);
    int64_t latency = field(s, quiet, "latency").integer;
    cr_expect(latency >= 400 * MILLISECOND && latency < 2 * SECOND, "%s", trial_shown(s, quiet));
    trial_free(s);
    server_stop(&dns);
}

/* The time that the name took (two questions of 150 ms) is no longer there for the answer. */
Test(dns, the_name_is_part_of_the_time) {
    struct server http = server_start(0), dns = server_start_dns("127.0.0.1");
    char url[64];
    snprintf(url, sizeof url, "http://late.test:%d/hang", http.port);
    struct trial *s = trial_new();
    uint32_t hang = CALL(s, "http_get", text(url), json("{}"), duration(600 * MILLISECOND), none(), none(), integer(0),
                         none(), boolean(false), boolean(false), text(at(dns.port)), size(16 << 20));
    good(s);
    expect_words(s, hang, "error", "timeout after 600ms while waiting for the answer");
    int64_t latency = field(s, hang, "latency").integer;
    cr_expect(latency >= 595 * MILLISECOND && latency < 860 * MILLISECOND, "%s", trial_shown(s, hang));
    trial_free(s);
    server_stop(&dns);
    server_stop(&http);
}

/* Two servers that disagree about one name: each request sees its own, and none of it stays for a request without `dns:`. */
Test(dns, nothing_is_shared_between_requests) {
    struct server http = server_start(0), here = server_start_dns("127.0.0.1"),
                  elsewhere = server_start_dns("127.0.0.2");
    struct trial *s = trial_new();
    uint32_t first = get(s, "app.test", http.port, at(here.port), 5 * SECOND);
    uint32_t other = get(s, "app.test", http.port, at(elsewhere.port), 5 * SECOND);
    uint32_t again = get(s, "app.test", http.port, at(here.port), 5 * SECOND);
    uint32_t without = get(s, "app.test", http.port, NULL, 500 * MILLISECOND);
    uint32_t count = CALL(s, "http_response_text", step(get(s, "app.test", http.port, at(here.port), 5 * SECOND)));
    good(s);
    expect_peer(s, first, "127.0.0.1", http.port);
    expect_words(s, other, "error", "connection refused");
    expect_peer(s, again, "127.0.0.1", http.port);
    cr_expect(value_is_true(field(s, without, "failed")), "%s", trial_shown(s, without));
    cr_expect_eq(field(s, without, "status").kind, VALUE_NONE, "%s", trial_shown(s, without));
    cr_expect_str_eq(trial_shown(s, count), "\"3\""); /* connections: none was used twice */
    trial_free(s);
    server_stop(&elsewhere);
    server_stop(&here);
    server_stop(&http);
}

/* The run's own limit comes while the server is asked: it is given up, and nothing leaks. */
Test(dns, a_question_can_be_given_up) {
    struct server dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    get(s, "quiet.test", 80, at(dns.port), 60 * SECOND);
    int64_t start = clock_monotonic();
    cr_expect_eq(trial_run(s, 300 * MILLISECOND), RUN_ERROR);
    cr_expect_lt(clock_monotonic() - start, 3 * SECOND);
    cr_expect(strstr(trial_effects(s), "given up"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&dns);
}
