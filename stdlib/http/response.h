/* The response that a recipe gets of an exchange, whichever client made it. Inside stdlib/http only. */
#ifndef AOT_STDLIB_HTTP_RESPONSE_H
#define AOT_STDLIB_HTTP_RESPONSE_H
#include "stdlib/http/transfer.h"

/* Parts of the last answer, each owned; zeroed: there was none. */
struct recent {
    struct buffer header_bytes; /* as in the transfer */
    struct value headers;       /* the record made of them */
    struct value peer;
    struct value body; /* a text */
};
void recent_done(struct recent *recent);
/* Owned by the caller; takes the transfer's body. With text in `problem` the machine itself failed (disk full). */
struct value response_of(struct transfer *transfer, CURLcode code, int64_t end, struct recent *recent,
                         struct buffer *problem);

/* ---- for both clients ---- */
struct response_parts {
    int64_t status;                   /* under 200: there was no answer */
    int64_t start, end;               /* ns */
    struct value headers, peer, body; /* owned; taken over */
    struct text error;                /* in words; empty: none */
    const char *class;                /* of the error; NULL: none */
    int64_t size;                     /* of the body */
};
struct value response_make(struct heap *heap, const struct response_parts *parts);
#endif
