/* A request as the recipe wants it, checked, with copies of everything: nothing in it belongs to the call. */
#ifndef AOT_STDLIB_HTTP_REQUEST_H
#define AOT_STDLIB_HTTP_REQUEST_H
#include "base/vector.h"
#include "stdlib/dns/resolver.h"
#include "vm/native_call.h"

struct request {
    const char *method;            /* "GET" */
    bool is_action;                /* must never be sent twice by itself */
    char *url;                     /* owned */
    char *shown;                   /* "GET http://host/path" without user and password, for people; owned */
    struct VECTOR(char *) headers; /* lines without their end; owned each */
    char *accept_encoding;         /* asked for by the recipe: then answers are decoded; owned or NULL */
    bool has_body;                 /* also an empty one */
    struct buffer body;            /* unless it is a file */
    int file;                      /* descriptor of a file that is the body; -1 */
    int64_t file_size;             /* in bytes */
    int64_t timeout;               /* ns, of the whole exchange */
    char *user, *password, *ca;    /* owned or NULL */
    long redirects;                /* how many are followed */
    bool of_load;                  /* a load sends it: it may not be led to another machine */
    bool insecure, fresh;          /* as in the row */
    char *host, *port;             /* what is asked for at `dns`; owned, NULL: nothing is asked there */
    struct resolver_server dns;    /* when there is a host */
    int64_t limit;                 /* of the answer's body */
};
/* Where a row's parameters stand among the call's arguments; -1: it has none of this name. */
struct request_layout {
    const char *method; /* "GET" */
    signed char url, body, json, form, file, headers, timeout, user, password, redirects, ca, insecure, fresh, dns,
        limit;
};
extern const struct request_layout request_get, request_head, request_post, request_put, request_patch, request_delete;

/* Reads the call's arguments; NULL with a reason, owned by the caller, when they make no request. */
struct request *request_read(struct native_call *call, const struct request_layout *layout, char **problem);
void request_free(struct request *request);
/* The headers of a map, checked, as lines of the request; false with a reason. */
bool request_read_headers(struct value headers, struct request *request, struct buffer *problem);
#endif
