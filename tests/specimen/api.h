/* The component's HTTP API: what is answered to what. It knows nothing of sockets. */
#pragma once
#include "http.h"
#include "text.h"

struct answer {
    int status;
    const char *type; /* of the body */
    struct text body;
    bool ordinary; /* to a request for notes, not to one about the process's state */
    bool bodiless; /* HEAD: the body is measured, not sent */
};

/* From now on this process is not the component but the AI gateway that it may ask. */
void api_be_gateway(void);

/* From now on it is the offline client, and these are the requests to its control port (control.h). */
void api_be_client(void);

/* Fills in the answer to a request; its body is the caller's to free. */
void api_answer(const struct http_message *message, struct answer *answer);

/* An answer whose body is {"error": …}. */
void api_refuse(struct answer *answer, int status, const char *why);
