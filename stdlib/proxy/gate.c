/* Closing a listener from outside of its namespace: sockets belong to the namespace in which they were made, so shutdown(), listen()
 * and filters work on them from here. */
#include "stdlib/proxy/gate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/proxy/front.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS_A_TURN = 64, PACKET_KEPT = 128 };

bool gate_closes(enum toxic toxic) {
    return toxic == TOXIC_REFUSE || toxic == TOXIC_SILENT || toxic == TOXIC_UNREACHABLE;
}

/* ---- filters ---- */

static void set_filter(int descriptor, struct sock_filter *lines, size_t count) {
    struct sock_fprog program = { .len = (unsigned short)count, .filter = lines };
    setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void drop_all(int descriptor) {
    struct sock_filter lines[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
    set_filter(descriptor, lines, sizeof lines / sizeof lines[0]);
}

static void drop_nothing(int descriptor) {
    int ignored = 0;
    setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}

enum { TCP_FLAGS = 13, TCP_LENGTH = 12, IP_LENGTH = 2, SYN = 0x02, ACK = 0x10 }; /* offsets in the headers; flags */

/* On loopback a packet is seen as it goes out and as it comes in: once is enough. The listener is on 127.0.0.1 alone; the whole of 127/8
 * has its ports. */
#define TO_PORT(port, length) \
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, (length) + 7, 0), \
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct iphdr, daddr)), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INADDR_LOOPBACK, 0, (length) + 5), \
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct iphdr, protocol)), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, (length) + 3), BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), \
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, offsetof(struct tcphdr, dest)), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (port), 0, (length))

static void hear_calls(int calls, uint16_t port) {
    struct sock_filter lines[] = {
        TO_PORT(port, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, TCP_FLAGS),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PACKET_KEPT),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    set_filter(calls, lines, sizeof lines / sizeof lines[0]);
}

/* Longer than both headers. */
static void hear_words(int words, uint16_t port) {
    struct sock_filter lines[] = {
        TO_PORT(port, 8),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, TCP_LENGTH),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, IP_LENGTH),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PACKET_KEPT),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    set_filter(words, lines, sizeof lines / sizeof lines[0]);
}

/* ---- who knocks ---- */

static const char *outcome_of(enum toxic toxic) {
    return toxic == TOXIC_REFUSE ? "refused" : toxic == TOXIC_SILENT ? "dropped" : "unreachable";
}

/* RFC 1071, of an even number of bytes. */
static uint16_t checksum(const uint8_t *bytes, size_t length) {
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i += 2) sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* RFC 792: type, code, checksum, four bytes of nothing; the header that could not be delivered, and 8 bytes behind it, which say whose
 * it was. */
static void say_unreachable(const struct gate *gate, const uint8_t *packet, size_t header) {
    uint8_t answer[8 + 60 + 8] = { ICMP_DEST_UNREACH, ICMP_NET_UNREACH };
    struct sockaddr_in to = { .sin_family = AF_INET };
    size_t length = 8 + header + 8;
    memcpy(answer + 8, packet, header + 8);
    uint16_t sum = checksum(answer, length);
    answer[2] = (uint8_t)(sum >> 8);
    answer[3] = (uint8_t)sum;
    memcpy(&to.sin_addr.s_addr, packet + offsetof(struct iphdr, saddr), sizeof to.sin_addr.s_addr);
    sendto(gate->voice, answer, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
}

/* The kernel repeats a SYN that got no answer: that is the same attempt. */
static bool is_new(struct gate *gate, uint16_t port, uint32_t sequence) {
    size_t known = gate->knocks < GATE_KNOCKS ? gate->knocks : GATE_KNOCKS;
    for (size_t i = 0; i < known; i++)
        if (gate->recent[i].port == port && gate->recent[i].sequence == sequence) return false;
    gate->recent[gate->knocks++ % GATE_KNOCKS] = (struct gate_knock){ sequence, port };
    return true;
}

/* A connection that existed says something, and is not heard. */
static void unheard(struct gate *gate, uint16_t port, size_t length) {
    for (struct connection *connection = gate->front->connections; connection; connection = connection->next) {
        if (connection->client_port != port) continue;
        struct affliction *affliction = connection->afflictions;
        while (affliction && affliction->fault != gate->fault) affliction = affliction->next;
        if (affliction) fault_touch(&affliction->down, length);
        return;
    }
}

static void heed_call(struct gate *gate, const uint8_t *packet, size_t header, const struct tcphdr *tcp) {
    struct fault *fault = gate->fault;
    if (fault->toxic == TOXIC_UNREACHABLE) say_unreachable(gate, packet, header);
    if (!is_new(gate, tcp->source, tcp->seq)) return;
    int64_t now = clock_monotonic();
    fault->attempts++;
    fault->touched++;
    front_tell(gate->front,
               &(struct news){ .kind = NEWS_ATTEMPT, .start = now, .end = now, .outcome = outcome_of(fault->toxic) });
}

static void heed(struct gate *gate, const uint8_t *packet, size_t length) {
    struct iphdr ip;
    struct tcphdr tcp;
    if (length < sizeof ip || !gate->fault) return;
    memcpy(&ip, packet, sizeof ip);
    size_t header = (size_t)ip.ihl * 4;
    if (header < sizeof ip || length < header + sizeof tcp) return;
    memcpy(&tcp, packet + header, sizeof tcp);
    size_t said = ntohs(ip.tot_len), heads = header + (size_t)tcp.doff * 4;
    if (tcp.syn && !tcp.ack)
        heed_call(gate, packet, header, &tcp);
    else if (said > heads)
        unheard(gate, tcp.source, said - heads);
}

static bool heed_next(struct gate_ear *ear) {
    uint8_t packet[PACKET_KEPT];
    ssize_t length = recv(ear->watched.descriptor, packet, sizeof packet, MSG_DONTWAIT);
    if (length > 0) heed(ear->gate, packet, (size_t)length);
    return length > 0;
}

static void ear_ready(struct watched *watched, uint32_t events) {
    struct gate_ear *ear = (struct gate_ear *)watched;
    (void)events;
    for (int i = 0; i < PACKETS_A_TURN; i++)
        if (!heed_next(ear)) return;
    ear->gate->front->engine->has_more = true;
}

static void tell_lost(const struct gate *gate) {
    struct tpacket_stats stats = { 0 };
    socklen_t length = sizeof stats;
    if (getsockopt(gate->calls.watched.descriptor, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0 &&
        stats.tp_drops)
        front_note(gate->front, "calls came too fast to be counted: there were more attempts than were told");
}

/* ---- closing and opening ---- */

void gate_close(struct gate *gate, struct fault *fault) {
    struct front *front = gate->front;
    gate->fault = fault;
    hear_calls(gate->calls.watched.descriptor, gate->port);
    hear_words(gate->words.watched.descriptor, gate->port);
    if (fault->toxic == TOXIC_REFUSE) {
        /* Bound as it is, the port stays its own. */
        engine_watch(front->engine, &front->watched, 0, true);
        shutdown(front->watched.descriptor, SHUT_RD);
    } else {
        drop_all(front->watched.descriptor);
    }
}

void gate_open(struct gate *gate) {
    struct front *front = gate->front;
    struct linger none = { .l_onoff = 1, .l_linger = 0 };
    enum toxic toxic = gate->fault->toxic;
    drop_all(gate->calls.watched.descriptor);
    drop_all(gate->words.watched.descriptor);
    while (heed_next(&gate->calls) || heed_next(&gate->words)) continue; /* no more come in: as many as they hold */
    tell_lost(gate);
    gate->fault = NULL;
    for (size_t i = 0; i < gate->parked_count; i++) {
        drop_nothing(gate->parked[i]);
        setsockopt(gate->parked[i], SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(gate->parked[i]);
    }
    gate->parked_count = 0;
    if (toxic != TOXIC_REFUSE) {
        drop_nothing(front->watched.descriptor);
        return;
    }
    if (listen(front->watched.descriptor, FRONT_BACKLOG) != 0)
        front_note(front, "the listener could not be opened again");
    engine_watch(front->engine, &front->watched, EPOLLIN, false);
}

void gate_mute(struct connection *connection, bool mute) {
    int descriptor = connection->client.watched.descriptor;
    struct sockaddr_in client = { 0 };
    socklen_t length = sizeof client;
    if (!mute) {
        drop_nothing(descriptor);
        return;
    }
    drop_all(descriptor);
    getpeername(descriptor, (struct sockaddr *)&client, &length);
    connection->client_port = client.sin_port;
}

bool gate_park(struct connection *connection) {
    struct front *front = connection->front;
    struct gate *gate = front->gate;
    struct watched *watched = &connection->client.watched;
    if (!gate || !gate->fault || gate->fault->toxic == TOXIC_REFUSE || watched->descriptor < 0) return false;
    engine_watch(front->engine, watched, 0, true);
    gate->parked = memory_resize(gate->parked, (gate->parked_count + 1) * sizeof *gate->parked);
    gate->parked[gate->parked_count++] = watched->descriptor;
    watched->descriptor = -1;
    return true;
}

/* ---- its life ---- */

static void be_ear(struct gate_ear *ear, struct gate *gate, int packets) {
    *ear = (struct gate_ear){ .watched = { .ready = ear_ready, .descriptor = packets }, .gate = gate };
    drop_all(packets);
}

struct gate *gate_new(int calls, int words, int voice, uint16_t port) {
    struct gate *gate = memory_allocate(sizeof *gate);
    *gate = (struct gate){ .voice = voice, .port = port };
    be_ear(&gate->calls, gate, calls);
    be_ear(&gate->words, gate, words);
    drop_all(voice); /* it hears what it says */
    return gate;
}

void gate_join(struct gate *gate, struct front *front) {
    gate->front = front;
    engine_watch(front->engine, &gate->calls.watched, EPOLLIN, false);
    engine_watch(front->engine, &gate->words.watched, EPOLLIN, false);
}

void gate_free(struct gate *gate) {
    for (size_t i = 0; i < gate->parked_count; i++) close(gate->parked[i]);
    if (gate->front) {
        engine_forget(gate->front->engine, &gate->calls.watched);
        engine_forget(gate->front->engine, &gate->words.watched);
    } else {
        close(gate->calls.watched.descriptor);
        close(gate->words.watched.descriptor);
    }
    close(gate->voice);
    memory_release(gate->parked);
    memory_release(gate);
}
