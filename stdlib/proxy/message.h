/* One direction of an HTTP/1.x connection, read as it passes: where messages begin and end, and what their heads say. It changes
 * nothing, keeps a bounded part of a head, and steps over bodies. What is no HTTP is `alien` from there on, and never looked at again. */
#ifndef AOT_STDLIB_PROXY_MESSAGE_H
#define AOT_STDLIB_PROXY_MESSAGE_H
#include "base/buffer.h"

enum message_state {
    MESSAGE_AT_START,      /* between two messages */
    MESSAGE_IN_FIRST_LINE, /* of a request or an answer */
    MESSAGE_IN_HEADERS,
    MESSAGE_HEAD_READ,     /* message_body must say how it goes on */
    MESSAGE_IN_LENGTH,     /* a body of a known length */
    MESSAGE_IN_CHUNK_SIZE, /* the line before a chunk */
    MESSAGE_IN_CHUNK,      /* its bytes */
    MESSAGE_AT_CHUNK_END,  /* the line break behind them */
    MESSAGE_IN_TRAILERS,   /* behind the last chunk */
    MESSAGE_TO_THE_CLOSE,  /* a body that the end of the connection ends */
    MESSAGE_AT_END,        /* its last byte was read */
    MESSAGE_IS_ALIEN       /* no HTTP */
};
enum message_event {
    MESSAGE_MORE,  /* all bytes were used, nothing to tell */
    MESSAGE_BEGUN, /* a first byte: the head follows */
    MESSAGE_HEAD,  /* the head is read: call message_body */
    MESSAGE_OVER,  /* the last byte of a message was used */
    MESSAGE_ALIEN  /* told once; `alien` says why */
};

struct message {
    bool is_answer;              /* else a request */
    enum message_state state;    /* where it is */
    struct buffer line;          /* what came of a line that is not whole yet */
    bool line_was_cut;           /* the line was longer than is kept */
    uint64_t left;               /* bytes left of the body or chunk */
    uint64_t size;               /* of the body so far, without framing */
    char method[24];             /* of a request */
    struct buffer path;          /* its target without the query */
    struct buffer request_id;    /* of a request: its X-Request-Id, as far as is kept */
    int status;                  /* of an answer */
    bool is_chunked, is_coded;   /* by Transfer-Encoding: chunked; by anything */
    bool has_length, is_unclear; /* Content-Length; it contradicts itself */
    uint64_t length;             /* Content-Length */
    bool keeps_headers;          /* an answer's headers go to `headers` */
    struct buffer headers;       /* "name\0value\0…": names in small letters, secrets replaced */
    const char *alien;           /* why it is no HTTP; static */
};
void message_init(struct message *message, bool is_answer);
void message_done(struct message *message);
/* Uses some of the bytes and says what happened at that place. Call it again for the rest, and until MESSAGE_MORE. */
size_t message_feed(struct message *message, struct text bytes, enum message_event *event);
/* How many of the next bytes may pass without message_feed: of a body, all but its last one, whose event must be told; message_pass
 * counts them. */
uint64_t message_unneeded(const struct message *message);
void message_pass(struct message *message, size_t length);
/* After MESSAGE_HEAD: whether a body may follow. An answer to HEAD has none, whatever its head says. */
void message_body(struct message *message, bool may_have_body);
/* After MESSAGE_HEAD of an interim answer: the next head follows. */
void message_again(struct message *message);
/* From here on the bytes are something else (an upgrade, a tunnel). */
void message_leave(struct message *message, const char *why);
#endif
