/* See trust.h. The store is counted by OpenSSL; what it finds in the folder later is added to it, so it belongs to one thread. */
#include "stdlib/hash/trust.h"

#include "base/memory.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>

struct trust {
    X509_STORE *store;
};

struct trust *trust_read(const char *file, const char *folder) {
    X509_STORE *store = X509_STORE_new();
    bool read = store && (file || folder) && (!file || X509_STORE_load_file(store, file) == 1) &&
                (!folder || X509_STORE_load_path(store, folder) == 1);
    if (!read) {
        X509_STORE_free(store);
        return NULL;
    }
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN); /* as libcurl does */
    struct trust *trust = memory_allocate(sizeof *trust);
    trust->store = store;
    return trust;
}

void trust_give(const struct trust *trust, void *context) {
    SSL_CTX_set1_cert_store(context, trust->store);
}

void trust_free(struct trust *trust) {
    if (!trust) return;
    X509_STORE_free(trust->store);
    memory_release(trust);
}
