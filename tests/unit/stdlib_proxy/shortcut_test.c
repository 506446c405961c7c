/* Bulk that passes inside the kernel: the same bytes, the same exchanges, whoever is slow, and faults that begin in the midst of it. */
#include "tests/unit/stdlib_proxy/wire.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY = 8 << 20, PIECE = 100003 };

/* A body that no shift of it looks like. */
static char *pattern(size_t length) {
    char *bytes = malloc(length);
    uint32_t state = 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (char)(state >> 24);
    }
    return bytes;
}

/* All of `out` from one end to the other, in pieces that fit nothing; `lazy` rests the reader now and then. */
static void carry(int from, int to, struct text out, bool lazy) {
    size_t sent = 0, heard = 0, turns = 0;
    char *block = malloc(PIECE);
    int64_t limit = clock_monotonic() + 60 * SECOND;
    while (heard < out.length && clock_monotonic() < limit) {
        struct text part = text_slice(out, sent, PIECE);
        ssize_t done = part.length ? send(from, part.bytes, part.length, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
        if (done > 0) sent += (size_t)done;
        if (lazy && ++turns % 50 == 0) poll(NULL, 0, 2);
        if (lazy && turns % 3) continue;
        done = recv(to, block, lazy ? 7001 : PIECE, MSG_DONTWAIT);
        if (done <= 0) continue;
        cr_assert(memcmp(block, out.bytes + heard, (size_t)done) == 0, "other bytes near %zu", heard);
        heard += (size_t)done;
    }
    cr_expect_eq(heard, out.length);
    free(block);
}

static void both_ways(bool lazy) {
    struct wire *wire = wire_new();
    char *body = pattern(BODY), head[128];
    int client = call(wire->port), service = answer_call(wire);
    size_t length = lazy ? BODY / 8 : BODY;
    for (int i = 0; i < 2; i++) { /* on one connection: what ends a body is found */
        snprintf(head, sizeof head, "PUT /%d HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", i, length);
        say(client, head);
        expect_words(service, head);
        carry(client, service, (struct text){ body, length }, lazy);
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", length);
        say(service, head);
        expect_words(client, head);
        carry(service, client, (struct text){ body, length }, lazy);
        say(service, "\r\n0\r\n\r\n");
        expect_words(client, "\r\n0\r\n\r\n");
    }
    char lines[128];
    snprintf(lines, sizeof lines, "PUT /0 200 %zu\n", length);
    await_told(wire, lines);
    snprintf(lines, sizeof lines, "PUT /1 200 %zu\n", length);
    await_told(wire, lines);
    cr_expect_geq(wire->uploaded, 2 * length);
    free(body);
    close(client);
    close(service);
    wire_free(wire);
}

Test(shortcut, bulk_is_the_same_bytes_and_the_same_exchanges, .timeout = 120) {
    both_ways(false);
}

Test(shortcut, a_slow_reader_gets_the_same_bytes, .timeout = 120) {
    both_ways(true);
}

Test(shortcut, what_is_no_http_is_the_same_bytes, .timeout = 120) {
    struct wire *wire = wire_new();
    char *body = pattern(BODY);
    int client = call(wire->port), service = answer_call(wire);
    carry(client, service, (struct text){ body, BODY }, false);
    carry(service, client, (struct text){ body, BODY }, true);
    free(body);
    close(client);
    close(service);
    wire_free(wire);
}

Test(shortcut, a_fault_in_the_midst_meets_every_further_byte, .timeout = 120) {
    struct wire *wire = wire_new();
    char *body = pattern(BODY);
    int client = call(wire->port), service = answer_call(wire);
    carry(client, service, (struct text){ body, BODY / 2 }, false);
    uint64_t id = wire_apply(wire, &(struct fault){ .toxic = TOXIC_NOOP, .is_up = true });
    carry(client, service, (struct text){ body + BODY / 2, BODY / 4 }, false);
    cr_expect_eq(wire_undo(wire, id).size, BODY / 4);
    carry(client, service, (struct text){ body + BODY / 4 * 3, BODY / 4 }, false);
    free(body);
    close(client);
    close(service);
    wire_free(wire);
}

/* The reader goes while much waits: a reset, and nothing is left in the pipe for somebody else. */
Test(shortcut, a_reader_that_goes_leaves_nothing_to_others, .timeout = 120) {
    struct wire *wire = wire_new();
    char *body = pattern(BODY);
    int client = call(wire->port), service = answer_call(wire);
    int other = call(wire->port), other_service = answer_call(wire);
    for (int i = 0; i < 200; i++) send(client, body, PIECE, MSG_DONTWAIT | MSG_NOSIGNAL);
    told(wire);
    reset(service);
    for (int i = 0; i < 200; i++) send(client, body, PIECE, MSG_DONTWAIT | MSG_NOSIGNAL);
    carry(other, other_service, (struct text){ body, BODY }, false);
    free(body);
    close(client);
    close(other);
    close(other_service);
    wire_free(wire);
}
