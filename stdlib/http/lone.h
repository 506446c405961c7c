/* HTTP of a process that does nothing else: one request at a time, by libcurl, and it blocks. For the process of an upload, which has no
 * loop and no run. */
#ifndef AOT_STDLIB_HTTP_LONE_H
#define AOT_STDLIB_HTTP_LONE_H
#include "base/buffer.h"

struct lone_answer {
    int status;           /* 0: none came */
    int64_t offset;       /* of Upload-Offset; -1: no such header */
    int64_t length;       /* of Upload-Length; -1 */
    int64_t version;      /* of Upload-Draft-Interop-Version; -1 */
    bool nonsense;        /* one of these headers was no number */
    struct buffer header; /* Location; empty: none */
    struct buffer body;   /* its beginning */
};

/* A client and its connection, which is kept from one request to the next. The first part is set by its owner. */
struct lone {
    const char *ca;            /* the one authority that is believed; borrowed; NULL: the machine's */
    bool insecure;             /* certificates are not looked at */
    int file;                  /* what is sent; -1: nothing ever is */
    int64_t timeout;           /* ns, for words */
    int64_t deadline;          /* by clock_monotonic: when all waiting is over */
    int64_t hold_at;           /* the place in the file that libcurl is never given a byte beyond; -1: none */
    void *data;                /* for both of: */
    void (*turned)(void *);    /* after each turn of a request that sends; may not come back. NULL: nobody asks */
    void (*interim)(void *);   /* a 1xx answer is in `answer`; NULL */
    struct lone_wire *wire;    /* libcurl's things; owned */
    int64_t begin, end;        /* the part of the file that the request under way sends */
    int64_t position;          /* of the next byte for libcurl */
    int read_error;            /* an errno of the file; -1: it is shorter than it was */
    int requests;              /* so far */
    struct lone_answer answer; /* of the last request */
    struct buffer problem;     /* why the last request has no whole answer; empty: it has */
    bool head_is_open;         /* a status line came, and not yet the empty line */
    bool too_much;             /* the headers of the answers are beyond all measure */
    size_t header_bytes;       /* of the request's answers so far */
};
/* Opens no connection yet. False: libcurl cannot. */
bool lone_open(struct lone *lone);
void lone_close(struct lone *lone); /* also of one that could not be opened */
/* One more header of the next request, printed. */
void lone_header(struct lone *lone, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sends one request; begin..end of the file is its body unless the method is HEAD. False with words in `problem` when no whole answer came. */
bool lone_ask(struct lone *lone, const char *method, const char *url, int64_t begin, int64_t end);
/* How far in the file the request has given bytes to the kernel. */
int64_t lone_handed(const struct lone *lone);
/* Whether the peer's kernel has acknowledged all of them. */
bool lone_is_acknowledged(const struct lone *lone);
/* `location` as seen from `base`; false: it leads nowhere. */
bool lone_resolve(const char *base, const char *location, struct buffer *out);
/* Scheme, host and port of a URL, written so that two URLs of one origin have the same text; false: it has none. */
bool lone_origin(const char *location, struct buffer *out);
#endif
