/* Which URLs a request may have. */
#ifndef AOT_STDLIB_HTTP_URL_H
#define AOT_STDLIB_HTTP_URL_H
#include "base/buffer.h"

/* Appends to `problem` why this is no URL of http or https, with what to write instead where that is clear. False then. */
bool url_check(struct text url, struct buffer *problem);
/* Host and port of a URL that was checked, owned by the caller; the host as DNS knows it. False with text in `problem` when it has no
 * such form. A host that is an address gives none: there is nothing to ask for. */
bool url_name(const char *url, char **host, char **port, struct buffer *problem);
/* "host:port" of a URL that was checked, as libcurl understands it. False: it has none. */
bool url_target(const char *url, struct buffer *target);
/* The same of the place that `base`, a URL that was checked, leads to by a `Location` header. */
bool url_target_of(const char *base, struct text location, struct buffer *target);
/* The URL with three stars in place of its user and password. */
void url_show(struct text url, struct buffer *out);
#endif
