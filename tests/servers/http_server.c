/* A small HTTP server on 127.0.0.1 for tests, good and bad: the path says how it behaves. One thread a connection. It prints its
 * port, and ends when its standard input ends, so it never outlives the test that started it.
 *   http_server [--tls FILE]     with TLS by a certificate of its own, which is written to FILE */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int descriptor;    /* of the socket */
    SSL *ssl;          /* NULL without TLS */
    size_t length;     /* bytes in `bytes` */
    char bytes[65536]; /* what was read and not used yet */
    int served;        /* requests on this connection */
    bool stale;        /* close it at the next request, without an answer */
};
struct request {
    char method[16], path[2048];
    char *headers; /* in the connection's bytes, ended by NUL */
    size_t body_length;
    char *body; /* owned */
};

static SSL_CTX *tls;
static atomic_int connections, requests, posts;

static void pause_for(long milliseconds) {
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* ---- bytes ---- */

static ssize_t take(struct connection *connection, char *bytes, size_t room) {
    return connection->ssl ? SSL_read(connection->ssl, bytes, (int)room) : read(connection->descriptor, bytes, room);
}

static bool put(struct connection *connection, const char *bytes, size_t length) {
    while (length) {
        ssize_t written = connection->ssl ? SSL_write(connection->ssl, bytes, (int)(length > 16384 ? 16384 : length))
                                          : write(connection->descriptor, bytes, length);
        if (written <= 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool say(struct connection *connection, const char *format, ...) {
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return put(connection, line, (size_t)length);
}

static bool answer(struct connection *connection, int status, const char *more_headers, const char *body,
                   size_t length) {
    return say(connection, "HTTP/1.1 %d Some\r\nContent-Length: %zu\r\n%s\r\n", status, length, more_headers) &&
           put(connection, body, length);
}

static bool answer_number(struct connection *connection, int number) {
    char text[16];
    return answer(connection, 200, "", text, (size_t)snprintf(text, sizeof text, "%d", number));
}

static void reset(struct connection *connection) {
    struct linger at_once = { 1, 0 };
    setsockopt(connection->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* ---- behaviours; false: the connection is over ---- */

static bool send_big(struct connection *connection, long long bytes, bool chunked) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    if (chunked ? !say(connection, "HTTP/1.1 200 Some\r\nTransfer-Encoding: chunked\r\n\r\n")
                : !say(connection, "HTTP/1.1 200 Some\r\nContent-Length: %lld\r\n\r\n", bytes))
        return false;
    while (bytes > 0) {
        size_t part = bytes < (long long)sizeof block ? (size_t)bytes : sizeof block;
        if (chunked && !say(connection, "%zx\r\n", part)) return false;
        if (!put(connection, block, part) || (chunked && !put(connection, "\r\n", 2))) return false;
        bytes -= (long long)part;
    }
    return !chunked || put(connection, "0\r\n\r\n", 5);
}

static bool echo(struct connection *connection, const struct request *request) {
    size_t head = strlen(request->method) + strlen(request->path) + strlen(request->headers) + 8;
    char *text = malloc(head + request->body_length);
    size_t length = (size_t)snprintf(text, head, "%s %s\n%s\n\n", request->method, request->path, request->headers);
    memcpy(text + length, request->body, request->body_length);
    bool good = answer(connection, 200, "", text, length + request->body_length);
    free(text);
    return good;
}

static bool authorised(const struct request *request) {
    return strstr(request->headers, "Authorization: Basic dXNlcjpzZWNyZXQ="); /* user:secret */
}

static bool send_binary(struct connection *connection) {
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    return answer(connection, 200, "Content-Type: application/octet-stream\r\n", all, sizeof all);
}

static bool send_gzip(struct connection *connection) {
    static const unsigned char packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                            0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
                                            0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00 };
    return answer(connection, 200, "Content-Encoding: gzip\r\n", (const char *)packed, sizeof packed);
}

static bool drip(struct connection *connection) {
    if (!say(connection, "HTTP/1.1 200 Some\r\nContent-Length: 1000000\r\n\r\n")) return false;
    for (int i = 0; i < 1000; i++) {
        if (!put(connection, "x", 1)) return false;
        pause_for(20);
    }
    return false;
}

static bool bad_behaviour(struct connection *connection, const char *path, bool *known) {
    *known = true;
    if (strcmp(path, "/hang") == 0) {
        char byte;
        while (take(connection, &byte, 1) > 0) {
        }
        return false;
    }
    if (strcmp(path, "/drip") == 0) return drip(connection);
    if (strcmp(path, "/close") == 0) return false;
    if (strcmp(path, "/reset") == 0) {
        reset(connection);
        return false;
    }
    if (strcmp(path, "/reset-body") == 0) {
        say(connection, "HTTP/1.1 200 Some\r\nContent-Length: 1000\r\n\r\nsome");
        pause_for(50);
        reset(connection);
        return false;
    }
    if (strcmp(path, "/cut") == 0)
        return say(connection, "HTTP/1.1 200 Some\r\nContent-Length: 100\r\n\r\n0123456789") && false;
    if (strcmp(path, "/garbage") == 0) return say(connection, "SSH-2.0-Some_1.0\r\n") && false;
    if (strcmp(path, "/endless-headers") == 0) {
        if (!say(connection, "HTTP/1.1 200 Some\r\n")) return false;
        while (say(connection, "X-Filler: %0999d\r\n", 0)) {
        }
        return false;
    }
    if (strcmp(path, "/stale") == 0) {
        connection->stale = true;
        return answer(connection, 200, "", "kept", 4);
    }
    *known = false;
    return true;
}

static bool behave(struct connection *connection, const struct request *request) {
    const char *path = request->path;
    bool known, keep = bad_behaviour(connection, path, &known);
    if (known) return keep;
    if (strcmp(path, "/status/204") == 0) return say(connection, "HTTP/1.1 204 Some\r\n\r\n"); /* has no body */
    if (strncmp(path, "/status/", 8) == 0) return answer(connection, atoi(path + 8), "", "status", 6);
    if (strncmp(path, "/slow/", 6) == 0) {
        pause_for(atol(path + 6));
        return answer(connection, 200, "", "slow", 4);
    }
    if (strncmp(path, "/big/", 5) == 0) return send_big(connection, atoll(path + 5), false);
    if (strncmp(path, "/chunked/", 9) == 0) return send_big(connection, atoll(path + 9), true);
    if (strcmp(path, "/redirect/0") == 0) return answer(connection, 200, "", "there", 5);
    if (strncmp(path, "/redirect/", 10) == 0) {
        char location[64];
        snprintf(location, sizeof location, "Location: /redirect/%d\r\nX-Hop: yes\r\n", atoi(path + 10) - 1);
        return answer(connection, 302, location, "moved", 5);
    }
    if (strcmp(path, "/redirect-file") == 0) return answer(connection, 302, "Location: file:///etc/passwd\r\n", "", 0);
    if (strcmp(path, "/echo") == 0) return echo(connection, request);
    if (strcmp(path, "/interim") == 0)
        return say(connection, "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n") &&
               answer(connection, 200, "X-Final: yes\r\n", "final", 5);
    if (strcmp(path, "/binary") == 0) return send_binary(connection);
    if (strcmp(path, "/gzip") == 0) return send_gzip(connection);
    if (strcmp(path, "/json") == 0)
        return answer(connection, 200, "", "{\"big\": 12345678901234567890, \"list\": [1, 2]}", 45);
    if (strcmp(path, "/headers") == 0)
        return answer(connection, 200, "X-Twice: 1\r\nx-twice: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n",
                      "", 0);
    if (strcmp(path, "/auth") == 0) return answer(connection, authorised(request) ? 200 : 401, "", "", 0);
    if (strcmp(path, "/connections") == 0) return answer_number(connection, atomic_load(&connections));
    if (strcmp(path, "/posts") == 0) return answer_number(connection, atomic_load(&posts));
    return answer(connection, 404, "", "nothing here", 12);
}

/* ---- connections ---- */

static bool read_more(struct connection *connection) {
    if (connection->length + 1 >= sizeof connection->bytes) return false;
    ssize_t got =
        take(connection, connection->bytes + connection->length, sizeof connection->bytes - connection->length - 1);
    if (got <= 0) return false;
    connection->length += (size_t)got;
    connection->bytes[connection->length] = 0;
    return true;
}

static bool read_body(struct connection *connection, struct request *request, size_t used) {
    const char *header = strcasestr(request->headers, "\nContent-Length:");
    request->body_length = header ? strtoull(header + 16, NULL, 10) : 0;
    request->body = malloc(request->body_length + 1);
    size_t here = connection->length - used;
    if (here > request->body_length) here = request->body_length;
    memcpy(request->body, connection->bytes + used, here);
    connection->length = 0; /* nobody sends two at once */
    while (here < request->body_length) {
        ssize_t got = take(connection, request->body + here, request->body_length - here);
        if (got <= 0) return false;
        here += (size_t)got;
    }
    return true;
}

static bool serve_one(struct connection *connection) {
    char *end;
    connection->bytes[connection->length] = 0;
    while (!(end = strstr(connection->bytes, "\r\n\r\n")))
        if (!read_more(connection)) return false;
    atomic_fetch_add(&requests, 1);
    *end = 0;
    struct request request = { 0 };
    if (sscanf(connection->bytes, "%15s %2047s", request.method, request.path) != 2) return false;
    char *line = strchr(connection->bytes, '\n');
    request.headers = line ? line : end;
    if (strcmp(request.method, "POST") == 0) atomic_fetch_add(&posts, 1);
    char *copy = strdup(request.headers);
    bool keep = read_body(connection, &request, (size_t)(end + 4 - connection->bytes));
    request.headers = copy;
    bool is_head = strcmp(request.method, "HEAD") == 0;
    if (keep && connection->stale)
        keep = false;
    else if (keep && is_head)
        keep = say(connection, "HTTP/1.1 200 Some\r\nContent-Length: 1234\r\nUpload-Offset: 42\r\n\r\n");
    else if (keep)
        keep = behave(connection, &request);
    free(copy);
    free(request.body);
    connection->served++;
    return keep;
}

static void *serve(void *data) {
    struct connection *connection = data;
    bool good = true;
    if (tls) {
        connection->ssl = SSL_new(tls);
        SSL_set_fd(connection->ssl, connection->descriptor);
        good = SSL_accept(connection->ssl) == 1;
    }
    while (good && serve_one(connection)) {
    }
    if (connection->ssl) {
        if (good) SSL_shutdown(connection->ssl);
        SSL_free(connection->ssl);
    }
    close(connection->descriptor);
    free(connection);
    return NULL;
}

/* ---- the start ---- */

static void add_extension(X509 *certificate, int kind, const char *content) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, content);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void make_certificate(const char *path) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)getpid());
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"aot test server", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    X509_sign(certificate, key, EVP_sha256());
    FILE *file = fopen(path, "w");
    if (!file || !PEM_write_X509(file, certificate) || fclose(file) != 0) exit(1);
    tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate(tls, certificate) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1) exit(1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void *accept_all(void *data) {
    int listener = *(int *)data;
    for (;;) {
        int descriptor = accept(listener, NULL, NULL);
        if (descriptor < 0) continue;
        atomic_fetch_add(&connections, 1);
        struct connection *connection = calloc(1, sizeof *connection);
        connection->descriptor = descriptor;
        int at_once = 1; /* heads and bodies are written apart */
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, connection) == 0)
            pthread_detach(thread);
        else
            exit(1);
    }
    return NULL;
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    if (count == 3 && strcmp(arguments[1], "--tls") == 0) make_certificate(arguments[2]);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 512) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    pthread_t thread;
    if (pthread_create(&thread, NULL, accept_all, &listener) != 0) return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    _exit(0);
}
