/* One thread a connection, the main thread accepts and waits for signals. After SIGTERM: /readyz answers 503 at once, the listener
 * stays open until a balancer had time to notice and no request has come for a while, what is in flight is finished, answers close
 * their connections; then the process ends with 0. */
#include "server.h"

#include "address.h"
#include "api.h"
#include "defect.h"
#include "life.h"
#include "release.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
    IDLE_MOST = 60000,      /* ms that a connection may be without a request */
    GRACE = 700,            /* ms of draining at least: a balancer that looks every 200 ms has seen it thrice */
    QUIET = 300,            /* ms without a request before the listener is closed */
    GRACE_MOST = 5000,      /* ms of draining at most, requests or not */
    FINISH_MOST = 10000,    /* ms for what is in flight when the listener is closed */
    CONNECTIONS_MOST = 500, /* more wait in the listener's queue */
};

struct connection {
    int descriptor;
    struct connection *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fewer = PTHREAD_COND_INITIALIZER; /* signalled when a connection has ended */
static struct connection *connections;                  /* under the lock, as `count` is */
static int count;

/* ---- a connection ---- */

static const char *reason(int status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
    }
}

static bool write_file(int descriptor, const struct answer *answer) {
    static const size_t block = 128 * 1024;
    char *bytes = malloc(block);
    long long sent = 0;
    while (bytes && sent < answer->file_length) {
        ssize_t got = pread(answer->file, bytes, block, sent);
        if (got <= 0 || !http_write(descriptor, bytes, (size_t)got)) break;
        sent += got;
    }
    free(bytes);
    return sent == answer->file_length;
}

static bool write_answer(int descriptor, const struct answer *answer, bool keep) {
    struct text text = { 0 };
    text_print(&text, "HTTP/1.1 %d %s\r\nX-Server-Version: %s\r\nX-Schema: %d\r\nConnection: %s\r\n", answer->status,
               reason(answer->status), release_this()->tag, release_this()->schema, keep ? "keep-alive" : "close");
    long long length = answer->has_file ? answer->file_length : (long long)answer->body.length;
    if (answer->status != 204) text_print(&text, "Content-Type: %s\r\nContent-Length: %lld\r\n", answer->type, length);
    if (answer->headers.length) text_add(&text, answer->headers.bytes, answer->headers.length);
    text_add(&text, "\r\n", 2);
    if (answer->body.length && !answer->bodiless) text_add(&text, answer->body.bytes, answer->body.length);
    bool written = http_write(descriptor, text.bytes, text.length);
    text_free(&text);
    return written && (!answer->has_file || answer->bodiless || write_file(descriptor, answer));
}

static bool wants_to_stay(const struct http_message *message) {
    char value[32];
    const char *line_end = strstr(message->head, "\r\n");
    bool current = line_end - message->head >= 8 && memcmp(line_end - 8, "HTTP/1.1", 8) == 0;
    return current && !(http_header(message, "Connection", value, sizeof value) && strcasecmp(value, "close") == 0);
}

/* Reads on for a moment after a refusal, so that the answer is not lost to a reset. */
static void linger(int descriptor) {
    char bytes[4096];
    long long until = http_clock() + 1000;
    shutdown(descriptor, SHUT_WR);
    struct pollfd entry = { descriptor, POLLIN, 0 };
    while (http_clock() < until && poll(&entry, 1, 100) > 0 &&
           recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

/* Answers one message; false when the connection is over. */
static bool serve_one(struct http_stream *stream, struct http_message *message) {
    int descriptor = stream->descriptor;
    struct answer answer;
    api_answer(stream, message, &answer);
    if (answer.ordinary) life_note_request();
    bool keep = wants_to_stay(message) && !life_is_draining() && message->left == 0;
    bool dropped = answer.ordinary && life_is_draining() && defect_on(DEFECT_DROPS_INFLIGHT);
    if (!dropped) keep = write_answer(descriptor, &answer, keep) && keep;
    api_free(&answer);
    if (message->left > 0) linger(descriptor);
    return keep && !dropped;
}

static void serve_all(int descriptor) {
    struct http_stream stream = { .descriptor = descriptor };
    for (bool more = true; more;) {
        struct http_message message;
        enum http_result result = http_read_but(&stream, IDLE_MOST, api_streams, &message);
        if (result == HTTP_OK) {
            more = serve_one(&stream, &message);
        } else if (result >= HTTP_BAD) {
            struct answer answer = { 0 };
            api_refuse(&answer, (int)result, reason((int)result));
            write_answer(descriptor, &answer, false);
            api_free(&answer);
            linger(descriptor);
        }
        http_free(&message);
        more = more && result == HTTP_OK;
    }
}

static void *connection_thread(void *argument) {
    struct connection *connection = argument;
    serve_all(connection->descriptor);
    pthread_mutex_lock(&lock);
    struct connection **link = &connections;
    while (*link != connection) link = &(*link)->next;
    *link = connection->next;
    count--;
    close(connection->descriptor);
    pthread_cond_signal(&fewer);
    pthread_mutex_unlock(&lock);
    free(connection);
    return NULL;
}

static void begin(int descriptor) {
    struct connection *connection = malloc(sizeof *connection);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_mutex_lock(&lock);
    if (connection) *connection = (struct connection){ descriptor, connections };
    if (connection && pthread_create(&thread, &attributes, connection_thread, connection) == 0) {
        connections = connection;
        count++;
    } else {
        free(connection);
        close(descriptor);
    }
    pthread_mutex_unlock(&lock);
    pthread_attr_destroy(&attributes);
}

/* ---- all of them ---- */

static int connections_now(void) {
    pthread_mutex_lock(&lock);
    int now = count;
    pthread_mutex_unlock(&lock);
    return now;
}

/* No further request is read from any connection; SHUT_RDWR also cuts what is in flight. */
static void stop_connections(int how) {
    pthread_mutex_lock(&lock);
    for (struct connection *connection = connections; connection; connection = connection->next)
        shutdown(connection->descriptor, how);
    pthread_mutex_unlock(&lock);
}

/* Waits until no connection is left; false if that takes too long. */
static bool await_connections(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FINISH_MOST / 1000;
    int waited = 0;
    pthread_mutex_lock(&lock);
    while (count && waited == 0) waited = pthread_cond_timedwait(&fewer, &lock, &until);
    bool all = count == 0;
    pthread_mutex_unlock(&lock);
    return all;
}

/* ---- the listener ---- */

static int open_listener(const char *text) {
    struct address address;
    if (!address_read(text, &address)) {
        fprintf(stderr, "notes: cannot listen on %s: this is no HOST:PORT\n", text);
        return -1;
    }
    int listener = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(listener, (struct sockaddr *)&address.bytes, address.length) == 0 && listen(listener, 511) == 0)
        return listener;
    fprintf(stderr, "notes: cannot listen on %s: %s\n", text, strerror(errno));
    if (listener >= 0) close(listener);
    return -1;
}

static void accept_one(int listener) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor >= 0)
        begin(descriptor);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000L }, NULL);
}

/* Accepts what comes, for `most` ms or, below 0, without an end; true when a signal to stop has come. */
static bool accept_for(int listener, int signals, long long most) {
    long long until = http_clock() + most;
    for (long long left = most; most < 0 || left > 0; left = until - http_clock()) {
        bool full = connections_now() >= CONNECTIONS_MOST;
        struct pollfd entries[2] = { { signals, POLLIN, 0 }, { full ? -1 : listener, POLLIN, 0 } };
        if (poll(entries, 2, full ? 10 : most < 0 ? -1 : (int)left) <= 0) continue;
        struct signalfd_siginfo signal;
        if (entries[0].revents && read(signals, &signal, sizeof signal) == sizeof signal) return true;
        if (entries[1].revents) accept_one(listener);
    }
    return false;
}

/* After SIGTERM: the whole way to the end. */
static int drain(int listener, int signals) {
    if (defect_on(DEFECT_SLOW_DRAIN)) {
        life_slow_down();
        for (long long until = http_clock() + 3000, left = 3000; left > 0; left = until - http_clock())
            accept_for(listener, signals, left);
    }
    life_drain();
    puts("draining");
    if (defect_on(DEFECT_CLOSES_LISTENER_LATE)) {
        stop_connections(SHUT_RDWR);
        nanosleep(&(struct timespec){ 1, 500 * 1000000L }, NULL);
    } else {
        long long began = http_clock();
        for (long long now = began; now - began < GRACE || (life_quiet() < QUIET && now - began < GRACE_MOST);
             now = http_clock())
            accept_for(listener, signals, 50);
    }
    close(listener);
    stop_connections(SHUT_RD);
    bool all = await_connections();
    puts(all ? "ended" : "gave up on requests that do not end");
    return all ? 0 : 1;
}

int server_run(const char *listen) {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    int signals = signalfd(-1, &stops, SFD_CLOEXEC);
    int listener = open_listener(listen);
    if (signals < 0 || listener < 0) {
        if (signals >= 0) close(signals);
        return 1;
    }
    life_start();
    printf("notes %s listens on %s\n", release_this()->tag, listen);
    while (!accept_for(listener, signals, -1)) {
    }
    int status = drain(listener, signals);
    close(signals);
    return status;
}
