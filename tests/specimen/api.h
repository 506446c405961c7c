/* The component's HTTP API: what is answered to what. It knows sockets only as where a long body comes from. */
#pragma once
#include "http.h"
#include "text.h"

struct answer {
    int status;
    const char *type; /* of the body */
    struct text body;
    struct text headers;   /* more of them, each with its line end */
    bool has_file;         /* the body is a file instead */
    int file;              /* its descriptor; owned */
    long long file_length; /* of it */
    bool ordinary;         /* to a request for notes, not to one about the process's state */
    bool bodiless;         /* HEAD: the body is measured, not sent */
};

/* From now on this process is not the component but the AI gateway that it may ask. */
void api_be_gateway(void);

/* From now on it is the offline client, and these are the requests to its control port (control.h). */
void api_be_client(void);

/* Whether the body of this message is read by what answers it. */
bool api_streams(const struct http_message *message);

/* Fills in the answer to a request; it is the caller's to free. What is left of the message's body then was not wanted. */
void api_answer(struct http_stream *stream, struct http_message *message, struct answer *answer);
void api_free(struct answer *answer);

/* An answer whose body is {"error": …}. */
void api_refuse(struct answer *answer, int status, const char *why);
