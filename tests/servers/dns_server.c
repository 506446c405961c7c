/* A small DNS server on 127.0.0.1 (UDP) for tests: the first label of a name says how it behaves. It prints its port, and ends when
 * its standard input ends, so it never outlives the test that started it.
 * Labels: quiet gone refused broken late several app; chain (CNAME of 5 s to next.test), circle, other (an answer for another name), cut (in its middle),
 * old (the answer of a server that knows no such thing), big (TC, and nobody takes TCP), ages (a TTL of its own for each of two).
 *   dns_server ADDRESS     what "app" and "late" have as their A record; they have no AAAA */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER = 12,
    RECORD_A = 1,
    RECORD_CNAME = 5,
    RECORD_AAAA = 28,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    NOTIMP = 4,
    REFUSED = 5
};

static const char *own_address;

static void pause_for(long milliseconds) {
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static size_t add_record(unsigned char *at, int family, const char *address) {
    bool six = family == AF_INET6;
    unsigned char length = six ? 16 : 4;
    unsigned char head[] = { 0xc0, HEADER, 0, six ? RECORD_AAAA : RECORD_A, 0, 1, 0, 0, 0, 60, 0, length };
    memcpy(at, head, sizeof head);
    inet_pton(family, address, at + sizeof head);
    return sizeof head + length;
}

/* Records that the question's name does not own itself: type 0 takes the name's own. */
static size_t add_named(unsigned char *at, const char *owner, size_t owner_length, int type, unsigned ttl,
                        const void *data, size_t length) {
    unsigned char own[] = { 0xc0, HEADER }, *start = at;
    memcpy(at, owner ? (const void *)owner : own, owner ? owner_length : sizeof own);
    at += owner ? owner_length : sizeof own;
    unsigned char head[] = { 0, (unsigned char)type,  0, 1, 0, 0, (unsigned char)(ttl >> 8), (unsigned char)ttl,
                             0, (unsigned char)length };
    memcpy(at, head, sizeof head);
    memcpy(at + sizeof head, data, length);
    return (size_t)(at - start) + sizeof head + length;
}

/* What a server may say that is odd or wrong; returns how many records there are. */
static size_t add_odd(unsigned char *bytes, const char *label, size_t *out) {
    static const unsigned char here[] = { 127, 0, 0, 1 }, there[] = { 127, 0, 0, 2 };
    static const char next[] = "\4next\4test", other[] = "\4else\4test";
    size_t records = 0;
    if (strncmp(label, "chain", 5) == 0) {
        *out += add_named(bytes + *out, NULL, 0, RECORD_CNAME, 5, next, sizeof next), records++;
        *out += add_named(bytes + *out, next, sizeof next, RECORD_A, 60, here, sizeof here), records++;
    }
    if (strncmp(label, "circle", 6) == 0) {
        *out += add_named(bytes + *out, NULL, 0, RECORD_CNAME, 5, next, sizeof next), records++;
        *out += add_named(bytes + *out, next, sizeof next, RECORD_CNAME, 5, (unsigned char[]){ 0xc0, HEADER }, 2),
            records++;
    }
    if (strncmp(label, "other", 5) == 0)
        *out += add_named(bytes + *out, other, sizeof other, RECORD_A, 60, here, sizeof here), records++;
    if (strncmp(label, "ages", 4) == 0) {
        *out += add_named(bytes + *out, NULL, 0, RECORD_A, 300, here, sizeof here), records++;
        *out += add_named(bytes + *out, NULL, 0, RECORD_A, 7, there, sizeof there), records++;
    }
    if (strncmp(label, "cut", 3) == 0) *out += 5, records++;
    return records;
}

/* Turns the question into its answer; its new length, or 0 for silence. */
static size_t answer(unsigned char *bytes, size_t length) {
    const char *label = (const char *)bytes + HEADER + 1;
    size_t end = HEADER;
    while (end < length && bytes[end]) end += bytes[end] + 1U;
    if (end + 5 > length) return 0;
    int type = bytes[end + 1] << 8 | bytes[end + 2], code = 0;
    size_t records = 0, out = end + 5;
    if (strncmp(label, "quiet", 5) == 0) return 0;
    if (strncmp(label, "gone", 4) == 0) code = NXDOMAIN;
    if (strncmp(label, "refused", 7) == 0) code = REFUSED;
    if (strncmp(label, "broken", 6) == 0) code = SERVFAIL;
    if (strncmp(label, "late", 4) == 0) pause_for(150);
    if (type == RECORD_A && (strncmp(label, "app", 3) == 0 || strncmp(label, "late", 4) == 0))
        out += add_record(bytes + out, AF_INET, own_address), records++;
    if (strncmp(label, "several", 7) == 0) { /* only the last one works */
        out +=
            type == RECORD_A ? add_record(bytes + out, AF_INET, "127.0.0.9") : add_record(bytes + out, AF_INET6, "::1");
        records++;
        if (type == RECORD_A) out += add_record(bytes + out, AF_INET, "127.0.0.1"), records++;
    }
    if (strncmp(label, "old", 3) == 0) code = NOTIMP;
    records += add_odd(bytes, label, &out);
    bytes[2] = 0x85; /* an answer, with authority */
    bytes[3] = (unsigned char)(0x80 | code);
    if (strncmp(label, "big", 3) == 0) bytes[2] |= 2;
    memset(bytes + 6, 0, HEADER - 6);
    bytes[7] = (unsigned char)records;
    return out;
}

int main(int count, char **arguments) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    if (count != 2 || bind(descriptor, (struct sockaddr *)&address, length) != 0) return 1;
    own_address = arguments[1];
    getsockname(descriptor, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct pollfd wanted[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = descriptor, .events = POLLIN } };
    while (poll(wanted, 2, -1) > 0 && !wanted[0].revents) {
        unsigned char bytes[1024] = { 0 };
        struct sockaddr_in client;
        length = sizeof client;
        ssize_t got = recvfrom(descriptor, bytes, 512, 0, (struct sockaddr *)&client, &length);
        size_t sent = got < HEADER ? 0 : answer(bytes, (size_t)got);
        if (sent) sendto(descriptor, bytes, sent, 0, (struct sockaddr *)&client, length);
    }
    return 0;
}
