/* An HTTP server that measures loads: one thread, one canned answer, the kernel's time of every arrival. It prints its port. SIGUSR2
 * freezes it for a second. When its standard input ends it writes what it saw to its argument and ends:
 *   freeze NS                     how long a freeze really was
 *   connections N                 that were accepted
 *   NS …                          the arrivals, one a line, of CLOCK_REALTIME */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARRIVALS = 1 << 22, MOST_EVENTS = 256 };

static int64_t *arrivals;
static size_t arrival_count;
static int64_t frozen; /* ns */
static size_t connection_count;
static volatile sig_atomic_t freeze_now;

static const char answer[] =
    "HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n";

static void on_freeze(int number) {
    (void)number;
    freeze_now = 1;
}

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void freeze(void) {
    int64_t begin = now(CLOCK_MONOTONIC);
    struct timespec second = { 1, 0 };
    freeze_now = 0;
    while (nanosleep(&second, &second) != 0) {
    }
    frozen = now(CLOCK_MONOTONIC) - begin;
}

static int64_t arrival_of(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        struct timespec time;
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_TIMESTAMPNS) continue;
        memcpy(&time, CMSG_DATA(part), sizeof time);
        return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
    }
    return now(CLOCK_REALTIME);
}

/* A request is small and comes at once. */
static void serve(int descriptor) {
    char bytes[4096], control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec into = { bytes, sizeof bytes };
    struct msghdr message = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t got = recvmsg(descriptor, &message, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        close(descriptor);
        return;
    }
    if (arrival_count < MOST_ARRIVALS) arrivals[arrival_count++] = arrival_of(&message);
    ssize_t sent = send(descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL);
    (void)sent;
}

static void welcome(int listener, int poll) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
    if (descriptor < 0) return;
    connection_count++;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = descriptor };
    epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

static void run(int listener) {
    int poll = epoll_create1(0);
    struct epoll_event events[MOST_EVENTS], event = { .events = EPOLLIN, .data.fd = listener };
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = STDIN_FILENO;
    epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        int count = epoll_wait(poll, events, MOST_EVENTS, -1);
        if (freeze_now) freeze();
        if (count < 0) continue; /* a signal */
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == STDIN_FILENO) return;
            if (events[i].data.fd == listener)
                welcome(listener, poll);
            else
                serve(events[i].data.fd);
        }
    }
}

static int listen_somewhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0) exit(1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void write_down(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return;
    if (frozen) fprintf(file, "freeze %lld\n", (long long)frozen);
    fprintf(file, "connections %zu\n", connection_count);
    for (size_t i = 0; i < arrival_count; i++) fprintf(file, "%lld\n", (long long)arrivals[i]);
    fclose(file);
}

int main(int count, char **arguments) {
    struct sigaction action = { .sa_handler = on_freeze };
    sigaction(SIGUSR2, &action, NULL);
    arrivals = calloc(MOST_ARRIVALS, sizeof *arrivals);
    if (!arrivals) return 1;
    run(listen_somewhere());
    if (count > 1) write_down(arguments[1]);
    free(arrivals);
    return 0;
}
