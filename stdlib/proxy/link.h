/* One direction of a connection: from a socket through the stages to the other socket. Bounded: it reads no more than it may hold. */
#ifndef AOT_STDLIB_PROXY_LINK_H
#define AOT_STDLIB_PROXY_LINK_H
#include "stdlib/proxy/stage.h"

enum { LINK_LIMIT = 128 * 1024 };
struct side;
struct link {
    struct side *from, *to; /* of the same connection */
    bool is_up;             /* towards the service */
    struct stage *stages;   /* first of them; NULL: straight on */
    struct queue queue;     /* behind the stages, until `to` takes it */
    bool has_ended;         /* the end came out of the last stage */
    uint64_t length;        /* bytes that went on to `to` */
};
enum link_outcome { LINK_GOOD, LINK_BROKEN }; /* `to` does not take bytes any more */
void link_done(struct link *link);
void link_put(struct link *link, struct text bytes, int64_t now); /* into the first stage */
void link_put_end(struct link *link, int64_t now);
/* Out of the last stage: seen by the tap, then written, or queued. */
void link_leave(struct link *link, struct text bytes, int64_t now);
void link_leave_end(struct link *link, int64_t now);
enum link_outcome link_flush(struct link *link);
size_t link_room(const struct link *link); /* how many bytes may be read for it now */
#endif
