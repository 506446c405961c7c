/* The wire itself, between real sockets: every byte, every end, every bound. */
#include "tests/unit/stdlib_proxy/wire.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- bytes ---- */

static uint32_t dice(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*state >> 33);
}

/* One direction under way: what was sent and what arrived are compared by position. */
struct flow {
    int from, to;
    const char *bytes;
    size_t length, sent, heard;
    uint64_t dice;
};

static void move(struct flow *flow) {
    char block[70000];
    size_t piece = 1 + dice(&flow->dice) % (dice(&flow->dice) % 4 ? 50 : sizeof block);
    size_t left = flow->length - flow->sent;
    ssize_t sent = send(flow->from, flow->bytes + flow->sent, left < piece ? left : piece, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) flow->sent += (size_t)sent;
    ssize_t heard = recv(flow->to, block, 1 + dice(&flow->dice) % sizeof block, MSG_DONTWAIT);
    if (heard <= 0) return;
    cr_assert_leq(flow->heard + (size_t)heard, flow->length);
    cr_assert(memcmp(block, flow->bytes + flow->heard, (size_t)heard) == 0, "wrong bytes after %zu", flow->heard);
    flow->heard += (size_t)heard;
}

Test(wire, every_byte_in_both_directions_whatever_the_pieces) {
    struct wire *wire = wire_new();
    enum { LENGTH = 3 << 20 };
    char *bytes = malloc(2 * (size_t)LENGTH);
    uint64_t state = 7;
    for (size_t i = 0; i < 2 * (size_t)LENGTH; i++) bytes[i] = (char)dice(&state);
    int client = call(wire->port), service = answer_call(wire);
    struct flow up = { client, service, bytes, LENGTH, 0, 0, 1 },
                down = { service, client, bytes + LENGTH, LENGTH, 0, 0, 2 };
    int64_t limit = clock_monotonic() + 40 * SECOND;
    while ((up.heard < LENGTH || down.heard < LENGTH) && clock_monotonic() < limit) {
        move(&up);
        move(&down);
    }
    cr_expect(up.heard == LENGTH && down.heard == LENGTH, "%zu up, %zu down", up.heard, down.heard);
    close(client);
    cr_expect_eq(hear_end(service), 0);
    close(service);
    await_told(wire, "closed 6291456\n");
    cr_expect_eq(wire->uploaded, LENGTH);
    free(bytes);
    wire_free(wire);
}

/* ---- ends ---- */

Test(wire, a_half_closed_connection_still_gets_its_answer) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(client, "question");
    shutdown(client, SHUT_WR);
    expect_words(service, "question");
    cr_expect_eq(hear_end(service), 0);
    say(service, "answer");
    expect_words(client, "answer");
    close(service);
    cr_expect_eq(hear_end(client), 0);
    close(client);
    await_told(wire, "closed 14\n");
    wire_free(wire);
}

Test(wire, the_service_may_close_its_half_first) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(service, "banner");
    shutdown(service, SHUT_WR);
    expect_words(client, "banner");
    cr_expect_eq(hear_end(client), 0);
    say(client, "still here");
    expect_words(service, "still here");
    close(client);
    cr_expect_eq(hear_end(service), 0);
    close(service);
    await_told(wire, "closed 16\n");
    wire_free(wire);
}

Test(wire, a_reset_is_a_reset_behind_what_came_before) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(service, "last words");
    expect_words(client, "last words");
    reset(service);
    cr_expect_eq(hear_end(client), ECONNRESET);
    close(client);
    client = call(wire->port), service = answer_call(wire);
    say(client, "x");
    expect_words(service, "x");
    reset(client);
    cr_expect_eq(hear_end(service), ECONNRESET);
    close(service);
    await_told(wire, "note: the answer is no HTTP/1\nreset 10\n");
    await_told(wire, "reset 1\n");
    wire_free(wire);
}

/* The same while the upload is stuck: the wire learns of the reset by writing, and must not forget the answer for that. */
Test(wire, an_answer_before_a_reset_arrives_behind_a_stuck_upload) {
    struct wire *wire = wire_new();
    static char block[1 << 16];
    static const char answer[] = "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n";
    int client = call(wire->port), service = answer_call(wire);
    say(client, "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
    for (int quiet = 0; quiet < 10; quiet++) {
        while (send(client, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) quiet = 0;
        poll(NULL, 0, 5);
    }
    say(service, answer);
    reset(service);
    expect_words(client, answer);
    hear_end(client);
    close(client);
    await_told(wire, "POST / 413 0\n");
    wire_free(wire);
}

/* A server that refuses an upload answers, and resets what goes on coming. */
Test(wire, an_answer_before_a_reset_arrives) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(client, "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    char head[64];
    cr_expect_gt(recv(service, head, sizeof head, 0), 0);
    say(service, "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    expect_words(client, "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    say(client, "more of the body");
    reset(service);
    hear_end(client);
    close(client);
    await_told(wire, "POST / 413 0\n");
    wire_free(wire);
}

Test(wire, a_dead_service_resets_its_clients) {
    struct wire *wire = wire_new();
    close(wire->service);
    int client = call(wire->port);
    cr_expect_eq(hear_end(client), ECONNRESET);
    close(client);
    await_told(wire, "refused 0\n");
    wire->service = listen_on(&wire->service_port, 1);
    wire_free(wire);
}

Test(wire, a_service_that_never_takes_the_connection_times_out) {
    struct wire *wire = wire_begin();
    int port, silent = listen_on(&port, 0), queued[8];
    for (size_t i = 0; i < 8; i++) { /* its backlog is full, and the kernel drops what comes */
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                       .sin_port = htons((uint16_t)port) };
        queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(queued[i], (struct sockaddr *)&address, sizeof address); /* what it says is no matter */
    }
    wire->front->connect_timeout = 300 * MILLISECOND;
    target_list_done(&wire->front->targets);
    wire->front->targets = targets(port);
    front_open(wire->front);
    int client = call(wire->port);
    say(client, "GET /slow HTTP/1.1\r\n\r\n");
    cr_expect_eq(hear_end(client), ECONNRESET);
    close(client);
    await_told(wire, "GET /slow 0 0 (no answer: the service could not be reached at 127.0.0.1:");
    await_told(wire, "timeout 22\n");
    for (size_t i = 0; i < 8; i++) close(queued[i]);
    close(silent);
    wire_free(wire);
}

Test(wire, who_never_answers_leaves_a_failed_exchange) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(client, "GET /never HTTP/1.1\r\n\r\n");
    expect_words(service, "GET /never HTTP/1.1\r\n\r\n");
    close(client);
    cr_expect_eq(hear_end(service), 0);
    close(service);
    await_told(wire, "GET /never 0 0 (no answer: the client closed the connection)\nunanswered 23\n");
    wire_free(wire);
}

Test(wire, an_answer_to_a_client_that_has_left_is_none) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(client, "GET /left HTTP/1.1\r\n\r\n");
    expect_words(service, "GET /left HTTP/1.1\r\n\r\n");
    close(client);
    cr_expect_eq(hear_end(service), 0);
    say(service, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    hear_end(service);
    close(service);
    await_told(wire, "GET /left 0 0 (no answer: the client ");
    wire_free(wire);
}

Test(wire, what_is_open_when_the_run_is_over_is_told_once) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire), idle = call(wire->port),
        idle_service = answer_call(wire);
    say(client, "GET /late HTTP/1.1\r\n\r\n");
    expect_words(service, "GET /late HTTP/1.1\r\n\r\n");
    say(service, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    expect_words(client, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    cr_expect_str_eq(told(wire), "");
    wire->settles = true;
    static const char expected[] =
        "open 0\n"
        "GET /late 200 2 (the answer was cut after 2 of 4 bytes: the run was over)\nopen 62\n";
    cr_expect_str_eq(told(wire), expected);
    cr_expect_str_eq(told(wire), expected);
    say(service, "lf");
    expect_words(client, "lf");
    close(client);
    close(service);
    close(idle);
    close(idle_service);
    cr_expect_str_eq(told(wire), expected);
    wire_free(wire);
}

Test(wire, what_is_open_at_the_stop_is_reset) {
    struct wire *wire = wire_new();
    int client = call(wire->port), service = answer_call(wire);
    say(client, "GET /late HTTP/1.1\r\n\r\n");
    expect_words(service, "GET /late HTTP/1.1\r\n\r\n");
    wire->descriptors += 2; /* these */
    wire_free(wire);
    cr_expect_eq(hear_end(client), ECONNRESET);
    cr_expect_eq(hear_end(service), ECONNRESET);
    close(client);
    close(service);
}

/* ---- bounds ---- */

static size_t resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0, all = 0;
    cr_assert_eq(fscanf(file, "%ld %ld", &all, &pages), 2);
    fclose(file);
    return (size_t)pages * 4096;
}

enum { BLOCK = 1 << 16, PERIOD = 65521 };

/* What is said at a place of a long stream: BLOCK bytes, the same again after PERIOD. */
static const char *pattern_at(size_t at) {
    static char bytes[PERIOD + BLOCK];
    static bool is_filled;
    uint64_t state = 9;
    for (size_t i = 0; !is_filled && i < sizeof bytes; i++)
        bytes[i] = i < PERIOD ? (char)dice(&state) : bytes[i - PERIOD];
    is_filled = true;
    return bytes + at % PERIOD;
}

/* The service floods; the client reads nothing for a while: the service must be held up, and nothing may be lost. */
Test(wire, a_slow_reader_holds_up_the_service) {
    struct wire *wire = wire_new();
    enum { COUNT = 64 };
    static char block[BLOCK];
    int clients[COUNT], services[COUNT];
    size_t sent[COUNT] = { 0 }, before = resident();
    for (int i = 0; i < COUNT; i++) {
        clients[i] = call(wire->port);
        services[i] = answer_call(wire);
    }
    for (int quiet = 0; quiet < 20; quiet++) {
        for (int i = 0; i < COUNT; i++) {
            ssize_t part;
            while ((part = send(services[i], pattern_at(sent[i]), BLOCK, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
                sent[i] += (size_t)part;
                quiet = 0;
            }
        }
        poll(NULL, 0, 5);
    }
    size_t taken = resident() - before;
    cr_expect_lt(taken, (size_t)20 << 20, "%zu bytes of memory", taken);
    for (int i = 0; i < COUNT; i++) {
        close(services[i]);
        size_t heard = 0, part;
        for (; (part = hear(clients[i], block, BLOCK)) > 0; heard += part)
            cr_assert_eq(memcmp(block, pattern_at(heard), part), 0, "wrong bytes after %zu", heard);
        close(clients[i]);
        cr_expect(heard == sent[i] && heard > 0, "%zu of %zu bytes", heard, sent[i]);
    }
    wire_free(wire);
}

/* Longer by AOT_BODY_MIB: 10240 takes some seconds in a release build. */
Test(wire, a_long_body_takes_no_memory, .timeout = 120) {
    struct wire *wire = wire_new();
    const char *wanted = getenv("AOT_BODY_MIB");
    uint64_t length = (wanted ? strtoull(wanted, NULL, 10) : 256) << 20, sent = 0, heard = 0;
    static char block[1 << 18], head[128];
    int client = call(wire->port), service = answer_call(wire);
    say(client, "GET /long HTTP/1.1\r\n\r\n");
    expect_words(service, "GET /long HTTP/1.1\r\n\r\n");
    size_t before = resident();
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n", (unsigned long long)length);
    say(service, head);
    expect_words(client, head);
    while (heard < length) {
        size_t left = length - sent < sizeof block ? (size_t)(length - sent) : sizeof block;
        ssize_t part = left ? send(service, block, left, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
        if (part > 0) sent += (uint64_t)part;
        part = recv(client, block, sizeof block, MSG_DONTWAIT);
        if (part > 0) heard += (uint64_t)part;
    }
    cr_expect_lt(resident() - before, (size_t)16 << 20);
    char line[64];
    snprintf(line, sizeof line, "GET /long 200 %llu\n", (unsigned long long)length);
    await_told(wire, line);
    close(client);
    close(service);
    wire_free(wire);
}

Test(wire, pipelined_requests_are_told_in_order) {
    struct wire *wire = wire_new();
    struct buffer asked = { 0 }, answers = { 0 }, expected = { 0 };
    for (int i = 0; i < 200; i++) {
        buffer_printf(&asked, "GET /%d HTTP/1.1\r\n\r\n", i);
        buffer_printf(&answers, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        buffer_printf(&expected, "GET /%d 200 1\n", i);
    }
    int client = call(wire->port), service = answer_call(wire);
    char *bytes = malloc(answers.length);
    say(client, asked.bytes);
    cr_expect_eq(hear(service, bytes, asked.length), asked.length);
    say(service, answers.bytes);
    cr_expect_eq(hear(client, bytes, answers.length), answers.length);
    const char *at = told(wire); /* the last byte was heard, so all is told */
    for (int i = 0; i < 200 && at; i++) {
        char line[32];
        snprintf(line, sizeof line, "GET /%d 200 1\n", i);
        at = strstr(at, line);
        cr_expect(at, "no %s", line);
    }
    free(bytes);
    close(client);
    close(service);
    buffer_done(&asked);
    buffer_done(&answers);
    buffer_done(&expected);
    wire_free(wire);
}

Test(wire, hundreds_of_connections_at_once) {
    struct wire *wire = wire_new();
    enum { MOST = 400 };
    int clients[MOST], services[MOST];
    size_t count = room_for(MOST);
    for (size_t i = 0; i < count; i++) {
        clients[i] = call(wire->port);
        services[i] = answer_call(wire);
    }
    for (size_t i = 0; i < count; i++) say(clients[i], "ping");
    for (size_t i = 0; i < count; i++) expect_words(services[i], "ping");
    for (size_t i = 0; i < count; i++) say(services[i], "pong");
    for (size_t i = 0; i < count; i++) expect_words(clients[i], "pong");
    for (size_t i = 0; i < count; i++) {
        if (i % 2)
            reset(clients[i]);
        else
            close(clients[i]);
        hear_end(services[i]);
        close(services[i]);
    }
    wire_free(wire);
}

/* Many turns' calls, as far as the limit of descriptors allows. */
enum { MANY = 1000 };

/* Clients that have called and asked, however many at once; nobody has taken their calls yet. */
static size_t ask_all(const struct wire *wire, int *clients, size_t most) {
    size_t count = room_for(most);
    for (size_t i = 0; i < count; i++) {
        clients[i] = call(wire->port);
        say(clients[i], "GET / HTTP/1.1\r\n\r\n");
    }
    return count;
}

static void expect_all_told(struct wire *wire, const int *clients, size_t count) {
    size_t lines = 0;
    wire->settles = true;
    for (const char *at = told(wire); (at = strstr(at, "GET / 0 0 (no answer: the run was over)")); at++) lines++;
    cr_expect_eq(lines, count, "%zu of %zu", lines, count);
    for (size_t i = 0; i < count; i++) close(clients[i]);
    wire_free(wire);
}

Test(wire, who_called_before_it_opened_is_told) {
    int clients[MANY];
    struct wire *wire = wire_begin();
    size_t count = ask_all(wire, clients, MANY);
    front_open(wire->front);
    expect_all_told(wire, clients, count);
}

static void be_busy(struct engine *engine, void *data) {
    (void)engine;
    is_ready(*(int *)data, POLLIN, PATIENCE);
}

/* The echo is asked while the thread has no time: calls that wait by then are more than it takes in one turn. */
Test(wire, who_called_before_the_echo_is_told) {
    int clients[MANY], ends[2];
    struct wire *wire = wire_new();
    cr_assert_eq(pipe(ends), 0);
    engine_ask(wire->engine, be_busy, &ends[0]);
    size_t count = ask_all(wire, clients, MANY);
    wire->settles = true;
    front_echo(wire->front, UINT64_MAX, true);
    cr_assert_eq(write(ends[1], "", 1), 1);
    while (wire->echoes != UINT64_MAX) {
        cr_assert(is_ready(news_queue_descriptor(wire->engine->news), POLLIN, PATIENCE), "no echo");
        wire_take_news(wire);
    }
    close(ends[0]);
    close(ends[1]);
    size_t lines = 0;
    for (const char *at = wire->told.bytes; at && (at = strstr(at, "GET / 0 0 (no answer")); at++) lines++;
    cr_expect_eq(lines, count, "%zu of %zu", lines, count);
    expect_all_told(wire, clients, count);
}

/* With the soft limit it asks for more; with the hard one it turns away, at once, and says so. */
Test(wire, without_descriptors_clients_are_turned_away) {
    struct wire *wire = wire_new();
    int first = call(wire->port), service = answer_call(wire), extra[3];
    struct rlimit low;
    for (int i = 0; i < 3; i++) extra[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    low.rlim_cur = low.rlim_max = open_descriptors() - 3; /* two dots, and the folder itself */
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)wire->port) };
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(connect(extra[i], (struct sockaddr *)&address, sizeof address), 0);
        hear_end(extra[i]);
    }
    for (int i = 0; i < 3; i++) close(extra[i]);
    await_told(wire, "full 0\n");
    say(first, "still served");
    expect_words(service, "still served");
    close(first);
    close(service);
    wire_free(wire);
}

/* ---- replicas ---- */

Test(wire, replicas_take_turns_and_moved_ones_are_followed) {
    struct wire *wire = wire_begin();
    int port, other = listen_on(&port, 8);
    struct target_list both = targets(wire->service_port), second = targets(port);
    both.items = memory_resize(both.items, 2 * sizeof *both.items);
    both.items[both.count++] = second.items[0];
    target_list_done(&wire->front->targets);
    wire->front->targets = both;
    wire->front->follows = true;
    front_open(wire->front);
    int clients[3] = { call(wire->port), call(wire->port), call(wire->port) };
    int services[3] = { answer_call(wire), accept(other, NULL, NULL), answer_call(wire) };
    cr_expect_not(is_ready(other, POLLIN, 0), "two to the first, one to the second");
    for (int i = 0; i < 3; i++) {
        close(clients[i]);
        hear_end(services[i]);
        close(services[i]);
    }
    /* Both are gone; the loop is asked and knows of a new one. */
    close(other);
    close(wire->service);
    int client = call(wire->port);
    await_told(wire, "stale\n");
    wire->service = listen_on(&wire->service_port, 8);
    front_set_targets(wire->front, targets(wire->service_port));
    int service = answer_call(wire);
    say(client, "found");
    expect_words(service, "found");
    close(client);
    close(service);
    /* And when it is where it was, the refusal is believed. */
    close(wire->service);
    client = call(wire->port);
    for (int i = 0; i < 2000 && !strstr(strstr(told(wire), "stale\n") + 1, "stale\n"); i++) poll(NULL, 0, 5);
    front_set_targets(wire->front, targets(wire->service_port));
    cr_expect_eq(hear_end(client), ECONNRESET);
    close(client);
    await_told(wire, "refused 0\n");
    target_list_done(&second);
    wire->service = listen_on(&wire->service_port, 8);
    wire_free(wire);
}
