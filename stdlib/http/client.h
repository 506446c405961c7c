/* The run's HTTP client: one libcurl multi handle, driven by the loop, with its pool of kept connections. Inside stdlib/http only. */
#ifndef AOT_STDLIB_HTTP_CLIENT_H
#define AOT_STDLIB_HTTP_CLIENT_H
#include "stdlib/http/transfer.h"

/* Sends the request and parks the call's fiber until the response is there. Takes the request over. */
enum native_outcome client_send(struct native_call *call, struct request *request);
#endif
