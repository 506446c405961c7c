/* What crossed a proxy, as values for its streams. On the loop. */
#ifndef AOT_STDLIB_PROXY_EXCHANGE_H
#define AOT_STDLIB_PROXY_EXCHANGE_H
#include "stdlib/proxy/news.h"
#include "vm/value.h"

#include "base/buffer.h"

/* Answers are mostly alike: headers that equal the last ones' are the same value. */
struct exchange_recent {
    struct buffer header_bytes; /* of the last answer */
    struct value headers;       /* made of them; owned */
};
void exchange_recent_done(struct exchange_recent *recent);
struct value exchange_value(struct heap *heap, const struct news *news, struct exchange_recent *recent); /* owned */
struct value attempt_value(struct heap *heap, const struct news *news);                                  /* owned */
#endif
