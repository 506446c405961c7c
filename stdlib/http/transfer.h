/* One exchange with a server: a request on its way, its answer as it comes. Inside stdlib/http only. */
#ifndef AOT_STDLIB_HTTP_TRANSFER_H
#define AOT_STDLIB_HTTP_TRANSFER_H
#include "stdlib/http/body.h"
#include "stdlib/http/request.h"

#include <curl/curl.h>

struct transfer {
    struct client *client;            /* whose multi handle drives it */
    struct transfer *previous, *next; /* in the client's list of those on their way */
    struct run *run;                  /* who asked */
    struct ticket ticket;             /* of the fiber that waits */
    struct request *request;          /* owned */
    CURL *easy;                       /* owned */
    struct curl_slist *lines;         /* the headers that are sent; owned */
    struct resolver *resolver;        /* while it asks for the name at the request's DNS server; owned */
    char *lookup_problem;             /* why that gave nothing; owned, NULL */
    struct curl_slist *addresses;     /* what it gave, in libcurl's form; owned, NULL */
    CURLSH *names;                    /* where libcurl keeps them, apart from what other transfers know; owned, NULL */
    struct buffer headers; /* of the answer: name NUL value NUL …; of the last one when redirects are followed */
    struct body *body;     /* of the answer; owned */
    enum body_outcome body_outcome; /* whether all of it was kept */
    int body_errno;                 /* why not */
    const char *head_problem;       /* what libcurl would let pass: "two Content-Lengths that differ"; NULL */
    int64_t announced;              /* Content-Length of the head that is read, or -1 */
    bool head_is_open;              /* a status line came, and not yet the empty line behind the headers */
    bool headers_over;              /* the answer's headers were too large */
    struct buffer refused_target;   /* where an answer to a load led, and no load may go; empty: nowhere */
    bool refused_resend;            /* libcurl wanted to send an action a second time */
    int attempts;                   /* times that the request was about to be sent since the last redirect */
    long redirects;                 /* followed when that was counted */
    int64_t sent_file;              /* bytes of the file that were handed over */
    int64_t start;                  /* when it was begun */
    char message[CURL_ERROR_SIZE];  /* libcurl's own words */
};
/* Takes the request and the easy handle over; nothing is sent before the client adds it. */
struct transfer *transfer_new(struct run *run, struct request *request, CURL *easy);
/* Connects to these addresses, whatever the machine's resolver says; `left` ns are left of the time. */
void transfer_use_addresses(struct transfer *transfer, const char *addresses, int64_t left);
/* Its time began this long ago, in ns. */
void transfer_count_from(struct transfer *transfer, int64_t waited);
void transfer_free(struct transfer *transfer); /* the easy handle must have been taken back */
/* What libcurl calls good although it is not: an answer that ends among its headers. */
CURLcode transfer_outcome(const struct transfer *transfer, CURLcode code);
/* Why there is no whole answer, as a response's `error`. */
void failure_describe(const struct transfer *transfer, CURLcode code, struct buffer *out);
/* The same as one of the words of `error_class`. */
const char *failure_class(const struct transfer *transfer, CURLcode code);
/* Both of a connection on which nothing was sent yet, or only by the lean client. */
const char *failure_of_connection(CURL *easy, const char *message, CURLcode code, struct buffer *out);
/* What every request of aot's keeps to: HTTP/1.1, no proxy of the environment's, no signals, the path as it is written. */
void transfer_set_manners(CURL *easy);
/* Which authorities are believed; of any transfer or connection. */
void transfer_set_trust(CURL *easy, const char *ca, bool insecure);
#endif
