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
    bool is_tls;
    struct text host; /* without brackets */
    struct text port; /* empty: 80, or 443 with TLS */
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
    parts->is_tls = url.length > 8 && strncasecmp(url.bytes, "https://", 8) == 0;
    bool is_http = parts->is_tls || (url.length > 7 && strncasecmp(url.bytes, "http://", 7) == 0);
    if (!is_http || !is_plain(url)) return false;
    url = text_slice(url, parts->is_tls ? 8 : 7, SIZE_MAX);
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

/* A name as libcurl leaves it: nothing that it would read as a number or decode. */
static bool is_name(struct text host) {
    bool starts = true, last_is_name = false;
    for (size_t i = 0; i < host.length; i++) {
        char byte = host.bytes[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'), digit = byte >= '0' && byte <= '9';
        if (!letter && !digit && byte != '-' && byte != '_' && byte != '.') return false;
        if (starts) last_is_name = letter;
        starts = byte == '.';
    }
    return last_is_name;
}

static bool read_port(const struct url_parts *parts, unsigned long *number) {
    char port[8];
    if (parts->port.length >= sizeof port) return false;
    snprintf(port, sizeof port, "%.*s", TEXT_ARGS(parts->port));
    char *end = port;
    *number = parts->port.length ? strtoul(port, &end, 10) : parts->is_tls ? 443 : 80;
    return !*end && *number > 0 && *number <= 65535;
}

static void keep_origin(const struct request *request, struct text host, bool is_v6, unsigned long port,
                        struct prepared *prepared) {
    struct buffer origin = { 0 }, key = { 0 };
    buffer_printf(&origin, is_v6 ? "https://[%.*s]:%lu/" : "https://%.*s:%lu/", TEXT_ARGS(host), port);
    buffer_printf(&key, "%s %s%s", origin.bytes, request->insecure ? "insecure " : "", request->ca ? request->ca : "");
    prepared->origin = buffer_take(&origin);
    prepared->key = buffer_take(&key);
    prepared->ca = request->ca ? memory_copy(request->ca, strlen(request->ca)) : NULL;
    prepared->insecure = request->insecure;
}

static void keep_peer(const char *host, bool is_v6, unsigned long port, struct prepared *prepared) {
    struct buffer key = { 0 };
    if (is_v6) {
        prepared->peer.v6.sin6_family = AF_INET6;
        prepared->peer.v6.sin6_port = htons((uint16_t)port);
        char plain[INET6_ADDRSTRLEN];
        inet_ntop(AF_INET6, &prepared->peer.v6.sin6_addr, plain, sizeof plain);
        buffer_printf(&key, "[%s]:%lu", plain, port);
    } else {
        prepared->peer.v4.sin_family = AF_INET;
        prepared->peer.v4.sin_port = htons((uint16_t)port);
        buffer_printf(&key, "%s:%lu", host, port);
    }
    prepared->key = buffer_take(&key);
}

static bool read_peer(const struct request *request, const struct url_parts *parts, struct prepared *prepared) {
    char host[64];
    unsigned long port;
    if (!read_port(parts, &port)) return false;
    snprintf(host, sizeof host, "%.*s", TEXT_ARGS(parts->host));
    bool is_short = parts->host.length < sizeof host;
    bool is_v4 = is_short && inet_pton(AF_INET, host, &prepared->peer.v4.sin_addr) == 1;
    bool is_v6 = is_short && !is_v4 && inet_pton(AF_INET6, host, &prepared->peer.v6.sin6_addr) == 1;
    if (!is_v4 && !is_v6 && !(parts->is_tls && is_name(parts->host))) return false;
    if (parts->is_tls)
        keep_origin(request, parts->host, is_v6, port, prepared);
    else
        keep_peer(host, is_v6, port, prepared);
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
    bool shows_port = parts->port.length && !text_is(parts->port, parts->is_tls ? "443" : "80");
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
    if (!read_peer(request, &parts, prepared)) {
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
    memory_release(prepared->key);
    memory_release(prepared->origin);
    memory_release(prepared->ca);
    buffer_done(&prepared->bytes);
    memory_release(prepared);
}
