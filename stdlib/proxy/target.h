/* Where a proxy sends its connections: addresses of replicas, in turn. Texts become addresses here; names are not asked for. */
#ifndef AOT_STDLIB_PROXY_TARGET_H
#define AOT_STDLIB_PROXY_TARGET_H
#include "base/buffer.h"

#include <sys/socket.h>

struct target {
    struct sockaddr_storage address;
    socklen_t length; /* of the address */
    char shown[64];   /* "127.0.0.1:4711" */
};
struct target_list {
    struct target *items; /* owned */
    size_t count;
};
/* "127.0.0.1:80", "[::1]:80", "localhost:80". False with text in `problem`. */
bool target_read(struct text address, struct target *target, struct buffer *problem);
/* The authority of a URL ("host:port", with the scheme's port if none is given), and where it stands in the URL. */
bool target_of_url(struct text url, struct target *target, struct text *authority, struct buffer *problem);
bool target_list_equal(const struct target_list *a, const struct target_list *b);
struct target_list target_list_copy(const struct target_list *list);
void target_list_done(struct target_list *list);
#endif
