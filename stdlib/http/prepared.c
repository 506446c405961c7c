/* From a checked request to bytes. What libcurl would send is sent, so that a server cannot tell the two apart. */
#include "stdlib/http/prepared.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the URL, which was checked before ---- */
struct url_parts {
    struct text host; /* without brackets */
    struct text port; /* empty: 80 */
    struct text path; /* with its query; may be empty */
};

static size_t until(struct text text, const char *ends) {
    size_t length = 0;
    while (length < text.length && text.bytes[length] && !strchr(ends, text.bytes[length])) length++;
    return length;
}

static bool is_plain(struct text text) {
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.bytes[i] >= 0x7f) return false;
    }
    return true;
}

static bool split(struct text url, struct url_parts *parts) {
    if (url.length < 8 || strncasecmp(url.bytes, "http://", 7) != 0 || !is_plain(url)) return false;
    url = text_slice(url, 7, SIZE_MAX);
    size_t end = until(url, "/?#");
    struct text authority = text_slice(url, 0, end);
    parts->path = text_slice(url, end, SIZE_MAX);
    parts->path = text_slice(parts->path, 0, until(parts->path, "#"));
    if (memchr(authority.bytes, '@', authority.length)) return false;
    bool in_brackets = authority.length && authority.bytes[0] == '[';
    size_t host = until(authority, in_brackets ? "]" : ":");
    parts->host = in_brackets ? text_slice(authority, 1, host - 1) : text_slice(authority, 0, host);
    struct text rest = text_slice(authority, host + (in_brackets ? 1 : 0), SIZE_MAX);
    if (rest.length && rest.bytes[0] != ':') return false;
    parts->port = text_slice(rest, 1, SIZE_MAX);
    return parts->host.length > 0;
}

static bool read_peer(const struct url_parts *parts, struct prepared *prepared) {
    char host[64], port[8];
    if (parts->host.length >= sizeof host || parts->port.length >= sizeof port) return false;
    snprintf(host, sizeof host, "%.*s", TEXT_ARGS(parts->host));
    snprintf(port, sizeof port, "%.*s", TEXT_ARGS(parts->port));
    char *end = port;
    unsigned long number = parts->port.length ? strtoul(port, &end, 10) : 80;
    if (*end || number == 0 || number > 65535) return false;
    if (inet_pton(AF_INET, host, &prepared->peer.v4.sin_addr) == 1) {
        prepared->peer.v4.sin_family = AF_INET;
        prepared->peer.v4.sin_port = htons((uint16_t)number);
        snprintf(prepared->peer_name, sizeof prepared->peer_name, "%s:%lu", host, number);
        return true;
    }
    if (inet_pton(AF_INET6, host, &prepared->peer.v6.sin6_addr) != 1) return false;
    prepared->peer.v6.sin6_family = AF_INET6;
    prepared->peer.v6.sin6_port = htons((uint16_t)number);
    char plain[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &prepared->peer.v6.sin6_addr, plain, sizeof plain);
    snprintf(prepared->peer_name, sizeof prepared->peer_name, "[%s]:%lu", plain, number);
    return true;
}

/* ---- the bytes ---- */
static bool is_header(const char *line, const char *name) {
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';');
}

/* libcurl's own header, unless the recipe has one of that name. */
static void add_own(const struct request *request, struct buffer *out, const char *name, const char *content) {
    for (size_t i = 0; i < request->headers.count; i++) {
        if (is_header(request->headers.items[i], name)) return;
    }
    buffer_printf(out, "%s: %s\r\n", name, content);
}

static void add_given(const struct request *request, struct buffer *out, bool host) {
    for (size_t i = 0; i < request->headers.count; i++) {
        const char *line = request->headers.items[i];
        if (is_header(line, "Host") != host) continue;
        size_t length = strlen(line);
        bool empty = line[length - 1] == ';' && !memchr(line, ':', length);
        if (empty)
            buffer_printf(out, "%.*s:\r\n", (int)length - 1, line);
        else
            buffer_printf(out, "%s\r\n", line);
    }
}

static void write_request(const struct request *request, const struct url_parts *parts, struct buffer *out) {
    bool slash = parts->path.length && parts->path.bytes[0] == '/';
    buffer_printf(out, "%s %s%.*s HTTP/1.1\r\n", request->method, slash ? "" : "/", TEXT_ARGS(parts->path));
    bool is_v6 = memchr(parts->host.bytes, ':', parts->host.length) != NULL;
    bool shows_port = parts->port.length && !text_is(parts->port, "80");
    struct buffer host = { 0 };
    buffer_printf(&host, is_v6 ? "[%.*s]" : "%.*s", TEXT_ARGS(parts->host));
    if (shows_port) buffer_printf(&host, ":%.*s", TEXT_ARGS(parts->port));
    add_own(request, out, "Host", host.bytes);
    buffer_done(&host);
    add_given(request, out, true);
    add_own(request, out, "User-Agent", "aot");
    add_own(request, out, "Accept", "*/*");
    add_given(request, out, false);
    if (request->has_body) buffer_printf(out, "Content-Length: %zu\r\n", request->body.length);
    buffer_append_string(out, "\r\n");
    if (request->has_body) buffer_append(out, buffer_text(&request->body));
}

/* ---- life ---- */
static bool same(struct value a, struct value b) {
    if (a.kind != b.kind) return false;
    if (!value_is_counted(a)) return a.integer == b.integer;
    return a.object == b.object || value_equal(a, b);
}

bool prepared_matches(const struct prepared *prepared, const struct native_call *call) {
    if (prepared->row != call->row) return false;
    for (size_t i = 0; i < prepared->argument_count; i++) {
        if (!same(prepared->arguments[i], call->arguments[i])) return false;
    }
    return true;
}

static void keep_arguments(struct prepared *prepared, const struct native_call *call) {
    prepared->row = call->row;
    prepared->argument_count = call->argument_count;
    prepared->arguments = memory_allocate(call->argument_count * sizeof *prepared->arguments);
    for (size_t i = 0; i < call->argument_count; i++) prepared->arguments[i] = value_retain(call->arguments[i]);
}

struct prepared *prepared_new(const struct native_call *call, const struct request *request) {
    struct url_parts parts;
    bool is_lean = request->file < 0 && request->redirects == 0 && !request->user && !request->host &&
                   !request->accept_encoding && split(text_of(request->url), &parts);
    if (!is_lean) return NULL;
    struct prepared *prepared = memory_allocate(sizeof *prepared);
    prepared->references = 1;
    if (!read_peer(&parts, prepared)) {
        memory_release(prepared);
        return NULL;
    }
    write_request(request, &parts, &prepared->bytes);
    prepared->shown = memory_copy(request->shown, strlen(request->shown));
    prepared->of_head = strcmp(request->method, "HEAD") == 0;
    prepared->is_action = request->is_action;
    prepared->fresh = request->fresh;
    prepared->timeout = request->timeout;
    prepared->limit = request->limit;
    keep_arguments(prepared, call);
    return prepared;
}

void prepared_release(struct prepared *prepared) {
    if (!prepared || --prepared->references) return;
    for (size_t i = 0; i < prepared->argument_count; i++) value_release(prepared->arguments[i]);
    memory_release(prepared->arguments);
    memory_release(prepared->shown);
    buffer_done(&prepared->bytes);
    memory_release(prepared);
}
