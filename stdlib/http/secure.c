/* See secure.h. Each connection has a multi handle of its own: libcurl looks through the connections of a multi handle for dead ones
 * when it makes a new one, and takes those for dead on which bytes have come that nobody read yet. */
#include "stdlib/http/secure.h"

#include "stdlib/hash/trust.h"
#include "stdlib/http/multi.h"
#include "stdlib/http/transfer.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>

struct secure {
    struct multi multi;
    CURL *easy;
    void (*done)(void *data);
    void *data;
    CURLcode code; /* of the last call that did not go well */
    bool open;
    char message[CURL_ERROR_SIZE]; /* libcurl's own words */
};

static bool ended(void *data, CURL *easy, CURLcode code) {
    struct secure *secure = data;
    (void)easy;
    multi_rest(&secure->multi);
    secure->code = code;
    secure->open = code == CURLE_OK;
    secure->done(secure->data);
    return false;
}

/* ---- what is shared ---- */
static CURLcode give_trust(CURL *easy, void *context, void *trust) {
    (void)easy;
    trust_give(trust, context);
    return CURLE_OK;
}

/* The same file and folder that libcurl would read for each connection, which takes tens of milliseconds. */
static struct trust *machines_trust(struct secure_shared *shared, CURL *easy) {
    if (shared->asked) return shared->trust;
    shared->asked = true;
    const char *file = NULL, *folder = NULL;
    curl_easy_getinfo(easy, CURLINFO_CAINFO, &file);
    curl_easy_getinfo(easy, CURLINFO_CAPATH, &folder);
    return shared->trust = trust_read(file, folder);
}

static void set_trust(CURL *easy, const struct prepared *prepared, struct secure_shared *shared) {
    struct trust *trust = prepared->ca || prepared->insecure ? NULL : machines_trust(shared, easy);
    if (!trust) {
        transfer_set_trust(easy, prepared->ca, prepared->insecure);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, give_trust);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, trust);
}

static void begin_shared(struct secure_shared *shared) {
    if (shared->sessions) return;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    shared->sessions = curl_share_init();
    curl_share_setopt(shared->sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

void secure_shared_end(struct secure_shared *shared) {
    trust_free(shared->trust);
    if (!shared->sessions) return;
    curl_share_cleanup(shared->sessions);
    curl_global_cleanup();
}

/* ---- one connection ---- */
static void set_options(CURL *easy, struct secure *secure, const struct prepared *prepared,
                        struct secure_shared *shared) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, prepared->origin);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, secure->message);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* else giving up waits for the thread that asks for a name */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* see transfer.c */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* also all that ALPN offers */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)INT32_MAX); /* the exchange has its deadline */
    curl_easy_setopt(easy, CURLOPT_SHARE, shared->sessions);
    set_trust(easy, prepared, shared);
}

struct secure *secure_open(struct loop *loop, const struct prepared *prepared, struct secure_shared *shared,
                           void (*done)(void *data), void *data) {
    begin_shared(shared);
    struct secure *secure = memory_allocate(sizeof *secure);
    secure->easy = curl_easy_init();
    secure->done = done;
    secure->data = data;
    multi_begin(&secure->multi, loop, ended, secure);
    set_options(secure->easy, secure, prepared, shared);
    curl_multi_add_handle(secure->multi.handle, secure->easy);
    multi_start(&secure->multi);
    multi_deliver_soon(&secure->multi); /* a refusal may have come at once */
    return secure;
}

void secure_close(struct secure *secure) {
    curl_multi_remove_handle(secure->multi.handle, secure->easy); /* this ends the connection */
    curl_easy_cleanup(secure->easy);
    multi_end(&secure->multi);
    memory_release(secure);
}

bool secure_is_open(const struct secure *secure) {
    return secure->open;
}

int secure_descriptor(const struct secure *secure) {
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    curl_easy_getinfo(secure->easy, CURLINFO_ACTIVESOCKET, &descriptor);
    return descriptor;
}

void secure_peer(const struct secure *secure, struct buffer *name) {
    const char *address = NULL;
    long port = 0;
    curl_easy_getinfo(secure->easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(secure->easy, CURLINFO_PRIMARY_PORT, &port);
    bool is_v6 = address && strchr(address, ':');
    buffer_printf(name, is_v6 ? "[%s]:%ld" : "%s:%ld", address ? address : "", port);
}

/* -1, with errno: of a connection that is no more ECONNRESET, unless the machine says something else. */
static ssize_t failed(struct secure *secure, CURLcode code) {
    long system = 0;
    if (code != CURLE_AGAIN) {
        secure->code = code;
        curl_easy_getinfo(secure->easy, CURLINFO_OS_ERRNO, &system);
    }
    errno = code == CURLE_AGAIN ? EAGAIN : system ? (int)system : ECONNRESET;
    return -1;
}

ssize_t secure_send(struct secure *secure, const char *bytes, size_t length) {
    size_t sent = 0;
    CURLcode code = curl_easy_send(secure->easy, bytes, length, &sent);
    return code == CURLE_OK ? (ssize_t)sent : failed(secure, code);
}

ssize_t secure_receive(struct secure *secure, char *bytes, size_t size) {
    size_t got = 0;
    CURLcode code = curl_easy_recv(secure->easy, bytes, size, &got);
    return code == CURLE_OK ? (ssize_t)got : failed(secure, code);
}

const char *secure_failure(const struct secure *secure, struct buffer *out) {
    return failure_of_connection(secure->easy, secure->message, secure->code, out);
}

const char *secure_stage(const struct secure *secure) {
    curl_off_t looked_up = 0;
    long local_port = 0;
    curl_easy_getinfo(secure->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    curl_easy_getinfo(secure->easy, CURLINFO_LOCAL_PORT, &local_port);
    return local_port > 0 ? "in the TLS handshake" : looked_up > 0 ? "while connecting" : "while looking up the name";
}
