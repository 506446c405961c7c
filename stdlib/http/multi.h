/* A multi handle of libcurl's under the loop: libcurl says which descriptors and which timer it wants watched, the loop says when they
 * are ready. Inside stdlib/http only. It never waits inside libcurl. */
#ifndef AOT_STDLIB_HTTP_MULTI_H
#define AOT_STDLIB_HTTP_MULTI_H
#include "vm/native_call.h"

#include <curl/curl.h>

struct multi {
    CURLM *handle;
    struct loop *loop;
    struct loop_timer *timer;    /* what libcurl asked for; NULL */
    struct loop_timer *delivery; /* something may have ended before its owner was ready to hear it; NULL */
    /* An easy handle has come to its end, and is the multi handle's until it is removed. False: this multi is gone. */
    bool (*ended)(void *data, CURL *easy, CURLcode code);
    void *data;
};
void multi_begin(struct multi *multi, struct loop *loop, bool (*ended)(void *data, CURL *easy, CURLcode code),
                 void *data);
void multi_end(struct multi *multi);          /* all easy handles must have been removed */
void multi_start(struct multi *multi);        /* something was added: on a kept connection it is sent now */
void multi_deliver(struct multi *multi);      /* tells what has ended; the multi may be gone then */
void multi_deliver_soon(struct multi *multi); /* the same at the loop's next turn */
void multi_rest(struct multi *multi);         /* libcurl's timer is of no more interest */
#endif
