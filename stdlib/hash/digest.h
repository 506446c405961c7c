/* Digests of bytes and of files, in lower-case hexadecimal. The one place that knows OpenSSL. */
#ifndef AOT_STDLIB_HASH_DIGEST_H
#define AOT_STDLIB_HASH_DIGEST_H
#include "base/buffer.h"
#include <stdatomic.h>

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512, DIGEST_MD5 };
/* Appends the digest to `out`; false when OpenSSL refuses (MD5 in a FIPS build). */
bool digest_bytes(enum digest_kind kind, struct text bytes, struct buffer *out);
/* Of a file's content; may block, so it belongs on a thread. Returns 0, an errno, or -1 when OpenSSL refuses. */
int digest_file(enum digest_kind kind, const char *path, const atomic_bool *given_up, struct buffer *out);
#endif
