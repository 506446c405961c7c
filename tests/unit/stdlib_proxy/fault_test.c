/* Faults on the wire: each toxic on connections that exist and on those that come, what is left behind when it is undone, and its
 * evidence. Times are lower bounds: the machine may be busy. */
#include "tests/unit/stdlib_proxy/wire.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAULT(...) (&(struct fault){ __VA_ARGS__ })

struct pair {
    int client, service;
};

static struct pair pair_of(struct wire *wire) {
    int client = call(wire->port);
    return (struct pair){ client, answer_call(wire) };
}

static void expect_good(struct pair pair) {
    say(pair.client, "to the service");
    expect_words(pair.service, "to the service");
    say(pair.service, "to the client");
    expect_words(pair.client, "to the client");
}

static void close_pair(struct pair pair) {
    close(pair.client);
    close(pair.service);
}

/* All that was said has been taken by the wire; then that nothing comes of it cannot be waited for: a while must do. */
static bool is_silent(struct wire *wire, int descriptor) {
    told(wire);
    return !is_ready(descriptor, POLLIN, 100);
}

static int64_t since(int64_t begin) {
    return clock_monotonic() - begin;
}

Test(fault, a_blackhole_swallows_everything_ends_too) {
    struct wire *wire = wire_new();
    struct pair idle = pair_of(wire), busy = pair_of(wire), ending = pair_of(wire);
    expect_good(idle);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_BLACKHOLE));
    say(busy.client, "lost");
    close(ending.client);
    int late = call(wire->port);
    say(late, "also lost");
    cr_expect(is_silent(wire, busy.service) && is_silent(wire, busy.client) && is_silent(wire, ending.service));
    cr_expect(is_silent(wire, wire->service), "the service is not called");
    struct news met = wire_undo(wire, id);
    cr_expect_eq(met.touched, 3);
    cr_expect_eq(met.attempts, 1);
    cr_expect_eq(met.size, 13);
    cr_expect_eq(hear_end(busy.client), ECONNRESET, "its stream has a hole");
    cr_expect_eq(hear_end(busy.service), ECONNRESET);
    cr_expect_eq(hear_end(ending.service), ECONNRESET);
    cr_expect_eq(hear_end(late), ECONNRESET);
    expect_good(idle);
    struct pair fresh = pair_of(wire);
    expect_good(fresh);
    close_pair(idle);
    close_pair(busy);
    close_pair(fresh);
    close(ending.service);
    close(late);
    wire_free(wire);
}

Test(fault, who_only_came_into_a_blackhole_is_let_through_afterwards) {
    struct wire *wire = wire_new();
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_BLACKHOLE));
    int client = call(wire->port);
    cr_expect(is_silent(wire, wire->service));
    cr_expect_eq(wire_undo(wire, id).attempts, 1);
    struct pair pair = { client, answer_call(wire) };
    expect_good(pair);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, latency_delays_bytes_and_ends_in_their_order) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    uint64_t id = wire_apply(
        wire, FAULT(.toxic = TOXIC_LATENCY, .is_down = true, .delay = 150 * MILLISECOND, .jitter = 30 * MILLISECOND));
    int64_t begin = clock_monotonic();
    say(pair.client, "up");
    expect_words(pair.service, "up");
    for (char word[2] = "a"; word[0] <= 'j'; word[0]++) {
        say(pair.service, word);
        poll(NULL, 0, 2);
    }
    shutdown(pair.service, SHUT_WR);
    cr_expect(!is_ready(pair.client, POLLIN, 0) || since(begin) >= 120 * MILLISECOND);
    expect_words(pair.client, "abcdefghij");
    cr_expect_geq(since(begin), 120 * MILLISECOND);
    cr_expect_eq(hear_end(pair.client), 0);
    struct news met = wire_undo(wire, id);
    cr_expect_eq(met.touched, 1);
    cr_expect_eq(met.size, 10);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, what_latency_holds_goes_on_when_it_is_undone) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_LATENCY, .delay = HOUR));
    say(pair.client, "held");
    shutdown(pair.client, SHUT_WR);
    cr_expect(is_silent(wire, pair.service));
    cr_expect_eq(wire_undo(wire, id).touched, 1);
    expect_words(pair.service, "held");
    cr_expect_eq(hear_end(pair.service), 0);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, bandwidth_is_kept_and_bounded_in_memory) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    enum { LENGTH = 300000 };
    char *bytes = malloc(LENGTH), *heard = malloc(LENGTH);
    for (int i = 0; i < LENGTH; i++) bytes[i] = (char)(i * 7);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_BANDWIDTH, .is_down = true, .rate = 600e3));
    int64_t begin = clock_monotonic();
    cr_assert_eq(send(pair.service, bytes, LENGTH, 0), LENGTH);
    shutdown(pair.service, SHUT_WR);
    cr_expect_eq(hear(pair.client, heard, LENGTH), LENGTH);
    int64_t took = since(begin);
    cr_expect(took >= 495 * MILLISECOND, "%lld ms", (long long)(took / MILLISECOND));
    cr_expect_eq(memcmp(bytes, heard, LENGTH), 0);
    cr_expect_eq(hear_end(pair.client), 0);
    cr_expect_eq(wire_undo(wire, id).size, LENGTH);
    free(bytes);
    free(heard);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, slices_are_random_and_the_same_for_the_same_seed) {
    size_t pieces[2] = { 0 };
    for (int round = 0; round < 2; round++) {
        struct wire *wire = wire_new();
        wire->front->seed = 42;
        uint64_t id = 0;
        char bytes[2000], heard[2000];
        memset(bytes, 'x', sizeof bytes);
        struct fault slicer = {
            .toxic = TOXIC_SLICER, .is_down = true, .bytes = 100, .variation = 50, .delay = MILLISECOND
        };
        id = wire_apply(wire, &slicer);
        struct pair pair = pair_of(wire);
        cr_assert_eq(send(pair.service, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
        size_t first = 0;
        while (!first) {
            ssize_t got = recv(pair.client, heard, sizeof heard, 0);
            cr_assert_gt(got, 0);
            first = (size_t)got;
        }
        pieces[round] = first;
        cr_expect_eq(hear(pair.client, heard, sizeof bytes - first), sizeof bytes - first);
        shutdown(pair.service, SHUT_WR);
        cr_expect_eq(hear_end(pair.client), 0);
        cr_expect_eq(wire_undo(wire, id).touched, 1);
        close_pair(pair);
        wire_free(wire);
    }
    cr_expect(pieces[0] > 0 && pieces[0] < 2000, "%zu", pieces[0]);
}

Test(fault, a_slow_close_holds_the_end_only) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire), held = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_SLOW_CLOSE, .is_down = true, .delay = 200 * MILLISECOND));
    int64_t begin = clock_monotonic();
    say(pair.service, "all");
    close(pair.service);
    expect_words(pair.client, "all");
    cr_expect_eq(hear_end(pair.client), 0);
    cr_expect_geq(since(begin), 200 * MILLISECOND);
    close(pair.client);
    cr_expect_eq(wire_undo(wire, id).touched, 1);
    id = wire_apply(wire, FAULT(.toxic = TOXIC_SLOW_CLOSE, .is_down = true, .delay = HOUR));
    close(held.service);
    cr_expect(is_silent(wire, held.client));
    wire_undo(wire, id);
    cr_expect_eq(hear_end(held.client), 0);
    close(held.client);
    wire_free(wire);
}

Test(fault, a_timeout_closes_whatever_is_said_meanwhile) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    int64_t begin = clock_monotonic();
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_TIMEOUT, .delay = SECOND));
    for (int i = 0; i < 4 && since(begin) < 200 * MILLISECOND; i++) { /* what comes after the close would be reset */
        say(pair.client, "x");
        poll(NULL, 0, 30);
    }
    cr_expect_eq(hear_end(pair.client), 0);
    cr_expect_eq(hear_end(pair.service), 0);
    cr_expect_geq(since(begin), SECOND);
    cr_expect_eq(wire_undo(wire, id).touched, 1);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, reset_peer_resets_connections_that_existed_at_their_first_byte) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire), idle = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_RESET_PEER));
    say(pair.client, "x");
    cr_expect_eq(hear_end(pair.client), ECONNRESET);
    cr_expect_eq(hear_end(pair.service), ECONNRESET);
    cr_expect_eq(wire_undo(wire, id).touched, 1);
    expect_good(idle);
    close_pair(pair);
    close_pair(idle);
    wire_free(wire);
}

Test(fault, down_accepts_records_and_resets) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_DOWN));
    cr_expect_eq(hear_end(pair.client), ECONNRESET);
    cr_expect_eq(hear_end(pair.service), ECONNRESET);
    int late = call(wire->port);
    cr_expect_eq(hear_end(late), ECONNRESET);
    await_told(wire, "reset 0\nreset 0\n");
    struct news met = wire_undo(wire, id);
    cr_expect_eq(met.touched, 2);
    cr_expect_eq(met.attempts, 1);
    close_pair(pair);
    close(late);
    pair = pair_of(wire);
    expect_good(pair);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, limit_data_ends_after_exactly_so_many_bytes) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire), other = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_LIMIT_DATA, .is_down = true, .bytes = 5));
    say(pair.service, "123");
    say(pair.service, "456789");
    expect_words(pair.client, "12345");
    cr_expect_eq(hear_end(pair.client), 0);
    say(pair.client, "the other way is open");
    expect_words(pair.service, "the other way is open");
    say(other.service, "12345");
    expect_words(other.client, "12345");
    struct news met = wire_undo(wire, id);
    cr_expect_eq(met.touched, 1, "exactly the limit is not cut");
    cr_expect_eq(met.size, 4);
    expect_good(other);
    close_pair(pair);
    close_pair(other);
    wire_free(wire);
}

Test(fault, limit_time_ends_connections_at_their_age) {
    struct wire *wire = wire_new();
    int64_t begin = clock_monotonic();
    struct pair old = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_LIMIT_TIME, .delay = SECOND));
    struct pair fresh = pair_of(wire);
    int64_t came = clock_monotonic();
    expect_good(old);
    expect_good(fresh);
    cr_expect_eq(hear_end(old.client), 0);
    cr_expect_geq(since(begin), SECOND);
    cr_expect_eq(hear_end(fresh.service), 0);
    cr_expect_geq(since(begin), SECOND);
    cr_expect_lt(came - begin, 20 * SECOND);
    cr_expect_eq(wire_undo(wire, id).touched, 2);
    close_pair(old);
    close_pair(fresh);
    wire_free(wire);
}

Test(fault, drop_first_resets_the_first_that_come_and_no_other) {
    struct wire *wire = wire_new();
    struct pair old = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_DROP_FIRST, .connections = 2));
    for (int i = 0; i < 2; i++) {
        int client = call(wire->port);
        cr_expect_eq(hear_end(client), ECONNRESET);
        close(client);
    }
    struct pair third = pair_of(wire);
    expect_good(third);
    expect_good(old);
    struct news met = wire_undo(wire, id);
    cr_expect(met.touched == 2 && met.attempts == 3);
    close_pair(third);
    close_pair(old);
    wire_free(wire);
}

Test(fault, a_share_of_the_connections_is_the_same_share_for_the_same_seed) {
    char shares[3][65] = { 0 };
    for (int round = 0; round < 3; round++) {
        struct wire *wire = wire_new();
        wire->front->seed = round == 2 ? 43 : 42;
        uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_DOWN, .share = 0.5, .id = 7));
        size_t met = 0;
        for (int i = 0; i < 64; i++) {
            int client = call(wire->port);
            await_told(wire, "");
            bool is_down = is_ready(wire->service, POLLIN, 0) == false && hear_end(client) == ECONNRESET;
            if (!is_down) close(answer_call(wire));
            shares[round][i] = is_down ? 'x' : '.';
            met += is_down;
            close(client);
        }
        cr_expect(met > 10 && met < 54, "%zu of 64", met);
        cr_expect_eq(wire_undo(wire, id).touched, met);
        wire_free(wire);
    }
    cr_expect_str_eq(shares[0], shares[1]);
    cr_expect_str_neq(shares[0], shares[2]);
}

Test(fault, several_at_once_and_in_any_order) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    uint64_t slow = wire_apply(wire, FAULT(.toxic = TOXIC_LATENCY, .delay = 20 * MILLISECOND));
    uint64_t sliced = wire_apply(wire, FAULT(.toxic = TOXIC_SLICER, .bytes = 3));
    uint64_t limited = wire_apply(wire, FAULT(.toxic = TOXIC_BANDWIDTH, .rate = 1e6));
    expect_good(pair);
    wire_undo(wire, sliced);
    expect_good(pair);
    struct pair late = pair_of(wire);
    expect_good(late);
    wire_undo(wire, slow);
    expect_good(late);
    cr_expect_eq(wire_undo(wire, limited).touched, 2);
    expect_good(pair);
    close_pair(pair);
    close_pair(late);
    wire_free(wire);
}

static int call_in_vain(const struct wire *wire) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)wire->port) };
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    cr_assert(connect(client, (struct sockaddr *)&address, sizeof address) < 0 && errno == EINPROGRESS);
    cr_expect_not(is_ready(client, POLLOUT, 50), "it hangs");
    return client;
}

Test(fault, no_accept_lets_connects_hang_and_then_through) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    int waiting = call(wire->port); /* whom the thread may not have taken yet */
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_NO_ACCEPT));
    uint64_t second = wire_apply(wire, FAULT(.toxic = TOXIC_NO_ACCEPT));
    struct pair taken = { waiting, answer_call(wire) };
    expect_good(taken);
    expect_good(pair);
    int first = call_in_vain(wire), other = call_in_vain(wire);
    struct news met = wire_undo(wire, id);
    cr_expect_geq(met.touched, 2);
    cr_expect_geq(met.attempts, 2);
    int third = call_in_vain(wire); /* one of the two faults is still there */
    await_told(wire, "dropped 0");
    cr_expect_geq(wire_undo(wire, second).touched, 3);
    struct pair fresh = pair_of(wire);
    expect_good(fresh);
    cr_expect(is_ready(first, POLLOUT, PATIENCE) && is_ready(other, POLLOUT, PATIENCE), "their kernel called again");
    close_pair(pair);
    close_pair(taken);
    close_pair(fresh);
    close(first);
    close(other);
    close(third);
    wire_free(wire);
}

Test(fault, a_proxy_that_is_closed_while_nobody_is_taken_leaves_nothing) {
    struct wire *wire = wire_new();
    wire_apply(wire, FAULT(.toxic = TOXIC_NO_ACCEPT));
    wire_free(wire);
}

Test(fault, noop_counts_and_does_nothing) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    uint64_t id = wire_apply(wire, FAULT(.toxic = TOXIC_NOOP, .is_up = true, .is_down = true));
    expect_good(pair);
    struct news met = wire_undo(wire, id);
    cr_expect(met.touched == 1 && met.size == 27, "%llu, %lld", (unsigned long long)met.touched, (long long)met.size);
    expect_good(pair);
    close_pair(pair);
    wire_free(wire);
}

Test(fault, a_fault_that_nothing_met_says_so) {
    struct wire *wire = wire_new();
    struct pair pair = pair_of(wire);
    for (enum toxic toxic = TOXIC_BLACKHOLE; toxic <= TOXIC_NOOP; toxic++) {
        if (toxic == TOXIC_DOWN) continue; /* it meets whoever is there */
        uint64_t id = wire_apply(wire, FAULT(.toxic = toxic, .delay = HOUR, .rate = 1, .bytes = 1));
        struct news met = wire_undo(wire, id);
        cr_expect(met.touched == 0 && met.size == 0 && met.attempts == 0, "%d", (int)toxic);
    }
    expect_good(pair);
    close_pair(pair);
    wire_free(wire);
}

/* Every toxic in turn on connections that say something, come, reset, and close meanwhile. */
Test(fault, a_thousand_connections_through_every_toxic, .timeout = 120) {
    enum { MOST = 1000 };
    size_t count = room_for(MOST);
    struct wire *wire = wire_new();
    for (enum toxic toxic = TOXIC_BLACKHOLE; toxic <= TOXIC_LIMIT_TIME; toxic++) {
        static int clients[MOST], services[MOST];
        for (size_t i = 0; i < count; i++) {
            struct pair pair = pair_of(wire);
            clients[i] = pair.client;
            services[i] = pair.service;
        }
        uint64_t id = wire_apply(wire, FAULT(.toxic = toxic, .share = 0.7, .delay = 20 * MILLISECOND,
                                             .jitter = MILLISECOND, .rate = 1e5, .bytes = 2, .variation = 1));
        for (size_t i = 0; i < count; i++) {
            send(i % 2 ? clients[i] : services[i], "some words", 10, MSG_NOSIGNAL);
            if (i % 5 == 0) shutdown(clients[i], SHUT_WR);
            if (i % 7 == 0) reset(services[i]);
        }
        told(wire); /* they have met it */
        poll(NULL, 0, 10);
        struct news met = wire_undo(wire, id);
        cr_expect(met.touched > count / 10 && met.touched < count, "%d: %llu", (int)toxic,
                  (unsigned long long)met.touched);
        for (size_t i = 0; i < count; i++) {
            if (i % 7) close(services[i]);
            close(clients[i]);
        }
    }
    wire_free(wire);
}
