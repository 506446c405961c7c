/* HTTP/1.1 messages over a socket, for both sides: one reader, one writer. Every wait has a bound. */
#pragma once
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HEAD_MOST = 16384, HTTP_BODY_MOST = 1 << 20 };

struct http_stream {
    int descriptor;             /* of the socket; not owned */
    long long until;            /* when all waiting ends, by http_clock; 0: after the usual times */
    size_t length;              /* bytes in `bytes` that were read and not used yet */
    char bytes[HTTP_HEAD_MOST]; /* the beginning of the next message */
};

struct http_message {
    char *head;    /* start line and headers, ended by NUL; owned */
    char *body;    /* owned; NULL if there is none */
    size_t length; /* of the body */
    size_t left;   /* of the body, not read yet: only when nobody read it for the message */
};

/* HTTP_END: the other side closed between two messages. HTTP_BROKEN: it did so within one, or nothing came in time.
 * The others are the status to answer with. */
enum http_result {
    HTTP_OK = 0,
    HTTP_END,
    HTTP_BROKEN,
    HTTP_BAD = 400,
    HTTP_TOO_LARGE = 413,
    HTTP_HEAD_TOO_LARGE = 431,
    HTTP_NOT_HERE = 501
};

/* Reads the next message. The first byte may take `idle` ms, the rest 10 s. */
enum http_result http_read(struct http_stream *stream, int idle, struct http_message *message);
/* The same, but the body is left where it is (`left`) if `streams` says so of the head. */
enum http_result http_read_but(struct http_stream *stream, int idle, bool (*streams)(const struct http_message *),
                               struct http_message *message);
/* Says that the body is welcome, if the message asks; false if the other side is gone. */
bool http_continue(struct http_stream *stream, const struct http_message *message);
/* Reads what is there of a body that was left: how many bytes, 0 at the end of the connection, -1 if nothing came for 10 s. */
long long http_take(struct http_stream *stream, struct http_message *message, char *bytes, size_t room);

/* Copies the header's value; false if the message has no such header, or its value does not fit. */
bool http_header(const struct http_message *message, const char *name, char *value, size_t room);

/* Writes all of it; false if the other side is gone or takes longer than 10 s. */
bool http_write(int descriptor, const char *bytes, size_t length);

void http_free(struct http_message *message);

/* Milliseconds of a clock that never goes back. */
long long http_clock(void);
