/* Digests by OpenSSL's EVP. Files are read in aligned blocks of 128 KiB, the fastest size measured; never mapped, because a file
 * that shrinks meanwhile would end the process. */
#include "stdlib/hash/digest.h"

#include "base/memory.h"
#include "stdlib/file/content.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const char *const names[] = { [DIGEST_SHA256] = "SHA256", [DIGEST_SHA512] = "SHA512", [DIGEST_MD5] = "MD5" };

static EVP_MD_CTX *begin(enum digest_kind kind) {
    EVP_MD *digest = EVP_MD_fetch(NULL, names[kind], NULL);
    EVP_MD_CTX *context = digest ? EVP_MD_CTX_new() : NULL;
    if (context && !EVP_DigestInit_ex(context, digest, NULL)) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    EVP_MD_free(digest);
    return context;
}

static bool finish(EVP_MD_CTX *context, bool good, struct buffer *out) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    good = good && EVP_DigestFinal_ex(context, bytes, &length);
    EVP_MD_CTX_free(context);
    for (unsigned i = 0; good && i < length; i++) buffer_printf(out, "%02x", bytes[i]);
    return good;
}

bool digest_bytes(enum digest_kind kind, struct text bytes, struct buffer *out) {
    EVP_MD_CTX *context = begin(kind);
    return context && finish(context, EVP_DigestUpdate(context, bytes.bytes, bytes.length), out);
}

static bool add_block(void *context, struct text block) {
    return EVP_DigestUpdate(context, block.bytes, block.length);
}

int digest_file(enum digest_kind kind, const char *path, const atomic_bool *given_up, struct buffer *out) {
    EVP_MD_CTX *context = begin(kind);
    if (!context) return -1;
    int problem = content_read(path, given_up, add_block, context);
    bool good = finish(context, problem == 0, out);
    OPENSSL_thread_stop(); /* a pool's thread outlives OpenSSL, which then forgets what it keeps for the thread */
    return good ? 0 : problem ? problem : -1;
}
