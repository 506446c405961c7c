/* Both ends of the line for bench/proxy/run.py. The server's connections begin with a byte: S takes blocks of 256 KiB up to one that begins
 * with 1 and says one byte then (ends in one direction do not come through every proxy), E sends back what comes, P is an HTTP PUT that is written to a file whole, and answered.
 *   traffic server                        prints its port, ends with its standard input
 *   traffic stream PORT CONNECTIONS MS    bytes a second that arrived
 *   traffic ping PORT COUNT               round trips of 64 bytes: p50 and p99 in microseconds */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 18, PING = 64, CONNECTIONS = 256 };

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void store(FILE *file, const char *bytes, size_t length) {
    if (fwrite(bytes, 1, length, file) != length) exit(1);
}

/* The head, for its Content-Length, and so many bytes: kept, as an upload is. */
static void take_upload(int descriptor, char *block) {
    size_t length = 0, left;
    char *end = NULL, *word;
    while (!end) {
        ssize_t got = recv(descriptor, block + length, BLOCK - 1 - length, 0);
        if (got <= 0) return;
        length += (size_t)got;
        block[length] = 0;
        end = strstr(block, "\r\n\r\n");
    }
    word = strcasestr(block, "content-length:");
    left = word ? strtoull(word + 15, NULL, 10) : 0;
    left -= length - (size_t)(end + 4 - block);
    FILE *file = tmpfile();
    if (!file) exit(1);
    store(file, end + 4, length - (size_t)(end + 4 - block));
    while (left) {
        ssize_t got = recv(descriptor, block, BLOCK, 0);
        if (got <= 0) break;
        store(file, block, (size_t)got);
        left -= (size_t)got;
    }
    fclose(file);
    if (left) return;
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    send(descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void take_blocks(int descriptor, char *block) {
    size_t at = 0; /* in the block under way */
    bool is_last = false;
    ssize_t got;
    while ((got = recv(descriptor, block, BLOCK - at, 0)) > 0) {
        if (at == 0) is_last = block[0] == 1;
        at = (at + (size_t)got) % BLOCK;
        if (at == 0 && is_last) break;
    }
    send(descriptor, "!", 1, MSG_NOSIGNAL);
}

static void *serve(void *data) {
    int descriptor = (int)(intptr_t)data;
    static _Thread_local char block[BLOCK];
    ssize_t got = recv(descriptor, block, 1, 0);
    char kind = got == 1 ? block[0] : 0;
    if (kind == 'P') take_upload(descriptor, block);
    if (kind == 'S') take_blocks(descriptor, block);
    while (kind == 'E' && (got = recv(descriptor, block, sizeof block, 0)) > 0)
        if (send(descriptor, block, (size_t)got, MSG_NOSIGNAL) < 0) break;
    close(descriptor);
    return NULL;
}

static void *await_end(void *data) {
    char byte;
    (void)data;
    while (read(0, &byte, 1) > 0) {
    }
    exit(0);
}

static int server(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    pthread_t thread;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, await_end, NULL);
    for (;;) {
        int descriptor = accept(listener, NULL, NULL);
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)descriptor) == 0) pthread_detach(thread);
    }
}

static int call(int port, const char *kind) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)port) };
    int descriptor = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) || send(descriptor, kind, 1, 0) != 1) exit(1);
    return descriptor;
}

static bool send_all(int descriptor, const char *bytes, size_t length) {
    while (length) {
        ssize_t part = send(descriptor, bytes, length, MSG_NOSIGNAL);
        if (part <= 0) return false;
        bytes += part;
        length -= (size_t)part;
    }
    return true;
}

static int stream(int port, int count, int milliseconds) {
    static char block[BLOCK], last[BLOCK] = { 1 };
    size_t at[CONNECTIONS] = { 0 }; /* in the block under way */
    int descriptors[CONNECTIONS], epoll = epoll_create1(0);
    int64_t begin = now(), limit = begin + milliseconds * INT64_C(1000000), sent = 0;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLOUT };
        descriptors[i] = call(port, "S");
        event.data.u32 = (uint32_t)i;
        fcntl(descriptors[i], F_SETFL, O_NONBLOCK);
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptors[i], &event);
    }
    while (now() < limit) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < ready; i++) {
            uint32_t which = events[i].data.u32;
            ssize_t part = send(descriptors[which], block + at[which], BLOCK - at[which], MSG_NOSIGNAL);
            if (part > 0) sent += part;
            if (part > 0) at[which] = (at[which] + (size_t)part) % BLOCK;
            if (part < 0 && errno != EAGAIN) return 1;
        }
    }
    for (int i = 0; i < count; i++) {
        char byte;
        fcntl(descriptors[i], F_SETFL, 0);
        size_t rest = at[i] ? BLOCK - at[i] : 0;
        if (!send_all(descriptors[i], block + at[i], rest) || !send_all(descriptors[i], last, BLOCK)) return 1;
        sent += (int64_t)rest + BLOCK;
        if (recv(descriptors[i], &byte, 1, 0) != 1) return 1; /* all of it arrived */
    }
    printf("%.0f\n", (double)sent / ((double)(now() - begin) / 1e9));
    return 0;
}

static int compare(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static int ping(int port, int count) {
    char bytes[PING] = "";
    double *times = malloc((size_t)count * sizeof *times);
    int descriptor = call(port, "E");
    for (int i = -50; i < count; i++) {
        int64_t begin = now();
        send(descriptor, bytes, sizeof bytes, 0);
        if (recv(descriptor, bytes, sizeof bytes, MSG_WAITALL) != sizeof bytes) return 1;
        if (i >= 0) times[i] = (double)(now() - begin) / 1e3;
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%.1f %.1f\n", times[count / 2], times[count * 99 / 100]);
    free(times);
    return 0;
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "server") == 0) return server();
    if (count == 5 && strcmp(words[1], "stream") == 0) return stream(atoi(words[2]), atoi(words[3]), atoi(words[4]));
    if (count == 4 && strcmp(words[1], "ping") == 0) return ping(atoi(words[2]), atoi(words[3]));
    return 2;
}
