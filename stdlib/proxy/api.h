/* Toxiproxy's HTTP API: what each route answers. Statuses, texts and content types are those of Toxiproxy 2.12 (README.md lists what
 * is different on purpose). Belongs to the wire's thread. */
#ifndef AOT_STDLIB_PROXY_API_H
#define AOT_STDLIB_PROXY_API_H
#include "stdlib/proxy/api_proxies.h"
#include "stdlib/proxy/api_request.h"

struct api_answer {
    int status;
    const char *type;   /* Content-Type; NULL: none. Static */
    bool is_plain;      /* an error in the words of Go's http.Error: "nosniff" */
    struct buffer body; /* owned by the caller */
};
/* `version` as GET /version tells it. */
void api_ask(struct api_proxies *proxies, const char *version, const struct api_request *request,
             struct api_answer *answer);
/* An array of proxies, as POST /populate takes it; false with a problem. */
bool api_populate(struct api_proxies *proxies, struct text json, struct api_problem *problem);
#endif
