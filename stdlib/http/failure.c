/* What went wrong with an exchange, in the few words that a recipe can compare and a person understands. */
#include "stdlib/http/transfer.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *own_words(const char *message, CURLcode code) {
    return message[0] ? message : curl_easy_strerror(code);
}

static void describe_system(CURL *easy, const char *message, CURLcode code, struct buffer *out) {
    long system = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system);
    if (system == ECONNREFUSED)
        buffer_append_string(out, "connection refused");
    else if (system == ECONNRESET || system == EPIPE)
        buffer_append_string(out, "connection reset");
    else if (system == EHOSTUNREACH)
        buffer_append_string(out, "host unreachable");
    else if (system == ENETUNREACH)
        buffer_append_string(out, "network unreachable");
    else if (system == EMFILE || system == ENFILE || system == EADDRNOTAVAIL)
        buffer_printf(out, "this machine: %s", strerror((int)system));
    else
        buffer_append_string(out, own_words(message, code));
}

/* libcurl gives what the socket said and what it cannot read the same code. */
static bool is_unreadable(const char *message, CURLcode code) {
    static const char *const socket_words[] = { "Recv failure", "OpenSSL SSL_read", "SSL_read" };
    for (size_t i = 0; i < sizeof socket_words / sizeof socket_words[0]; i++)
        if (strncmp(message, socket_words[i], strlen(socket_words[i])) == 0) return false;
    return code == CURLE_RECV_ERROR && message[0];
}

static const char *stage(const struct transfer *transfer) {
    curl_off_t answered = 0;
    long local_port = 0;
    char *scheme = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &answered);
    curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT, &local_port);
    curl_easy_getinfo(transfer->easy, CURLINFO_SCHEME, &scheme);
    if (strncmp(transfer->message, "Resolving", 9) == 0) return "while looking up the name";
    if (strncmp(transfer->message, "Connection", 10) == 0 || strncmp(transfer->message, "SSL", 3) == 0)
        return local_port > 0 && scheme && strcasecmp(scheme, "https") == 0 ? "in the TLS handshake"
                                                                            : "while connecting";
    return answered > 0 ? "while reading the answer" : "while waiting for the answer";
}

static void describe_timeout(const struct transfer *transfer, struct buffer *out) {
    buffer_append_string(out, "timeout after ");
    duration_print(out, transfer->request->timeout);
    buffer_printf(out, " %s", stage(transfer));
}

/* "SSL certificate problem: self-signed certificate" -> "TLS: certificate problem: self-signed certificate" */
static void describe_tls(const char *message, CURLcode code, struct buffer *out) {
    const char *words = own_words(message, code);
    if (strncmp(words, "SSL ", 4) == 0)
        words += 4;
    else if (strncmp(words, "SSL: ", 5) == 0)
        words += 5;
    buffer_printf(out, "TLS: %s", words);
}

static void describe_body(const struct transfer *transfer, struct buffer *out) {
    if (transfer->head_problem) {
        buffer_printf(out, "not HTTP: %s", transfer->head_problem);
    } else if (transfer->headers_over) {
        buffer_append_string(out, "headers over 1MiB");
    } else {
        buffer_append_string(out, "body over ");
        size_print(out, transfer->request->limit);
    }
}

static void describe_lookup(const struct transfer *transfer, struct buffer *out) {
    buffer_printf(out, "DNS: %s: %s (asked ", transfer->request->host, transfer->lookup_problem);
    resolver_server_print(&transfer->request->dns, out);
    buffer_append_byte(out, ')');
}

static void describe_redirect(const struct transfer *transfer, struct buffer *out) {
    buffer_printf(out,
                  "redirect to %s, which is not this machine: a load follows it only when `allow targets` of aot.yaml "
                  "and --allow-target name it",
                  transfer->refused_target.bytes);
}

/* What can also happen before anything was sent. */
static bool describe_connection(CURL *easy, const char *message, CURLcode code, struct buffer *out) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: buffer_printf(out, "DNS: %s", own_words(message, code)); return true;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: describe_system(easy, message, code, out); return true;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: describe_tls(message, code, out); return true;
    default: return false;
    }
#pragma GCC diagnostic pop
}

void failure_describe(const struct transfer *transfer, CURLcode code, struct buffer *out) {
    if (transfer->refused_target.length) {
        describe_redirect(transfer, out);
        return;
    }
    if (transfer->lookup_problem) {
        describe_lookup(transfer, out);
        return;
    }
    if (is_unreadable(transfer->message, code)) {
        buffer_printf(out, "not HTTP: %s", transfer->message);
        return;
    }
    if (describe_connection(transfer->easy, transfer->message, code, out)) return;
    const char *words = own_words(transfer->message, code);
    /* Nearly a hundred codes; those that have no line of their own keep libcurl's words. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: describe_timeout(transfer, out); return;
    case CURLE_OUT_OF_MEMORY: /* of its own limit for a line; aot itself ends where there is no memory */
        buffer_append_string(out, "not HTTP: a line of the headers is over 100KiB");
        return;
    case CURLE_GOT_NOTHING: buffer_append_string(out, "connection closed without an answer"); return;
    case CURLE_PARTIAL_FILE:
        buffer_printf(out, "connection closed in the middle of the %s", transfer->head_is_open ? "answer" : "body");
        return;
    case CURLE_TOO_MANY_REDIRECTS:
        buffer_printf(out, "more than %ld redirect%s", transfer->request->redirects,
                      transfer->request->redirects == 1 ? "" : "s");
        return;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP_RETURNED_ERROR: buffer_printf(out, "not HTTP: %s", words); return;
    case CURLE_BAD_CONTENT_ENCODING: buffer_printf(out, "content encoding: %s", words); return;
    case CURLE_ABORTED_BY_CALLBACK:
        buffer_append_string(out, "connection closed without an answer, after the request was sent; not sent again");
        return;
    case CURLE_WRITE_ERROR: describe_body(transfer, out); return;
    default: buffer_append_string(out, words); return;
    }
#pragma GCC diagnostic pop
}

/* ---- classes ---- */
static const char *class_of_system(CURL *easy, CURLcode code) {
    long system = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system);
    if (code == CURLE_COULDNT_CONNECT)
        return system == ECONNREFUSED ? "connect_refused" : system == ETIMEDOUT ? "connect_timeout" : "connect_other";
    return code == CURLE_SEND_ERROR ? "send" : "reset_mid_response";
}

static const char *class_of_timeout(const struct transfer *transfer) {
    const char *where = stage(transfer);
    if (strstr(where, "name")) return "resolve";
    if (strstr(where, "connecting") || strstr(where, "TLS")) return "timeout_connect";
    return strstr(where, "reading") ? "timeout_body" : "timeout_ttfb";
}

/* NULL: none of those that can happen before anything was sent. */
static const char *class_of_connection(CURL *easy, CURLcode code) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "resolve";
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return class_of_system(easy, code);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return "tls";
    default: return NULL;
    }
#pragma GCC diagnostic pop
}

const char *failure_class(const struct transfer *transfer, CURLcode code) {
    if (transfer->refused_target.length) return "redirect_refused";
    if (transfer->lookup_problem) return "resolve";
    if (is_unreadable(transfer->message, code)) return "protocol";
    const char *class = class_of_connection(transfer->easy, code);
    if (class) return class;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return class_of_timeout(transfer);
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return "eof_mid_response";
    case CURLE_ABORTED_BY_CALLBACK: return "stale_reuse";
    default: return "protocol";
    }
#pragma GCC diagnostic pop
}

const char *failure_of_connection(CURL *easy, const char *message, CURLcode code, struct buffer *out) {
    if (!describe_connection(easy, message, code, out)) buffer_append_string(out, own_words(message, code));
    const char *class = class_of_connection(easy, code);
    return class ? class : "protocol";
}
