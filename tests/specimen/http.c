/* Reads and writes messages with Content-Length. Chunked bodies are refused (501): nobody here sends one. */
#include "http.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10000 }; /* ms for the rest of a message, either way */

long long http_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready for `events`; false when the time is over. */
static bool await(int descriptor, short events, long long until) {
    for (;;) {
        long long left = until - http_clock();
        if (left < 0) left = 0;
        struct pollfd entry = { descriptor, events, 0 };
        int ready = poll(&entry, 1, (int)left);
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

/* Reads what is there, at least a byte: its number, 0 at the end, -1 if nothing came in time or the connection broke. */
static ssize_t receive(int descriptor, char *bytes, size_t room, long long until) {
    for (;;) {
        if (!await(descriptor, POLLIN, until)) return -1;
        ssize_t got = recv(descriptor, bytes, room, MSG_DONTWAIT);
        if (got >= 0) return got;
        if (errno != EINTR && errno != EAGAIN) return -1;
    }
}

bool http_write(int descriptor, const char *bytes, size_t length) {
    long long until = http_clock() + PATIENCE;
    while (length) {
        ssize_t sent = send(descriptor, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN && await(descriptor, POLLOUT, until)) continue;
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The end of a wait of `ms`. */
static long long end_of(const struct http_stream *stream, long long ms) {
    long long end = http_clock() + ms;
    return stream->until && stream->until < end ? stream->until : end;
}

/* Fills the stream until a whole head is in it, and tells where that ends. */
static enum http_result await_head(struct http_stream *stream, int idle, size_t *head) {
    long long until = end_of(stream, stream->length ? PATIENCE : idle);
    for (;;) {
        char *end = stream->length ? memmem(stream->bytes, stream->length, "\r\n\r\n", 4) : NULL;
        if (end) {
            *head = (size_t)(end - stream->bytes) + 4;
            return HTTP_OK;
        }
        if (stream->length == sizeof stream->bytes) return HTTP_HEAD_TOO_LARGE;
        bool first = stream->length == 0;
        ssize_t got =
            receive(stream->descriptor, stream->bytes + stream->length, sizeof stream->bytes - stream->length, until);
        if (got <= 0) return first ? HTTP_END : HTTP_BROKEN;
        stream->length += (size_t)got;
        if (first) until = end_of(stream, PATIENCE);
    }
}

static void use_up(struct http_stream *stream, size_t length) {
    memmove(stream->bytes, stream->bytes + length, stream->length - length);
    stream->length -= length;
}

/* How long the body is, by the head. */
static enum http_result body_length(struct http_message *message) {
    char value[32];
    if (http_header(message, "Transfer-Encoding", value, sizeof value)) return HTTP_NOT_HERE;
    if (!http_header(message, "Content-Length", value, sizeof value)) return HTTP_OK;
    char *end;
    errno = 0;
    unsigned long long length = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end) return HTTP_BAD;
    if (errno || length > 1ULL << 50) return HTTP_TOO_LARGE;
    message->left = (size_t)length;
    return HTTP_OK;
}

static enum http_result read_body(struct http_stream *stream, struct http_message *message) {
    if (message->left > HTTP_BODY_MOST) return HTTP_TOO_LARGE;
    if (!http_continue(stream, message)) return HTTP_BROKEN;
    message->length = message->left;
    message->left = 0;
    message->body = malloc(message->length + 1);
    if (!message->body) return HTTP_TOO_LARGE;
    size_t have = stream->length < message->length ? stream->length : message->length;
    memcpy(message->body, stream->bytes, have);
    use_up(stream, have);
    long long until = end_of(stream, PATIENCE);
    while (have < message->length) {
        ssize_t got = receive(stream->descriptor, message->body + have, message->length - have, until);
        if (got <= 0) return HTTP_BROKEN;
        have += (size_t)got;
    }
    message->body[have] = '\0';
    return HTTP_OK;
}

bool http_continue(struct http_stream *stream, const struct http_message *message) {
    char expected[32];
    return !http_header(message, "Expect", expected, sizeof expected) ||
           http_write(stream->descriptor, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

long long http_take(struct http_stream *stream, struct http_message *message, char *bytes, size_t room) {
    if (room > message->left) room = message->left;
    ssize_t got = (ssize_t)(stream->length < room ? stream->length : room);
    if (got > 0) {
        memcpy(bytes, stream->bytes, (size_t)got);
        use_up(stream, (size_t)got);
    } else {
        got = receive(stream->descriptor, bytes, room, end_of(stream, PATIENCE));
    }
    if (got > 0) message->left -= (size_t)got;
    return got;
}

enum http_result http_read_but(struct http_stream *stream, int idle, bool (*streams)(const struct http_message *),
                               struct http_message *message) {
    *message = (struct http_message){ 0 };
    size_t head = 0;
    enum http_result result = await_head(stream, idle, &head);
    if (result != HTTP_OK) return result;
    message->head = strndup(stream->bytes, head);
    use_up(stream, head);
    if (!message->head || strlen(message->head) != head) return HTTP_BAD; /* a NUL in the head */
    result = body_length(message);
    if (result != HTTP_OK || message->left == 0 || (streams && streams(message))) return result;
    return read_body(stream, message);
}

enum http_result http_read(struct http_stream *stream, int idle, struct http_message *message) {
    return http_read_but(stream, idle, NULL, message);
}

bool http_header(const struct http_message *message, const char *name, char *value, size_t room) {
    size_t name_length = strlen(name);
    for (const char *line = strstr(message->head, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, name_length) != 0 || at[name_length] != ':') continue;
        at += name_length + 1;
        while (*at == ' ' || *at == '\t') at++;
        size_t length = strcspn(at, "\r\n");
        while (length && (at[length - 1] == ' ' || at[length - 1] == '\t')) length--;
        if (length >= room) return false;
        memcpy(value, at, length);
        value[length] = '\0';
        return true;
    }
    return false;
}

void http_free(struct http_message *message) {
    free(message->head);
    free(message->body);
    *message = (struct http_message){ 0 };
}
