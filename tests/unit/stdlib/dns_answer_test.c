/* `dns.a`: what servers say, odd and wrong answers too, and what of it reaches the recipe. Real servers: tests/failover. */
#include "tests/unit/stdlib/trial.h"
#include "tests/unit/stdlib/server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/dns/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t ask(struct trial *s, const char *function, const char *name, int port, int64_t timeout) {
    return CALL(s, function, text(name), text("127.0.0.1"), integer(port), duration(timeout), boolean(false));
}

static const char *field(struct trial *s, uint32_t call, const char *name) {
    static char shown[4][256];
    static int next;
    char *out = shown[next++ % 4];
    bool found = false;
    struct buffer printed = { 0 };
    struct value value = value_field(trial_value(s, call), text_of(name), &found);
    cr_assert(found, "no field %s in %s", name, trial_shown(s, call));
    value_print(value, &printed);
    snprintf(out, sizeof shown[0], "%s", printed.bytes);
    buffer_done(&printed);
    return out;
}

static void expect(struct trial *s, uint32_t call, const char *name, const char *wanted) {
    const char *got = field(s, call, name);
    cr_expect_str_eq(got, wanted, "%s: wanted %s, got %s in %s", name, wanted, got, trial_shown(s, call));
}

/* An error that ends with the server's address. */
static void expect_error(struct trial *s, uint32_t call, const char *wanted, int port) {
    char whole[256];
    snprintf(whole, sizeof whole, "\"%s (asked 127.0.0.1:%d)\"", wanted, port);
    expect(s, call, "error", whole);
    expect(s, call, "failed", "true");
    expect(s, call, "ok", "false");
    snprintf(whole, sizeof whole, "no data: no answer tells it: %s (asked 127.0.0.1:%d)", wanted, port);
    expect(s, call, "addresses", whole); /* which is not that there are none */
    expect(s, call, "chain", whole);
}

Test(dns_answer, what_a_server_says) {
    struct server dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    uint32_t app = ask(s, "dns_a", "app.test", dns.port, SECOND);
    uint32_t six = ask(s, "dns_aaaa", "several.test", dns.port, SECOND);
    uint32_t chain = ask(s, "dns_a", "chain.test.", dns.port, SECOND);
    uint32_t ages = ask(s, "dns_a", "ages.TEST", dns.port, SECOND);
    uint32_t gone = ask(s, "dns_a", "gone.test", dns.port, SECOND);
    uint32_t empty = ask(s, "dns_aaaa", "app.test", dns.port, SECOND);
    cr_assert_eq(trial_run(s, 0), RUN_COMPLETE, "%s", trial_message(s));
    expect(s, app, "addresses", "[\"127.0.0.1\"]");
    expect(s, app, "ttl", "1m");
    expect(s, app, "authoritative", "true");
    expect(s, six, "addresses", "[\"::1\"]");
    expect(s, chain, "chain", "[\"next.test\"]");
    expect(s, chain, "addresses", "[\"127.0.0.1\"]");
    expect(s, chain, "ttl", "5s");
    expect(s, ages, "addresses", "[\"127.0.0.1\", \"127.0.0.2\"]");
    expect(s, ages, "ttl", "7s");
    expect(s, gone, "code", "\"NXDOMAIN\"");
    expect(s, gone, "failed", "false");
    expect(s, gone, "ttl", "none");
    expect(s, empty, "code", "\"NODATA\"");
    expect(s, empty, "ok", "false");
    cr_expect(strstr(trial_effects(s), "dns A app.test @127.0.0.1:"), "%s", trial_effects(s));
    trial_free(s);
    server_stop(&dns);
}

Test(dns_answer, what_a_server_says_wrongly) {
    struct server dns = server_start_dns("127.0.0.1");
    struct trial *s = trial_new();
    uint32_t refused = ask(s, "dns_a", "refused.test", dns.port, SECOND);
    uint32_t broken = ask(s, "dns_a", "broken.test", dns.port, SECOND);
    uint32_t old = ask(s, "dns_a", "old.test", dns.port, SECOND);
    uint32_t other = ask(s, "dns_a", "other.test", dns.port, SECOND);
    uint32_t circle = ask(s, "dns_a", "circle.test", dns.port, SECOND);
    uint32_t cut = ask(s, "dns_a", "cut.test", dns.port, SECOND);
    uint32_t big = ask(s, "dns_a", "big.test", dns.port, SECOND);
    uint32_t quiet = ask(s, "dns_a", "quiet.test", dns.port, 300 * MILLISECOND);
    uint32_t label = ask(s, "dns_a", "a..test", dns.port, SECOND);
    cr_assert_eq(trial_run(s, 0), RUN_COMPLETE, "%s", trial_message(s));
    expect_error(s, refused, "the server refused to answer (REFUSED)", dns.port);
    expect_error(s, broken, "the server failed (SERVFAIL)", dns.port);
    expect_error(s, old, "the server did not understand the question, or would not (NOTIMP)", dns.port);
    expect_error(s, other, "the answer speaks of else.test, and other.test was asked for", dns.port);
    expect_error(s, circle, "the CNAME records of circle.test lead on and on, or in a circle", dns.port);
    expect_error(s, cut, "what came is no whole DNS answer", dns.port);
    expect_error(s, big, "connection refused by TCP", dns.port);
    expect_error(s, quiet, "timeout after 300ms", dns.port);
    expect_error(s, label, "Misformatted domain name", dns.port);
    bool found;
    int64_t latency = value_field(trial_value(s, quiet), TEXT("latency"), &found).integer;
    cr_expect(latency >= 300 * MILLISECOND && latency < 800 * MILLISECOND, "%s", trial_shown(s, quiet));
    trial_free(s);
    server_stop(&dns);
}

static void expect_end(const char *name, const char *server, int64_t port, int64_t timeout, const char *message) {
    struct trial *s = trial_new();
    CALL(s, "dns_a", text(name), text(server), port ? integer(port) : none(), duration(timeout), boolean(false));
    cr_expect_eq(trial_run(s, 0), RUN_ERROR);
    cr_expect(strstr(trial_message(s), message), "%s", trial_message(s));
    trial_free(s);
}

Test(dns_answer, what_cannot_be_asked_ends_the_run) {
    expect_end("", "127.0.0.1", 53, SECOND, "dns.a: this is no name");
    expect_end("app.test", "resolver.test", 53, SECOND, "dns.a: \"resolver.test\" is no address of a DNS server");
    expect_end("app.test", "127.0.0.1", 65536, SECOND, "dns.a: port: 65536 is none");
    expect_end("app.test", "127.0.0.1", -1, SECOND, "dns.a: port: -1 is none");
    expect_end("app.test", "127.0.0.1", 53, 0, "dns.a: the timeout must be above 0s");
}

/* ---- the reader alone ---- */

/* www.test: CNAME app.test (pointers), app.test: A 127.0.0.1, and a record of a class that is not IN. */
static const char whole[] = "\x12\x34\x84\x00\0\1\0\3\0\0\0\0"
                            "\3www\4test\0\0\1\0\1"
                            "\xc0\x0c\0\5\0\1\0\0\0\x1e\0\6\3app\xc0\x10"
                            "\xc0\x26\0\1\0\1\x80\0\0\0\0\4\x7f\0\0\1"
                            "\xc0\x26\0\1\0\3\0\0\0\5\0\4\x7f\0\0\2";
enum { WHOLE = sizeof whole - 1 };

static bool reads(const char *bytes, size_t length) {
    /* A copy of exactly this length: a byte too far is seen by the sanitizer. */
    char *copy = memory_allocate(length + !length);
    if (length) memcpy(copy, bytes, length);
    struct dns_message message;
    struct dns_path path = { 0 };
    struct buffer problem = { 0 };
    bool good = dns_message_read((struct text){ copy, length }, &message, &problem);
    if (good) dns_path_read(&message, "www.test", DNS_A, &path, &problem);
    cr_expect(good || problem.length);
    dns_path_done(&path);
    dns_message_done(&message);
    buffer_done(&problem);
    memory_release(copy);
    return good;
}

Test(dns_answer, the_reader_takes_what_is_whole) {
    struct dns_message message;
    struct dns_path path;
    struct buffer problem = { 0 };
    cr_assert(dns_message_read((struct text){ whole, WHOLE }, &message, &problem), "%s", problem.bytes);
    cr_expect_eq(message.records.count, 2); /* the third is of another class */
    cr_assert(dns_path_read(&message, "WWW.test.", DNS_A, &path, &problem));
    cr_assert_eq(path.addresses.count, 1);
    cr_expect_str_eq(path.addresses.items[0]->data, "127.0.0.1");
    cr_expect_eq(path.ttl, 0); /* a TTL with its highest bit set is none: RFC 2181 */
    cr_expect_str_eq(path.chain.items[0]->data, "app.test");
    dns_path_done(&path);
    dns_message_done(&message);
    buffer_done(&problem);
}

/* A TXT record of the name, and an A record of another. */
Test(dns_answer, records_of_another_type_are_no_data_for_this_one) {
    char changed[WHOLE];
    struct dns_message message;
    struct dns_path path;
    struct buffer problem = { 0 };
    memcpy(changed, whole, WHOLE);
    changed[29] = 16;
    cr_assert(dns_message_read((struct text){ changed, WHOLE }, &message, &problem), "%s", problem.bytes);
    cr_expect(dns_path_read(&message, "www.test", DNS_A, &path, &problem), "%s", problem.bytes);
    cr_expect_eq(path.addresses.count + path.chain.count, 0);
    dns_path_done(&path);
    dns_message_done(&message);
    buffer_done(&problem);
}

Test(dns_answer, the_reader_stands_every_cut_and_every_wrong_byte) {
    for (size_t length = 0; length < WHOLE; length++) cr_expect_not(reads(whole, length), "%zu bytes", length);
    char changed[WHOLE];
    for (size_t at = 0; at < WHOLE; at++) {
        static const unsigned char bad[] = { 0, 1, 0x3f, 0x7f, 0x80, 0xc0, 0xff };
        for (size_t i = 0; i < sizeof bad; i++) {
            memcpy(changed, whole, WHOLE);
            changed[at] = (char)bad[i];
            reads(changed, WHOLE); /* whatever it says of it */
        }
    }
}
