/* Requests of a load that are ready to be sent: the bytes, where to, and how. Made once for the same arguments. Inside stdlib/http
 * only. */
#ifndef AOT_STDLIB_HTTP_PREPARED_H
#define AOT_STDLIB_HTTP_PREPARED_H
#include "stdlib/http/request.h"

#include <netinet/in.h>

union peer_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};
struct prepared {
    uint32_t references;
    char *shown;                  /* "GET http://host/path" for people; owned */
    struct buffer bytes;          /* head and body */
    char *key;                    /* what connections must agree in to be used for it; owned */
    union peer_address peer;      /* without TLS: an address, never a name */
    char *origin;                 /* with TLS: "https://host:port/"; owned, NULL without */
    char *ca;                     /* with TLS, as in the request; owned, NULL */
    bool insecure;                /* the same */
    bool of_head;                 /* HEAD: there is no body in the answer */
    bool is_action;               /* must never be sent twice by itself */
    bool fresh;                   /* on a connection of its own */
    int64_t timeout, limit;       /* ns; bytes of the answer's body */
    const struct native_row *row; /* what it was made of */
    struct value *arguments;      /* owned, retained */
    size_t argument_count;
};
/* Is this what the call asks for? */
bool prepared_matches(const struct prepared *prepared, const struct native_call *call);
/* NULL when this request needs libcurl: a name to look up without TLS, redirects, a password, a file, decoding. */
struct prepared *prepared_new(const struct native_call *call, const struct request *request);
void prepared_release(struct prepared *prepared); /* one owner less; NULL is allowed */
#endif
