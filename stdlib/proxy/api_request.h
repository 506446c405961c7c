/* Requests to the API: HTTP/1.x as it comes over a connection, bounded in every part. Knows nothing of what is asked. */
#ifndef AOT_STDLIB_PROXY_API_REQUEST_H
#define AOT_STDLIB_PROXY_API_REQUEST_H
#include "base/buffer.h"

enum { API_HEAD_LIMIT = 16 * 1024, API_BODY_LIMIT = 1024 * 1024 };
/* The words of the path, decoded: "/proxies/a/toxics" has three. */
enum { API_WORDS = 5 };
struct api_request {
    char *method;           /* owned */
    char *words[API_WORDS]; /* owned; NULL behind the last */
    size_t word_count;      /* API_WORDS + 1: more than any route has */
    bool is_browser;        /* a User-Agent that begins with "Mozilla/" */
    bool keeps;             /* the connection may go on afterwards */
    struct buffer body;     /* without its framing */
};
enum api_reading {
    API_MORE,     /* it is not whole yet */
    API_CONTINUE, /* told once: the client waits for "100 Continue" before it sends the body */
    API_WHOLE,    /* `request` is set */
    API_BAD       /* `status` says why; nothing more can be read from this connection */
};
struct api_reader {
    struct buffer in;           /* what came */
    size_t at;                  /* of it, how much was used */
    size_t looked;              /* of the rest, for the end of the head */
    bool has_head, is_chunked;  /* the head was read; the body comes in chunks */
    bool awaits_word;           /* the client waits for "100 Continue" */
    uint64_t left;              /* of the body, or of the chunk */
    bool in_chunk, in_trailers; /* where in a chunked body */
    int status;                 /* of API_BAD */
    struct api_request request;
};
void api_reader_put(struct api_reader *reader, struct text bytes);
/* Goes on with what is there. After API_WHOLE call api_reader_next before it is asked again. */
enum api_reading api_reader_read(struct api_reader *reader);
void api_reader_next(struct api_reader *reader);           /* forgets the request; what came behind it stays */
bool api_reader_is_empty(const struct api_reader *reader); /* between two requests */
void api_reader_done(struct api_reader *reader);
#endif
