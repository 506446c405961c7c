/* One exchange: how libcurl is told what to send, and what comes of the answer. Nothing here waits. */
#include "stdlib/http/transfer.h"

#include "stdlib/http/answer.h"
#include "stdlib/http/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { HEADERS_MAXIMUM = 1 << 20 };

/* ---- libcurl's callbacks: `data` is the transfer ---- */

/* NOLINTBEGIN(readability-non-const-parameter): libcurl's types */

static size_t take_body(char *bytes, size_t one, size_t length, void *data) {
    struct transfer *transfer = data;
    (void)one;
    curl_off_t announced = -1;
    if (body_size(transfer->body) == 0 && !transfer->request->accept_encoding)
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    transfer->body_outcome =
        announced > transfer->request->limit ? BODY_OVER : body_add(transfer->body, (struct text){ bytes, length });
    transfer->body_errno = errno;
    return transfer->body_outcome == BODY_GOOD ? length : 0;
}

/* libcurl takes the last one of several, and one that is too large for none at all. */
static const char *check_length(struct transfer *transfer, struct text name, struct text content) {
    int64_t length;
    if (name.length != 14 || strncasecmp(name.bytes, "content-length", 14) != 0 || !transfer->head_is_open) return NULL;
    if (!answer_length(content, &length)) return "Content-Length is no number";
    if (transfer->announced >= 0 && transfer->announced != length) return "two Content-Lengths that differ";
    transfer->announced = length;
    return NULL;
}

/* Whether libcurl may follow this header. It would send to whatever machine an answer names. */
static bool may_follow(struct transfer *transfer, struct text name, struct text content) {
    const struct request *request = transfer->request;
    long status = 0;
    char *url = NULL;
    if (!request->of_load || request->redirects <= 0 || !text_is(name, "location")) return true;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (status < 300 || status >= 400 || !url) return true;
    struct buffer target = { 0 };
    bool known = url_target_of(url, content, &target); /* else libcurl has its words for it */
    bool may = !known || run_target_is_allowed(transfer->run, buffer_text(&target));
    if (!may) buffer_append(&transfer->refused_target, buffer_text(&target));
    buffer_done(&target);
    return may;
}

/* Each line of the headers. A status line begins anew: of interim answers and redirects the last one stands. */
static size_t take_header(char *bytes, size_t one, size_t length, void *data) {
    struct transfer *transfer = data;
    struct text line = text_trim((struct text){ bytes, length });
    (void)one;
    if (text_starts(line, TEXT("HTTP/"))) {
        buffer_clear(&transfer->headers);
        transfer->head_is_open = true;
        transfer->announced = -1;
    }
    if (!line.length) transfer->head_is_open = false;
    size_t colon = 0;
    while (colon < line.length && line.bytes[colon] != ':') colon++;
    if (colon == line.length) return length;
    struct text content = text_trim(text_slice(line, colon + 1, line.length));
    transfer->head_problem = check_length(transfer, text_slice(line, 0, colon), content);
    if (transfer->head_problem) return 0;
    transfer->headers_over = transfer->headers.length + length > HEADERS_MAXIMUM;
    if (transfer->headers_over) return 0;
    size_t begin = transfer->headers.length;
    for (size_t i = 0; i < colon; i++) {
        char byte = line.bytes[i] ? line.bytes[i] : ' ';
        buffer_append_byte(&transfer->headers, byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
    }
    buffer_append_byte(&transfer->headers, 0);
    for (size_t i = 0; i < content.length; i++)
        buffer_append_byte(&transfer->headers, content.bytes[i] ? content.bytes[i] : ' ');
    buffer_append_byte(&transfer->headers, 0);
    struct text name = text_slice(buffer_text(&transfer->headers), begin, colon);
    return may_follow(transfer, name, content) ? length : 0;
}

static size_t give_file(char *bytes, size_t one, size_t length, void *data) {
    struct transfer *transfer = data;
    ssize_t got = pread(transfer->request->file, bytes, one * length, (off_t)transfer->sent_file);
    if (got < 0) return CURL_READFUNC_ABORT;
    transfer->sent_file += got;
    return (size_t)got;
}

static int seek_file(void *data, curl_off_t offset, int origin) {
    struct transfer *transfer = data;
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    transfer->sent_file = offset;
    return CURL_SEEKFUNC_OK;
}

/* Before each attempt. When a kept connection turns out to be closed, libcurl sends again on a new one. For what only
 * looks that is right; an action may have been done already, so it must be seen as failed. */
static int before_sending(void *data, char *peer, char *own, int peer_port, int own_port) {
    struct transfer *transfer = data;
    long redirects = 0;
    (void)peer, (void)own, (void)peer_port, (void)own_port;
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_COUNT, &redirects);
    if (redirects != transfer->redirects) transfer->attempts = 0;
    transfer->redirects = redirects;
    transfer->refused_resend = transfer->attempts++ > 0 && transfer->request->is_action;
    return transfer->refused_resend ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* NOLINTEND(readability-non-const-parameter) */

/* ---- configuration ---- */

void transfer_set_manners(CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     ""); /* the environment's proxies would stand between the recipe and the component */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "aot");
}

static void set_defaults(CURL *easy, struct transfer *transfer) {
    transfer_set_manners(easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* else giving up waits for the thread that asks for a name */
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                     0L); /* a new connection asks anew, so that a changed name is seen */
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

static void set_method(CURL *easy, struct transfer *transfer) {
    const struct request *request = transfer->request;
    if (strcmp(request->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->has_body) curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (strcmp(request->method, "POST") != 0 && strcmp(request->method, "GET") != 0 &&
        strcmp(request->method, "HEAD") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->file >= 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->file_size);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_file);
        curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_file);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    } else if (request->has_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.bytes ? request->body.bytes : "");
    }
}

static void set_headers(CURL *easy, struct transfer *transfer) {
    const struct request *request = transfer->request;
    bool has_type = false;
    for (size_t i = 0; i < request->headers.count; i++) {
        transfer->lines = curl_slist_append(transfer->lines, request->headers.items[i]);
        has_type = has_type || strncasecmp(request->headers.items[i], "content-type", 12) == 0;
    }
    if (request->has_body && !has_type) transfer->lines = curl_slist_append(transfer->lines, "Content-Type:");
    transfer->lines = curl_slist_append(transfer->lines, "Expect:"); /* a body is sent at once */
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
    if (request->accept_encoding) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request->accept_encoding);
}

static void set_timeout(CURL *easy, int64_t timeout) {
    long milliseconds = timeout / 1000000 >= LONG_MAX / 2 ? LONG_MAX / 2 : (long)((timeout + 999999) / 1000000);
    if (milliseconds > INT32_MAX) milliseconds = INT32_MAX;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
}

void transfer_set_trust(CURL *easy, const char *ca, bool insecure) {
    if (ca) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* this authority alone */
    }
    if (insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static void set_options(CURL *easy, const struct request *request) {
    set_timeout(easy, request->timeout);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request->redirects > 0 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, request->redirects);
    if (request->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "");
    }
    transfer_set_trust(easy, request->ca, request->insecure);
    if (request->fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

struct transfer *transfer_new(struct run *run, struct request *request, CURL *easy) {
    struct transfer *transfer = memory_allocate(sizeof *transfer);
    *transfer =
        (struct transfer){ .run = run, .request = request, .easy = easy, .body = body_new(run, request->limit) };
    set_defaults(easy, transfer);
    set_options(easy, request);
    set_method(easy, transfer);
    set_headers(easy, transfer);
    return transfer;
}

/* libcurl keeps given addresses where it keeps those that it asked for, for ever and for every transfer of the client: these
 * get a place of their own. */
void transfer_use_addresses(struct transfer *transfer, const char *addresses, int64_t left) {
    struct buffer line = { 0 };
    buffer_printf(&line, "%s:%s:%s", transfer->request->host, transfer->request->port, addresses);
    transfer->addresses = curl_slist_append(NULL, line.bytes);
    buffer_done(&line);
    transfer->names = curl_share_init();
    curl_share_setopt(transfer->names, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, transfer->names);
    curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->addresses);
    set_timeout(transfer->easy, left > 0 ? left : 1);
}

void transfer_count_from(struct transfer *transfer, int64_t waited) {
    int64_t left = transfer->request->timeout - waited;
    set_timeout(transfer->easy, left > 0 ? left : 1);
}

CURLcode transfer_outcome(const struct transfer *transfer, CURLcode code) {
    return code == CURLE_OK && transfer->head_is_open ? CURLE_PARTIAL_FILE : code;
}

void transfer_free(struct transfer *transfer) {
    if (transfer->resolver) resolver_forget(transfer->resolver);
    if (transfer->names) {
        curl_easy_setopt(transfer->easy, CURLOPT_SHARE, NULL);
        curl_share_cleanup(transfer->names);
    }
    curl_slist_free_all(transfer->addresses);
    memory_release(transfer->lookup_problem);
    curl_slist_free_all(transfer->lines);
    buffer_done(&transfer->headers);
    buffer_done(&transfer->refused_target);
    body_free(transfer->body);
    request_free(transfer->request);
    memory_release(transfer);
}
