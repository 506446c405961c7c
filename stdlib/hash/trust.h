/* The authorities that TLS connections are verified by, read once for all of them: libcurl reads them anew for each connection. */
#ifndef AOT_STDLIB_HASH_TRUST_H
#define AOT_STDLIB_HASH_TRUST_H

struct trust;
/* Of a file and a folder; either may be NULL. NULL: they could not be read. */
struct trust *trust_read(const char *file, const char *folder);
void trust_give(const struct trust *trust, void *context); /* to an OpenSSL context, an SSL_CTX */
void trust_free(struct trust *trust); /* contexts that have it keep what they need; NULL is allowed */
#endif
