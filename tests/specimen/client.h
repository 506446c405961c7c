/* The component's client: requests over one connection that is kept as long as the server keeps it. */
#pragma once
#include "address.h"
#include "http.h"

struct client {
    char host[256];            /* as in the URL: for the Host header */
    struct address address;    /* of the server */
    int descriptor;            /* of the connection; -1: none */
    int patience;              /* ms for a request and its answer; 0: the usual times */
    const char *request;       /* goes out as X-Request-Id; NULL or "": nothing does */
    struct http_stream stream; /* what came of the next answer */
};

/* Takes http://HOST:PORT; false if the URL is none. Nothing is opened yet. */
bool client_open(struct client *client, const char *url);

/* Sends a request and reads its answer, to be freed with http_free. `body` may be NULL. The status; 0, with a line on stdout, if none came. */
int client_ask(struct client *client, const char *method, const char *target, const char *body,
               struct http_message *answer);

void client_close(struct client *client);
